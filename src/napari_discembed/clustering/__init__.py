"""Grouping of pixels into objects: an embedding is prepared once, then grouped in milliseconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import (
    WITHOUT_BANDWIDTH,
    Clusterer,
    Prepared,
    bandwidth_of,
    grid_min_size,
    merge_margin_of,
)
from napari_discembed.clustering.density import DensityClusterer
from napari_discembed.clustering.finish import (
    classes_on_image,
    finish,
    label_dtype,
    relabel,
    to_image_grid,
)
from napari_discembed.clustering.hierarchical import HdbscanClusterer
from napari_discembed.clustering.learned import LearnedClusterer, best_set
from napari_discembed.clustering.modes import (
    GreedyClusterer,
    MeanShiftClusterer,
    SeededClusterer,
)
from napari_discembed.clustering.quality import SURE_QUALITY, object_quality
from napari_discembed.config import ClusteringConfig, Method
from napari_discembed.errors import InputError
from napari_discembed.types import Candidates, Embedding, Segmentation
from napari_discembed.types.candidates import QUALITY, THRESHOLD

__all__ = [
    "CLUSTERERS",
    "QUALITY",
    "SURE_QUALITY",
    "THRESHOLD",
    "WITHOUT_BANDWIDTH",
    "Clusterer",
    "DensityClusterer",
    "GreedyClusterer",
    "HdbscanClusterer",
    "LearnedClusterer",
    "MeanShiftClusterer",
    "Prepared",
    "SeededClusterer",
    "bandwidth_of",
    "best_set",
    "candidates",
    "classes_on_image",
    "count_curve",
    "finish",
    "get_clusterer",
    "grid_min_size",
    "group",
    "label_dtype",
    "merge_margin_of",
    "object_quality",
    "prepare",
    "relabel",
    "to_image_grid",
]

CLUSTERERS: dict[str, Callable[[], Clusterer[Any, Any]]] = {
    "density": DensityClusterer,
    "mean_shift": MeanShiftClusterer,
    "greedy": GreedyClusterer,
    "hdbscan": HdbscanClusterer,
    "learned": LearnedClusterer,
}
"""The methods that need no seeds, by name."""


def get_clusterer(
    method: Method, seeds: NDArray[np.floating[Any]] | None = None
) -> Clusterer[Any, Any]:
    """Return the clusterer of a method.

    Parameters
    ----------
    method
        Name of the method, as in :class:`~napari_discembed.config.ClusteringConfig`.
    seeds
        ``(N, ndim)`` points in image pixels, for ``"seeded"`` alone.

    Raises
    ------
    InputError
        If ``"seeded"`` has no seeds.
    """
    if method != "seeded":
        return CLUSTERERS[method]()
    if seeds is None:
        raise InputError(
            "The method 'seeded' needs seeds: give an (N, ndim) array of points, one an object, "
            "or choose another method."
        )
    return SeededClusterer(np.asarray(seeds, dtype=np.float64))


def prepare(
    embedding: Embedding,
    method: Method = "density",
    seeds: NDArray[np.floating[Any]] | None = None,
) -> Prepared:
    """Compute what does not depend on the config, once an embedding.

    Parameters
    ----------
    embedding
        What to group.
    method, seeds
        As for :func:`get_clusterer`.
    """
    clusterer = get_clusterer(method, seeds)
    return Prepared(clusterer, clusterer.prepare(embedding))


def group(
    embedding: Embedding, config: ClusteringConfig, seeds: NDArray[np.floating[Any]] | None = None
) -> Segmentation:
    """Group the pixels of an embedding into objects on the image's grid.

    Parameters
    ----------
    embedding
        What to group.
    config
        Method and settings.
    seeds
        As for :func:`get_clusterer`.
    """
    prepared = prepare(embedding, config.method, seeds)
    labels, thresholds = prepared.labels(config), prepared.thresholds(config)
    del prepared  # it goes before the labels are finished: either is as large as the image
    return finish(embedding, labels, config, thresholds)


def candidates(
    embedding: Embedding, config: ClusteringConfig, seeds: NDArray[np.floating[Any]] | None = None
) -> Candidates:
    """Return the masks of an embedding that may be objects.

    With the density method they are nested: all that any bandwidth makes objects. With another
    they are the objects at this config.

    Parameters
    ----------
    embedding
        What to group.
    config
        Method and settings; for the density method the bandwidth does not matter.
    seeds
        As for :func:`get_clusterer`.
    """
    return prepare(embedding, config.method, seeds).candidates(config)


def count_curve(
    prepared: Prepared, bandwidths: NDArray[np.floating[Any]], config: ClusteringConfig
) -> NDArray[np.int64]:
    """Return the number of objects at each bandwidth.

    Parameters
    ----------
    prepared
        By any method; cheap for density, whose tree is only cut.
    bandwidths
        ``(B,)`` in embedding units.
    config
        All other settings.

    Returns
    -------
    ``(B,)`` counts.
    """
    changed = (config.model_copy(update={"bandwidth": float(b)}) for b in bandwidths)
    return np.array([prepared.count(one) for one in changed], dtype=np.int64)
