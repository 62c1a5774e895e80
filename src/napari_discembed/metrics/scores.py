"""How good a segmentation is, and how good many are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.imaging import renumbered, whole_labels
from napari_discembed.metrics.matching import Overlaps, matched_iou, overlaps
from napari_discembed.types import IntArray

THRESHOLDS = tuple(round(0.5 + 0.05 * i, 2) for i in range(10))


@dataclass(frozen=True, slots=True)
class Scores:
    """The scores of one image, or of several pooled.

    Attributes
    ----------
    n_true, n_predicted
        Objects.
    true_positives
        At each IoU of :data:`THRESHOLDS`.
    matched_iou_sum
        Of the pairs with IoU of at least 0.5.
    sbd
        Symmetric best Dice: the mean over images.
    foreground_dice
        The mean over images.
    abs_dic, dic
        Difference in count, absolute and signed (predicted less true): the mean over images.
    n_images
        How many are pooled.
    exact_counts
        Share of the images whose count is right.
    """

    n_true: int
    n_predicted: int
    true_positives: tuple[int, ...]
    matched_iou_sum: float
    sbd: float
    foreground_dice: float
    abs_dic: float
    dic: float
    n_images: int = 1
    exact_counts: float = 0.0

    def average_precision(self, threshold: float = 0.5) -> float:
        """Return ``TP / (TP + FP + FN)`` at an IoU, as StarDist, Cellpose and the Data Science
        Bowl define it; 1 where there is nothing and nothing is found.
        """  # noqa: D205
        if threshold not in THRESHOLDS:
            raise InputError(f"Expected an IoU out of {THRESHOLDS}, got {threshold}.")
        hits = self.true_positives[THRESHOLDS.index(threshold)]
        total = self.n_true + self.n_predicted - hits
        return hits / total if total else 1.0

    @property
    def ap50(self) -> float:
        """Average precision at an IoU of 0.5."""
        return self.average_precision(0.5)

    @property
    def mean_ap(self) -> float:
        """Mean of the average precision over IoU 0.5 to 0.95."""
        return float(np.mean([self.average_precision(t) for t in THRESHOLDS]))

    @property
    def precision(self) -> float:
        """Share of the predicted objects that are right at an IoU of 0.5."""
        return self.true_positives[0] / self.n_predicted if self.n_predicted else 1.0

    @property
    def recall(self) -> float:
        """Share of the true objects that are found at an IoU of 0.5."""
        return self.true_positives[0] / self.n_true if self.n_true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        total = self.n_true + self.n_predicted
        return 2 * self.true_positives[0] / total if total else 1.0

    @property
    def segmentation_quality(self) -> float:
        """Mean IoU of the matched pairs."""
        return self.matched_iou_sum / self.true_positives[0] if self.true_positives[0] else 0.0

    @property
    def panoptic_quality(self) -> float:
        """F1 times segmentation quality (Kirillov 2019); 1 where nothing is there and found."""
        if not self.n_true + self.n_predicted:
            return 1.0
        return self.f1 * self.segmentation_quality

    def headline(self) -> dict[str, float]:
        """Return the few figures that people ask for first."""
        return {
            "ap50": self.ap50,
            "mean_ap": self.mean_ap,
            "f1": self.f1,
            "sbd": self.sbd,
            "abs_dic": self.abs_dic,
        }

    def to_dict(self) -> dict[str, float | int]:
        """Return all figures as plain values."""
        by_iou = {f"ap{round(100 * t)}": self.average_precision(t) for t in THRESHOLDS}
        return {
            "images": self.n_images,
            "true": self.n_true,
            "predicted": self.n_predicted,
            **by_iou,
            "mean_ap": self.mean_ap,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "panoptic_quality": self.panoptic_quality,
            "segmentation_quality": self.segmentation_quality,
            "sbd": self.sbd,
            "foreground_dice": self.foreground_dice,
            "abs_dic": self.abs_dic,
            "dic": self.dic,
            "exact_counts": self.exact_counts,
        }


def score(true: IntArray, predicted: IntArray) -> Scores:
    """Score a prediction against the complete truth.

    Parameters
    ----------
    true, predicted
        ``(*S)``: 0 for background, a number for each object.

    Raises
    ------
    InputError
        If the shapes differ, or there are negative or fractional values.
    """
    true = renumbered(whole_labels(true, "true"))[0]
    predicted = renumbered(whole_labels(predicted, "predicted"))[0]
    table = overlaps(true, predicted)
    n_true, n_predicted = len(table.true_sizes), len(table.predicted_sizes)
    pairs = [matched_iou(table, t) for t in THRESHOLDS]
    difference = n_predicted - n_true
    return Scores(
        n_true=n_true,
        n_predicted=n_predicted,
        true_positives=tuple(len(p) for p in pairs),
        matched_iou_sum=float(pairs[0].sum()),
        sbd=_symmetric_best_dice(table),
        foreground_dice=_dice(true > 0, predicted > 0),
        abs_dic=float(abs(difference)),
        dic=float(difference),
        exact_counts=float(difference == 0),
    )


def symmetric_best_dice(true: IntArray, predicted: IntArray) -> float:
    """Return the symmetric best Dice of two label images.

    Scharr et al. 2016: for each object of one image the best Dice with an object of the other,
    averaged; the smaller of both directions, as the CVPPP scorer takes it since its correction
    of 2021. 1 where both are empty, 0 where one is.
    """
    return _symmetric_best_dice(overlaps(true, predicted))


def _symmetric_best_dice(table: Overlaps) -> float:
    if not len(table.true_sizes) or not len(table.predicted_sizes):
        return float(len(table.true_sizes) == len(table.predicted_sizes))
    dice = table.dice
    each_way = table.best_for_true(dice), table.best_for_predicted(dice)
    return float(min(best.mean() for best in each_way))


def aggregate(scores: Sequence[Scores]) -> Scores:
    """Pool the scores of several images.

    Objects, and so AP, F1 and PQ, are pooled over all images; SBD, foreground Dice and count
    differences are means over the images.

    Raises
    ------
    InputError
        If there is none.
    """
    if not scores:
        raise InputError("Expected the scores of at least one image, got none.")
    weights = [s.n_images for s in scores]

    def mean(name: str) -> float:
        return float(np.average([getattr(s, name) for s in scores], weights=weights))

    return Scores(
        n_true=sum(s.n_true for s in scores),
        n_predicted=sum(s.n_predicted for s in scores),
        true_positives=tuple(
            sum(hits) for hits in zip(*(s.true_positives for s in scores), strict=True)
        ),
        matched_iou_sum=sum(s.matched_iou_sum for s in scores),
        sbd=mean("sbd"),
        foreground_dice=mean("foreground_dice"),
        abs_dic=mean("abs_dic"),
        dic=mean("dic"),
        n_images=sum(weights),
        exact_counts=mean("exact_counts"),
    )


def _dice(true: np.ndarray, predicted: np.ndarray) -> float:
    total = int(true.sum()) + int(predicted.sum())
    return 2 * int((true & predicted).sum()) / total if total else 1.0
