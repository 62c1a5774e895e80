"""Boxes whose lines are as wide on the screen however near one looks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.layers import find_result
from napari_discembed.widgets.layers.outlines import LINE, camera_of, show_boxes

BOX = np.array([[900.0, 100], [900, 120], [914, 120], [914, 100]])


def test_lines_stay_as_wide_on_the_screen(make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    layer = viewer.add_labels(np.ones((1000, 1000), np.uint8), scale=(0.5, 0.5))
    boxes = show_boxes(viewer, layer, "check", [BOX], scale=layer.scale)
    for zoom in (0.1, 7.0, 300.0):
        camera_of(viewer).zoom = zoom
        assert np.array(boxes.edge_width) * 0.5 * zoom == pytest.approx([LINE])
    show_boxes(viewer, layer, "check", [BOX, BOX + 20, BOX + 50])
    assert np.array(boxes.edge_width) * 0.5 * 300 == pytest.approx([LINE] * 3)
    assert not boxes.face_color[:, 3].any()
    boxes.scale = (2, 2)
    assert np.array(boxes.edge_width) * 2 * 300 == pytest.approx([LINE] * 3)
    viewer.layers.remove(boxes)
    camera_of(viewer).zoom = 2.0
    assert find_result(viewer, layer, "check") is None
