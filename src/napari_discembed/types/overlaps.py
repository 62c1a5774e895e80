"""Which objects of many share pixels: only those whose bounding boxes meet are looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]
MOST_AT_ONCE = 2**20
"""Pairs of boxes that are compared at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class OverlappingPairs:
    """The pairs of objects that have pixels in common.

    Attributes
    ----------
    first, second
        ``(P,)``: which objects, the first before the second, in order.
    pixels
        ``(P,)``: pixels in common.
    iou
        ``(P,)``: intersection over union.
    """

    first: Indices
    second: Indices
    pixels: Indices
    iou: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of pairs, P."""
        return len(self.first)


def overlapping_pairs(
    boxes: Indices, crops: Sequence[NDArray[np.bool_]], sizes: Indices
) -> OverlappingPairs:
    """Return the pairs of objects that share pixels.

    Parameters
    ----------
    boxes
        ``(N, D, 2)``: start and stop along each axis.
    crops
        The mask of each object in its box.
    sizes
        ``(N,)``: pixels of each object.
    """
    found: list[tuple[int, int, int]] = []
    for some in _meeting(boxes):
        starts = np.maximum(boxes[some[:, 0], :, 0], boxes[some[:, 1], :, 0])
        stops = np.minimum(boxes[some[:, 0], :, 1], boxes[some[:, 1], :, 1])
        for (i, j), start, stop in zip(some.tolist(), starts, stops, strict=True):
            one, other = (
                crops[k][tuple(map(slice, start - boxes[k, :, 0], stop - boxes[k, :, 0]))]
                for k in (i, j)
            )
            shared = int(np.count_nonzero(one & other))
            if shared:
                found.append((i, j, shared))
    pairs = np.array(sorted(found), np.intp).reshape(-1, 3)
    first, second, pixels = pairs.T
    return OverlappingPairs(first, second, pixels, pixels / (sizes[first] + sizes[second] - pixels))


def _meeting(boxes: Indices) -> Iterator[Indices]:
    """Yield ``(M, 2)`` pairs of boxes that meet, the smaller index first.

    Boxes are sorted along one axis; those that begin before another ends are compared along the
    others. The axis is taken along which the fewest are.
    """
    n, ndim = boxes.shape[:2]
    plans = []
    for axis in range(ndim):
        order = np.argsort(boxes[:, axis, 0], kind="stable")
        begins = boxes[order, axis, 0]
        ends = np.searchsorted(begins, boxes[order, axis, 1])
        following = np.maximum(ends - np.arange(n) - 1, 0)
        plans.append((int(following.sum()), order, following))
    _, order, following = min(plans, key=lambda plan: plan[0])
    share = (np.cumsum(following) - following) // MOST_AT_ONCE
    for some in np.split(np.arange(n), np.flatnonzero(np.diff(share)) + 1):
        counts = following[some]
        left = np.repeat(some, counts)
        right = left + 1 + np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        i, j = order[left], order[right]
        meet = (
            np.maximum(boxes[i, :, 0], boxes[j, :, 0]) < np.minimum(boxes[i, :, 1], boxes[j, :, 1])
        ).all(axis=1)
        yield np.sort(np.stack([i[meet], j[meet]], axis=1), axis=1)
