"""Length and width, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.metrics import measure
from napari_discembed.metrics.rectangles import lengths_and_widths
from napari_discembed.metrics.shapes import Runs


def test_length_and_width_of_upright_rectangles_are_their_sides() -> None:
    labels = np.zeros((12, 20), np.int64)
    labels[1:4, 2:9], labels[5:11, 3:4], labels[6, 10] = 1, 2, 3
    table = measure(labels)
    assert table["length"].tolist() == [7, 6, 1]
    assert table["width"].tolist() == [3, 1, 1]


def test_pixels_that_are_no_squares_are_heeded() -> None:
    labels = np.ones((3, 4), np.int64)
    table = measure(labels, pixel_size=(2.0, 0.5), unit="mm")
    assert (table["length"].tolist(), table["width"].tolist()) == ([6], [2])


def test_a_slanted_bar_has_the_length_along_it() -> None:
    labels = np.eye(5, dtype=np.int64)
    # The corners of five pixels along a diagonal: 5 sqrt 2 long, sqrt 2 wide.
    length, width = lengths_and_widths(Runs.of(labels), (1, 1))
    assert length == pytest.approx([5 * 2**0.5])
    assert width == pytest.approx([2**0.5])


def test_a_triangle_has_the_rectangle_along_its_longest_side() -> None:
    labels = np.zeros((8, 8), np.int64)
    for i in range(4):
        labels[3 - i, i : 7 - i] = 1  # rows of 7, 5, 3 and 1 pixels: 7 wide, 4 high
    table = measure(labels)
    assert (table["length"].tolist(), table["width"].tolist()) == ([7], [4])


def test_many_objects_have_what_each_has_alone() -> None:
    rng = np.random.default_rng(0)
    labels = np.zeros((60, 60), np.int64)
    for n in range(1, 26):
        y, x = rng.integers(0, 48, 2)
        labels[y : y + rng.integers(1, 12), x : x + rng.integers(1, 12)] = n
    table = measure(labels)
    for row, n in enumerate(table["label"].tolist()):
        alone = measure((labels == n).astype(np.int64))
        assert table["length"][row] == pytest.approx(alone["length"][0])
        assert table["solidity"][row] == pytest.approx(alone["solidity"][0])
        assert table["length"][row] * table["width"][row] >= table["area"][row] - 1e-9


def test_no_objects_have_no_lengths() -> None:
    assert measure(np.zeros((4, 4), np.int64))["length"].tolist() == []
