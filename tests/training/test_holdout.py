"""Painted objects that are held back to judge by."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.training.holdout import FEWEST_TO_SPLIT, split_holdout


def targets(count: int) -> np.ndarray:
    """Return objects of 4 by 4 pixels in a row, background below, the rest unlabelled."""
    found = np.full((20, 10 * max(count, 1)), -1)
    for i in range(count):
        found[2:6, 10 * i + 2 : 10 * i + 6] = i + 1
    found[15:] = 0
    return found


@given(st.integers(0, 12), st.floats(0, 0.9), st.integers(0, 100))
def test_what_is_held_back_is_not_taught_and_nothing_else_changes(
    count: int, share: float, seed: int
) -> None:
    whole = targets(count)
    [left], held = split_holdout([whole], share, seed)
    if share == 0 or count < FEWEST_TO_SPLIT:
        assert held == []
    else:
        assert len(held) == max(1, round(share * count))
    assert (left == 0).sum() == (whole == 0).sum()
    assert len(np.unique(left[left > 0])) == count - len(held)
    for one in held:
        assert (one.targets == 1).sum() == 16
        assert (left[one.window][one.targets == 1] == -1).all()
    assert (whole == targets(count)).all()


def test_slivers_are_taught_and_not_held_back() -> None:
    whole = targets(6)
    whole[2:6, 2:26] = np.where(np.arange(4)[:, None] == 0, whole[2:6, 2:26], -1)  # 1 to 3 are cut
    whole[2, :5] = -1  # and 1 is down to a pixel
    for seed in range(20):
        _, held = split_holdout([whole], 0.5, seed)
        assert sorted((one.targets == 1).sum() for one in held)[0] >= 4


def test_objects_are_held_back_over_all_images() -> None:
    images = [targets(3), targets(3), targets(3)]
    left, held = split_holdout(images, 0.34, seed=1)
    assert len(held) == 3
    assert sum(len(np.unique(x[x > 0])) for x in left) == 6
    assert {one.image for one in held} <= {0, 1, 2}
