"""Layers of results are found again and replaced."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np

from napari_discembed.widgets.layers import (
    find_result,
    remove_result,
    result_of,
    show_labels,
    show_result,
)
from napari_discembed.widgets.sessions import unwrapped


def test_a_copy_of_a_result_is_the_persons_own(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    shown = show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    copy = napari.layers.Labels(shown.data.copy(), name="copy", metadata=dict(shown.metadata))
    viewer.layers.append(copy)
    viewer.layers.remove(shown)
    assert result_of(copy) is None
    assert find_result(viewer, source, "objects") is None


def test_a_result_is_replaced_and_not_piled_up(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    labels = viewer.add_labels(np.zeros((8, 9), int), name="mine")
    viewer.layers.selection.active = source
    for _ in range(3):
        show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    picture = show_result(viewer, source, "foreground", np.ones((8, 9)), napari.layers.Image)
    assert [x.name for x in viewer.layers] == [
        "cells", "cells | foreground", "mine", "cells | objects",
    ]  # fmt: skip
    assert viewer.layers.selection.active is source
    source.name, picture.name = "renamed", "other"
    assert find_result(viewer, source, "foreground") is picture
    remove_result(viewer, source, "foreground")
    assert find_result(viewer, source, "foreground") is None
    assert labels in viewer.layers


def test_labels_of_a_frame_are_written_into_the_array_and_drawn(
    make_napari_viewer_proxy: Any,
) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    layer = viewer.add_labels(np.zeros((2, 8, 9), np.uint16))
    viewer.dims.set_current_step(0, 1)
    array, drawn, heard = layer.data, [], []
    layer.events.set_data.connect(lambda _event: drawn.append(layer._data_view.copy()))
    layer.events.visible.connect(heard.append)
    show_labels(layer, (1,), np.full((8, 9), 3, np.int32))
    assert layer.data is array
    assert array[0].max() == 0
    assert (array[1] == 3).all()
    assert [x.min() for x in drawn] == [3]
    assert not heard  # shown again, it would be drawn twice


def test_hidden_labels_are_shown_once_they_are_others(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    layer = viewer.add_labels(np.zeros((8, 9), np.uint16))
    layer.visible = False
    show_labels(layer, (), np.zeros((8, 9), np.int32))
    assert not layer.visible
    show_labels(layer, (), np.ones((8, 9), np.int32))
    assert layer.visible
    assert (layer._data_view == 1).all()


def test_an_array_that_cannot_hold_the_numbers_is_widened(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    layer = viewer.add_labels(np.zeros((2, 8, 9), np.uint16))
    layer.data[0] = 7
    show_labels(layer, (1,), np.full((8, 9), 70_000, np.int32))
    assert layer.data.dtype == np.int32
    assert (np.unique(layer.data) == [7, 70_000]).all()
