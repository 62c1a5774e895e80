"""Results lie on their image."""

from __future__ import annotations

import napari.layers
import numpy as np

from napari_discembed.types import Axes
from napari_discembed.widgets.layers import (
    placement,
)


def test_labels_lie_where_the_image_does() -> None:
    layer = napari.layers.Image(np.zeros((2, 8, 9)), scale=(1, 2, 3), translate=(0, 5, 6))
    place = placement(layer, Axes("CYX"), "YX")
    assert list(place["scale"]) == [2, 3]
    assert list(place["translate"]) == [5, 6]


def test_labels_lie_on_a_turned_image_too() -> None:
    layer = napari.layers.Image(
        np.zeros((2, 8, 9)), scale=(1, 2, 3), translate=(0, 5, 6), rotate=30
    )
    layer.affine = np.array([[1, 0, 0, 0], [0, 1, 0.2, 7], [0, 0, 1, 9], [0, 0, 0, 1]])
    labels = napari.layers.Labels(np.zeros((8, 9), int), **placement(layer, Axes("CYX"), "YX"))
    assert list(labels.scale) == [2, 3]  # what measuring goes by
    for pixel in ((0, 0), (3, 4), (7, 1)):
        expected = layer.data_to_world((1, *pixel))[1:]
        np.testing.assert_allclose(labels.data_to_world(pixel), expected)
