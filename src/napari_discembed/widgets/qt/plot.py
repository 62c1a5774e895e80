"""The plot that all others are made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QImage, QPainter
from qtpy.QtWidgets import QWidget

from napari_discembed.widgets.qt.look import DARK, LIGHT, Look

BOTTOM = 5
TOP = 8
FINE = 3
"""Pixels of a picture that is saved to each of the screen."""


class Plot(pg.PlotWidget):
    """A plot in the colours of napari's theme, without pyqtgraph's own menus."""

    def __init__(
        self,
        x: str,
        y: str,
        height: int = 150,
        parent: QWidget | None = None,
        view_box: pg.ViewBox | None = None,
    ) -> None:
        super().__init__(parent, background=None, viewBox=view_box)
        self.look = DARK
        self._coloured: list[Callable[[Look], object]] = []
        self.setFixedHeight(height)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.getPlotItem().getViewBox().setMouseEnabled(False, False)
        # Else the topmost number is cut, and the name below, which pyqtgraph draws 5 px too low.
        self.getPlotItem().setContentsMargins(0, TOP, 0, BOTTOM)
        for side, text in (("bottom", x), ("left", y)):
            self.getAxis(side).enableAutoSIPrefix(False)
            self.setLabel(side, text)
        self.coloured(self._colour_axes)

    def coloured(self, apply: Callable[[Look], object]) -> None:
        """Colour something now, and anew whenever the theme changes."""
        self._coloured.append(apply)
        apply(self.look)

    def set_look(self, look: Look) -> None:
        """Take other colours."""
        if look != self.look:
            self.look = look
            for apply in self._coloured:
                apply(look)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802 - Qt's name
        """Draw the ground anew when the window's style changes: Qt keeps a picture of it."""
        super().changeEvent(event)
        if event is not None and event.type() in (
            QEvent.Type.StyleChange,
            QEvent.Type.PaletteChange,
        ):
            self.resetCachedContent()

    def _colour_axes(self, look: Look) -> None:
        for side in ("bottom", "left"):
            axis = self.getAxis(side)
            axis.setPen(look.quiet)
            axis.setTextPen(look.text)
            axis.setLabel(axis.labelText, color=look.text)

    def picture(self) -> QImage:
        """Return the plot as a picture for paper: dark on white, finer than the screen."""
        before = self.look
        self.set_look(LIGHT)
        image = QImage(self.size() * FINE, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.render(painter)
        painter.end()
        self.set_look(before)
        return image

    def save(self, path: Path) -> bool:
        """Write the plot as a picture; tell whether that went well."""
        return bool(self.picture().save(str(path)))


def pen(colour: str, width: int = 2, **more: Any) -> Any:  # noqa: ANN401 - pyqtgraph's pen
    """Return a pen."""
    return pg.mkPen(colour, width=width, **more)
