"""Objects as peaks of the density of the embeddings, joined by persistence. The default."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_discembed.clustering.base import bandwidth_of, grid_min_size, merge_margin_of
from napari_discembed.clustering.bins import (
    DENSE_CELLS,
    LOW_DIMENSIONS,
    EmbeddingBins,
    compress,
)
from napari_discembed.clustering.components import Components, fragment
from napari_discembed.clustering.tree import MergeTree, merge_tree
from napari_discembed.config import ClusteringConfig
from napari_discembed.types import Embedding, IntArray

MOST_PAIRS = 20_000_000

REACH = 2.0
"""Kernel widths over which two occupied cells are neighbours."""


@dataclass(slots=True, eq=False)
class DensityPrepared:
    """An embedding's merge tree, and its pieces at the last foreground threshold.

    Attributes
    ----------
    embedding
        That was prepared.
    tree
        Of the density peaks.
    regions
        ``(*S)``: the peak, from 1, that each foreground pixel climbs to; 0 elsewhere.
    seediness
        ``(N,)``: the best of each peak's pixels.
    """

    embedding: Embedding
    tree: MergeTree
    regions: NDArray[np.int32]
    seediness: NDArray[np.float64]
    _last: tuple[float, Components] | None = field(default=None, repr=False)

    def components(self, threshold: float) -> Components:
        """Return the connected pieces of the regions above a foreground threshold."""
        last = self._last  # read once: another thread may be asking for another threshold
        if last is not None and last[0] == threshold:
            return last[1]
        inside = np.asarray(self.embedding.foreground_probability) >= threshold
        pieces = fragment(np.where(inside, self.regions, 0).astype(np.int32))
        self._last = (threshold, pieces)
        return pieces


class DensityClusterer:
    """Peaks of the embeddings' density, joined where the dip between them is shallow.

    The density is that of the pixels' embeddings under a Gaussian kernel as wide as the pull
    margin, a little narrower in many dimensions. Its merge tree (ToMATo, Chazal 2013) is built
    once; the bandwidth cuts it: two peaks are one object if the dip between them is no deeper
    than that between two such kernels at a distance of `bandwidth`, or if they are nearer than
    `merge_margin`. A larger bandwidth never gives more objects.
    """

    def prepare(self, embedding: Embedding) -> DensityPrepared:
        """Build the merge tree."""
        pull = embedding.margins.pull
        if embedding.dim > LOW_DIMENSIONS:
            cells = compress(embedding, pull)
            tree = _on_graph(cells, pull * narrowing(embedding.dim), pull)
        else:
            cells = compress(embedding, pull / 2)
            dense = _grid_size(cells) <= DENSE_CELLS
            tree = _on_grid(cells, pull) if dense else _on_graph(cells, pull, pull)
        peak = tree.peak_of
        seediness = np.zeros(len(tree.parent))
        np.maximum.at(seediness, peak, cells.seediness)
        return DensityPrepared(embedding, tree, cells.to_image(peak + 1), seediness)

    def cluster(self, prepared: DensityPrepared, config: ClusteringConfig) -> IntArray:
        """Cut the merge tree and clean up."""
        pieces = prepared.components(config.foreground_threshold)
        min_size = grid_min_size(config, prepared.embedding)
        return pieces.labels(_objects(prepared, config), config, min_size)

    def count(self, prepared: DensityPrepared, config: ClusteringConfig) -> int:
        """Return the number of objects, without making their image."""
        pieces = prepared.components(config.foreground_threshold)
        min_size = grid_min_size(config, prepared.embedding)
        owners = pieces.owners(_objects(prepared, config), config, min_size)
        return int(np.count_nonzero(np.bincount(owners, minlength=1)[1:]))


def narrowing(dim: int) -> float:
    """Return the width of the kernel in so many dimensions, in pull margins.

    Where there are many, a valley between two objects holds no pixels and is only seen from its
    edges: under a wide kernel they show no dip. 0.84 in four and 0.71 in eight dimensions are what
    leaves and sticks are told apart best with (benchmarks/LOG.md, 27 and 28).
    """
    return float((2 / dim) ** 0.25)


def _objects(prepared: DensityPrepared, config: ClusteringConfig) -> NDArray[np.intp]:
    """Return the object, from 1, of each region, from 1; 0 for those not seedy enough."""
    space = prepared.embedding.space
    root = prepared.tree.cut(bandwidth_of(config, space), merge_margin_of(config, space))
    best = np.zeros(len(root))
    np.maximum.at(best, root, prepared.seediness)
    objects = np.zeros(len(root) + 1, dtype=np.intp)
    objects[1:] = np.where(best[root] >= config.seed_threshold, root + 1, 0)
    return objects


def _grid_size(cells: EmbeddingBins) -> float:
    return float(np.prod(cells.position.max(axis=0) + 1.0)) if len(cells) else 0.0


def _on_grid(cells: EmbeddingBins, kernel: float) -> MergeTree:
    """Build the tree on a grid that is held as a whole, empty cells between clusters included."""
    shape = tuple(cells.position.max(axis=0, initial=0) + 1)
    histogram = np.zeros(shape, dtype=np.float32)
    where = tuple(cells.position.T)
    histogram[where] = cells.weight
    density = ndimage.gaussian_filter(histogram, kernel / cells.width, mode="constant", truncate=3)
    # Everything that a pixel's kernel reaches is part of the graph, so that valleys are seen.
    density[where] += np.float32(1e-6)
    nodes = np.flatnonzero(density > 1e-7)
    number = np.full(density.size, -1, dtype=np.intp)
    number[nodes] = np.arange(len(nodes))
    edges = _grid_edges(number.reshape(shape))
    coordinates = np.stack(np.unravel_index(nodes, shape), axis=1).astype(np.float64)
    tree = merge_tree(
        density.ravel()[nodes].astype(np.float64), edges, coordinates * cells.width, kernel
    )
    own = tree.peak_of[number[np.ravel_multi_index(where, shape)]]
    return MergeTree(own, tree.parent, tree.height, tree.distance)


def _grid_edges(number: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the pairs of nodes that are neighbours on the grid, diagonals included."""
    found = []
    for offset in itertools.product((-1, 0, 1), repeat=number.ndim):
        if offset <= (0,) * number.ndim:
            continue
        here, there = [], []
        for o, n in zip(offset, number.shape, strict=True):
            here.append(slice(max(0, -o), n - max(0, o)))
            there.append(slice(max(0, o), n + min(0, o)))
        a, b = number[tuple(here)].ravel(), number[tuple(there)].ravel()
        both = (a >= 0) & (b >= 0)
        found.append(np.stack([a[both], b[both]], axis=1))
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.intp)


def _on_graph(cells: EmbeddingBins, kernel: float, unit: float) -> MergeTree:
    """Build the tree on the occupied cells alone, each joined to those near it.

    Dips are told as the distance of two kernels as wide as `unit`.
    """
    if not len(cells):
        return merge_tree(np.zeros(0), np.zeros((0, 2), np.intp), cells.mean, unit)
    finder = cKDTree(cells.mean)
    reach = REACH * kernel
    pairs = finder.query_pairs(reach, output_type="ndarray")
    while len(pairs) > MOST_PAIRS:
        reach *= 0.8
        pairs = finder.query_pairs(reach, output_type="ndarray")
    squared = np.square(cells.mean[pairs[:, 0]] - cells.mean[pairs[:, 1]]).sum(axis=1)
    weight = np.exp(-squared / (2 * kernel**2))
    n = len(cells)
    density = cells.weight.copy()
    density += np.bincount(pairs[:, 0], weights=weight * cells.weight[pairs[:, 1]], minlength=n)
    density += np.bincount(pairs[:, 1], weights=weight * cells.weight[pairs[:, 0]], minlength=n)
    return merge_tree(density, pairs, cells.mean, unit)
