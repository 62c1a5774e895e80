"""What went wrong, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from napari_discembed.metrics import Mistakes, mistakes

Labels = NDArray[np.int64]


def row(*values: int) -> Labels:
    return np.array([values])


@pytest.mark.parametrize(
    ("true", "predicted", "expected"),
    [
        pytest.param(row(0, 1, 1, 5), row(0, 7, 7, 2), Mistakes(right=2), id="the truth"),
        pytest.param(row(1, 1, 1), row(1, 1, 0), Mistakes(right=1), id="most of it"),
        pytest.param(row(1, 1, 1), row(4, 0, 0), Mistakes(missed=1, pieces=1), id="a third of it"),
        pytest.param(
            row(1, 1, 2, 2), row(3, 3, 3, 3), Mistakes(merged=2, pieces=1), id="two in one"
        ),
        pytest.param(
            row(1, 1, 1, 1, 1), row(2, 2, 0, 3, 3), Mistakes(split=1, pieces=2), id="split"
        ),
        pytest.param(
            row(0, 0, 1, 0, 0), row(2, 2, 2, 0, 0), Mistakes(shape=1, invented=1), id="large"
        ),
        pytest.param(row(0, 0, 1), row(2, 2, 0), Mistakes(missed=1, invented=1), id="elsewhere"),
        pytest.param(row(0, 0), row(0, 0), Mistakes(), id="nothing"),
        pytest.param(
            row(1, 1, 0), row(2, 0, 0), Mistakes(missed=1, pieces=1), id="exactly half of it"
        ),
        pytest.param(
            row(1, 1, 1, 0), row(0, 0, 2, 2), Mistakes(missed=1, invented=1), id="half inside"
        ),
        pytest.param(
            row(1, 1, 0, 0), row(2, 2, 2, 2), Mistakes(shape=1, invented=1), id="twice as large"
        ),
        pytest.param(
            row(1, 1, 1, 1), row(2, 2, 3, 3), Mistakes(split=1, pieces=2), id="two halves"
        ),
        pytest.param(
            row(1, 1, 2, 2, 2, 2),
            row(3, 3, 3, 3, 0, 0),
            Mistakes(shape=1, missed=1, pieces=1),
            id="one and half of another",
        ),
        pytest.param(
            row(1, 2, 2, 2), row(3, 3, 3, 3), Mistakes(right=1, merged=1), id="right with another"
        ),
    ],
)
def test_each_object_is_counted_once(true: Labels, predicted: Labels, expected: Mistakes) -> None:
    assert mistakes(true, predicted) == expected


images = arrays.arrays(np.int64, (4, 4), elements=st.integers(0, 4))


@given(images, images)
def test_every_true_object_has_one_fate(true: Labels, predicted: Labels) -> None:
    found = mistakes(true, predicted)
    n = len(np.unique(true[true > 0]))
    assert found.right + found.merged + found.split + found.missed + found.shape == n


def test_mistakes_of_images_add_up() -> None:
    assert Mistakes(right=1, split=2) + Mistakes(right=3, invented=1) == Mistakes(
        right=4, split=2, invented=1
    )
