"""Where docks are in the window: as tabs of one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

WidgetT = TypeVar("WidgetT", bound=QWidget)


def frame_of(widget: QWidget) -> QDockWidget | None:
    """Return the dock widget that a widget lies in; None where it lies in none."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def siblings(widget: QWidget, kind: type[WidgetT]) -> Iterator[WidgetT]:
    """Yield the other widgets of a kind in docks of the same window."""
    window = widget.window()
    for other in window.findChildren(QWidget):
        if isinstance(other, kind) and other is not widget and frame_of(other) is not None:
            yield other


def bring_forward(widget: QWidget) -> None:
    """Show a dock, in front of those that it shares a place with."""
    frame = frame_of(widget)
    if frame is not None:
        frame.show()
        frame.raise_()


def share_place(widget: QWidget, kind: type[QWidget], width: int) -> None:
    """Make a dock a tab of where others of its kind are; the first one takes so much width."""
    frame = frame_of(widget)
    window = None if frame is None else frame.parentWidget()
    if frame is None or frame.isFloating() or not isinstance(window, QMainWindow):
        return
    area = window.dockWidgetArea(frame)
    for other in siblings(widget, kind):
        place = frame_of(other)
        if place is None or place.isFloating() or window.dockWidgetArea(place) != area:
            continue
        if frame not in window.tabifiedDockWidgets(place):
            window.tabifyDockWidget(place, frame)
        bring_forward(widget)
        return
    if area in {Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea}:
        window.resizeDocks([frame], [width], Qt.Orientation.Horizontal)
