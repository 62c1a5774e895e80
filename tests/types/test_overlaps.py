"""Pairs of objects that share pixels."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.types import Instances, overlaps


def test_two_squares_share_a_corner_pixel_and_the_iou_is_one_seventh() -> None:
    masks = np.zeros((3, 5, 5), bool)
    masks[0, :2, :2] = masks[1, 1:3, 1:3] = masks[2, 3:, 3:] = True
    pairs = Instances.of_masks(masks).overlaps()
    assert (pairs.first.tolist(), pairs.second.tolist(), pairs.pixels.tolist()) == ([0], [1], [1])
    assert pairs.iou.tolist() == [1 / 7]


def test_boxes_may_meet_without_the_masks_doing_so() -> None:
    masks = np.zeros((2, 2, 2), bool)
    masks[0, [0, 1], [0, 1]] = masks[1, [0, 1], [1, 0]] = True
    assert len(Instances.of_masks(masks).overlaps()) == 0


@given(st.data())
def test_every_pair_is_found_that_a_loop_over_all_finds(data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n, ndim = data.draw(st.integers(1, 8)), data.draw(st.integers(2, 3))
    masks = rng.random((n, *[5] * ndim)) < data.draw(st.sampled_from([0.05, 0.3]))
    masks.reshape(n, -1)[np.arange(n), rng.integers(5**ndim, size=n)] = True
    pairs = Instances.of_masks(masks).overlaps()
    expected = {
        (i, j): ((masks[i] & masks[j]).sum(), (masks[i] | masks[j]).sum())
        for i, j in itertools.combinations(range(n), 2)
        if (masks[i] & masks[j]).any()
    }
    found = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    assert list(found) == sorted(expected)
    for pixels, iou, (both, either) in zip(pairs.pixels, pairs.iou, expected.values(), strict=True):
        assert (pixels, iou) == (both, both / either)


def test_many_boxes_are_compared_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = np.ones((9, 2, 2), bool)
    whole = Instances.of_masks(masks).overlaps()
    monkeypatch.setattr(overlaps, "MOST_AT_ONCE", 5)
    parts = Instances.of_masks(masks).overlaps()
    assert len(whole) == 36
    assert (parts.first == whole.first).all()
    assert (parts.second == whole.second).all()
