"""What the axes of an array can be."""

from __future__ import annotations

import pytest

from napari_discembed.types.axes import Axes
from napari_discembed.types.readings import axis_readings, channels_fit, reading_words


@pytest.mark.parametrize(
    ("shape", "channels", "ndim", "first"),
    [
        ((20, 30), 3, 2, "YX"),
        ((4, 20, 30), 3, 2, "ZYX"),  # four frames or planes, never channels of a model of three
        ((4, 20, 30), 4, 2, "CYX"),
        ((2, 20, 30), 3, 2, "CYX"),
        ((2, 20, 30), None, 2, "CYX"),
        ((3, 20, 30), 3, 2, "CYX"),
        ((3, 20, 30), 1, 3, "ZYX"),  # a model of volumes needs planes
        ((9, 20, 30), 1, 2, "ZYX"),
        ((9, 2, 20, 30), 1, 2, "TCYX"),
        ((2, 9, 20, 30), 3, 2, "CZYX"),
        ((2, 9, 20, 30), 3, 3, "CZYX"),
        ((9, 8, 20, 30), 3, 2, "TZYX"),
        ((9, 8, 2, 20, 30), 3, 2, "TZCYX"),
        ((5,), 3, 2, None),
    ],
)
def test_the_shape_and_the_model_say_what_is_likeliest(
    shape: tuple[int, ...], channels: int | None, ndim: int, first: str | None
) -> None:
    readings = axis_readings(shape, channels=channels, ndim=ndim)
    assert (readings[0] if readings else None) == first


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (("t", "y", "x"), "TYX"),
        (("time", "y", "x"), "TYX"),
        (("Frame", "y", "x"), "TYX"),
        (("slice", "y", "x"), "ZYX"),
        (("channel", "y", "x"), "CYX"),
        (("axis -3", "axis -2", "axis -1"), "ZYX"),
    ],
)
def test_the_names_of_the_axes_come_before_the_shape(names: tuple[str, ...], first: str) -> None:
    assert axis_readings((9, 20, 30), names, channels=3)[0] == first


def test_each_reading_that_fits_is_offered_once() -> None:
    assert axis_readings((4, 20, 30), channels=3) == ["ZYX", "TYX", "CYX"]
    assert axis_readings((2, 20, 30), channels=3) == ["CYX", "ZYX", "TYX"]


@pytest.mark.parametrize(
    ("axes", "shape", "words"),
    [
        ("YX", (5, 6), "5 x 6"),
        ("YXC", (5, 6, 3), "5 x 6"),
        ("TYX", (4, 5, 6), "4 frames of 5 x 6"),
        ("ZYX", (4, 5, 6), "volume of 4 planes"),
        ("CYX", (1, 5, 6), "1 channel"),
        ("TZYXC", (2, 4, 5, 6, 3), "2 frames of 4 planes"),
        ("TCYX", (7, 2, 5, 6), "7 frames of 2 channels"),
    ],
)
def test_a_reading_is_told_in_words(axes: str, shape: tuple[int, ...], words: str) -> None:
    assert reading_words(Axes(axes), shape) == words


def test_grey_fits_every_network_and_colours_one_of_grey() -> None:
    assert channels_fit(1, 3)
    assert channels_fit(3, 1)
    assert channels_fit(4, 4)
    assert not channels_fit(2, 3)
    assert not channels_fit(2, 1)
