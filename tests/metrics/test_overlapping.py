"""Measurements of objects that overlap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed import measure
from napari_discembed.metrics import measure_instances, measure_segmentation
from napari_discembed.metrics.overlapping import layers
from napari_discembed.types import Axes, Image, Instances, Segmentation


def stacked() -> Instances:
    """Three squares, each over the one before, and one aside."""
    masks = np.zeros((4, 6, 6), bool)
    masks[0, :3, :3] = masks[1, 1:4, 1:4] = masks[2, 2:4, 2:4] = masks[3, 5, 5] = True
    return Instances.of_masks(masks, numbers=[9, 3, 4, 1], scores=[0.1, 0.2, 0.3, 0.4])


def test_no_two_objects_of_a_layer_share_a_pixel() -> None:
    assert layers(stacked()).tolist() == [0, 1, 2, 0]


def test_objects_are_measured_with_the_pixels_that_they_share() -> None:
    image = Image(np.arange(36.0).reshape(6, 6), "YX")
    table = measure_instances(stacked(), image)
    assert table["label"].tolist() == [9, 3, 4, 1]
    assert table["pixels"].tolist() == [9, 9, 4, 1]
    assert table["intensity_mean_0"].tolist() == [7.0, 14.0, 17.5, 35.0]
    assert table["score"].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert measure(stacked(), image)["perimeter"].tolist() == table["perimeter"].tolist()


@given(st.integers(0, 2**32), st.sampled_from(["YX", "TYX", "TZYX"]))
def test_labels_are_measured_as_labels(seed: int, axes: str) -> None:
    shape = (2, 2, 4, 4)[-len(axes) :]
    labels = np.random.default_rng(seed).integers(0, 4, shape).astype(np.uint8)
    segmentation = Segmentation(labels, Axes(axes), pixel_size=(0.5,))
    expected = measure_segmentation(segmentation)
    found = measure_instances(Instances.of_labels(segmentation))
    assert list(found.columns) == list(expected.columns)
    for name in expected.columns:
        np.testing.assert_array_equal(found[name], expected[name])


def test_nothing_is_measured_too() -> None:
    assert len(measure_instances(Instances.of_labels(np.zeros((3, 3), np.uint8)))) == 0
