"""The protocol of every clusterer: prepare once an embedding, cluster at each move of a knob."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import ClusterConfig
from napari_discembed.types import Embedding, IntArray

PreparedT = TypeVar("PreparedT")


class Clusterer(Protocol[PreparedT]):
    """Group the pixels of an embedding into objects.

    What does not depend on the knobs happens in :meth:`prepare`; :meth:`cluster` is cheap enough
    to follow a slider.
    """

    def prepare(self, embedding: Embedding) -> PreparedT:
        """Compute what does not depend on the knobs, once an embedding."""
        ...

    def cluster(self, prepared: PreparedT, knobs: ClusterConfig) -> IntArray:
        """Return labels ``(*S)`` on the embedding's grid: 0 background, objects 1 to N."""
        ...


def label_dtype(n_objects: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest unsigned dtype, of at least 16 bits, that holds the labels 0 to N."""
    return np.uint16 if n_objects <= np.iinfo(np.uint16).max else np.uint32


def as_labels(labels: NDArray[np.integer]) -> IntArray:  # type: ignore[type-arg]
    """Return the labels in the dtype that fits their largest."""
    return labels.astype(label_dtype(int(labels.max(initial=0))), copy=False)
