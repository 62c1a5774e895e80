"""Scores that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.metrics import THRESHOLDS, aggregate, score, symmetric_best_dice

Labels = NDArray[np.int64]


def row(*values: int) -> Labels:
    return np.array([values])


def test_the_truth_is_perfect() -> None:
    s = score(row(0, 1, 1, 5), row(0, 7, 7, 2))
    perfect = (s.ap50, s.mean_ap, s.f1, s.panoptic_quality, s.sbd, s.foreground_dice)
    assert perfect == (1, 1, 1, 1, 1, 1)
    assert (s.dic, s.abs_dic, s.exact_counts) == (0, 0, 1)


def test_one_hit_one_miss_and_one_invention() -> None:
    # Object 1 is met with IoU 2/3; object 2 is missed; the third is invented.
    s = score(row(1, 1, 1, 0, 2, 2, 0, 0), row(1, 1, 0, 0, 0, 0, 3, 3))
    assert s.ap50 == pytest.approx(1 / 3)
    assert s.average_precision(0.65) == pytest.approx(1 / 3)
    assert s.average_precision(0.7) == 0
    assert (s.precision, s.recall, s.f1) == (0.5, 0.5, 0.5)
    assert s.panoptic_quality == pytest.approx(0.5 * 2 / 3)
    assert s.mean_ap == pytest.approx(4 / 10 / 3)


def test_splitting_an_object_costs_in_both_directions() -> None:
    s = score(row(1, 1, 1, 1), row(1, 1, 1, 2))
    assert s.dic == 1
    # The object's best Dice is 6/7; the parts' are 6/7 and 2/5.
    assert s.sbd == pytest.approx(min(6 / 7, (6 / 7 + 2 / 5) / 2))


def test_merging_two_objects_is_a_negative_difference() -> None:
    assert score(row(1, 1, 2, 2), row(1, 1, 1, 1)).dic == -1


def test_the_smaller_direction_counts_for_sbd() -> None:
    assert symmetric_best_dice(row(1, 0, 0), row(1, 2, 3)) == pytest.approx(1 / 3)
    assert symmetric_best_dice(row(1, 2, 3), row(1, 0, 0)) == pytest.approx(1 / 3)


def test_nothing_found_where_nothing_is_is_right() -> None:
    s = score(row(0, 0), row(0, 0))
    assert (s.ap50, s.f1, s.panoptic_quality, s.sbd, s.foreground_dice) == (1, 1, 1, 1, 1)
    wrong = score(row(0, 0), row(1, 0))
    assert (wrong.ap50, wrong.f1, wrong.sbd) == (0, 0, 0)


def test_pooling_counts_objects_and_averages_images() -> None:
    good, bad = score(row(1, 2, 3), row(1, 2, 3)), score(row(1, 1, 0), row(0, 0, 0))
    pooled = aggregate([good, bad])
    assert pooled.ap50 == pytest.approx(3 / 4)
    assert pooled.sbd == pytest.approx(0.5)
    assert pooled.abs_dic == pytest.approx(0.5)
    assert pooled.dic == pytest.approx(-0.5)
    assert pooled.n_images == 2


def test_the_figures_of_an_image_are_those_that_one_can_count() -> None:
    # IoU 3/4 and 1/2, and one invention.
    s = score(row(1, 1, 1, 1, 2, 2, 0, 0), row(4, 4, 4, 0, 5, 0, 6, 0))
    assert s.headline() == pytest.approx(
        {"ap50": 2 / 3, "mean_ap": s.mean_ap, "f1": 4 / 5, "sbd": s.sbd, "abs_dic": 1}
    )
    by_iou = {50: 2 / 3, 55: 1 / 4, 60: 1 / 4, 65: 1 / 4, 70: 1 / 4, 75: 1 / 4}
    assert s.to_dict() == pytest.approx(
        {
            "images": 1, "true": 2, "predicted": 3,
            **{f"ap{i}": by_iou.get(i, 0) for i in range(50, 100, 5)},
            "mean_ap": (2 / 3 + 5 / 4) / 10, "precision": 2 / 3, "recall": 1, "f1": 4 / 5,
            "panoptic_quality": 4 / 5 * 5 / 8, "segmentation_quality": 5 / 8,
            "sbd": (6 / 7 + 2 / 3 + 0) / 3, "foreground_dice": 2 * 4 / (6 + 5), "abs_dic": 1,
            "dic": 1, "exact_counts": 0,
        }
    )  # fmt: skip


def test_what_is_met_by_half_counts_at_one_half_alone() -> None:
    s = score(row(1, 1), row(1, 0))
    assert s.true_positives == (1, *[0] * 9)
    assert s.average_precision() == s.ap50 == 1
    assert (s.segmentation_quality, s.panoptic_quality) == (0.5, 0.5)


def test_an_iou_that_is_not_scored_is_told() -> None:
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    with pytest.raises(InputError, match=r"got 0\.33"):
        score(row(1), row(1)).average_precision(0.33)


def test_where_one_side_is_empty_what_is_asked_of_it_is_met() -> None:
    missed, invented = score(row(1, 1), row(0, 0)), score(row(0, 0), row(1, 1))
    assert (missed.precision, missed.recall, missed.segmentation_quality) == (1, 0, 0)
    assert (invented.precision, invented.recall, invented.segmentation_quality) == (0, 1, 0)
    assert (missed.panoptic_quality, invented.panoptic_quality) == (0, 0)
    assert (missed.sbd, invented.sbd) == (0, 0)
    assert (missed.foreground_dice, invented.foreground_dice) == (0, 0)


def test_a_pool_weighs_as_many_images_as_are_in_it() -> None:
    images = [
        score(row(1, 1, 0), row(1, 1, 0)),
        score(row(1, 1, 0), row(2, 2, 2)),
        score(row(1, 2, 3), row(0, 0, 0)),
    ]
    pooled = aggregate([aggregate(images[:2]), images[2]])
    assert pooled == aggregate(images)
    assert pooled.n_images == 3
    assert (pooled.n_true, pooled.n_predicted) == (5, 2)
    assert pooled.true_positives == (2, 2, 2, 2, 1, 1, 1, 1, 1, 1)
    assert pooled.matched_iou_sum == pytest.approx(1 + 2 / 3)
    assert pooled.sbd == pytest.approx((1 + 4 / 5 + 0) / 3)
    assert pooled.foreground_dice == pytest.approx((1 + 4 / 5 + 0) / 3)
    assert pooled.abs_dic == pytest.approx(1)
    assert pooled.dic == pytest.approx(-1)
    assert pooled.exact_counts == pytest.approx(2 / 3)


def test_shapes_that_differ_are_told() -> None:
    with pytest.raises(InputError, match="one shape"):
        score(row(1), row(1, 1))
    with pytest.raises(InputError, match="at least one"):
        aggregate([])


@given(st.integers(0, 10_000))
def test_scores_do_not_depend_on_the_numbers_of_labels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 5, (2, 6, 6))
    names = np.concatenate([[0], 1 + rng.permutation(1000)[:4]])
    assert score(a, b).to_dict() == pytest.approx(score(names[a], b).to_dict())


@given(st.integers(0, 10_000))
def test_scores_are_shares(seed: int) -> None:
    a, b = np.random.default_rng(seed).integers(0, 4, (2, 5, 5))
    d = score(a, b).to_dict()
    shares = [v for k, v in d.items() if k not in {"images", "true", "predicted", "abs_dic", "dic"}]
    assert all(0 <= v <= 1 for v in shares)
    assert d["ap50"] >= d["ap75"] >= d["ap95"]
