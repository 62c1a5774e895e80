"""How good each object is, as far as a judge of nested candidates knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import Candidates, Embedding, IntArray
from napari_discembed.types.candidates import QUALITY, THRESHOLD, subtree_sums

SURE_QUALITY = 0.6
"""Quality below which an object is one that the model is not sure of."""

ALIKE = 1e-9
"""Overlaps that differ by less are the same."""


def object_quality(
    labels: IntArray, embedding: Embedding, count: int
) -> NDArray[np.float64] | None:
    """Return the overlap (IoU) with a true object that is expected of each object.

    It is what was predicted of the candidate that an object agrees with most, times the overlap of
    both; where several agree as well, of the best of them.

    Parameters
    ----------
    labels
        ``(*S)`` on the embedding's grid: objects 1 to `count`, by clustering or by hand.
    embedding
        Whose candidates were judged.
    count
        How many there are.

    Returns
    -------
    ``(count,)`` in [0, 1], 0 for an object that no candidate meets; None where the embedding has no
    judged candidates.
    """
    candidates = embedding.candidates
    if candidates is None or QUALITY not in candidates.scores:
        return None
    probability = np.asarray(embedding.foreground_probability)
    return _quality(_Shared.of(labels, candidates, probability, count), candidates)


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """How many pixels objects share with the mask of each candidate, cut at its own threshold.

    The pixels of a candidate are those whose smallest candidate lies in a range of numbers. So the
    shared ones are a difference of two running sums over pairs of an object and a smallest
    candidate, in order, one sum for each threshold.
    """

    pairs: NDArray[np.int64]
    """``(P,)``, ascending: the object times the number of candidates, plus the candidate."""
    running: NDArray[np.int64]
    """``(T, P + 1)``: pixels of the pairs before each, by threshold."""
    sizes: NDArray[np.int64]
    """``(N,)``: pixels of each candidate's mask."""
    least: NDArray[np.int64]
    """``(N,)``: those of them that reach the highest threshold: never fewer further up."""
    level: NDArray[np.intp]
    """``(N,)``: which of the thresholds each has."""
    objects: NDArray[np.int64]
    """``(count,)``: pixels of each object."""

    @classmethod
    def of(
        cls, labels: IntArray, candidates: Candidates, probability: NDArray[np.floating], count: int
    ) -> _Shared:
        """Count the pixels, once."""
        n = len(candidates)
        own = candidates.scores.get(THRESHOLD, np.zeros(n))
        thresholds, level = np.unique(own, return_inverse=True)
        t = len(thresholds)
        inside = candidates.smallest > 0
        smallest = candidates.smallest[inside].astype(np.int64) - 1
        reached = np.searchsorted(thresholds, probability[inside], side="right")
        each = np.bincount(smallest * (t + 1) + reached, minlength=n * (t + 1)).reshape(n, t + 1)
        cut = each[:, ::-1].cumsum(axis=1)[:, ::-1]  # [:, k]: pixels that reach k thresholds
        sizes = subtree_sums(candidates.first, cut[:, 1:]).T
        number = labels[inside].astype(np.int64)
        met = number > 0
        keys, pixels = np.unique(
            ((number[met] - 1) * n + smallest[met]) * (t + 1) + reached[met], return_counts=True
        )
        pairs, where = np.unique(keys // (t + 1), return_inverse=True)
        running = np.zeros((t, len(pairs) + 1), dtype=np.int64)
        for k in range(t):
            at = pixels * (keys % (t + 1) > k)
            running[k, 1:] = np.cumsum(np.bincount(where, at, minlength=len(pairs)))
        objects = np.bincount(labels.ravel(), minlength=count + 1)[1 : count + 1]
        own_sizes = sizes[level, np.arange(n)]
        return cls(pairs, running, own_sizes, sizes[-1:].reshape(-1), level, objects)

    def overlap(
        self, number: NDArray[np.int64], candidate: NDArray[np.int64], first: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return ``(P,)``: the overlap of objects, from 0, each with a candidate."""
        n = len(self.sizes)
        end = np.searchsorted(self.pairs, number * n + candidate, side="right")
        start = np.searchsorted(self.pairs, number * n + first)
        level = self.level[candidate]
        shared = self.running[level, end] - self.running[level, start]
        either = self.objects[number] + self.sizes[candidate] - shared
        found: NDArray[np.float64] = shared / np.maximum(either, 1)
        return found


def _quality(shared: _Shared, candidates: Candidates) -> NDArray[np.float64]:
    """Go up the tree from the smallest candidates that objects meet.

    A chain ends where what is above is so large that it cannot agree better.
    """
    n, score = len(candidates), candidates.scores[QUALITY]
    best = np.zeros(len(shared.objects))
    quality = np.zeros(len(shared.objects))
    now = shared.pairs
    while len(now):
        number, candidate = now // n, now % n
        overlap = shared.overlap(number, candidate, candidates.first[candidate])
        before = best.copy()
        np.maximum.at(best, number, overlap)
        quality[best > before + ALIKE] = 0.0
        agrees = overlap >= best[number] - ALIKE
        np.maximum.at(quality, number[agrees], score[candidate[agrees]])
        parent = candidates.parent[candidate]
        most = shared.objects[number] / np.maximum(shared.least[parent], 1)
        on = (parent >= 0) & (most >= best[number] - ALIKE)
        now = np.unique(number[on] * n + parent[on])
    found: NDArray[np.float64] = np.clip(best * quality, 0.0, 1.0)
    return found
