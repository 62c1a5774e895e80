"""Frames over time and depth."""

from __future__ import annotations

import pytest

from napari_discembed.types import Axes, Series


def test_frames_lie_in_c_order_over_their_axes() -> None:
    series = Series([10, 11, 12, 20, 21, 22], Axes("TZ"), (2, 3))
    assert len(series) == 6
    assert series.at((1, 0)) == series[3] == 20
    assert series.number((1, 2)) == 5
    assert list(series.indices())[:4] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert series[1:3] == [11, 12]
    assert series[-1] == 22
    assert list(series) == [10, 11, 12, 20, 21, 22]


def test_a_single_frame_has_no_axes() -> None:
    series = Series(["only"])
    assert series.is_single
    assert len(series) == 1
    assert series.at(()) == "only"
    assert list(series.indices()) == [()]


@pytest.mark.parametrize("number", [2, -3])
def test_there_is_no_frame_beyond_the_last(number: int) -> None:
    with pytest.raises(IndexError):
        Series([1, 2], Axes("T"), (2,))[number]
