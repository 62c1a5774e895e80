"""From image layers to images."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
import pytest

from napari_discembed.types import Axes
from napari_discembed.widgets.layers import (
    axes_choices,
    channels_first,
    image_of,
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
