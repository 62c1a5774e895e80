"""Nothing is clipped: every text has the room it needs, however narrow the dock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from tests.widgets.conftest import Wait, give_judged, squares

from napari_discembed.config import LearnedConfig
from napari_discembed.types.kinds import named_kinds
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.features import FeatureSpaceDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.folder import FolderDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.docks.track import TrackDock
from napari_discembed.widgets.qt.places import frame_of

DOCKS = [SegmentDock, FineTuneDock, CorrectDock, CountDock, FolderDock, FeatureSpaceDock, TrackDock]


def clipped(dock: Dock) -> list[str]:
    """Return the texts that have less room than they need, or lie beyond the dock's edge."""
    found = []
    for widget in dock.findChildren(QWidget):
        if not isinstance(widget, QLabel | QAbstractButton) or not widget.isVisibleTo(dock):
            continue
        text = widget.text()
        wraps = isinstance(widget, QLabel) and widget.wordWrap()
        needed = widget.minimumSizeHint().width() if wraps else _text_width(widget)
        right = widget.mapTo(dock, QPoint(widget.width(), 0)).x()
        if text and (widget.width() < needed or right > dock.width()):
            found.append(f"{text!r}: {widget.width()} of {needed} px, to {right}")
    return found


def _text_width(widget: QWidget) -> int:
    lines = str(getattr(widget, "text", str)()).split("\n")
    return max(widget.fontMetrics().horizontalAdvance(line) for line in lines)


@pytest.mark.parametrize("width", [240, 340, 500])
@pytest.mark.parametrize("kind", DOCKS)
def test_every_text_has_its_room(
    kind: type[Dock],
    width: int,
    make_napari_viewer_proxy: Any,
    tiny: str,
    told: list[str],
) -> None:
    viewer = make_napari_viewer_proxy()
    viewer.add_image(np.zeros((24, 72), np.uint8), name="a picture with a rather long name")
    viewer.add_labels(squares(), name="its objects, with a name as long")
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock)
    frame = frame_of(dock)
    assert frame is not None
    frame.setFloating(True)
    frame.show()
    frame.resize(width, 700)
    QApplication.processEvents()
    assert frame.width() == width
    assert clipped(dock) == []


@pytest.mark.parametrize("width", [240, 340])
@pytest.mark.parametrize("kind", [SegmentDock, FineTuneDock, CorrectDock, CountDock])
def test_every_text_has_its_room_with_several_kinds_of_objects(
    kind: type[Dock],
    width: int,
    make_napari_viewer_proxy: Any,
    tiny: str,
    told: list[str],
) -> None:
    viewer = make_napari_viewer_proxy()
    viewer.add_image(np.zeros((24, 72), np.uint8), name="a picture with a rather long name")
    viewer.add_labels(squares(), name="its objects, with a name as long")
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock)
    names = ["leaf", "lymphocyte of a rather long name indeed", "x", "y"]
    dock.session.kinds.take_up(named_kinds(names))
    frame = frame_of(dock)
    assert frame is not None
    frame.setFloating(True)
    frame.show()
    frame.resize(width, 700)
    QApplication.processEvents()
    if isinstance(dock, FineTuneDock):
        dock.pairs.measure()
        dock.pairs.kinds.panel.rows[1].begin_edit()
    QApplication.processEvents()
    assert frame.width() == width
    assert clipped(dock) == []
    tips = [w for w in dock.findChildren(QAbstractButton) if w.isVisibleTo(dock) and w.text()]
    added = ("⋯", "Kind", "leaf", "x", "Another kind ...")
    assert all(w.toolTip() for w in tips if w.text().startswith(added))


@pytest.mark.parametrize("width", [340, 500])
def test_the_choice_of_a_judging_model_has_its_room(
    width: int, dock: SegmentDock, wait: Wait
) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.pick.setChecked(True)
    frame = frame_of(dock)
    assert frame is not None
    frame.setFloating(True)
    frame.show()
    for choice in ("one", "learned"):
        dock.objects.form.choice.buttons[choice].click()
        wait(lambda: dock.objects.is_idle)
        frame.resize(width, 700)
        QApplication.processEvents()
        assert frame.width() == width
        assert clipped(dock) == []
