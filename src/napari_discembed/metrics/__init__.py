"""Scores against the truth, and measurements of objects."""

from napari_discembed.metrics.matching import Overlaps, best_overlaps, matched_iou, overlaps
from napari_discembed.metrics.measure import measure, measure_frames, measure_segmentation
from napari_discembed.metrics.mistakes import Mistakes, mistakes
from napari_discembed.metrics.scores import (
    THRESHOLDS,
    Scores,
    aggregate,
    score,
    symmetric_best_dice,
)

__all__ = [
    "THRESHOLDS",
    "Mistakes",
    "Overlaps",
    "Scores",
    "aggregate",
    "best_overlaps",
    "matched_iou",
    "measure",
    "measure_frames",
    "measure_segmentation",
    "mistakes",
    "overlaps",
    "score",
    "symmetric_best_dice",
]
