"""The protocol of every clusterer: prepare once an embedding, cluster at each move of a knob."""

from __future__ import annotations

import math
from typing import Protocol, TypeVar

import numpy as np

from napari_discembed.config import ClusterConfig
from napari_discembed.types import Embedding, IntArray, Margins

PreparedT = TypeVar("PreparedT")

SMALLEST_OBJECT = 0.02
"""Share of a typical object's size below which what was found is none."""


class Clusterer(Protocol[PreparedT]):
    """Group the pixels of an embedding into objects.

    What does not depend on the knobs happens in :meth:`prepare`; :meth:`cluster` is cheap enough
    to follow a slider.
    """

    def prepare(self, embedding: Embedding) -> PreparedT:
        """Compute what does not depend on the knobs, once an embedding."""
        ...

    def cluster(self, prepared: PreparedT, knobs: ClusterConfig) -> IntArray:
        """Return labels ``(*S)`` on the embedding's grid: 0 background, above 0 an object.

        Numbers may have gaps. Where a method can, an object that a knob does not change keeps
        its number.
        """
        ...


def bandwidth_of(knobs: ClusterConfig, margins: Margins) -> float:
    """Return the bandwidth: the knob's, or two and a half pull margins.

    A little above 2.35, where two kernels as wide as the pull margin show no dip between them.
    """
    return 2.5 * margins.pull if knobs.bandwidth is None else knobs.bandwidth


def merge_margin_of(knobs: ClusterConfig, margins: Margins) -> float:
    """Return the merge margin: the knob's, or twice the pull margin, an instance's width."""
    return 2 * margins.pull if knobs.merge_margin is None else knobs.merge_margin


def label_dtype(n_objects: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest unsigned dtype, of at least 16 bits, that holds the labels 0 to N."""
    return np.uint16 if n_objects <= np.iinfo(np.uint16).max else np.uint32


def grid_min_size(knobs: ClusterConfig, embedding: Embedding) -> float:
    """Return the smallest object in pixels of the embedding's grid.

    From that in the image's, or a fiftieth of a disc or ball of the typical diameter.
    """
    if knobs.min_size is None:
        ndim, diameter = len(embedding.shape), embedding.diameter
        typical = math.pi / 4 * diameter**2 if ndim == 2 else math.pi / 6 * diameter**3
        return SMALLEST_OBJECT * typical
    image, grid = np.prod(embedding.image_shape, dtype=float), np.prod(embedding.shape, dtype=float)
    return float(knobs.min_size * grid / image)
