"""Nothing is clipped: every text has the room it needs, however narrow the dock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.features import FeatureSpaceDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from tests.widgets.conftest import squares

DOCKS = [SegmentDock, FineTuneDock, CorrectDock, CountDock, FeatureSpaceDock]


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
    lines = widget.text().split("\n")  # type: ignore[attr-defined]
    return max(widget.fontMetrics().horizontalAdvance(line) for line in lines)


@pytest.mark.parametrize("width", [240, 340, 500])
@pytest.mark.parametrize("kind", DOCKS)
def test_every_text_has_its_room(
    kind: type[Dock],
    width: int,
    make_napari_viewer_proxy: Any,
    qtbot: Any,
    tiny: str,
    told: list[str],
) -> None:
    viewer = make_napari_viewer_proxy()
    viewer.add_image(np.zeros((24, 72), np.uint8), name="a picture with a rather long name")
    viewer.add_labels(squares(), name="its objects, with a name as long")
    dock = kind(viewer)
    qtbot.addWidget(dock)
    dock.resize(width, 700)
    dock.show()
    QApplication.processEvents()
    assert dock.width() == width
    assert clipped(dock) == []
