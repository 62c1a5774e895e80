"""Columns as a person reads them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.reports.columns import (
    arranged,
    mean_hue,
    measures,
    on_demand,
    sums,
    title,
    words_of,
)


def test_sums_leave_out_what_is_no_number() -> None:
    count = np.array([3, None, 5], object)
    columns = {"image": np.array(["a", "b", "c"]), "count": count, "frame": np.arange(3)}
    assert {name: pair.tolist() for name, pair in sums(columns).items()} == {
        "image": ["total", "mean"], "count": [8, 4.0], "frame": [None, None],
    }  # fmt: skip


def test_sizes_of_different_units_are_not_added() -> None:
    sizes = {"image": np.array(["a", "b"]), "total_size": np.array([1.0, 2.0])}
    one, two = np.array(["mm^2", "mm^2"]), np.array(["mm^2", "pixel^2"])
    assert sums({**sizes, "unit": one})["total_size"].tolist() == [3, 1.5]
    assert sums({**sizes, "unit": two})["total_size"].tolist() == [None, None]


def test_the_mean_of_hues_goes_around_the_wheel() -> None:
    assert mean_hue(np.array([350.0, 20.0])) == pytest.approx(5)
    assert mean_hue(np.array([0.0, 180.0])) is None


def test_channels_of_a_colour_picture_and_twins_are_shown_on_demand() -> None:
    names = ["label", "pixels", "solidity", "area", "intensity_mean_0", "intensity_mean_1"]
    grey = {name: np.ones(1) for name in names}
    assert on_demand(grey) == {"pixels", "solidity"}
    assert on_demand({**grey, "hue": np.ones(1)}) >= {"intensity_mean_0", "intensity_mean_1"}
    assert list(arranged(grey))[:2] == ["label", "area"]
    assert measures(grey) == [name for name in names if name != "label"]
    assert title("intensity_mean_1", grey) == "mean intensity 2"
    assert title("intensity_mean_0", {"intensity_mean_0": np.ones(1)}) == "mean intensity"
    assert title("area", grey, "micrometer") == "area (\u00b5m\u00b2)"


def test_numbers_are_words_of_four_places() -> None:
    values = [3, 0.123456, 12345.6, None, float("nan"), "a"]
    assert [words_of(v, "-") for v in values] == ["3", "0.1235", "12346", "-", "-", "a"]
