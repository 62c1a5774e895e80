"""How well candidates cover true objects: what a judge of masks learns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from napari_discembed.types import Candidates, FloatArray, IntArray
from napari_discembed.types.candidates import subtree_sums

KNOWN = 0.8
"""Share of a candidate's pixels that must be labelled, for its overlap to be known. Where it covers
one object by half or more, no unlabelled one can be covered better."""


def overlaps_with_truth(
    candidates: Candidates,
    probability: FloatArray,
    labels: IntArray,
    thresholds: Sequence[float],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the best overlap (IoU) of each candidate's masks with a true object.

    Parameters
    ----------
    candidates
        N of them.
    probability
        ``(*S)``: of the foreground; a mask is where it reaches a threshold.
    labels
        ``(*S)`` on the candidates' grid: objects from 1, background 0, unlabelled below.
    thresholds
        T foreground probabilities.

    Returns
    -------
    ``(N, T)`` in [0, 1], and ``(N,)``: whether that is known.
    """
    number = candidates.smallest.ravel()
    truth, inside = labels.ravel(), np.asarray(probability).ravel()
    sizes = np.bincount(truth[truth > 0], minlength=1)
    best = np.zeros((len(candidates), len(thresholds)))
    for column, threshold in enumerate(thresholds):
        taken = (number > 0) & (inside >= threshold)
        shared = _shared(candidates, number[taken], truth[taken], len(sizes))
        total = _sums(candidates, number[taken])
        union = total[:, None] + sizes[None, 1:] - shared
        best[:, column] = (shared / np.maximum(union, 1)).max(axis=1, initial=0.0)
    labelled = _sums(candidates, number[(number > 0) & (truth >= 0)])
    known = labelled >= KNOWN * candidates.pixels
    return best, known | (best.max(axis=1) >= 0.5)


def _sums(candidates: Candidates, number: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return ``(N,)``: how many of the pixels, each told by its smallest candidate, each holds."""
    own = np.bincount(number, minlength=len(candidates) + 1)
    return subtree_sums(candidates.first, own[1:])


def _shared(
    candidates: Candidates, number: NDArray[np.int32], truth: NDArray[np.integer], width: int
) -> NDArray[np.float64]:
    """Return ``(N, objects)``: pixels in common of candidates and objects."""
    of_objects = truth > 0
    pairs = (number[of_objects] - 1, truth[of_objects])
    ones = np.ones(len(pairs[0]))
    own = coo_array((ones, pairs), shape=(len(candidates), width)).toarray()
    return subtree_sums(candidates.first, own[:, 1:])
