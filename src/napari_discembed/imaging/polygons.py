"""Outlines of masks along the edges of their pixels, and masks out of outlines.

Points are ``(x, y)`` in pixels, and pixel 0 reaches from 0 to 1, as in ImageJ, QuPath and COCO; so
outlines of whole numbers say exactly which pixels they hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

Ring: TypeAlias = NDArray[np.int64]
"""``(M, 2)`` corners, the last joined to the first."""
Polygon: TypeAlias = list[Ring]
"""A ring about the whole, then one about each hole."""
Points: TypeAlias = NDArray[np.float64]


def trace_polygons(mask: NDArray[np.bool_]) -> list[Polygon]:
    """Return the outlines of a mask: a polygon for each part of pixels that share edges.

    Parts that touch at a corner alone are polygons of their own, and no ring meets itself: the
    polygons are valid as OGC simple features. Outside is to the left on the way along a ring.

    Parameters
    ----------
    mask
        ``(Y, X)``.

    Returns
    -------
    Parts in the order of their first pixels.
    """
    corners = _Corners.of(mask)
    parts, _ = scipy.ndimage.label(mask)
    shells: dict[int, Ring] = {}
    holes: dict[int, Polygon] = {}
    seen = np.zeros(len(corners.points), dtype=bool)
    for start in range(len(seen)):
        if seen[start]:
            continue
        walk = corners.around(start)
        seen[walk] = True
        x, y = corners.inside[start]
        part = int(parts[y, x])
        for ring in _simple(corners.points[walk]):
            if _doubled_area(ring) > 0:
                shells[part] = ring
            else:
                holes.setdefault(part, []).append(ring)
    return [[shells[part], *holes.get(part, [])] for part in sorted(shells)]


@dataclass(frozen=True, slots=True, eq=False)
class _Corners:
    """The corners of outlines, a corner where two parts touch being two.

    Attributes
    ----------
    points
        ``(M, 2)``: x and y.
    inside
        ``(M, 2)``: x and y of a pixel of the mask at the edge along the row.
    along_row, along_column
        Which corner each is joined to by an edge.
    forwards
        Whether the mask is to the right on the way to `along_row`.
    """

    points: NDArray[np.int64]
    inside: NDArray[np.int64]
    along_row: list[int]
    along_column: list[int]
    forwards: NDArray[np.bool_]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> _Corners:
        padded = np.pad(mask, 1)
        nw, ne, sw, se = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
        odd = nw ^ ne ^ sw ^ se
        touching = (nw == se) & (ne == sw) & (nw != ne)
        y, x = np.nonzero(odd | touching)
        right, down = (ne != se)[y, x], (sw != se)[y, x]
        twice = touching[y, x]
        # Where two pixels touch, the edges of either are one corner: of the left pixel the first.
        right[twice], down[twice] = False, sw[y, x][twice]
        y, x = np.append(y, y[twice]), np.append(x, x[twice])
        right = np.append(right, np.ones(twice.sum(), bool))
        down = np.append(down, ~down[twice])
        column, row = x - ~right, np.where(np.where(right, se[y, x], sw[y, x]), y, y - 1)
        return cls(
            np.stack([x, y], axis=1),
            np.stack([column, row], axis=1),
            _neighbours(np.lexsort((right, x, y))),
            _neighbours(np.lexsort((down, y, x))),
            right == (row == y),
        )

    def around(self, start: int) -> list[int]:
        """Return the corners of the ring that one is on, the mask to the right."""
        walk = [start]
        at = self.along_row[start]
        while True:
            walk.append(at)
            at = self.along_column[at]
            if at == start:
                break
            walk.append(at)
            at = self.along_row[at]
        return walk if self.forwards[start] else walk[::-1]


def _neighbours(order: NDArray[np.intp]) -> list[int]:
    """Return what each is joined to: in this order the first to the second, and so on."""
    partner = np.empty(len(order), np.intp)
    partner[order[::2]], partner[order[1::2]] = order[1::2], order[::2]
    return partner.tolist()


def _simple(ring: Ring) -> list[Ring]:
    """Split a ring where it meets itself."""
    points = [tuple(point) for point in ring.tolist()]
    if len(set(points)) == len(points):
        return [ring]
    rings: list[Ring] = []
    path: list[tuple[int, ...]] = []
    place: dict[tuple[int, ...], int] = {}
    for point in points:
        if point in place:
            begin = place[point]
            loop = path[begin:]
            rings.append(np.array(loop, np.int64))
            for left in loop[1:]:
                del place[left]
            del path[begin + 1 :]
        else:
            place[point] = len(path)
            path.append(point)
    return [*rings, np.array(path, np.int64)]


def _doubled_area(ring: Ring) -> int:
    """Return twice the area, positive where it is on the right on the way along the ring."""
    x, y = ring.T
    return int(x @ np.roll(y, -1) - np.roll(x, -1) @ y)


def fill_polygon(
    rings: Sequence[Points | Ring], shape: tuple[int, int]
) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Return the pixels whose centres lie within an odd number of rings.

    Parameters
    ----------
    rings
        Of finite points, anywhere; a hole is a ring within another.
    shape
        ``(Y, X)`` of the image: what is beyond is cut off.

    Returns
    -------
    Row and column where the mask begins, and the mask, of the size of the outline.
    """
    points = np.concatenate([np.asarray(r, np.float64).reshape(-1, 2) for r in rings])
    following = np.concatenate(
        [np.roll(np.asarray(r, np.float64).reshape(-1, 2), -1, axis=0) for r in rings]
    )
    if not len(points):
        return (0, 0), np.zeros((0, 0), bool)
    low, high = points.min(axis=0), points.max(axis=0)
    left, right = (_clipped(value, shape[1]) for value in (low[0], high[0]))
    top, bottom = (_clipped(value, shape[0]) for value in (low[1], high[1]))
    swapped = points[:, 1] > following[:, 1]
    a = np.where(swapped[:, None], following, points)
    b = np.where(swapped[:, None], points, following)
    # Rows whose middle an edge crosses: its upper end belongs to it, its lower one to the next.
    first, last = (np.clip(np.ceil(e[:, 1] - 0.5), top, bottom).astype(np.int64) for e in (a, b))
    counts = last - first
    edge = np.repeat(np.arange(len(a)), counts)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    slope = (b[edge, 0] - a[edge, 0]) / (b[edge, 1] - a[edge, 1])
    x = a[edge, 0] + (row + 0.5 - a[edge, 1]) * slope
    column = np.clip(np.ceil(x - 0.5), left, right).astype(np.int64)
    width = right - left + 1
    crossings = np.zeros((bottom - top, width), np.uint8)
    np.add.at(crossings, (row - top, column - left), 1)  # from 255 on to 0: odd stays odd
    np.cumsum(crossings, axis=1, dtype=np.uint8, out=crossings)
    crossings &= 1
    return (top, left), crossings[:, :-1].astype(bool)


def _clipped(value: float, most: int) -> int:
    """Return the edge between pixels that is nearest to a middle's, within the image."""
    return int(min(max(math.ceil(value - 0.5), 0), most))
