"""Bounding boxes of objects."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.types.arrays import IntArray

FEW_NUMBERS = 2**22
"""Up to which labels are looked up in a table."""


def tight_box(mask: NDArray[np.bool_]) -> tuple[slice, ...] | None:
    """Return the smallest box about a mask; None where there is no pixel."""
    sides = []
    for axis in range(mask.ndim):
        others = tuple(d for d in range(mask.ndim) if d != axis)
        there = np.flatnonzero(mask.any(axis=others))
        if not len(there):
            return None
        sides.append(slice(int(there[0]), int(there[-1]) + 1))
    return tuple(sides)


def numbered_boxes(labels: IntArray) -> Iterator[tuple[int, tuple[slice, ...]]]:
    """Yield each number above 0 of a frame, with the box about its pixels."""
    top = int(labels.max(initial=0))
    if top <= FEW_NUMBERS:
        places = scipy.ndimage.find_objects(labels.astype(np.int32, copy=False))
        yield from ((i, box) for i, box in enumerate(places, 1) if box is not None)
        return
    numbers, compact = np.unique(labels, return_inverse=True)
    places = scipy.ndimage.find_objects(compact.reshape(labels.shape) + 1)
    yield from ((int(n), box) for n, box in zip(numbers, places, strict=True) if n > 0)


def centroid(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the mean position of a mask's pixels along each axis, without a list of them."""
    axes = range(mask.ndim)
    along = [np.count_nonzero(mask, axis=tuple(d for d in axes if d != axis)) for axis in axes]
    return np.array([np.arange(len(counts)) @ counts / counts.sum() for counts in along])
