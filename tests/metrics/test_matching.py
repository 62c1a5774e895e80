"""Overlaps and their matching: by hand, and against every matching there is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.metrics import best_overlaps, matched_iou, matching, overlaps

Labels = NDArray[np.int64]
FAR = 2**26  # from here on labels are sorted, not counted


def row(*values: int) -> Labels:
    return np.array([values])


@pytest.mark.parametrize("far", [0, FAR, 10**12])
def test_pixels_in_common_are_counted_for_each_pair(far: int) -> None:
    true, predicted = row(3, 3, 3, 0, 8, 8), row(2, 2, 5, 5, 5, 0)
    table = overlaps(np.where(true, true + far, 0), np.where(predicted, predicted + far, 0))
    assert table.true.tolist() == [0, 0, 1]
    assert table.predicted.tolist() == [0, 1, 1]
    assert table.intersection.tolist() == [2, 1, 1]
    assert table.true_sizes.tolist() == [3, 2]
    assert table.predicted_sizes.tolist() == [2, 3]
    np.testing.assert_allclose(table.iou, [2 / 3, 1 / 5, 1 / 4])
    np.testing.assert_allclose(table.dice, [4 / 5, 2 / 6, 2 / 5])


@pytest.mark.parametrize("far", [0, FAR])
def test_objects_without_background_are_counted(far: int) -> None:
    table = overlaps(row(4, 4, 9) + far, row(1, 6, 6) + far)
    assert table.true.tolist() == [0, 0, 1]
    assert table.predicted.tolist() == [0, 1, 1]
    assert table.intersection.tolist() == [1, 1, 1]
    assert table.true_sizes.tolist() == [2, 1]
    assert table.predicted_sizes.tolist() == [1, 2]


def test_the_best_of_an_object_without_overlap_is_zero() -> None:
    table = overlaps(row(1, 1, 2, 0, 7), row(4, 5, 5, 6, 0))
    np.testing.assert_allclose(table.best_for_true(table.iou), [1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(table.best_for_predicted(table.iou), [1 / 2, 1 / 2, 0])
    np.testing.assert_allclose(best_overlaps(row(1, 1, 2, 3), row(4, 0, 2, 0)), [0.5, 1, 0])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 2)])
def test_nothing_overlaps_nothing(shape: tuple[int, ...]) -> None:
    table = overlaps(np.zeros(shape, int), np.zeros(shape, int))
    fields = table.true, table.predicted, table.intersection, table.iou, table.dice
    assert [len(f) for f in (*fields, table.true_sizes, table.predicted_sizes)] == [0] * 7
    assert len(matched_iou(table, 0.5)) == 0


def test_objects_overlap_no_background() -> None:
    table = overlaps(row(1, 1, 0), row(0, 0, 0))
    assert len(table.iou) == 0
    assert table.true_sizes.tolist() == [2]
    assert len(matched_iou(table, 0.0)) == 0


def test_shapes_that_differ_are_told() -> None:
    with pytest.raises(InputError, match="one shape"):
        overlaps(row(1, 1), row(1))


def test_an_iou_of_exactly_one_half_is_matched_once() -> None:
    # Two predictions halve one object, each with IoU 1/2: only one can be right.
    table = overlaps(row(1, 1), row(1, 2))
    np.testing.assert_allclose(matched_iou(table, 0.5), [0.5])
    assert len(matched_iou(table, 0.501)) == 0


def test_a_prediction_of_two_halves_meets_one_of_them() -> None:
    table = overlaps(row(1, 2), row(1, 1))
    np.testing.assert_allclose(matched_iou(table, 0.5), [0.5])


def test_below_one_half_the_matching_is_the_best_of_all() -> None:
    # Greedy would take (1, a) and leave 2 alone; both can be matched.
    table = overlaps(row(1, 1, 1, 2, 2, 2), row(5, 5, 6, 5, 0, 0))
    assert len(matched_iou(table, 0.15)) == 2


def test_of_as_many_pairs_those_with_the_greater_iou_are_taken() -> None:
    # Straight: 2/4 and 1/3. Crossed: 1/4 and 1/4.
    table = overlaps(row(1, 1, 1, 2, 2), row(5, 5, 6, 5, 6))
    np.testing.assert_allclose(sorted(matched_iou(table, 0.2)), [1 / 3, 1 / 2])


def test_who_finds_no_partner_is_in_no_pair() -> None:
    # 2 and 3 overlap nothing but 5, and 1 is all that 6 and 7 overlap: two pairs of three.
    table = overlaps(row(1, 1, 1, 2, 3), row(5, 6, 7, 5, 5))
    np.testing.assert_allclose(matched_iou(table, 0.2), [1 / 3, 1 / 3])


def best_by_trial(true: Labels, predicted: Labels, threshold: float) -> tuple[int, float]:
    """Return the pairs and the sum of IoU of the best of all matchings."""
    t, p = (np.unique(x[x > 0]) for x in (true, predicted))
    iou = {
        (a, b): ((true == a) & (predicted == b)).sum() / ((true == a) | (predicted == b)).sum()
        for a in t
        for b in p
    }
    # A true object may be matched with nobody: as many of these as there are true objects.
    choices = permutations([*p, *[0] * len(t)], len(t))
    found = [[iou[a, b] for a, b in zip(t, c, strict=True) if b] for c in choices]
    return max((len(x), round(sum(x), 9)) for x in found if all(0 < i >= threshold for i in x))


images = arrays.arrays(np.int64, (3, 4), elements=st.integers(0, 3))


@given(images, images, st.sampled_from([0.05, 0.2, 0.25, 1 / 3, 0.5, 0.6]))
def test_no_matching_is_better(true: Labels, predicted: Labels, threshold: float) -> None:
    found = matched_iou(overlaps(true, predicted), threshold)
    assert (len(found), pytest.approx(found.sum())) == best_by_trial(true, predicted, threshold)


@given(images, images, st.sampled_from([0.05, 0.2, 0.25, 1 / 3, 0.5, 0.6]))
def test_a_group_too_large_for_a_table_is_matched_as_well(
    true: Labels, predicted: Labels, threshold: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "LARGEST_TABLE", 0)
        found = matched_iou(overlaps(true, predicted), threshold)
    assert (len(found), pytest.approx(found.sum())) == best_by_trial(true, predicted, threshold)


def test_one_tie_among_many_objects_makes_a_table_of_its_own_objects_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Objects of two pixels, found as they are, but the first is found as two halves.
    true = np.repeat(np.arange(1, 1001), 2)[None]
    predicted = true.copy()
    predicted[0, 0] = 1001
    shapes: list[tuple[int, ...]] = []
    whole = scipy.optimize.linear_sum_assignment

    def seen(table: NDArray[np.float64], maximize: bool) -> object:
        shapes.append(table.shape)
        return whole(table, maximize=maximize)

    monkeypatch.setattr(scipy.optimize, "linear_sum_assignment", seen)
    found = matched_iou(overlaps(true, predicted), 0.5)
    assert sorted(found) == [0.5] + [1.0] * 999
    assert shapes == [(1, 2)]
