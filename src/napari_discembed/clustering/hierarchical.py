"""HDBSCAN on a sample of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import grid_min_size
from napari_discembed.clustering.bins import FLOOR, nearest
from napari_discembed.clustering.components import fragment
from napari_discembed.config import ClusteringConfig
from napari_discembed.types import Embedding, IntArray

if TYPE_CHECKING:
    from sklearn.cluster import HDBSCAN


FEWEST = 5
"""Pixels of a neighbourhood, whose spread is its density; fewer make no cluster, but a tie."""


@dataclass(slots=True, eq=False)
class HdbscanPrepared:
    """Foreground pixels, and the clustering of a sample at the last settings."""

    embedding: Embedding
    pixels: NDArray[np.intp]
    points: NDArray[np.float64]
    key: tuple[int, float, int] | None = None
    fitted: HDBSCAN | None = None
    sample: NDArray[np.intp] | None = None


class HdbscanClusterer:
    """Clusters of varying density (Campello 2013), as Payer 2018 groups embeddings.

    At most `max_points` pixels are clustered, optionally with their coordinates beside the
    embedding; every other pixel goes to the cluster of the nearest. The hierarchy is built
    once for a sample and a weight of the coordinates; the bandwidth then cuts it at a distance.
    """

    def prepare(self, embedding: Embedding) -> HdbscanPrepared:
        """Gather the foreground pixels."""
        probability = np.asarray(embedding.foreground_probability).reshape(-1)
        pixels = np.flatnonzero(probability >= FLOOR)
        values = np.asarray(embedding.values).reshape(embedding.dim, -1)
        return HdbscanPrepared(embedding, pixels, values[:, pixels].T.astype(np.float64))

    def cluster(self, prepared: HdbscanPrepared, config: ClusteringConfig) -> IntArray:
        """Cluster the sample and assign the rest."""
        embedding = prepared.embedding
        regions = np.zeros(int(np.prod(embedding.shape)), dtype=np.int32)
        minimum = max(FEWEST, round(self._share(prepared, config) * grid_min_size(config, embedding)))
        if min(len(prepared.pixels), config.max_points) >= minimum:
            points = _features(prepared, config.coordinates)
            labels = self._labels(prepared, config, points, minimum)
            sampled = points[prepared.sample]
            known = labels >= 0
            found = nearest(sampled[known], points)
            regions[prepared.pixels] = (
                np.where(found >= 0, labels[known][found] + 1, 0) if (known.any()) else 0
            )
        inside = np.asarray(embedding.foreground_probability) >= config.foreground_threshold
        regions = np.where(inside, regions.reshape(embedding.shape), 0).astype(np.int32)
        objects = np.arange(int(regions.max(initial=0)) + 1)
        if embedding.seediness is not None:
            best = np.zeros(len(objects))
            np.maximum.at(best, regions.ravel(), np.asarray(embedding.seediness).ravel())
            objects[best < config.seed_threshold] = 0
        objects[0] = 0
        return fragment(regions).labels(objects, config, grid_min_size(config, embedding))

    @staticmethod
    def _share(prepared: HdbscanPrepared, config: ClusteringConfig) -> float:
        return min(1.0, config.max_points / max(1, len(prepared.pixels)))

    @staticmethod
    def _labels(
        prepared: HdbscanPrepared,
        config: ClusteringConfig,
        points: NDArray[np.float64],
        minimum: int,
    ) -> NDArray[np.intp]:
        key = (config.max_points, config.coordinates, minimum)
        if prepared.fitted is None or prepared.sample is None or prepared.key != key:
            rng = np.random.default_rng(0)
            n = min(len(points), config.max_points)
            prepared.sample = np.sort(rng.choice(len(points), n, replace=False))
            from sklearn.cluster import HDBSCAN  # here: it takes a second to load

            prepared.fitted = HDBSCAN(
                min_cluster_size=minimum,
                min_samples=min(FEWEST, n),
                copy=True,
                allow_single_cluster=True,
            ).fit(points[prepared.sample])
            prepared.key = key
        if config.bandwidth is None:
            chosen: NDArray[np.intp] = prepared.fitted.labels_
        else:
            chosen = prepared.fitted.dbscan_clustering(config.bandwidth, minimum)
        return chosen


def _features(prepared: HdbscanPrepared, weight: float) -> NDArray[np.float64]:
    """Return the points, with the pixels' coordinates in object diameters times a weight."""
    if not weight:
        return prepared.points
    where = np.stack(np.unravel_index(prepared.pixels, prepared.embedding.shape), axis=1)
    return np.hstack([prepared.points, where * (weight / prepared.embedding.diameter)])
