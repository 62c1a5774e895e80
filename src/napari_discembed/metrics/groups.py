"""Groups of objects, such as the leaves of each plant of a tray: by touching, or by a grid."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.config.grouping import GroupingConfig
from napari_discembed.imaging import equivalent_diameter, renumbered, whole_labels
from napari_discembed.metrics.shapes import Runs
from napari_discembed.types import IntArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_CELLS_LONG = 1.25
"""So many cells long and wide is what touches at most, if it is to be of one cell as a whole."""

SURELY_ONE = 0.75
"""What is no longer and wider than so many cells is of one, wherever it lies: a seedling."""

LEAST_IN_CELL = 2 / 3
"""Such a share of its pixels are of objects whose own centroids lie in that cell, at least."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Which group each object is of.

    Attributes
    ----------
    labels
        ``(N,)``: numbers of the objects, ascending.
    number
        ``(N,)``: the group of each, from 1.
    names
        Of the groups, in reading order: ``A1``, ``A2`` of a grid; ``1``, ``2`` of what touches.
    grid
        Rows and columns of the grid; None for what touches.
    """

    labels: IntArray
    number: Ints
    names: tuple[str, ...]
    grid: tuple[int, int] | None = None

    @property
    def count(self) -> int:
        """The number of groups, empty cells of a grid included."""
        return len(self.names)


def group_objects(labels: IntArray, config: GroupingConfig | None = None) -> Groups:
    """Put objects together into groups, numbered as one reads: row by row, each from the left.

    What *touches* is a group: objects that are neighbours, corners included, or are joined by
    others that are, and those with no more than a gap between them. The gap is told by the pixels
    that are as near to one object as to another, hence to within a pixel. The median diameter of
    the objects is its usual measure, as leaves tell how large their plants' gaps are.

    A *grid* divides the last two axes evenly. A leaf may cross the border of a cell, so that what
    touches goes to one cell as a whole, that of its centroid, if it is not larger than a cell and
    a quarter and two thirds of it are of objects with their centroids there, or if it is no larger
    than three quarters of a cell. Else it is plants that touch each other: each object is then of
    the cell that has its own centroid. Cells without objects are groups too.

    Parameters
    ----------
    labels
        ``(Y, X)`` or ``(Z, Y, X)``: 0 for background, a number for each object.
    config
        Touching with the usual gap by default.

    Raises
    ------
    InputError
        If labels are no whole numbers of 0 and above.
    """
    config = config or GroupingConfig()
    compact, numbers = renumbered(whole_labels(labels))
    runs = Runs.of(compact) if compact.size else None
    if runs is None or not len(runs.numbers):
        runs, touching = None, np.zeros(0, np.int64)
    else:
        touching = _touching(compact, runs.numbers, _gap(runs, compact.ndim, config))
    found = numbers[:0] if runs is None else numbers[runs.numbers]
    if config.by == "grid":
        number = touching if runs is None else _cells(runs, touching, config)
        names = cell_names(config.rows, config.columns)
        return Groups(found, number, names, (config.rows, config.columns))
    number = touching if runs is None else _in_reading_order(runs, touching)
    return Groups(found, number, tuple(map(str, range(1, int(number.max(initial=0)) + 1))))


def cell_names(rows: int, columns: int) -> tuple[str, ...]:
    """Return the names of the cells of a grid: ``A1``, ``A2``, ..., ``B1``; after Z comes AA."""
    return tuple(f"{_letters(r)}{c + 1}" for r in range(rows) for c in range(columns))


def _letters(row: int) -> str:
    words = ""
    row += 1
    while row:
        row, last = divmod(row - 1, 26)
        words = chr(ord("A") + last) + words
    return words


def _gap(runs: Runs, ndim: int, config: GroupingConfig) -> float:
    if config.gap_pixels is not None:
        return config.gap_pixels
    return config.gap * equivalent_diameter(float(np.median(runs.pixels)), ndim)


def _touching(labels: IntArray, numbers: Ints, gap: float) -> Ints:
    """Return ``(N,)``: which objects belong together, from 0 in any order.

    Two objects whose nearest pixels are the nearest of all meet half way between: the pixels on
    both sides of that place name both objects and how far they are apart.
    """
    owner, source = labels, None
    if gap > 0 and (labels == 0).any():
        source = scipy.ndimage.distance_transform_edt(
            labels == 0, return_distances=False, return_indices=True
        )
        owner = labels[tuple(source)]
    steps = itertools.product((-1, 0, 1), repeat=labels.ndim)
    half = [step for step in steps if step > (0,) * labels.ndim]
    pairs = [_meetings(owner, source, step, gap) for step in half]
    ends = np.searchsorted(numbers, np.concatenate(pairs))
    n = len(numbers)
    graph = scipy.sparse.coo_array(
        (np.ones(len(ends), bool), (ends[:, 0], ends[:, 1])), shape=(n, n)
    )
    return np.asarray(scipy.sparse.csgraph.connected_components(graph, directed=False)[1], np.int64)


def _meetings(
    owner: IntArray, source: NDArray[np.int32] | None, step: tuple[int, ...], gap: float
) -> Ints:
    """Return ``(P, 2)``: objects that meet between pixels a step apart, near enough."""
    one = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(step, owner.shape, strict=True))
    two = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(step, owner.shape, strict=True))
    a, b = owner[one], owner[two]
    meet = (a != b) & (a > 0) & (b > 0)
    both = np.stack([a[meet], b[meet]], axis=1).astype(np.int64)
    if source is not None:
        apart = np.stack([s[two][meet] - s[one][meet] for s in source]).astype(np.float64)
        near = (np.abs(apart).max(axis=0) <= 1) | ((apart**2).sum(axis=0) <= (gap + 1) ** 2)
        both = both[near]
    return np.unique(both, axis=0)


def _middles(runs: Runs, touching: Ints) -> tuple[Floats, Floats]:
    """Return ``(2, N)`` centroids of the objects and ``(2, G)`` of the groups, y and x."""
    ndim = runs.labels.ndim
    own = np.stack([runs.centroid(axis) for axis in (ndim - 2, ndim - 1)])
    weight = np.bincount(touching, runs.pixels)
    return own, np.stack([np.bincount(touching, c * runs.pixels) / weight for c in own])


def _extents(runs: Runs, touching: Ints) -> tuple[Floats, Floats]:
    """Return ``(2, G)``: where each group begins and ends along y and x."""
    ndim, n = runs.labels.ndim, int(touching.max()) + 1
    low, high = np.full((2, n), np.inf), np.full((2, n), -np.inf)
    for i, axis in enumerate((ndim - 2, ndim - 1)):
        begin, end = runs.bounds(axis)
        np.minimum.at(low[i], touching, begin)
        np.maximum.at(high[i], touching, end)
    return low, high


def _cells(runs: Runs, touching: Ints, config: GroupingConfig) -> Ints:
    """Return ``(N,)``: the cell of each object, from 1, row by row."""
    own, together = _middles(runs, touching)
    low, high = _extents(runs, touching)
    grid = np.array([[config.rows], [config.columns]])
    size = np.array([[n] for n in runs.labels.shape[-2:]]) / grid
    apart, joined = (
        row * config.columns + column + 1
        for row, column in (
            np.clip(((middle + 0.5) / size).astype(np.int64), 0, grid - 1)  # of a pixel's middle
            for middle in (own, together)
        )
    )
    inside = np.bincount(touching, runs.pixels * (apart == joined[touching]))
    one = inside >= LEAST_IN_CELL * np.bincount(touching, runs.pixels)
    one &= ((high - low) <= MOST_CELLS_LONG * size).all(axis=0)
    one |= ((high - low) <= SURELY_ONE * size).all(axis=0)
    return np.where(one[touching], joined[touching], apart)


def _in_reading_order(runs: Runs, touching: Ints) -> Ints:
    """Return ``(N,)``: the groups numbered from 1, row by row and each from the left.

    A row ends where the next group lies lower than the row's first ones by half a usual height.
    """
    _, (y, x) = _middles(runs, touching)
    low, high = _extents(runs, touching)
    half = float(np.median(high[0] - low[0])) / 2
    row, order = np.zeros(len(y), np.int64), np.argsort(y, kind="stable")
    first, current = y[order[0]], 0
    for group in order.tolist():
        if y[group] > first + half:
            first, current = y[group], current + 1
        row[group] = current
    rank = np.empty(len(y), np.int64)
    rank[np.lexsort((x, row))] = np.arange(1, len(y) + 1)
    numbered: Ints = rank[touching]
    return numbered


def group_columns(groups: Groups, columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return a table with a row a group, of one with a row an object.

    Parameters
    ----------
    groups
        Of the objects.
    columns
        Of :func:`~napari_discembed.metrics.measure`, a row an object in the same order.

    Returns
    -------
    ``group``, ``name``, ``row`` and ``column`` (from 1; of a grid alone), ``count``,
    ``total_area`` or ``total_volume``, the centroid (by size; NaN of an empty cell) and bounding
    box (0 to 0 of an empty cell) as objects have them.
    """
    n, at = groups.count, groups.number - 1
    table: dict[str, NDArray[Any]] = {"group": np.arange(1, n + 1), "name": np.array(groups.names)}
    if not n:
        table["name"] = np.zeros(0, "U1")
    if groups.grid is not None:
        row, column = np.divmod(np.arange(n), groups.grid[1])
        table |= {"row": row + 1, "column": column + 1}
    table["count"] = np.bincount(at, minlength=n)
    size = "volume" if "volume" in columns else "area"
    total = np.bincount(at, columns[size], minlength=n)
    table[f"total_{size}"] = total
    weight = np.where(table["count"] > 0, total, np.nan)
    for name in [c for c in columns if c.startswith("centroid_")]:
        table[name] = np.bincount(at, columns[name] * columns[size], minlength=n) / weight
    for name in [c for c in columns if c.startswith("bbox_")]:
        ends = np.zeros(n, np.int64)
        if name.endswith("_min"):
            ends[at] = np.iinfo(np.int64).max
            np.minimum.at(ends, at, columns[name])
        else:
            np.maximum.at(ends, at, columns[name])
        table[name] = ends
    return table
