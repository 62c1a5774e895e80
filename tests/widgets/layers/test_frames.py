"""Frames of Labels layers."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.widgets.layers import (
    FRAMES,
    frame_at,
    frame_axes,
)


@pytest.mark.parametrize(
    ("about", "frames"),
    [
        ({"metadata": {FRAMES: ""}}, ""),
        ({"metadata": {FRAMES: "T"}}, "T"),
        ({"axis_labels": ("t", "y", "x")}, "T"),
        ({}, None),
    ],
)
def test_labels_say_which_axes_are_frames(about: dict[str, Any], frames: str | None) -> None:
    assert frame_axes(napari.layers.Labels(np.zeros((3, 8, 9), int), **about)) == frames


def test_the_frame_follows_the_viewers_slider(make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    layer = viewer.add_image(np.zeros((6, 8, 9)), scale=(2, 1, 1))
    viewer.dims.set_current_step(0, 4)
    assert frame_at(viewer, layer, (6,)) == (4,)
    assert frame_at(viewer, layer, ()) == ()
