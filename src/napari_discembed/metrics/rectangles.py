"""Length and width of objects: the sides of the smallest rectangle about each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.metrics.shapes import Floats, Runs

MOST = 2_000_000
"""Distances that are looked at together."""


def lengths_and_widths(runs: Runs, pixel_size: Sequence[float]) -> tuple[Floats, Floats]:
    """Return length and width ``(N,)`` of objects of two dimensions, in the unit of the pixel size.

    They are the sides of the rectangle of least area, turned as may be, about all corners of the
    object's pixels; one of its sides lies along a side of the hull (Freeman and Shapira 1975). Of
    rectangles of equal area the longest is taken.
    """
    owner, y, x = runs.hulls
    points = np.stack([y * float(pixel_size[0]), x * float(pixel_size[1])], axis=1)
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    sizes = np.diff(np.append(begins, len(owner)))
    length, width = np.zeros(len(begins)), np.zeros(len(begins))
    for size in np.unique(sizes).tolist():  # hulls of as many corners are one array
        which = np.flatnonzero(sizes == size)
        for some in np.array_split(which, -(-len(which) * size * size // MOST)):
            corners = points[begins[some][:, None] + np.arange(size)]
            length[some], width[some] = _sides(corners)
    return length, width


def _sides(corners: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Return the sides of the smallest rectangles about hulls ``(N, H, 2)``."""
    along = np.roll(corners, -1, axis=1) - corners
    along /= np.linalg.norm(along, axis=2, keepdims=True)
    across = along[..., ::-1] * np.array([-1.0, 1.0])
    one, other = (np.ptp(d @ corners.transpose(0, 2, 1), axis=2) for d in (along, across))
    area, longest = one * other, np.maximum(one, other)
    least = area.min(axis=1, keepdims=True) * (1 + 1e-9)
    best = np.where(area <= least, longest, -1.0).argmax(axis=1)[:, None]
    long = np.take_along_axis(longest, best, axis=1)[:, 0]
    short = np.take_along_axis(np.minimum(one, other), best, axis=1)[:, 0]
    return long, short
