"""Grouping of pixels into objects: prepared once, then as quick as a slider."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import Clusterer, bandwidth_of, label_dtype, merge_margin_of
from napari_discembed.clustering.density import DensityClusterer, DensityPrepared
from napari_discembed.clustering.finish import finish, relabel, to_image_grid
from napari_discembed.clustering.hierarchical import HdbscanClusterer
from napari_discembed.clustering.modes import (
    GreedyClusterer,
    MeanShiftClusterer,
    SeededClusterer,
)
from napari_discembed.config import ClusteringConfig, Method
from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, IntArray, Segmentation

__all__ = [
    "Clusterer",
    "DensityClusterer",
    "GreedyClusterer",
    "HdbscanClusterer",
    "MeanShiftClusterer",
    "Prepared",
    "SeededClusterer",
    "bandwidth_of",
    "cluster_prepared",
    "count_curve",
    "finish",
    "get_clusterer",
    "group",
    "label_dtype",
    "merge_margin_of",
    "prepare",
    "relabel",
    "to_image_grid",
]

_CLUSTERERS: dict[str, Callable[[], Clusterer[Any]]] = {
    "density": DensityClusterer,
    "mean_shift": MeanShiftClusterer,
    "greedy": GreedyClusterer,
    "hdbscan": HdbscanClusterer,
}


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An embedding that one clusterer has prepared.

    Attributes
    ----------
    embedding
        That was prepared.
    clusterer
        That prepared it.
    state
        What it keeps.
    """

    embedding: Embedding
    clusterer: Clusterer[Any]
    state: Any


def get_clusterer(method: Method, seeds: NDArray[np.floating[Any]] | None = None) -> Clusterer[Any]:
    """Return the clusterer of a name.

    Parameters
    ----------
    method
        Of :class:`~napari_discembed.config.ClusteringConfig`.
    seeds
        ``(N, ndim)`` points in image pixels, for ``"seeded"`` alone.

    Raises
    ------
    InputError
        If ``"seeded"`` has no seeds.
    """
    if method == "seeded":
        if seeds is None:
            raise InputError(
                "The method 'seeded' needs seeds: give an (N, ndim) array of points, one an "
                "object, or choose another method."
            )
        return SeededClusterer(np.asarray(seeds, dtype=np.float64))
    return _CLUSTERERS[method]()


def prepare(
    embedding: Embedding,
    method: Method = "density",
    seeds: NDArray[np.floating[Any]] | None = None,
) -> Prepared:
    """Compute what no knob changes, once an embedding."""
    clusterer = get_clusterer(method, seeds)
    return Prepared(embedding, clusterer, clusterer.prepare(embedding))


def cluster_prepared(prepared: Prepared, config: ClusteringConfig) -> IntArray:
    """Return labels ``(*S)`` on the embedding's grid; the numbers may have gaps.

    With the density method an object that the config do not change keeps its number.
    """
    return prepared.clusterer.cluster(prepared.state, config)


def group(
    embedding: Embedding, config: ClusteringConfig, seeds: NDArray[np.floating[Any]] | None = None
) -> Segmentation:
    """Group the pixels of an embedding into objects on the image's grid, from start to end."""
    prepared = prepare(embedding, config.method, seeds)
    return finish(embedding, cluster_prepared(prepared, config), config)


def count_curve(
    prepared: Prepared, bandwidths: NDArray[np.floating[Any]], config: ClusteringConfig
) -> NDArray[np.int64]:
    """Return the number of objects at each bandwidth.

    Parameters
    ----------
    prepared
        By any method; cheap for density, whose tree is only cut.
    bandwidths
        In embedding units.
    config
        All else.
    """
    counts = []
    for bandwidth in bandwidths:
        changed = config.model_copy(update={"bandwidth": float(bandwidth)})
        if isinstance(prepared.state, DensityPrepared):
            counts.append(DensityClusterer().count(prepared.state, changed))
        else:
            labels = cluster_prepared(prepared, changed)
            counts.append(int(np.count_nonzero(np.bincount(labels.ravel())[1:])))
    return np.array(counts, dtype=np.int64)
