"""Labelled objects that are held back to judge by."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.training.holdout import (
    FEWEST_TO_SPLIT,
    LARGEST_HOLDOUT,
    images_to_hold_back,
    split_holdout,
)


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


def test_an_object_is_cut_out_with_twice_its_side_around_it() -> None:
    whole = targets(5)
    _, [one] = split_holdout([whole], 0.2, seed=0)
    number = next(n for n in range(1, 6) if (whole[one.window][one.targets == 1] == n).all())
    left = 10 * (number - 1) + 2
    assert one.window == (slice(0, 14), slice(max(0, left - 8), min(50, left + 12)))
    part = whole[one.window]
    assert (one.targets[part == -1] == -1).all()
    assert (one.targets[(part > 0) & (part != number)] == 2).all()


def test_an_object_a_quarter_as_large_as_the_median_is_no_sliver() -> None:
    whole = targets(5)
    whole[2:6, 2:6] = -1
    whole[2:4, 2:4] = 1  # 4 pixels where the others have 16
    _, held = split_holdout([whole], 0.99)
    assert len(held) == 5
    whole[2, 2] = -1
    _, held = split_holdout([whole], 0.99)
    assert len(held) == 4


def test_no_more_than_twenty_are_held_back() -> None:
    _, held = split_holdout([targets(30)], 0.9)
    assert len(held) == LARGEST_HOLDOUT


def complete(count: int) -> np.ndarray:
    """Return so many objects of 4 by 4 pixels, all of the image labelled."""
    return np.maximum(targets(count), 0)


@given(st.lists(st.integers(0, 6), max_size=9), st.floats(0, 0.9), st.integers(0, 100))
def test_whole_images_are_held_back_of_five_and_one_with_objects_is_taught(
    counts: list[int], share: float, seed: int
) -> None:
    images = [complete(count) for count in counts]
    held = images_to_hold_back(images, share, seed)
    if share == 0 or len(images) < FEWEST_TO_SPLIT:
        assert held == []
    assert len(held) <= max(1, round(share * len(images)))
    assert all(counts[i] >= max(1, np.median(counts)) for i in held)
    assert any(counts[i] for i in range(len(counts)) if i not in held) or not any(counts)


def test_one_of_five_images_is_held_back_where_every_object_is_labelled() -> None:
    images = [complete(3) for _ in range(5)]
    assert len(images_to_hold_back(images, 0.2)) == 1
    assert images_to_hold_back([*images[:4], targets(3)], 0.2) == []
    assert images_to_hold_back([*images[:4], complete(0)], 0.2) != [4]  # which tells nothing
