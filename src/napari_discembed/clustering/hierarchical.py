"""HDBSCAN on a sample of the pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import Clusterer, grid_min_size
from napari_discembed.clustering.bins import foreground_points, nearest
from napari_discembed.clustering.components import clean
from napari_discembed.config import HdbscanConfig
from napari_discembed.types import Embedding, IntArray

if TYPE_CHECKING:
    from sklearn.cluster import HDBSCAN


FEWEST = 5
"""Pixels of a neighbourhood, whose spread is its density; fewer make no cluster, but a tie."""


@dataclass(frozen=True, slots=True, eq=False)
class SampleHierarchy:
    """The hierarchy of a sample of the points.

    Attributes
    ----------
    key
        Most points, weight of the coordinates and smallest cluster that it was built with.
    sample
        ``(Q,)``: which points were clustered, in ascending order.
    model
        Fitted to the sample.
    """

    key: tuple[int, float, int]
    sample: NDArray[np.intp]
    model: HDBSCAN


@dataclass(slots=True, eq=False)
class HdbscanPrepared:
    """The foreground pixels of an embedding, and the hierarchy of the last settings.

    Attributes
    ----------
    embedding
        What was prepared.
    pixels
        ``(P,)``: flat index of each foreground pixel in the embedding's grid.
    points
        ``(P, E)`` float64.
    """

    embedding: Embedding
    pixels: NDArray[np.intp]
    points: NDArray[np.float64]
    _last: SampleHierarchy | None = field(default=None, repr=False)

    def features(self, weight: float) -> NDArray[np.float64]:
        """Return the points beside the pixels' coordinates in object diameters times a weight."""
        if not weight:
            return self.points
        where = np.stack(np.unravel_index(self.pixels, self.embedding.shape), axis=1)
        return np.hstack([self.points, where * (weight / self.embedding.diameter)])

    def hierarchy(
        self, features: NDArray[np.float64], config: HdbscanConfig, minimum: int
    ) -> SampleHierarchy:
        """Return the hierarchy of a random sample, the same for the same settings.

        Parameters
        ----------
        features
            ``(P, F)``.
        config
            Says how many points are sampled.
        minimum
            Points of the smallest cluster.
        """
        key = (config.max_points, config.coordinates, minimum)
        last = self._last  # read once: another thread may be asking for other settings
        if last is not None and last.key == key:
            return last
        n = min(len(features), config.max_points)
        sample = np.sort(np.random.default_rng(0).choice(len(features), n, replace=False))
        from sklearn.cluster import HDBSCAN  # here: it takes a second to load

        model = HDBSCAN(
            min_cluster_size=minimum,
            min_samples=min(FEWEST, n),
            copy=True,
            allow_single_cluster=True,
        ).fit(features[sample])
        self._last = SampleHierarchy(key, sample, model)
        return self._last


class HdbscanClusterer(Clusterer[HdbscanPrepared, HdbscanConfig]):
    """Clusters of varying density (Campello 2013), as Payer 2018 groups embeddings.

    At most `max_points` pixels are clustered, optionally with their coordinates beside the
    embedding; every other pixel goes to the cluster of the nearest. The hierarchy is built
    once for a sample and a weight of the coordinates; the bandwidth then cuts it at a distance.
    """

    method = "hdbscan"

    def prepare(self, embedding: Embedding) -> HdbscanPrepared:
        """Gather the foreground pixels."""
        pixels, points = foreground_points(embedding)
        return HdbscanPrepared(embedding, pixels, points.T.astype(np.float64))

    def cluster(self, prepared: HdbscanPrepared, config: HdbscanConfig) -> IntArray:
        """Cluster the sample and assign the rest."""
        embedding = prepared.embedding
        regions = np.zeros(int(np.prod(embedding.shape)), dtype=np.int32)
        regions[prepared.pixels] = _clusters(prepared, config) + 1
        regions = regions.reshape(embedding.shape)
        objects = np.arange(int(regions.max()) + 1)
        if embedding.seediness is not None:
            best = np.zeros(len(objects))
            np.maximum.at(best, regions.ravel(), np.asarray(embedding.seediness).ravel())
            objects[best < config.seed_threshold] = 0
        return clean(embedding, regions, objects, config)


def _clusters(prepared: HdbscanPrepared, config: HdbscanConfig) -> NDArray[np.intp]:
    """Return ``(P,)``: the cluster, from 0, of each foreground pixel; -1 for none."""
    pixels = len(prepared.pixels)
    share = min(1.0, config.max_points / max(1, pixels))
    minimum = max(FEWEST, round(share * grid_min_size(config, prepared.embedding)))
    if min(pixels, config.max_points) < minimum:
        return np.full(pixels, -1, dtype=np.intp)
    features = prepared.features(config.coordinates)
    hierarchy = prepared.hierarchy(features, config, minimum)
    if config.bandwidth is None:
        clusters: NDArray[np.intp] = hierarchy.model.labels_
    else:
        clusters = hierarchy.model.dbscan_clustering(config.bandwidth, minimum)
    known = clusters >= 0
    found = nearest(features[hierarchy.sample[known]], features)
    return np.append(clusters[known], -1)[found]
