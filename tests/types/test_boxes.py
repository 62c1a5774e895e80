"""Bounding boxes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp

from napari_discembed.types import boxes
from napari_discembed.types.boxes import centroid, numbered_boxes, tight_box


def test_a_box_is_tight() -> None:
    mask = np.zeros((4, 5), bool)
    assert tight_box(mask) is None
    mask[1, 2] = mask[2, 4] = True
    assert tight_box(mask) == (slice(1, 3), slice(2, 5))


def test_each_number_has_its_box(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.array([[0, 9, 0], [4, 9, 0]])
    expected = [(4, (slice(1, 2), slice(0, 1))), (9, (slice(0, 2), slice(1, 2)))]
    assert list(numbered_boxes(labels)) == expected
    monkeypatch.setattr(boxes, "FEW_NUMBERS", 3)
    assert list(numbered_boxes(labels)) == expected


@given(hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=3, max_side=5)))
def test_the_centroid_is_the_mean_of_the_pixels(mask: np.ndarray) -> None:
    mask.flat[0] = True
    np.testing.assert_allclose(centroid(mask), np.argwhere(mask).mean(axis=0))
