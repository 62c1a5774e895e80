"""Links between two frames in a row: who is whom, and who divides in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.config import LinkingConfig
from napari_discembed.tracking.assignment import best_pairs, greedy_pairs
from napari_discembed.tracking.observed import Observed, Pairs, Vector, overlapping

NEIGHBOURS = 15
"""Links whose median displacement is the drift at a place."""
FEWEST = 4
"""Links without which nothing is told of a frame: each would explain its own motion."""
PASSES = 2
"""How often links are made again once the drift is known."""
USUAL, STEEP = 0.6, 4
"""Median overlap of links from which on the least is as set, and how steeply it falls below
(benchmarks/LOG.md, 147)."""
FORGETS = 0.3
"""Share that a frame has in what is known of the overlap of links."""
WORTH, COST = 1.5, 0.1
"""A division is worth so many times the overlap of both children together, less a cost."""


@dataclass(frozen=True, slots=True, eq=False)
class FrameLinks:
    """Links from the objects of a frame to those of the next.

    Attributes
    ----------
    source, target
        ``(L,)``: the objects of each link; a source that divides is in two.
    confidence
        ``(L,)`` in [0, 1].
    drift
        ``(N, ndim)``: how far the neighbourhood of each source has moved, in pixels.
    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    confidence: Vector
    drift: Vector


def link_overlap(first: Observed, second: Observed, config: LinkingConfig) -> FrameLinks:
    """Link objects where they are, the pair that overlaps most first."""
    pairs = overlapping(first, second)
    gain = pairs.iou - config.least_overlap
    chosen = greedy_pairs(pairs.source, pairs.target, gain, (len(first), len(second)))
    return with_divisions(first, second, pairs, chosen, np.zeros_like(first.centroids), config)


def link_assignment(first: Observed, second: Observed, config: LinkingConfig) -> FrameLinks:
    """Link objects by the assignment of the greatest sum of overlaps above the least.

    Objects are first moved as their neighbours were, by the median over the links found so far, so
    that the overlap is of what is left: their own motion and growth.
    """
    return with_divisions(first, second, *_assigned(first, second, config), config)


class AssignmentStep:
    """Links as :func:`link_assignment`, by less overlap in a movie where things overlap little.

    What a link needs is a share of how much linked objects of the frames before overlap: as much
    as the config says where that is :data:`USUAL` or more, soon less where things move far.
    """

    def __init__(self) -> None:
        self._typical = USUAL

    def __call__(self, first: Observed, second: Observed, config: LinkingConfig) -> FrameLinks:
        """Link the objects of a frame with those of the next."""
        share = min(1.0, (self._typical / USUAL) ** STEEP)
        own = config.changed(min_overlap=share * config.min_overlap)
        pairs, chosen, drift = _assigned(first, second, own)
        if len(chosen) >= FEWEST:
            self._typical += FORGETS * (float(np.median(pairs.iou[chosen])) - self._typical)
        return with_divisions(first, second, pairs, chosen, drift, own)


def _assigned(
    first: Observed, second: Observed, config: LinkingConfig
) -> tuple[Pairs, NDArray[np.intp], Vector]:
    """Return the pairs that overlap once drift is taken off, which are chosen, and the drift."""
    drift = np.zeros_like(first.centroids)
    moved: Vector | None = None  # by how many whole pixels, in the pass before
    for last in range(PASSES + 1):
        whole = np.rint(drift)
        if moved is not None and np.array_equal(whole, moved):
            break  # the pairs would be the same again
        moved = whole
        pairs = overlapping(first, second, drift if last else None)
        gain = pairs.iou - config.least_overlap
        chosen = best_pairs(pairs.source, pairs.target, gain, (len(first), len(second)))
        if last < PASSES:
            drift = drift_of(first, second, pairs.source[chosen], pairs.target[chosen])
    return pairs, chosen, drift


def drift_of(
    first: Observed, second: Observed, source: NDArray[np.intp], target: NDArray[np.intp]
) -> Vector:
    """Return ``(N, ndim)``: the median displacement of the links nearest to each object.

    Zero where there are too few links.
    """
    if len(source) < FEWEST:
        return np.zeros_like(first.centroids)
    moved = second.centroids[target] - first.centroids[source]
    k = min(NEIGHBOURS, len(source))
    nearest = scipy.spatial.cKDTree(first.centroids[source]).query(first.centroids, k=k)[1]
    median = np.median(moved[nearest.reshape(len(first), k)], axis=1)
    return np.asarray(median, dtype=np.float64)


def with_divisions(
    first: Observed,
    second: Observed,
    pairs: Pairs,
    chosen: NDArray[np.intp],
    drift: Vector,
    config: LinkingConfig,
) -> FrameLinks:
    """Add second children to links, and say how sure each link is."""
    source, target = pairs.source[chosen], pairs.target[chosen]
    sure = _confidence(pairs, chosen, config.least_overlap)
    if config.divides and len(chosen):
        born, gain = second_children(first, second, pairs, chosen)
        # A parent's links are both as sure as its division.
        of_parent = np.full(len(first), np.inf)
        of_parent[pairs.source[born]] = gain
        sure = np.minimum(sure, of_parent[source])
        source = np.append(source, pairs.source[born])
        target = np.append(target, pairs.target[born])
        sure = np.append(sure, gain)
    return FrameLinks(source, target, sure, drift)


def second_children(
    first: Observed, second: Observed, pairs: Pairs, chosen: NDArray[np.intp]
) -> tuple[NDArray[np.intp], Vector]:
    """Return pairs of a source that is linked and a target that is not: both children divide it.

    A division is worth more than the link alone where the overlap of the source with both children
    together, times :data:`WORTH`, is more than its overlap with the one.

    Returns
    -------
    Places in the pairs, and how sure each is in [0, 1].
    """
    link = np.full(len(first), -1, dtype=np.intp)
    link[pairs.source[chosen]] = chosen
    taken = np.zeros(len(second), dtype=bool)
    taken[pairs.target[chosen]] = True
    open_ = np.flatnonzero((link[pairs.source] >= 0) & ~taken[pairs.target])
    parent, own = pairs.source[open_], link[pairs.source[open_]]
    shared = pairs.shared[own] + pairs.shared[open_]
    children = second.sizes[pairs.target[own]] + second.sizes[pairs.target[open_]]
    joint = WORTH * shared / (first.sizes[parent] + children - shared)
    gain = joint - pairs.iou[own] - COST
    best = greedy_pairs(parent, pairs.target[open_], gain, (len(first), len(second)))
    return open_[best], gain[best] / joint[best]


def _confidence(pairs: Pairs, chosen: NDArray[np.intp], least: float) -> Vector:
    """Return how much better each chosen pair is than the next best of its two objects.

    0 where another pair, or none at all, is as good; 1 where there is no other.
    """
    own = pairs.iou[chosen]
    if not len(own):
        return own
    others = pairs.iou.copy()
    others[chosen] = 0.0
    of_source = np.zeros(int(pairs.source.max()) + 1)
    of_target = np.zeros(int(pairs.target.max()) + 1)
    np.maximum.at(of_source, pairs.source, others)
    np.maximum.at(of_target, pairs.target, others)
    other = np.maximum(of_source[pairs.source[chosen]], of_target[pairs.target[chosen]])
    return np.asarray(np.clip(1 - np.maximum(other, least) / own, 0, 1), dtype=np.float64)
