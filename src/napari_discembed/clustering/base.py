"""The protocol of every clusterer: prepare once an embedding, cluster at each move of a knob."""

from __future__ import annotations

import math
from typing import Protocol, TypeVar

import numpy as np

from napari_discembed.config import ClusteringConfig, DensityConfig, MeanShiftConfig
from napari_discembed.types import Embedding, EmbeddingSpace, IntArray

PreparedT = TypeVar("PreparedT")

SMALLEST_OBJECT = 0.02
"""Share of a typical object's size below which what was found is none."""


class Clusterer(Protocol[PreparedT]):
    """Group the pixels of an embedding into objects.

    What does not depend on the config happens in :meth:`prepare`; :meth:`cluster` is cheap enough
    to follow a slider.
    """

    def prepare(self, embedding: Embedding) -> PreparedT:
        """Compute what does not depend on the config, once an embedding."""
        ...

    def cluster(self, prepared: PreparedT, config: ClusteringConfig) -> IntArray:
        """Return labels ``(*S)`` on the embedding's grid: 0 background, above 0 an object.

        Numbers may have gaps. Where a method can, an object that a knob does not change keeps
        its number.
        """
        ...


def bandwidth_of(config: ClusteringConfig, space: EmbeddingSpace) -> float:
    """Return the bandwidth: the config's, or the space's usual one."""
    return space.bandwidth if config.bandwidth is None else config.bandwidth


def merge_margin_of(config: DensityConfig | MeanShiftConfig, space: EmbeddingSpace) -> float:
    """Return the merge margin: the config's, or the space's usual one."""
    return space.merge_margin if config.merge_margin is None else config.merge_margin


def label_dtype(n_objects: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest unsigned dtype, of at least 16 bits, that holds the labels 0 to N."""
    return np.uint16 if n_objects <= np.iinfo(np.uint16).max else np.uint32


def grid_min_size(config: ClusteringConfig, embedding: Embedding) -> float:
    """Return the smallest object in pixels of the embedding's grid.

    From that in the image's, or a fiftieth of a disc or ball of the typical diameter.
    """
    if config.min_size is None:
        ndim, diameter = len(embedding.shape), embedding.diameter
        typical = math.pi / 4 * diameter**2 if ndim == 2 else math.pi / 6 * diameter**3
        return SMALLEST_OBJECT * typical
    image, grid = np.prod(embedding.image_shape, dtype=float), np.prod(embedding.shape, dtype=float)
    return float(config.min_size * grid / image)
