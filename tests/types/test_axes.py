"""Letters of axes, in one place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.errors import InputError
from napari_discembed.types.axes import LETTERS, Axes, label_axes, named_axes


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((5, 6), "YX"),
        ((5, 6, 3), "YXC"),
        ((5, 6, 4), "YXC"),
        ((7, 5, 6), "ZYX"),
        ((3, 5, 6), "ZYX"),
        ((4, 4, 3), "ZYX"),
        ((7, 8, 9, 3), "ZYXC"),
        ((2, 7, 5, 6), "CZYX"),
    ],
)
def test_axes_are_guessed_from_the_shape(shape: tuple[int, ...], axes: str) -> None:
    assert Axes.guess(shape) == axes


@pytest.mark.parametrize("letters", ["YY", "XA", "yx?"])
def test_letters_that_are_unknown_or_double_are_refused(letters: str) -> None:
    with pytest.raises(InputError, match="Expected different axes"):
        Axes(letters)


def test_small_letters_are_taken() -> None:
    assert Axes("tyx") == "TYX"


def test_what_axes_there_are() -> None:
    axes = Axes("TCZYX")
    assert (axes.spatial, axes.ndim) == ("ZYX", 3)
    assert axes.has_time
    assert axes.has_depth
    assert axes.has_channels
    assert not axes.has_colour_last
    assert Axes("YXC").has_colour_last
    assert axes.without("TC") == "ZYX"
    assert axes.without_channels() == "TZYX"
    assert Axes("TYX").words == "time, y, x"


@pytest.mark.parametrize(
    ("axes", "ndim", "frames"),
    [("YX", None, ""), ("TYX", None, "T"), ("TZYX", None, "T"), ("TZYX", 3, "T"),
     ("TZYX", 2, "TZ"), ("ZCYX", 2, "Z"), ("ZTYX", 2, "ZT"), ("TYX", 2, "T")],
)  # fmt: skip
def test_frames_are_time_and_for_planes_depth(axes: str, ndim: int | None, frames: str) -> None:
    assert Axes(axes).frames(ndim) == frames


def test_lengths_and_values_by_letter() -> None:
    axes = Axes("TCYX")
    assert axes.sizes((5, 2, 7, 8)) == {"T": 5, "C": 2, "Y": 7, "X": 8}
    assert axes.shape((5, 2, 7, 8), "XT") == (8, 5)
    assert axes.select((0.1, 0.2, 0.3, 0.4), "ZYX") == (0.3, 0.4)
    assert axes.at({"T": 3}) == (3, slice(None), slice(None), slice(None))


@given(st.permutations(LETTERS))
def test_an_order_brings_any_array_to_the_usual_one(letters: list[str]) -> None:
    axes = Axes("".join(letters))
    sizes = dict(zip(LETTERS, (2, 3, 4, 5, 6), strict=True))
    array = np.zeros([sizes[a] for a in axes])
    assert array.transpose(axes.order(LETTERS)).shape == (2, 3, 4, 5, 6)


def test_labels_have_no_channels_and_the_usual_order() -> None:
    assert label_axes("CZTYX") == "TZYX"


def test_names_stand_for_axes_by_their_first_letters() -> None:
    assert named_axes(["time", "y", "x"]) == "TYX"
    assert named_axes(["axis 0", "y", "x"]) is None
    assert named_axes(["y", "yes"]) is None
    assert named_axes(["", "y"]) is None
