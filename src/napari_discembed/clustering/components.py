"""Objects as pieces of the image: what a knob needs to look at instead of pixels.

A map of small regions is cut into its connected pieces once; from then on sizes, parts and holes
are questions about a small graph, and an answer is one look-up over the image.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.measure import label as connected_pieces

from napari_discembed.config import ClusteringConfig
from napari_discembed.types import IntArray

Pairs: TypeAlias = NDArray[np.intp]

SMALLEST_PART = 0.05
"""Share of its object's largest part below which a separate part is a speck, and goes."""


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The connected pieces of a map of regions, and which touch.

    Attributes
    ----------
    pieces
        ``(*S)``: 0, the pieces 1 to F, then the holes F + 1 to F + H.
    region
        ``(F,)``: the region of each piece.
    sizes
        ``(F + H,)``: pixels of each piece and hole.
    touching
        ``(K, 2)``: pairs of neighbouring pieces, from 0.
    around
        ``(L, 2)``: each hole, from 0, and a piece beside it.
    """

    pieces: NDArray[np.int32]
    region: NDArray[np.intp]
    sizes: NDArray[np.intp]
    touching: Pairs
    around: Pairs

    def owners(
        self, objects: NDArray[np.intp], config: ClusteringConfig, min_size: float
    ) -> NDArray[np.intp]:
        """Return ``(F,)``: the object, from 1, that each piece belongs to; 0 for none.

        Parameters
        ----------
        objects
            ``(R + 1,)``: the object, from 1, that each region belongs to; 0 for none.
        config
            Says whether parts are split.
        min_size
            In pixels of this grid: smaller parts, and objects, go.
        """
        owner = objects[self.region]
        part = self._parts(owner)
        part_sizes = np.bincount(part, weights=self.sizes[: len(owner)], minlength=1)[part]
        largest = np.zeros(int(owner.max(initial=0)) + 1)
        np.maximum.at(largest, owner, part_sizes)
        keeps = part_sizes >= np.maximum(min_size, SMALLEST_PART * largest[owner])
        owner = np.where(keeps, owner, 0)
        return np.where(owner > 0, part + 1, 0) if config.split_parts else owner

    def labels(self, objects: NDArray[np.intp], config: ClusteringConfig, min_size: float) -> IntArray:
        """Return the image ``(*S)`` of objects, with holes filled if the config say so.

        Parameters are those of :meth:`owners`.
        """
        count = len(self.region)
        table = np.zeros(len(self.sizes) + 1, dtype=np.int32)
        table[1 : count + 1] = self.owners(objects, config, min_size)
        if config.fill_holes:
            table[count + 1 :] = self._hole_owners(table[1 : count + 1])
        return table[self.pieces]

    def _parts(self, owner: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the connected part of an object that each piece belongs to."""
        first, second = self.touching[:, 0], self.touching[:, 1]
        same = (owner[first] == owner[second]) & (owner[first] > 0)
        n = len(owner)
        graph = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(n, n))
        _, part = connected_components(graph, directed=False)
        return part.astype(np.intp)

    def _hole_owners(self, owner: NDArray[np.int32]) -> NDArray[np.intp]:
        """Return the object around each hole, 0 where there are several or none."""
        n_holes = len(self.sizes) - len(self.region)
        largest = np.zeros(n_holes, dtype=np.intp)
        smallest = np.full(n_holes, np.iinfo(np.intp).max)
        hole, beside = self.around[:, 0], owner[self.around[:, 1]]
        np.maximum.at(largest, hole, beside)
        np.minimum.at(smallest, hole, beside)
        return np.where(largest == smallest, largest, 0)


def fragment(regions: NDArray[np.int32]) -> Components:
    """Cut a map of regions into connected pieces.

    Parameters
    ----------
    regions
        ``(*S)``: 0 for background, a number for each region.
    """
    ndim = regions.ndim
    pieces = connected_pieces(regions, background=0, connectivity=ndim).astype(np.int32)
    count = int(pieces.max(initial=0))
    region = np.zeros(count + 1, dtype=np.intp)
    region[pieces.ravel()] = regions.ravel()
    touching = _neighbours(pieces, diagonal=True)
    background, n_background = ndimage.label(pieces == 0)
    holes = _inner(background, n_background)
    around: Pairs = np.zeros((0, 2), dtype=np.intp)
    if holes.any():
        number = np.where(holes, np.cumsum(holes) + count, 0)
        pieces = np.where(pieces == 0, number[background], pieces).astype(np.int32)
        pairs = _neighbours(pieces, diagonal=False)
        pairs = pairs[(pairs[:, 1] > count) & (pairs[:, 0] <= count)]
        around = pairs[:, ::-1] - np.array([count + 1, 1])
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    return Components(pieces, region[1:], sizes, touching - 1, around)


def _inner(background: NDArray[np.integer], n: int) -> NDArray[np.bool_]:
    """Return ``(n + 1,)``: which pieces of background do not touch the image's border."""
    inner = np.ones(n + 1, dtype=bool)
    inner[0] = False
    for axis in range(background.ndim):
        for end in (0, -1):
            inner[np.unique(background.take(end, axis=axis))] = False
    return inner


def _neighbours(pieces: NDArray[np.int32], *, diagonal: bool) -> Pairs:
    """Return the pairs of different numbers above 0 that touch, the lower first, each once."""
    found = []
    width = int(pieces.max(initial=0)) + 1
    for offset in itertools.product((-1, 0, 1), repeat=pieces.ndim):
        if offset <= (0,) * pieces.ndim or (not diagonal and sum(map(abs, offset)) > 1):
            continue
        here = tuple(
            slice(max(0, -o), n - max(0, o)) for o, n in zip(offset, pieces.shape, strict=True)
        )
        there = tuple(
            slice(max(0, o), n + min(0, o)) for o, n in zip(offset, pieces.shape, strict=True)
        )
        a, b = pieces[here], pieces[there]
        touch = (a != b) & (a > 0) & (b > 0)
        a, b = a[touch].astype(np.int64), b[touch].astype(np.int64)
        found.append(np.unique(np.minimum(a, b) * width + np.maximum(a, b)))
    keys = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    return np.stack(np.divmod(keys, width), axis=1).astype(np.intp)
