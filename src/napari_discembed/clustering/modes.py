"""Clusterers that place centres in embedding space: mean shift, greedy, seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.clustering.base import (
    Clusterer,
    ConfigT_contra,
    bandwidth_of,
    merge_margin_of,
)
from napari_discembed.clustering.bins import LOW_DIMENSIONS, EmbeddingBins, bin_pixels, nearest
from napari_discembed.clustering.components import clean
from napari_discembed.config import ClusteringConfig, GreedyConfig, MeanShiftConfig, SeededConfig
from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, IntArray

ITERATIONS = 50
"""Most steps of a mean shift."""
CONVERGED = 1e-3
"""Bandwidths that a step moves at most where a mean shift has converged."""
BLOCK = 1000
"""Seeds that are shifted at once: with each go the bins around it."""
BORDER = 1.5
"""Bandwidths from its centre up to which a pixel still belongs to an object."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedBins:
    """An embedding, its bins and a search tree over their means."""

    embedding: Embedding
    bins: EmbeddingBins
    finder: scipy.spatial.cKDTree


def prepare_bins(embedding: Embedding) -> PreparedBins:
    """Bin the pixels of an embedding and index the bins."""
    pull = embedding.space.margins.pull
    bins = bin_pixels(embedding, pull / 2 if embedding.dim <= LOW_DIMENSIONS else 2 * pull)
    return PreparedBins(embedding, bins, scipy.spatial.cKDTree(bins.mean))


def finish_bins(
    prepared: PreparedBins,
    owner: NDArray[np.intp],
    config: ClusteringConfig,
    seed_threshold: float,
) -> IntArray:
    """Return the image of objects, cleaned up.

    Parameters
    ----------
    prepared
        M bins.
    owner
        ``(M,)``: the object, from 1, of each bin; 0 for none.
    config
        Says how to clean.
    seed_threshold
        Least seediness of an object, at its best.
    """
    best = np.zeros(int(owner.max(initial=0)) + 1)
    np.maximum.at(best, owner, prepared.bins.seediness)
    objects = np.arange(len(best))
    objects[best < seed_threshold] = 0
    return clean(prepared.embedding, prepared.bins.to_image(owner), objects, config)


class _BinClusterer(Clusterer[PreparedBins, ConfigT_contra]):
    """What the methods share that place centres among the bins."""

    def prepare(self, embedding: Embedding) -> PreparedBins:
        """Bin the pixels of the embedding."""
        return prepare_bins(embedding)


class MeanShiftClusterer(_BinClusterer[MeanShiftConfig]):
    """Mean shift with a flat kernel over bins, from seeds; near modes become one.

    Comaniciu and Meer 2002, as De Brabandere 2017 (section 3.2) uses it. Seeds are the bins
    that are the most seedy, or, where no seediness is predicted, the heaviest within half a
    bandwidth.
    """

    method = "mean_shift"

    def cluster(self, prepared: PreparedBins, config: MeanShiftConfig) -> IntArray:
        """Shift the seeds, merge their modes, assign the bins to the nearest."""
        space = prepared.embedding.space
        bandwidth = bandwidth_of(config, space)
        bins = prepared.bins
        if not len(bins):
            return np.zeros(bins.shape, dtype=np.int32)
        modes = _shift(prepared, bins.mean[_seeds(prepared, bandwidth)], bandwidth)
        # Seeds half a bandwidth apart may climb one mode and stop a little short of each other.
        centres = _merge(modes, max(merge_margin_of(config, space), bandwidth / 2))
        owner = nearest(centres, bins.mean, BORDER * bandwidth) + 1
        return finish_bins(prepared, owner, config, config.seed_threshold)


def _seeds(prepared: PreparedBins, bandwidth: float) -> NDArray[np.intp]:
    """Return bins that are the best of all within half a bandwidth."""
    bins = prepared.bins
    quality = bins.seediness * (1 + 1e-9 * bins.weight)
    if prepared.embedding.seediness is None:
        quality = bins.weight
    first = np.argsort(-quality, kind="stable")
    chosen: list[int] = []
    taken = np.zeros(len(bins), dtype=bool)
    for index in first.tolist():
        if not taken[index]:
            chosen.append(index)
            taken[prepared.finder.query_ball_point(bins.mean[index], bandwidth / 2)] = True
    return np.array(chosen, dtype=np.intp)


def _shift(
    prepared: PreparedBins, seeds: NDArray[np.float64], bandwidth: float
) -> NDArray[np.float64]:
    """Move each seed to the mean of what is within the bandwidth, until none moves."""
    blocks = [seeds[i : i + BLOCK] for i in range(0, len(seeds), BLOCK)]
    return np.concatenate([_shift_block(prepared, block, bandwidth) for block in blocks])


def _shift_block(
    prepared: PreparedBins, seeds: NDArray[np.float64], bandwidth: float
) -> NDArray[np.float64]:
    bins, moving, modes = prepared.bins, np.arange(len(seeds)), seeds.copy()
    for _ in range(ITERATIONS):
        near = prepared.finder.query_ball_point(modes[moving], bandwidth, workers=-1)
        counts = np.array([len(found) for found in near])
        members = np.concatenate([np.asarray(found, dtype=np.intp) for found in near])
        seed = np.repeat(np.arange(len(moving)), counts)
        weight = bins.weight[members]
        total = np.bincount(seed, weights=weight, minlength=len(moving))
        sums = [
            np.bincount(seed, weights=weight * axis[members], minlength=len(moving))
            for axis in bins.mean.T
        ]
        new = np.where(
            total[:, None] > 0, np.stack(sums, 1) / np.maximum(total, 1e-12)[:, None], modes[moving]
        )
        step = np.linalg.norm(new - modes[moving], axis=1)
        modes[moving] = new
        moving = moving[step > CONVERGED * bandwidth]
        if not len(moving):
            break
    return modes


def _merge(modes: NDArray[np.float64], margin: float) -> NDArray[np.float64]:
    """Return one centre for all modes that are within the margin of each other."""
    pairs = scipy.spatial.cKDTree(modes).query_pairs(margin, output_type="ndarray")
    n = len(modes)
    graph = scipy.sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    count, group = scipy.sparse.csgraph.connected_components(graph, directed=False)
    sums = np.stack([np.bincount(group, weights=axis, minlength=count) for axis in modes.T], 1)
    centres: NDArray[np.float64] = sums / np.bincount(group, minlength=count)[:, None]
    return centres


class GreedyClusterer(_BinClusterer[GreedyConfig]):
    """One object after another: the procedure of De Brabandere 2017, section 3.2.

    Take the most seedy bin that belongs to no object yet, shift it to its mode, and take all
    that is within the bandwidth; repeat.
    """

    method = "greedy"

    def cluster(self, prepared: PreparedBins, config: GreedyConfig) -> IntArray:
        """Take object after object."""
        bins = prepared.bins
        bandwidth = bandwidth_of(config, prepared.embedding.space)
        owner = np.zeros(len(bins), dtype=np.intp)
        seeded = prepared.embedding.seediness is not None
        order = np.argsort(-(bins.seediness if seeded else bins.weight), kind="stable")
        n_objects = 0
        for index in order.tolist():
            if owner[index]:
                continue
            if seeded and bins.seediness[index] < config.seed_threshold:
                break
            n_objects += 1
            near = self._members(prepared, bins.mean[index], owner, bandwidth)
            owner[near] = n_objects
            owner[index] = n_objects
        return finish_bins(prepared, owner, config, config.seed_threshold)

    @staticmethod
    def _members(
        prepared: PreparedBins,
        centre: NDArray[np.float64],
        owner: NDArray[np.intp],
        bandwidth: float,
    ) -> NDArray[np.intp]:
        bins = prepared.bins
        near = np.zeros(0, dtype=np.intp)
        for _ in range(ITERATIONS):
            found = np.array(prepared.finder.query_ball_point(centre, bandwidth), dtype=np.intp)
            near = found[owner[found] == 0]
            if not len(near):
                break
            weight = bins.weight[near]
            new = weight @ bins.mean[near] / weight.sum()
            step = new - centre
            if step @ step <= (CONVERGED * bandwidth) ** 2:
                break
            centre = new
        return near


class SeededClusterer(_BinClusterer[SeededConfig]):
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

    method = "seeded"

    def __init__(self, seeds: NDArray[np.floating]) -> None:
        if seeds.ndim != 2 or not len(seeds):
            raise InputError(
                f"Expected seeds of shape (N, ndim), at least one, got {seeds.shape}. Click on "
                "each object."
            )
        self.seeds = seeds

    def cluster(self, prepared: PreparedBins, config: SeededConfig) -> IntArray:
        """Assign each bin to the seed whose embedding is nearest, within the bandwidth."""
        centres = self._centres(prepared.embedding)
        limit = BORDER * bandwidth_of(config, prepared.embedding.space)
        owner = nearest(centres, prepared.bins.mean, limit) + 1
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
            points = embedding.space.normalise(block.reshape(embedding.dim, -1))
            centres.append(np.median(points, axis=1))
        return np.array(centres, dtype=np.float64)
