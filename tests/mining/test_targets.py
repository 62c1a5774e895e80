"""Overlaps of candidates with true objects, counted by hand."""

from __future__ import annotations

import numpy as np

from napari_discembed.mining.targets import overlaps_with_truth
from napari_discembed.types import Candidates

ROW = Candidates(  # two leaves of two pixels, and what holds both
    smallest=np.array([[1, 1, 2, 2, 0, 0]], np.int32),
    first=np.array([0, 1, 0]),
    parent=np.array([2, 2, -1]),
    birth=np.array([0.0, 0, 1]),
)
SURE = np.ones((1, 6), np.float32)


def test_the_overlap_is_with_the_object_that_a_candidate_covers_best() -> None:
    truth = np.array([[1, 1, 1, 2, 2, 0]])
    best, known = overlaps_with_truth(ROW, SURE, truth, [0.5])
    assert best[:, 0].tolist() == [2 / 3, 1 / 3, 3 / 4]
    assert known.all()


def test_a_mask_ends_where_the_foreground_is_below_the_threshold() -> None:
    truth = np.array([[1, 1, 0, 0, 0, 0]])
    foreground = np.array([[0.9, 0.9, 0.4, 0.4, 0, 0]], np.float32)
    best, _ = overlaps_with_truth(ROW, foreground, truth, [0.3, 0.5])
    assert best.tolist() == [[1, 1], [0, 0], [0.5, 1]]


def test_what_lies_in_unlabelled_pixels_is_not_known() -> None:
    truth = np.array([[1, 1, -1, -1, -1, -1]])
    best, known = overlaps_with_truth(ROW, SURE, truth, [0.5])
    assert known.tolist() == [True, False, True]  # the last covers the object by half
    assert best[0, 0] == 1


def test_without_objects_all_overlaps_are_nothing() -> None:
    best, known = overlaps_with_truth(ROW, SURE, np.zeros((1, 6), int), [0.5])
    assert best.max() == 0
    assert known.all()


def test_of_no_candidates_there_are_no_overlaps() -> None:
    none = Candidates(np.zeros((1, 6), np.int32), np.zeros(0, int), np.zeros(0, int), np.zeros(0))
    best, known = overlaps_with_truth(none, SURE, np.ones((1, 6), int), [0.5, 0.7])
    assert best.shape == (0, 2)
    assert known.shape == (0,)
