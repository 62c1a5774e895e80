"""Summaries that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.batch.summary import summarise, summarise_sizes
from napari_discembed.types import Axes, Segmentation


def test_the_standard_deviation_is_that_of_a_sample() -> None:
    found = summarise_sizes(np.array([2, 4, 4, 6]), "a")
    assert (found.count, found.mean, found.total) == (4, 4.0, 16.0)
    assert found.sd == pytest.approx((8 / 3) ** 0.5)


@pytest.mark.parametrize(("sizes", "mean"), [([], 0.0), ([7], 7.0)])
def test_fewer_than_two_objects_do_not_vary(sizes: list[int], mean: float) -> None:
    found = summarise_sizes(np.array(sizes), "a")
    assert (found.count, found.mean, found.sd, found.total) == (len(sizes), mean, 0.0, mean)


def test_sizes_are_in_the_units_of_the_image() -> None:
    labels = np.array([[1, 1, 0], [0, 0, 9]])
    (found,) = summarise(Segmentation(labels, pixel_size=(0.5, 2.0), unit="micrometer", name="a"))
    assert found.row() == {
        "image": "a", "count": 2, "mean_size": 1.5, "sd_size": pytest.approx(0.5**0.5),
        "total_size": 3.0, "unit": "micrometer^2",
    }  # fmt: skip
    assert (found.size_name, found.where) == ("area", {})


def test_a_volume_is_one_summary() -> None:
    labels = np.ones((3, 2, 2), int)
    (found,) = summarise(Segmentation(labels, pixel_size=(2.0, 1.0, 1.0)))
    assert (found.count, found.total, found.size_unit) == (1, 24.0, "pixel^3")
    assert found.size_name == "volume"


def test_each_frame_has_a_summary_that_says_where_it_is() -> None:
    labels = np.zeros((2, 3, 2, 2), int)
    labels[1, 2, 0, 0] = 5
    film = Segmentation(labels, Axes("TZYX"), Axes("TZ"), name="a")
    found = summarise(film)
    assert [s.count for s in found] == [0, 0, 0, 0, 0, 1]
    assert (found[5].name, found[5].where) == ("a[1, 2]", {"frame": 1, "plane": 2})
    volumes = summarise(Segmentation(labels, Axes("TZYX"), name="a"))
    assert [(s.name, s.count, s.ndim) for s in volumes] == [("a[0]", 0, 3), ("a[1]", 1, 3)]


def test_objects_of_less_than_the_quality_of_sure_ones_are_unsure() -> None:
    labels = np.array([[1, 2, 0], [0, 0, 9]])
    (found,) = summarise(Segmentation(labels, quality=np.array([0.59, 0.6, 0.9])))
    assert found.unsure == 1
    assert found.row()["unsure"] == 1
