"""Scores against the truth, and measurements of objects."""

from napari_discembed.metrics.grouped import GroupedFrame, measure_grouped, stacked_groups
from napari_discembed.metrics.groups import Groups, group_objects
from napari_discembed.metrics.matching import Overlaps, best_overlaps, matched_iou, overlaps
from napari_discembed.metrics.measure import measure, measure_frames, measure_segmentation
from napari_discembed.metrics.mistakes import Mistakes, mistakes
from napari_discembed.metrics.overlapping import measure_instances
from napari_discembed.metrics.scores import (
    THRESHOLDS,
    Scores,
    aggregate,
    score,
    symmetric_best_dice,
)

__all__ = [
    "THRESHOLDS",
    "GroupedFrame",
    "Groups",
    "Mistakes",
    "Overlaps",
    "Scores",
    "aggregate",
    "best_overlaps",
    "group_objects",
    "matched_iou",
    "measure",
    "measure_frames",
    "measure_grouped",
    "measure_instances",
    "measure_segmentation",
    "mistakes",
    "overlaps",
    "score",
    "stacked_groups",
    "symmetric_best_dice",
]
