"""Density peaks and the tree by which they merge: built once, cut by a slider.

ToMATo (Chazal et al. 2013, "Persistence-based clustering in Riemannian manifolds"): visit the
points of a graph from dense to sparse; each climbs to its densest neighbour, so that every point
belongs to a peak; where two peaks' regions meet, the lower peak's dies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.clustering.blocks import BLOCK, look_up
from napari_discembed.types import FloatArray

NEIGHBOURS_TRIED = (4, 16)
"""Of how many neighbours a denser one is sought; of more where there is none among few."""

QUERIED = 2**17
"""Points whose neighbours are looked for at once."""

Indices: TypeAlias = NDArray[np.integer]


class Places(Protocol):
    """What gives the positions ``(K, E)`` of K points: an array, or what computes them."""

    def __getitem__(self, index: Indices, /) -> NDArray[np.float64]:
        """Return the positions of some points."""
        ...


IndicesT = TypeVar("IndicesT", bound=NDArray[np.integer])
Edges: TypeAlias = Indices | Iterable[Indices]


@dataclass(frozen=True, slots=True, eq=False)
class MergeTree:
    """Peaks, the densest first, and where and how each joins a denser one.

    Attributes
    ----------
    peak_of
        ``(M,)``: the peak that each point of the graph climbs to, in [0, N).
    parent
        ``(N,)``: the denser peak that each joins; itself for the last of all.
    height
        ``(N,)``: how deep the dip between both is, as a distance in embedding units: see
        :func:`separation`. Infinite for a peak that joins nothing.
    distance
        ``(N,)``: from each peak to its parent, in embedding units.
    """

    peak_of: Indices
    parent: NDArray[np.intp]
    height: NDArray[np.float64]
    distance: NDArray[np.float64]

    def levels(self, margin: float) -> NDArray[np.float64]:
        """Return ``(N,)``: the bandwidth above which each peak joins its parent.

        Parameters
        ----------
        margin
            A peak nearer to its parent than this, in embedding units, joins it at any bandwidth.
        """
        return np.where(self.distance < margin, 0.0, self.height)

    def cut(self, bandwidth: float, margin: float) -> NDArray[np.intp]:
        """Return ``(N,)``: the peak that each is merged into, itself where it stands alone.

        Parameters
        ----------
        bandwidth
            Above 0; a peak joins its parent if its level is below.
        margin
            As for :meth:`levels`.
        """
        joins = self.levels(margin) < bandwidth
        return climb(np.where(joins, self.parent, np.arange(len(self.parent))))


def climb(parent: IndicesT) -> IndicesT:
    """Follow each pointer to its end."""
    end = parent.copy()
    moved = True
    while moved:
        moved = False
        for start in range(0, len(end), BLOCK):  # in place: from further on it is as far to the end
            part = end[start : start + BLOCK]
            further = end[part]
            if not np.array_equal(further, part):
                part[...] = further
                moved = True
    return end


def separation(ratio: NDArray[np.float64], kernel: float) -> NDArray[np.float64]:
    """Express a dip between two density peaks as a distance.

    Two equal Gaussians of width ``h`` at a distance ``d`` have ``2 exp(-d^2 / 8 h^2)`` of their
    peak between them. Solved for ``d``, any dip becomes the distance of two such Gaussians: the
    bandwidth at which one would no longer tell them apart.

    Parameters
    ----------
    ratio
        Density of the saddle over that of the lower peak, in (0, 1].
    kernel
        ``h``, in embedding units.

    Returns
    -------
    ``2 h sqrt(2 ln(2 / ratio))``: 2.35 h where there is no dip, growing without bound.
    """
    floor = np.clip(ratio, 1e-12, 1.0)
    distance: NDArray[np.float64] = 2 * kernel * np.sqrt(2 * np.log(2 / floor))
    return distance


def merge_tree(
    density: FloatArray,
    edges: Edges,
    positions: Places,
    kernel: float,
) -> MergeTree:
    """Build the tree of a density over a graph.

    Parameters
    ----------
    density
        ``(M,)``, above 0.
    edges
        ``(K, 2)``: pairs of neighbouring points, or blocks of them, which are gone through twice.
    positions
        ``(M, E)``: of the points, in embedding units; asked of the peaks alone.
    kernel
        Width of the kernels as whose distance dips are told: that which made the density, or one
        in proportion to it.
    """
    m = len(density)
    if not m:
        empty = np.zeros(0)
        return MergeTree(np.zeros(0, np.intp), np.zeros(0, np.intp), empty, empty)
    # Of 32 bits where that is enough: there may be as many points as pixels.
    index = np.int32 if m <= np.iinfo(np.int32).max else np.int64
    order: Indices = np.argsort(-density, kind="stable").astype(index, copy=False)
    rank: Indices = np.empty(m, dtype=index)
    rank[order] = np.arange(m, dtype=index)
    # In terms of ranks, 0 being the densest, all comparisons are of different integers.
    uphill: Indices = np.arange(m, dtype=index)
    for a, b in _ranked(edges, rank):
        np.minimum.at(uphill, a, b)
        np.minimum.at(uphill, b, a)
    peaks = np.flatnonzero(uphill == np.arange(m, dtype=index))
    number: Indices = np.zeros(m, dtype=index)
    number[peaks] = np.arange(len(peaks))
    peak_by_rank = look_up(number, climb(uphill))
    del number, uphill
    parent, saddle = _join(*_saddles(peak_by_rank, edges, rank, len(peaks)), len(peaks))
    where = positions[order[peaks]]
    joined = saddle >= 0
    height = np.full(len(peaks), np.inf)
    dip, top = density[order[saddle[joined]]], density[order[peaks[joined]]]
    ratio = dip.astype(np.float64) / top
    height[joined] = separation(ratio, kernel)
    _bridge(parent, height, joined, where)
    distance = np.linalg.norm(where - where[parent], axis=1)
    distance[parent == np.arange(len(peaks))] = np.inf
    return MergeTree(look_up(peak_by_rank, rank), parent, height, distance)


def _ranked(edges: Edges, rank: Indices) -> Iterator[tuple[Indices, Indices]]:
    """Yield the ranks of both ends of the edges, a block of edges at a time."""
    if isinstance(edges, np.ndarray):
        edges = np.array_split(edges, range(BLOCK, len(edges), BLOCK))
    for block in edges:
        yield rank[block[:, 0]], rank[block[:, 1]]


def _saddles(
    peak_of: Indices, edges: Edges, rank: Indices, n: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pairs of peaks whose regions meet, as `low * n + high`, and where they do.

    That is the rank of the densest saddle.
    """
    pairs, saddles = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    for a, b in _ranked(edges, rank):
        first, second = peak_of[a], peak_of[b]
        between = first != second
        low = np.minimum(first, second)[between].astype(np.intp)
        high = np.maximum(first, second)[between].astype(np.intp)
        lower = np.maximum(a, b)[between]  # the sparser end of an edge
        pairs = np.concatenate([pairs, low * n + high])
        saddles = np.concatenate([saddles, lower])
        if len(pairs) > BLOCK:
            pairs, saddles = _densest(pairs, saddles)
    return _densest(pairs, saddles)


def _densest(
    pairs: NDArray[np.intp], saddles: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return each pair once, with the lowest rank of its saddles."""
    sort = np.argsort(saddles, kind="stable")
    once, index = np.unique(pairs[sort], return_index=True)
    return once, saddles[sort][index]


def _join(
    pairs: NDArray[np.intp], saddles: NDArray[np.intp], n: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Join peaks at their saddles, the densest saddle first.

    Returns
    -------
    The parent of each peak, and the rank of the saddle it joins at, -1 for none.
    """
    parent, saddle = np.arange(n), np.full(n, -1, dtype=np.intp)
    root = list(range(n))

    def find(peak: int) -> int:
        while root[peak] != peak:
            root[peak] = root[root[peak]]
            peak = root[peak]
        return peak

    by_saddle = np.argsort(saddles, kind="stable")
    for pair, where in zip(pairs[by_saddle].tolist(), saddles[by_saddle].tolist(), strict=True):
        older, younger = sorted((find(pair // n), find(pair % n)))
        if older != younger:
            root[younger] = older
            parent[younger], saddle[younger] = older, where
    return parent, saddle


def _bridge(
    parent: NDArray[np.intp],
    height: NDArray[np.float64],
    joined: NDArray[np.bool_],
    where: NDArray[np.float64],
) -> None:
    """Let peaks that no path connects join the nearest denser one, at their distance."""
    lone = np.flatnonzero(~joined)
    if len(lone) < 2:
        return
    many = len(lone) > QUERIED
    # Split in the middle the search tree sees the gaps between clusters: it is far quicker. Of
    # neighbours as near as each other, which those of a grid are, it gives others.
    finder = scipy.spatial.cKDTree(where[lone], balanced_tree=not many)
    left = np.arange(len(lone))
    for tried in NEIGHBOURS_TRIED if many else NEIGHBOURS_TRIED[-1:]:
        above = np.full(len(left), -1, dtype=np.intp)
        far = np.zeros(len(left))
        for start in range(0, len(left), QUERIED):
            part = slice(start, start + QUERIED)
            above[part], far[part] = _nearest_denser(finder, left[part], min(tried, len(lone)))
        has = above >= 0
        parent[lone[left[has]]] = lone[above[has]]
        height[lone[left[has]]] = far[has]
        left = left[~has]


def _nearest_denser(
    finder: scipy.spatial.cKDTree, ranks: NDArray[np.intp], tried: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the nearest point of a lower rank among so many, -1 for none, and its distance."""
    distance, found = finder.query(finder.data[ranks], k=tried, workers=-1)
    denser = found < ranks[:, None]
    rows, nearest = np.arange(len(ranks)), denser.argmax(axis=1)
    return np.where(denser.any(axis=1), found[rows, nearest], -1), distance[rows, nearest]
