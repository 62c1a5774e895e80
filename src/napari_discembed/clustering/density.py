"""Objects as peaks of the density of the embeddings, joined by persistence. The default."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.clustering.base import (
    Clusterer,
    bandwidth_of,
    grid_min_size,
    merge_margin_of,
)
from napari_discembed.clustering.bins import (
    DENSE_BINS,
    LOW_DIMENSIONS,
    EmbeddingBins,
    bin_pixels,
)
from napari_discembed.clustering.blocks import BLOCK
from napari_discembed.clustering.components import (
    Components,
    label_components,
    mask_regions,
)
from napari_discembed.clustering.grid import GridEdges, GridPlaces
from napari_discembed.clustering.nesting import tree_candidates
from napari_discembed.clustering.tree import MergeTree, merge_tree
from napari_discembed.config import DensityConfig
from napari_discembed.types import Candidates, Embedding, IntArray

PairBlocks: TypeAlias = list[NDArray[np.integer]]
"""Pairs ``(K, 2)`` of points, in blocks."""

LEAST_DENSITY = 1e-7
"""Density above which a bin of a grid is a node, empty ones between clusters included.

Every occupied bin is: a pixel weighs 0.1 or more, and the kernel is at least 0.007 at its middle.
"""

REACH = 2.0
"""Kernel widths over which two occupied bins are neighbours."""

MOST_PAIRS = 20_000_000
"""Most pairs of neighbours; where there are more, the reach is shortened."""

PAIRS_A_POINT = 8
"""Pairs that there may be for each point in any case: with fewer a valley is not seen."""

SAMPLE = 2000
"""Points whose neighbours are counted, to tell how many pairs there would be."""

QUERIED = 2**18
"""Pairs that are asked for at once."""

SHORTENING = 0.8
MOST_SHORTENINGS = 40


@dataclass(slots=True, eq=False)
class DensityPrepared:
    """An embedding's merge tree, and its components at the last foreground threshold.

    Attributes
    ----------
    embedding
        What was prepared.
    tree
        Of the N density peaks.
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
        """Return the connected components of the regions above a foreground threshold."""
        last = self._last  # read once: another thread may be asking for another threshold
        if last is not None and last[0] == threshold:
            return last[1]
        probability = np.asarray(self.embedding.foreground_probability)
        found = label_components(self.regions, probability >= threshold, probability)
        scratch.let_go(probability)
        self._last = (threshold, found)
        return found


class DensityClusterer(Clusterer[DensityPrepared, DensityConfig]):
    """Peaks of the embeddings' density, joined where the dip between them is shallow.

    The density is that of the pixels' embeddings under a Gaussian kernel as wide as the pull
    margin, a little narrower in many dimensions. Its merge tree (ToMATo, Chazal 2013) is built
    once; the bandwidth cuts it: two peaks are one object if the dip between them is shallower
    than that between two such kernels at a distance of `bandwidth`, or if they are nearer than
    `merge_margin`.

    The cuts are nested: what is together at one bandwidth is together at every larger one, so
    before cleaning a larger bandwidth never gives more objects. After it the count may rise, as
    parts that are each below `min_size`, or not sure enough, are enough once they are one.

    Parameters
    ----------
    kernel
        Width of the kernel, in its usual one: under a narrower one more peaks are told apart.
    """

    method = "density"

    def __init__(self, kernel: float = 1.0) -> None:
        self.kernel = kernel

    def prepare(self, embedding: Embedding) -> DensityPrepared:
        """Build the merge tree."""
        pull = self.kernel * embedding.space.margins.pull
        if embedding.dim > LOW_DIMENSIONS:
            bins = bin_pixels(embedding, pull)
            tree = _graph_tree(bins, pull * narrowing(embedding.dim), pull)
        else:
            bins = bin_pixels(embedding, pull / 2)
            dense = _grid_size(bins) <= DENSE_BINS
            tree = _grid_tree(bins, pull) if dense else _graph_tree(bins, pull, pull)
        peak = tree.peak_of
        seediness = np.zeros(len(tree.parent))
        np.maximum.at(seediness, peak, bins.seediness)
        return DensityPrepared(embedding, tree, bins.to_image(peak + 1), seediness)

    def cluster(self, prepared: DensityPrepared, config: DensityConfig) -> IntArray:
        """Cut the merge tree and clean up."""
        components = prepared.components(config.foreground_threshold)
        min_size = grid_min_size(config, prepared.embedding)
        return components.labels(_objects(prepared, config), config, min_size)

    def count(self, prepared: DensityPrepared, config: DensityConfig) -> int:
        """Return the number of objects, without making their image."""
        components = prepared.components(config.foreground_threshold)
        min_size = grid_min_size(config, prepared.embedding)
        owners = components.assign(_objects(prepared, config), config, min_size)
        return int(np.count_nonzero(np.bincount(owners, minlength=1)[1:]))

    def candidates(self, prepared: DensityPrepared, config: DensityConfig) -> Candidates:
        """Return the objects of all bandwidths, nested: regions of the peaks and their merges.

        Masks are as the tree has them: parts are not split and holes not filled.
        """
        embedding = prepared.embedding
        return tree_candidates(
            embedding,
            mask_regions(embedding, prepared.regions, config.foreground_threshold),
            prepared.tree,
            prepared.seediness,
            config,
            margin=merge_margin_of(config, embedding.space),
            min_size=grid_min_size(config, embedding),
            seed_threshold=config.seed_threshold,
        )


def narrowing(dim: int) -> float:
    """Return the width of the kernel in so many dimensions, in pull margins.

    Where there are many, a valley between two objects holds no pixels and is only seen from its
    edges: under a wide kernel they show no dip. 0.84 in four and 0.71 in eight dimensions are what
    leaves and sticks are told apart best with (benchmarks/LOG.md, 27 and 28).
    """
    return float((2 / dim) ** 0.25)


def _objects(prepared: DensityPrepared, config: DensityConfig) -> NDArray[np.intp]:
    """Return the object, from 1, of each region, from 1; 0 for those not seedy enough."""
    space = prepared.embedding.space
    root = prepared.tree.cut(bandwidth_of(config, space), merge_margin_of(config, space))
    best = np.zeros(len(root))
    np.maximum.at(best, root, prepared.seediness)
    objects = np.zeros(len(root) + 1, dtype=np.intp)
    objects[1:] = np.where(best[root] >= config.seed_threshold, root + 1, 0)
    return objects


def _grid_size(bins: EmbeddingBins) -> float:
    return float(np.prod(_extents(bins), dtype=float)) if len(bins) else 0.0


def _extents(bins: EmbeddingBins) -> tuple[int, ...]:
    """Return the shape of the grid that the bins fill, at least one bin wide."""
    return tuple(int(n) + 1 for n in bins.position.max(axis=0, initial=0))


def _grid_tree(bins: EmbeddingBins, kernel: float) -> MergeTree:
    """Build the tree on a grid that is held as a whole, empty bins between clusters included."""
    shape = _extents(bins)
    histogram = np.zeros(shape, dtype=np.float32)
    where = tuple(bins.position.T)
    histogram[where] = bins.weight
    density = scipy.ndimage.gaussian_filter(
        histogram, kernel / bins.width, mode="constant", truncate=3
    )
    del histogram
    # Everything that a pixel's kernel reaches is part of the graph, so that valleys are seen.
    nodes = np.flatnonzero(density > LEAST_DENSITY).astype(np.int32)  # of DENSE_BINS at most
    number = np.full(density.size, -1, dtype=np.int32)
    number[nodes] = np.arange(len(nodes), dtype=np.int32)
    heights = density.ravel()[nodes]
    del density
    places = GridPlaces(nodes, shape, bins.width)
    edges = GridEdges(number.reshape(shape))
    tree = merge_tree(heights, edges, places, kernel)
    own = tree.peak_of[number[np.ravel_multi_index(where, shape)]]
    return MergeTree(own, tree.parent, tree.height, tree.distance)


def _graph_tree(bins: EmbeddingBins, kernel: float, unit: float) -> MergeTree:
    """Build the tree on the occupied bins alone, each joined to those near it.

    Dips are told as the distance of two kernels as wide as `unit`.
    """
    if not len(bins):
        return merge_tree(np.zeros(0), [], bins.mean, unit)
    pairs = _near_pairs(bins.mean, REACH * kernel)
    density = _smoothed(bins, pairs, kernel)
    scratch.let_go(bins.mean)
    return merge_tree(density, pairs, bins.mean, unit)


def _smoothed(bins: EmbeddingBins, pairs: PairBlocks, kernel: float) -> NDArray[np.float64]:
    """Return the weight of each bin and, under the kernel, of its neighbours."""
    n = len(bins)
    forth, back = np.zeros(n), np.zeros(n)
    for a, b in (block.T for block in pairs):
        squared = np.square(bins.mean[a] - bins.mean[b]).sum(axis=1)
        weight = np.exp(-squared / (2 * kernel**2))
        np.add.at(forth, a, weight * bins.weight[b])
        np.add.at(back, b, weight * bins.weight[a])
    forth += bins.weight
    forth += back
    return forth


def _near_pairs(points: NDArray[np.float64], reach: float) -> PairBlocks:
    """Return the pairs of points within reach; where they are too many, of a shorter one."""
    # Halved in the middle and not at the median, the tree sees the gaps between clusters, and in
    # eight dimensions is four times as quick.
    finder = scipy.spatial.cKDTree(points, balanced_tree=False)
    in_blocks = PAIRS_A_POINT * len(points) > MOST_PAIRS
    most = PAIRS_A_POINT * len(points) if in_blocks else MOST_PAIRS
    for shortening in range(MOST_SHORTENINGS):
        last = shortening == MOST_SHORTENINGS - 1
        within = reach * SHORTENING**shortening
        # All pairs may be more than memory holds: they are estimated before they are made.
        expected = _expected_pairs(finder, within)
        if not last and expected > (1.0 if in_blocks else 1.5) * most:
            continue
        if in_blocks:
            return _pairs_in_blocks(finder, within, max(1.0, expected))
        pairs: NDArray[np.intp] = finder.query_pairs(within, output_type="ndarray")
        if len(pairs) <= most:
            break
    return np.array_split(pairs, range(BLOCK, len(pairs), BLOCK))


def _expected_pairs(finder: scipy.spatial.cKDTree, reach: float) -> float:
    """Return about how many pairs are within reach; exactly where there are few points."""
    some = np.linspace(0, finder.n - 1, min(finder.n, SAMPLE)).round().astype(np.intp)
    counts = finder.query_ball_point(finder.data[some], reach, return_length=True)
    return float((counts - 1).mean() * finder.n / 2)


def _pairs_in_blocks(finder: scipy.spatial.cKDTree, reach: float, expected: float) -> PairBlocks:
    """Return the pairs within reach, the lower number first, a block at a time."""
    size = max(1, int(finder.n * QUERIED / (2 * expected)))
    found: PairBlocks = []
    for start in range(0, finder.n, size):
        some = finder.indices[start : start + size]  # what the tree has together is near
        lists = finder.query_ball_point(finder.data[some], reach, workers=-1, return_sorted=True)
        lengths = np.fromiter(map(len, lists), np.intp, len(lists))
        a = np.repeat(some, lengths)
        b = np.fromiter(itertools.chain.from_iterable(lists), np.intp, len(a))
        found.append(np.stack([a, b], axis=1)[a < b].astype(np.int32))
    return found
