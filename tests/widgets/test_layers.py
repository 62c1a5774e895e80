"""Between layers and values: axes, places, results, undo."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.types import Axes
from napari_discembed.widgets.layers import (
    FRAMES,
    axes_choices,
    channels_first,
    find_result,
    frame_at,
    frame_axes,
    image_of,
    placement,
    remove_result,
    result_of,
    show_result,
    write_undoable,
)
from napari_discembed.widgets.sessions import unwrapped

Layer = napari.layers.Image


@pytest.mark.parametrize(
    ("shape", "about", "first"),
    [
        ((20, 30), {}, "YX"),
        ((20, 30, 3), {"rgb": True}, "YXC"),
        ((3, 20, 30), {}, "CYX"),
        ((9, 20, 30), {}, "ZYX"),
        ((9, 20, 30), {"axis_labels": ("t", "y", "x")}, "TYX"),
        ((9, 2, 20, 30), {"axis_labels": ("t", "c", "y", "x")}, "TCYX"),
        ((5, 9, 20, 30, 3), {"rgb": True}, "TZYXC"),
    ],
)
def test_the_likeliest_axes_come_first(
    shape: tuple[int, ...], about: dict[str, Any], first: str
) -> None:
    if first == "TZYXC":
        assert axes_choices(Layer(np.zeros(shape, np.uint8), **about))[0] == first
        return
    assert axes_choices(Layer(np.zeros(shape, np.uint8), **about))[0] == first


def test_scale_and_units_reach_the_image_without_the_channels() -> None:
    layer = Layer(np.zeros((2, 8, 9)), scale=(1, 0.5, 0.25), units=("pixel", "um", "um"))
    image = image_of(layer, Axes("CYX"))
    assert (image.axes, image.pixel_size, image.unit) == ("CYX", (0.5, 0.25), "micrometer")
    one = image_of(layer, Axes("CYX"), channel=1)
    assert (one.axes, one.shape) == ("YX", (8, 9))


def test_of_several_resolutions_the_finest_is_taken() -> None:
    layer = Layer([np.zeros((16, 16)), np.zeros((8, 8))], multiscale=True)
    assert image_of(layer, Axes("YX")).shape == (16, 16)


def test_labels_lie_where_the_image_does() -> None:
    layer = Layer(np.zeros((2, 8, 9)), scale=(1, 2, 3), translate=(0, 5, 6))
    place = placement(layer, Axes("CYX"), "YX")
    assert list(place["scale"]) == [2, 3]
    assert list(place["translate"]) == [5, 6]


def test_labels_lie_on_a_turned_image_too() -> None:
    layer = Layer(np.zeros((2, 8, 9)), scale=(1, 2, 3), translate=(0, 5, 6), rotate=30)
    layer.affine = np.array([[1, 0, 0, 0], [0, 1, 0.2, 7], [0, 0, 1, 9], [0, 0, 0, 1]])
    labels = napari.layers.Labels(np.zeros((8, 9), int), **placement(layer, Axes("CYX"), "YX"))
    assert list(labels.scale) == [2, 3]  # what measuring goes by
    for pixel in ((0, 0), (3, 4), (7, 1)):
        expected = layer.data_to_world((1, *pixel))[1:]
        np.testing.assert_allclose(labels.data_to_world(pixel), expected)


def test_channels_after_time_are_put_first(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    data = np.arange(3 * 2 * 8 * 9).reshape(3, 2, 8, 9)
    layer = viewer.add_image(data, scale=(4, 1, 2, 2), name="film")
    new, axes = channels_first(viewer, layer, Axes("TCYX"))
    assert axes == "CTYX" == axes_choices(new)[0]
    assert new.data.shape == (2, 3, 8, 9)
    assert np.shares_memory(new.data, data)
    assert list(new.scale) == [1, 4, 2, 2]
    assert not layer.visible
    assert channels_first(viewer, new, axes) == (new, axes)
    assert channels_first(viewer, layer, Axes("TCYX")) == (new, axes)  # asked again: no second one
    assert image_of(new, axes, channel=1).axes == "TYX"
    layer.data, layer.scale = data + 1, (8, 1, 2, 2)
    assert channels_first(viewer, layer, Axes("TCYX"))[0] is new
    assert np.shares_memory(new.data, layer.data)
    assert new.scale[1] == 8


def test_a_copy_of_a_result_is_the_persons_own(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    shown = show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    copy = napari.layers.Labels(shown.data.copy(), name="copy", metadata=dict(shown.metadata))
    viewer.layers.append(copy)
    viewer.layers.remove(shown)
    assert result_of(copy) is None
    assert find_result(viewer, source, "objects") is None


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


def test_a_result_is_replaced_and_not_piled_up(make_napari_viewer_proxy: Any) -> None:
    viewer = unwrapped(make_napari_viewer_proxy())
    source = viewer.add_image(np.zeros((8, 9)), name="cells")
    labels = viewer.add_labels(np.zeros((8, 9), int), name="mine")
    viewer.layers.selection.active = source
    for _ in range(3):
        show_result(viewer, source, "objects", np.ones((8, 9), int), napari.layers.Labels)
    picture = show_result(viewer, source, "foreground", np.ones((8, 9)), Layer)
    assert [x.name for x in viewer.layers] == [
        "cells", "cells | foreground", "mine", "cells | objects",
    ]  # fmt: skip
    assert viewer.layers.selection.active is source
    source.name, picture.name = "renamed", "other"
    assert find_result(viewer, source, "foreground") is picture
    remove_result(viewer, source, "foreground")
    assert find_result(viewer, source, "foreground") is None
    assert labels in viewer.layers


def test_a_change_is_one_step_of_undo() -> None:
    layer = napari.layers.Labels(np.zeros((4, 5), np.uint8))
    new = np.arange(20, dtype=np.int64).reshape(4, 5)
    assert write_undoable(layer, new) == 19
    assert (layer.data == new).all()
    layer.undo()
    assert not layer.data.any()
    layer.redo()
    assert (layer.data == new).all()
    assert write_undoable(layer, new) == 0


def test_a_frame_is_changed_alone() -> None:
    layer = napari.layers.Labels(np.zeros((3, 4, 5), np.uint8))
    write_undoable(layer, np.ones((4, 5), int), (1,))
    assert layer.data.sum(axis=(1, 2)).tolist() == [0, 20, 0]


def test_the_frame_follows_the_viewers_slider(make_napari_viewer_proxy: Any) -> None:
    viewer = make_napari_viewer_proxy()
    layer = viewer.add_image(np.zeros((6, 8, 9)), scale=(2, 1, 1))
    viewer.dims.set_current_step(0, 4)
    assert frame_at(viewer, layer, (6,)) == (4,)
    assert frame_at(viewer, layer, ()) == ()
