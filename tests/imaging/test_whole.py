"""Labels from the arrays that people have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.imaging import whole_labels


@pytest.mark.parametrize(
    "labels", [[[0, 1], [2, 2]], np.array([[0.0, 1], [2, 2]]), np.array([[0, 1], [2, 2]], np.int8)]
)
def test_whole_numbers_are_taken_however_they_come(labels: Any) -> None:
    found = whole_labels(labels)
    assert found.dtype.kind in "ui"
    assert found.tolist() == [[0, 1], [2, 2]]


def test_a_mask_is_one_object_and_large_numbers_stay() -> None:
    assert whole_labels(np.array([True, False])).tolist() == [1, 0]
    assert whole_labels(np.array([2**63 + 5], np.uint64)).tolist() == [2**63 + 5]


@pytest.mark.parametrize(
    "labels", [[[-1]], [[0.5]], [[float("nan")]], "words", None, [[1], [1, 2]]]
)
def test_what_cannot_be_labels_is_told(labels: Any) -> None:
    with pytest.raises(InputError, match=r"^cells: expected"):
        whole_labels(labels, "cells")
