"""Shapes of all objects at once, against scikit-image's of one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label, regionprops_table

from napari_discembed.metrics.shapes import Runs, perimeters, solidities

Labels = NDArray[np.int64]
AXES = {2: 10, 3: 6}


def blobs(seed: int = 0) -> Labels:
    """Return about a hundred smooth objects of all sizes."""
    noise = np.random.default_rng(seed).normal(size=(200, 200))
    found: Labels = label(ndimage.gaussian_filter(noise, 3) > 0.05)
    return found


labels_2d = arrays.arrays(np.int64, (5, 6), elements=st.integers(0, 3))
labels_3d = arrays.arrays(np.int64, (3, 4, 5), elements=st.sampled_from([0, 2, 5]))


def test_runs_are_those_of_the_objects_row_by_row() -> None:
    runs = Runs.of(np.array([[3, 3, 0, 1], [1, 1, 1, 3]]))
    assert runs.number.tolist() == [1, 1, 3, 3]
    assert runs.row[:, 0].tolist() == [0, 1, 0, 1]
    assert runs.start.tolist() == [3, 0, 0, 3]
    assert runs.stop.tolist() == [4, 3, 2, 4]
    assert runs.numbers.tolist() == [1, 3]
    assert runs.pixels.tolist() == [4, 3]


@given(st.one_of(labels_2d, labels_3d))
def test_places_and_sizes_are_those_of_scikit_image(labels: Labels) -> None:
    runs = Runs.of(labels)
    wanted = regionprops_table(labels, properties=("label", "area", "centroid", "bbox"))
    assert runs.numbers.tolist() == wanted["label"].tolist()
    assert runs.pixels.tolist() == wanted["area"].tolist()
    for axis in range(labels.ndim):
        np.testing.assert_allclose(runs.centroid(axis), wanted[f"centroid-{axis}"], atol=1e-12)
        low, high = runs.bounds(axis)
        assert low.tolist() == wanted[f"bbox-{axis}"].tolist()
        assert high.tolist() == wanted[f"bbox-{axis + labels.ndim}"].tolist()


@given(labels_2d)
def test_the_perimeter_is_that_of_scikit_image(labels: Labels) -> None:
    wanted = regionprops_table(labels, properties=("perimeter",))["perimeter"]
    np.testing.assert_allclose(perimeters(Runs.of(labels)), wanted, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint64])
def test_labels_of_any_integers_have_a_perimeter(dtype: type[np.integer]) -> None:
    labels = blobs().astype(dtype)
    wanted = regionprops_table(blobs(), properties=("perimeter",))["perimeter"]
    np.testing.assert_allclose(perimeters(Runs.of(labels)), wanted, atol=1e-9)


def test_solidity_is_a_little_below_scikit_image_s_which_draws_its_hull_within() -> None:
    labels = blobs()
    wanted = regionprops_table(labels, properties=("area", "solidity"))
    less = wanted["solidity"] - solidities(Runs.of(labels))
    large = wanted["area"] > 30
    assert large.sum() == 40
    assert less[large].min() > 0
    assert less[large].max() < 0.11
    assert less.max() < 1 / 3 + 1e-9


def test_an_object_of_two_pixels_across_a_corner_fills_two_thirds_of_its_hull() -> None:
    # scikit-image, whose hull goes through the middles of the edges, says 1.
    labels = np.eye(2, dtype=np.int64)
    assert solidities(Runs.of(labels)).tolist() == pytest.approx([2 / 3])
    assert regionprops_table(labels, properties=("solidity",))["solidity"].tolist() == [1.0]


def test_a_square_on_its_corner_lacks_the_triangles_of_its_stairs() -> None:
    # Of 2 r^2 + 2 r + 1 pixels; between the stairs lie 4 r triangles of half a pixel.
    for r in (1, 5, 40):
        y, x = np.ogrid[-r : r + 1, -r : r + 1]
        labels = (np.abs(y) + np.abs(x) <= r).astype(np.int64)
        pixels = 2 * r * r + 2 * r + 1
        assert solidities(Runs.of(labels)).tolist() == pytest.approx([pixels / (pixels + 2 * r)])


def test_nothing_has_no_shape() -> None:
    runs = Runs.of(np.zeros((3, 4), np.int64))
    assert [len(a) for a in (runs.numbers, runs.pixels, perimeters(runs), solidities(runs))] == [
        0
    ] * 4
    assert runs.centroid(0).tolist() == runs.bounds(1)[0].tolist() == []
