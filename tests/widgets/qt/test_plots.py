"""The plots of a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_discembed.session.preview import Preview
from napari_discembed.widgets.qt.plots import EmbeddingPlot


def test_all_pixels_of_an_object_share_one_brush(qtbot: Any) -> None:
    # Of a brush a point, 3000 points took a fifth of a second, in which no one could paint.
    plot = EmbeddingPlot()
    qtbot.addWidget(plot)
    owners = np.array([1, 2, 1, 2, 1])
    points, means = np.zeros((5, 2), np.float32), np.zeros((2, 2), np.float32)
    plot.show_preview(Preview(np.ones((2, 2), int), (0, 0), points, owners, means, 0.5, 1.5))
    brushes = plot._points.data["brush"]
    assert len({id(brush) for brush in brushes}) == 2
    assert brushes[0].color() != brushes[1].color()
