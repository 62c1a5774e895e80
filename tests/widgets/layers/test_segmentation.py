"""From Labels layers to segmentations, and to the images that fit them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Segmentation
from napari_discembed.widgets.layers import layer_image, layer_segmentation


def segmentation(*shape: int, frames: str = "", said: int | None = None) -> Segmentation:
    labels = np.ones(shape, np.uint8)
    scale = (9.0, -4.0, 2.0, 0.5)[4 - len(shape) :]
    return layer_segmentation(labels, scale, "mm", "a", frame_axes=frames, n_frames=said)


@pytest.mark.parametrize(
    ("ndim", "known", "said", "axes", "frame_axes"),
    [
        (2, "", None, "YX", ""),
        (3, "", None, "ZYX", ""),
        (3, "T", None, "TYX", "T"),
        (3, "Z", None, "ZYX", "Z"),
        (3, "", 1, "TYX", "T"),
        (3, "Z", 1, "ZYX", "Z"),
        (3, "T", 0, "ZYX", ""),
        (4, "", None, "TZYX", "T"),
        (4, "", 2, "TZYX", "TZ"),
        (4, "TZ", 1, "TZYX", "T"),
    ],
)
def test_a_layer_is_read_as_what_is_known_and_said_of_it(
    ndim: int, known: str, said: int | None, axes: str, frame_axes: str
) -> None:
    found = segmentation(*(2, 3, 4, 5)[4 - ndim :], frames=known, said=said)
    assert (found.axes, found.frame_axes, found.unit, found.name) == (axes, frame_axes, "mm", "a")
    assert found.pixel_size == ((4.0, 2.0, 0.5) if "Z" in axes else (2.0, 0.5))


def test_a_layer_of_too_many_axes_is_told() -> None:
    with pytest.raises(InputError, match="2 to 4 axes, got 5"):
        layer_segmentation(np.ones((1, 2, 3, 4, 5), int), (1,) * 5, "mm", "a")


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((3, 4, 5), "TYX"), ((3, 4, 5, 2), "TYXC"), ((2, 3, 4, 5), "CTYX")],
)
def test_an_image_fits_with_channels_last_or_first(shape: tuple[int, ...], axes: str) -> None:
    image = layer_image(np.zeros(shape), segmentation(3, 4, 5, frames="T"), "cells")
    assert image is not None
    assert (image.axes, image.name) == (axes, "cells")


@pytest.mark.parametrize("shape", [(4, 5), (3, 4, 6), (2, 2, 3, 4, 5)])
def test_an_image_of_another_shape_does_not_fit(shape: tuple[int, ...]) -> None:
    assert layer_image(np.zeros(shape), segmentation(3, 4, 5), "cells") is None
