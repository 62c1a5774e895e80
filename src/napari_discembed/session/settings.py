"""The settings of the clustering that a person begins with, and what those left open come to."""

from __future__ import annotations

import numpy as np

from napari_discembed.clustering import bandwidth_of, merge_margin_of
from napari_discembed.clustering.base import grid_min_size
from napari_discembed.config import (
    ClusteringConfig,
    DensityConfig,
    MeanShiftConfig,
    clustering_config,
)
from napari_discembed.types import Embedding


def starting_config(
    current: ClusteringConfig,
    recommended: ClusteringConfig,
    recommended_before: ClusteringConfig | None,
) -> ClusteringConfig:
    """Return the config that a new embedding begins with.

    What a person has changed stays as long as the model recommends the same; what is left to the
    model stays so: it is another number in another image.

    Parameters
    ----------
    current
        As it was set last for the same model.
    recommended
        For the new embedding.
    recommended_before
        For the model's last one; None where there was none.
    """
    return current if recommended == recommended_before else recommended


def fitting_config(config: ClusteringConfig, embedding: Embedding) -> ClusteringConfig:
    """Return a config by which an embedding can be grouped.

    Where there are no judged candidates to choose among, that is the method of the space.
    """
    if config.method != "learned" or embedding.candidates is not None:
        return config
    return config.with_method(clustering_config(embedding.space.method).method)


def usual_numbers(config: ClusteringConfig, embedding: Embedding) -> dict[str, float]:
    """Return the number that each setting has which can be left to the model, by its name.

    HDBSCAN has no bandwidth among them: left open, each cluster is cut where it is most stable.
    """
    auto = {name: None for name, info in type(config).model_fields.items() if info.default is None}
    config = config.model_copy(update=auto)
    ratio = float(np.prod(embedding.image_shape) / np.prod(embedding.shape))
    numbers = {"min_size": float(round(grid_min_size(config, embedding) * ratio))}
    if config.method != "hdbscan":
        numbers["bandwidth"] = bandwidth_of(config, embedding.space)
    if isinstance(config, DensityConfig | MeanShiftConfig):
        numbers["merge_margin"] = merge_margin_of(config, embedding.space)
    return numbers
