"""Clusterers that place centres in embedding space: mean shift, greedy, seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from napari_discembed.clustering.base import bandwidth_of, grid_min_size, merge_margin_of
from napari_discembed.clustering.bins import LOW_DIMENSIONS, EmbeddingBins, compress, nearest
from napari_discembed.clustering.components import fragment
from napari_discembed.config import ClusteringConfig
from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, IntArray

ITERATIONS = 50
MOST_SEEDS = 20_000
BORDER = 1.5
"""Bandwidths from its centre up to which a pixel still belongs to an object."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedBins:
    """An embedding, its cells and a search tree over their means."""

    embedding: Embedding
    cells: EmbeddingBins
    finder: cKDTree


def prepare_bins(embedding: Embedding) -> PreparedBins:
    """Compress an embedding and index its cells."""
    pull = embedding.margins.pull
    cells = compress(embedding, pull / 2 if embedding.dim <= LOW_DIMENSIONS else 2 * pull)
    return PreparedBins(embedding, cells, cKDTree(cells.mean))


def finish_bins(
    prepared: PreparedBins,
    owner: NDArray[np.intp],
    config: ClusteringConfig,
    seed_threshold: float,
) -> IntArray:
    """Spread the object of each cell (from 1, 0 for none) over the image and clean up."""
    embedding = prepared.embedding
    n = int(owner.max(initial=0))
    best = np.zeros(n + 1)
    np.maximum.at(best, owner, prepared.cells.seediness)
    objects = np.arange(n + 1)
    objects[best < seed_threshold] = 0
    inside = np.asarray(embedding.foreground_probability) >= config.foreground_threshold
    regions = np.where(inside, prepared.cells.to_image(owner), 0).astype(np.int32)
    objects[0] = 0
    return fragment(regions).labels(objects, config, grid_min_size(config, embedding))


class MeanShiftClusterer:
    """Mean shift with a flat kernel over cells, from seeds; near modes become one.

    Comaniciu and Meer 2002, as De Brabandere 2017 (section 3.2) uses it. Seeds are the cells
    that are the most seedy, or, where no seediness is predicted, the heaviest within a
    bandwidth.
    """

    def prepare(self, embedding: Embedding) -> PreparedBins:
        """Compress the embedding."""
        return prepare_bins(embedding)

    def cluster(self, prepared: PreparedBins, config: ClusteringConfig) -> IntArray:
        """Shift the seeds, merge their modes, assign the cells to the nearest."""
        space = prepared.embedding.space
        bandwidth = bandwidth_of(config, space)
        cells = prepared.cells
        if not len(cells):
            return np.zeros(cells.shape, dtype=np.int32)
        modes = _shift(prepared, cells.mean[_seeds(prepared, bandwidth)], bandwidth)
        margin = max(merge_margin_of(config, space), bandwidth / 2)
        centres = _merge(modes, margin)
        owner = nearest(centres, cells.mean, BORDER * bandwidth) + 1
        return finish_bins(prepared, owner, config, config.seed_threshold)


def _seeds(prepared: PreparedBins, bandwidth: float) -> NDArray[np.intp]:
    """Return cells that are the best of all within half a bandwidth."""
    cells = prepared.cells
    quality = cells.seediness * (1 + 1e-9 * cells.weight)
    if prepared.embedding.seediness is None:
        quality = cells.weight
    first = np.argsort(-quality, kind="stable")
    chosen: list[int] = []
    taken = np.zeros(len(cells), dtype=bool)
    for cell in first.tolist():
        if len(chosen) == MOST_SEEDS:
            break
        if not taken[cell]:
            chosen.append(cell)
            taken[prepared.finder.query_ball_point(cells.mean[cell], bandwidth / 2)] = True
    return np.array(chosen, dtype=np.intp)


def _shift(
    prepared: PreparedBins, seeds: NDArray[np.float64], bandwidth: float
) -> NDArray[np.float64]:
    """Move each seed to the mean of what is within the bandwidth, until none moves."""
    cells, moving, modes = prepared.cells, np.arange(len(seeds)), seeds.copy()
    for _ in range(ITERATIONS):
        near = prepared.finder.query_ball_point(modes[moving], bandwidth, workers=-1)
        counts = np.array([len(found) for found in near])
        members = np.concatenate([np.asarray(found, dtype=np.intp) for found in near])
        seed = np.repeat(np.arange(len(moving)), counts)
        weight = cells.weight[members]
        total = np.bincount(seed, weights=weight, minlength=len(moving))
        sums = [
            np.bincount(seed, weights=weight * axis[members], minlength=len(moving))
            for axis in cells.mean.T
        ]
        new = np.where(
            total[:, None] > 0, np.stack(sums, 1) / np.maximum(total, 1e-12)[:, None], modes[moving]
        )
        step = np.linalg.norm(new - modes[moving], axis=1)
        modes[moving] = new
        moving = moving[step > 1e-3 * bandwidth]
        if not len(moving):
            break
    return modes


def _merge(modes: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return one centre for all modes that are within the margin of each other."""
    pairs = cKDTree(modes).query_pairs(margin, output_type="ndarray")
    n = len(modes)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    count, group = connected_components(graph, directed=False)
    sums = np.stack([np.bincount(group, weights=axis, minlength=count) for axis in modes.T], 1)
    centres: NDArray[np.float64] = sums / np.bincount(group, minlength=count)[:, None]
    return centres


class GreedyClusterer:
    """One object after another: the procedure of De Brabandere 2017, section 3.2.

    Take the most seedy cell that belongs to no object yet, shift it to its mode, and take all
    that is within the bandwidth; repeat.
    """

    def prepare(self, embedding: Embedding) -> PreparedBins:
        """Compress the embedding."""
        return prepare_bins(embedding)

    def cluster(self, prepared: PreparedBins, config: ClusteringConfig) -> IntArray:
        """Take object after object."""
        cells = prepared.cells
        bandwidth = bandwidth_of(config, prepared.embedding.space)
        owner = np.zeros(len(cells), dtype=np.intp)
        seeded = prepared.embedding.seediness is not None
        order = np.argsort(-(cells.seediness if seeded else cells.weight), kind="stable")
        n_objects = 0
        for cell in order.tolist():
            if owner[cell]:
                continue
            if seeded and cells.seediness[cell] < config.seed_threshold:
                break
            n_objects += 1
            near = self._members(prepared, cells.mean[cell], owner, bandwidth)
            owner[near] = n_objects
            owner[cell] = n_objects
        return finish_bins(prepared, owner, config, config.seed_threshold)

    @staticmethod
    def _members(
        prepared: PreparedBins,
        centre: NDArray[np.float64],
        owner: NDArray[np.intp],
        bandwidth: float,
    ) -> NDArray[np.intp]:
        cells = prepared.cells
        near = np.zeros(0, dtype=np.intp)
        for _ in range(ITERATIONS):
            found = np.array(prepared.finder.query_ball_point(centre, bandwidth), dtype=np.intp)
            near = found[owner[found] == 0]
            if not len(near):
                break
            weight = cells.weight[near]
            new = weight @ cells.mean[near] / weight.sum()
            step = new - centre
            if step @ step <= (1e-3 * bandwidth) ** 2:
                break
            centre = new
        return near


class SeededClusterer:
    """An object for each point that a person gave.

    Parameters
    ----------
    seeds
        ``(N, ndim)``: in pixels of the image, one an object.

    Raises
    ------
    InputError
        If there is none, or one is outside the image.
    """

    def __init__(self, seeds: NDArray[np.floating]) -> None:
        if seeds.ndim != 2 or not len(seeds):
            raise InputError(
                f"Expected seeds of shape (N, ndim), at least one, got {seeds.shape}. Click on "
                "each object."
            )
        self.seeds = seeds

    def prepare(self, embedding: Embedding) -> PreparedBins:
        """Compress the embedding."""
        return prepare_bins(embedding)

    def cluster(self, prepared: PreparedBins, config: ClusteringConfig) -> IntArray:
        """Assign each cell to the seed whose embedding is nearest, within the bandwidth."""
        centres = self._centres(prepared.embedding)
        limit = BORDER * bandwidth_of(config, prepared.embedding.space)
        owner = nearest(centres, prepared.cells.mean, limit) + 1
        # A person's point is reason enough.
        return finish_bins(prepared, owner, config, seed_threshold=0.0)

    def _centres(self, embedding: Embedding) -> NDArray[np.float64]:
        """Return ``(N, E)``: the median embedding around each seed, which one pixel is not."""
        shape, image = np.array(embedding.shape), np.array(embedding.image_shape)
        if self.seeds.shape[1] != len(shape):
            raise InputError(f"Expected seeds of {len(shape)} coordinates, got {self.seeds.shape}.")
        if (self.seeds < -0.5).any() or (self.seeds > image - 0.5).any():
            raise InputError(f"Expected seeds within the image of shape {tuple(image)}.")
        at = np.clip(((self.seeds + 0.5) * shape / image).astype(np.intp), 0, shape - 1)
        centres = []
        for point in at:
            window = tuple(slice(max(0, p - 1), p + 2) for p in point)
            block = np.asarray(embedding.values[(slice(None), *window)])
            centres.append(np.median(block.reshape(embedding.dim, -1), axis=1))
        return np.array(centres, dtype=np.float64)
