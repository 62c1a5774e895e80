"""Objects found in windows that overlap get one numbering, without seams."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.clustering.joining import Joined, join, same_objects
from napari_discembed.types import IntArray

HALO = 4


def cut(whole: IntArray, side: int) -> tuple[list[tuple[slice, ...]], list[IntArray], Joined]:
    """Number the objects of each window anew, and join them."""
    starts = [range(0, n, side) for n in whole.shape]
    boxes, windows = [], []
    for at in itertools.product(*starts):
        boxes.append(
            tuple(slice(a, min(a + side, n)) for a, n in zip(at, whole.shape, strict=True))
        )
        windows.append(tuple(slice(max(0, b.start - HALO), b.stop + HALO) for b in boxes[-1]))
    local = [np.unique(whole[w], return_inverse=True)[1].reshape(whole[w].shape) for w in windows]
    local = [labels if (whole[w] == 0).any() else labels + 1
             for labels, w in zip(local, windows, strict=True)]  # fmt: skip
    cores = []
    for box, window, labels in zip(boxes, windows, local, strict=True):
        inner = (
            slice(b.start - w.start, b.stop - w.start) for b, w in zip(box, window, strict=True)
        )
        cores.append(labels[tuple(inner)])
    counts = [int(labels.max()) for labels in local]
    sizes = [np.bincount(core.ravel(), minlength=n + 1)[1:]
             for core, n in zip(cores, counts, strict=True)]  # fmt: skip
    seams = []
    for i, j in itertools.combinations(range(len(boxes)), 2):
        both = [slice(max(a.start, b.start), min(a.stop, b.stop, n))
                for a, b, n in zip(windows[i], windows[j], whole.shape, strict=True)]  # fmt: skip
        if all(s.stop > s.start for s in both):
            shown = (
                labels[tuple(slice(s.start - w.start, s.stop - w.start)
                             for s, w in zip(both, windows[k], strict=True))]
                for k, labels in ((i, local[i]), (j, local[j]))
            )  # fmt: skip
            seams.append((i, j, same_objects(*shown)))
    return boxes, cores, join(sizes, seams)


def together(whole: IntArray, side: int) -> tuple[IntArray, Joined]:
    boxes, cores, joined = cut(whole, side)
    result = np.zeros(whole.shape, np.int64)
    for i, (box, core) in enumerate(zip(boxes, cores, strict=True)):
        result[box] = joined.numbered(i, core)
    return result, joined


def check(whole: IntArray, side: int = 10) -> Joined:
    """Compare with the whole: the same objects, by other numbers, from 1 without gaps."""
    result, joined = together(whole, side)
    pairs = np.unique(np.stack([whole.ravel(), result.ravel()]), axis=1)
    assert len(np.unique(pairs[0])) == len(np.unique(pairs[1])) == pairs.shape[1]
    assert set(np.unique(result)) - {0} == set(range(1, joined.count + 1))
    np.testing.assert_array_equal(joined.sizes, np.bincount(result.ravel())[1:])
    return joined


def picture(*boxes: tuple[slice, slice], side: int = 30) -> IntArray:
    labels = np.zeros((side, side), np.int64)
    for number, box in enumerate(boxes, 1):
        labels[box] = number
    return labels


def test_an_object_at_a_seam_is_one() -> None:
    assert check(picture(np.s_[2:6, 7:13])).count == 1


def test_an_object_at_four_corners_is_one() -> None:
    assert check(picture(np.s_[8:13, 9:12])).count == 1


def test_two_objects_that_touch_at_a_seam_stay_two() -> None:
    assert check(picture(np.s_[2:6, 7:10], np.s_[2:6, 10:13])).count == 2
    assert check(picture(np.s_[2:6, 4:12], np.s_[6:9, 4:12])).count == 2


def test_an_object_longer_than_a_block_is_one() -> None:
    ring = picture(np.s_[1:29, 1:29], np.s_[3:27, 3:27])
    assert check(ring).count == 2
    assert check(picture(np.s_[4:6, 0:30], np.s_[9:11, 0:30], np.s_[0:3, 14:16])).count == 3


def test_an_object_that_only_reaches_over_a_seam_is_not_cut() -> None:
    assert check(picture(np.s_[2:6, 3:11])).count == 1


def test_blocks_without_objects_and_images_without_any_are_nothing_special() -> None:
    assert check(picture(np.s_[21:25, 21:25])).count == 1
    assert check(picture()).count == 0
    assert join([], []).count == 0


@given(st.integers(0, 2**32 - 1), st.integers(6, 13))
def test_any_picture_comes_out_as_it_is(seed: int, side: int) -> None:
    rng = np.random.default_rng(seed)
    seeds = np.zeros((27, 31), np.int64)
    places = rng.choice(seeds.size, 25, replace=False)
    seeds.flat[places] = np.arange(1, 26)
    nearest = scipy.ndimage.distance_transform_edt(
        seeds == 0, return_distances=False, return_indices=True
    )
    whole = seeds[tuple(nearest)] * (rng.random(seeds.shape) < 0.97)
    check(whole, side)


def test_volumes_are_joined_too() -> None:
    volume = np.zeros((12, 12, 12), np.int64)
    volume[2:10, 3:6, 3:9] = 5
    volume[2:10, 7:9, 3:9] = 7
    assert check(volume, 6).count == 2


@pytest.mark.parametrize(("shared", "pairs"), [(3, [[1, 1]]), (2, [])])
def test_objects_are_the_same_if_they_share_more_than_half(
    shared: int, pairs: list[list[int]]
) -> None:
    here, there = np.zeros((2, 1, 8), np.int64)
    here[0, :4], there[0, 4 - shared : 4] = 1, 1  # of 4: 3/4, and 2/4, which is not more
    assert same_objects(here, there).tolist() == pairs


def test_an_object_is_of_the_class_of_its_largest_part() -> None:
    sizes = [np.array([3, 5]), np.array([0, 9])]
    joined = join(
        sizes,
        [(0, 1, np.array([[2, 2]]))],
        [np.array([1, 1]), np.array([2, 2])],
        [np.array([0.5, 0.6]), np.array([0.1, 0.9])],
    )
    assert joined.numbers.tolist() == [1, 2, 0, 2]
    assert joined.sizes.tolist() == [3, 14]
    assert joined.classes is not None
    assert joined.classes.tolist() == [1, 2]
    assert joined.quality is not None
    assert joined.quality.tolist() == [0.5, 0.9]
