"""Measurements that can be counted by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.metrics import measure


def test_a_rectangle_is_measured_in_its_units() -> None:
    labels = np.zeros((6, 8), np.uint16)
    labels[1:4, 2:6] = 7
    pixels = np.stack([labels * 2.0, np.ones_like(labels)])
    c = measure(labels, pixels, pixel_size=(0.5, 0.5), unit="micrometer", name="r")
    assert (c.count, c.name, c.unit) == (1, "r", "micrometer")
    got = {k: v[0] for k, v in c.columns.items()}
    assert got["label"] == 7
    assert got["pixels"] == 12
    assert got["area"] == pytest.approx(3.0)
    assert (got["centroid_y"], got["centroid_x"]) == pytest.approx((1.0, 1.75))
    assert [got[f"bbox_{k}"] for k in ("y_min", "y_max", "x_min", "x_max")] == [1, 4, 2, 6]
    assert got["solidity"] == pytest.approx(1)
    assert got["perimeter"] == pytest.approx(5.0)
    assert (got["intensity_mean_0"], got["intensity_mean_1"]) == pytest.approx((14, 1))


def test_an_l_fills_three_of_its_hulls_four_parts() -> None:
    labels = np.array([[1, 0], [1, 1]])
    # The hull of the three unit squares is 3.5.
    assert measure(labels).columns["solidity"][0] == pytest.approx(3 / 3.5)


def test_a_volume_has_a_volume() -> None:
    labels = np.zeros((4, 4, 4), int)
    labels[1:3, 1:3, 1:4] = 1
    c = measure(labels, pixel_size=(2, 1, 1))
    assert c.columns["volume"][0] == 24
    assert c.columns["centroid_z"][0] == 3
    assert c.columns["solidity"][0] == pytest.approx(1)
    assert "perimeter" not in c.columns


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 5)])
def test_one_pixel_is_an_object_without_a_warning(shape: tuple[int, ...]) -> None:
    labels = np.zeros(shape, int)
    labels[(2,) * len(shape)] = 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measure(labels).columns["solidity"].tolist() == [1.0]


def test_no_object_gives_an_empty_table_with_the_same_columns() -> None:
    some = measure(np.ones((3, 3), int), np.ones((1, 3, 3)))
    none = measure(np.zeros((3, 3), int), np.ones((1, 3, 3)))
    assert none.count == 0
    assert list(none.columns) == list(some.columns)


def test_what_cannot_be_measured_is_told() -> None:
    with pytest.raises(InputError, match="frame by frame"):
        measure(np.zeros((2, 2, 2, 2), int))
    with pytest.raises(InputError, match="labels' shape"):
        measure(np.zeros((2, 2), int), np.zeros((1, 3, 3)))
    with pytest.raises(InputError, match="at least one pixel"):
        measure(np.zeros((0, 5), int))


def test_numbers_of_any_size_are_measured_and_kept() -> None:
    labels = np.zeros((6, 6), np.int64)
    labels[1:3, 1:3], labels[4:, 4:] = 2_000_000_000, 7
    table = measure(labels, np.where(labels == 7, 3.0, 5.0)[None])
    assert table.columns["label"].tolist() == [7, 2_000_000_000]
    assert table.columns["pixels"].tolist() == [4, 4]
    assert table.columns["intensity_mean_0"].tolist() == [3, 5]
