"""The protocol of every clustering method: prepare an embedding once, group it at any setting."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.finish import to_image_grid
from napari_discembed.clustering.nesting import flat_candidates
from napari_discembed.config import (
    ClusteringConfig,
    DensityConfig,
    MeanShiftConfig,
    Method,
    UnseededConfig,
)
from napari_discembed.errors import InputError
from napari_discembed.types import Candidates, Embedding, EmbeddingSpace, IntArray

SMALLEST_OBJECT = 0.02
"""Share of a typical object's size below which an object is dropped by default."""

WITHOUT_BANDWIDTH = frozenset({"hdbscan", "seeded"})
"""Methods whose bandwidth, if any, means something else, or which need a person."""


class HasEmbedding(Protocol):
    """What the prepared state of every method holds."""

    @property
    def embedding(self) -> Embedding:
        """The embedding that was prepared."""
        ...


PreparedT = TypeVar("PreparedT", bound=HasEmbedding)
ConfigT_contra = TypeVar("ConfigT_contra", bound=ClusteringConfig, contravariant=True)


class Clusterer(Protocol[PreparedT, ConfigT_contra]):
    """A method of grouping the pixels of an embedding into objects, and the base of all.

    What does not depend on the config happens in :meth:`prepare`; :meth:`cluster` is cheap enough
    to follow a slider. A new method inherits from this class, with the class of its prepared state
    and that of its config, and is listed in ``clustering.CLUSTERERS``.

    Attributes
    ----------
    method
        Name of the method, as in its config.
    """

    method: ClassVar[Method]

    @abstractmethod
    def prepare(self, embedding: Embedding) -> PreparedT:
        """Compute what does not depend on the config."""

    @abstractmethod
    def cluster(self, prepared: PreparedT, config: ConfigT_contra) -> IntArray:
        """Return labels ``(*S)`` on the embedding's grid: 0 background, above 0 an object.

        Numbers may have gaps. Where a method can, an object that a change of the config leaves as
        it is keeps its number.
        """

    def thresholds(self, prepared: PreparedT, config: ConfigT_contra) -> NDArray[np.float64] | None:
        """Return the foreground probability that each object's pixels have, by its number.

        None where that is the config's for all.
        """
        del prepared, config
        return None

    def count(self, prepared: PreparedT, config: ConfigT_contra) -> int:
        """Return the number of objects."""
        labels = self.cluster(prepared, config)
        return int(np.count_nonzero(np.bincount(labels.ravel())[1:]))

    def candidates(self, prepared: PreparedT, config: ConfigT_contra) -> Candidates:
        """Return the masks that may be objects: those of this config, none holding another."""
        return flat_candidates(prepared.embedding, self.cluster(prepared, config), config)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An embedding that a clusterer has prepared: group it, count or list candidates.

    Attributes
    ----------
    clusterer
        What prepared it.
    state
        What the clusterer keeps.
    """

    clusterer: Clusterer[Any, Any]
    state: HasEmbedding

    @property
    def embedding(self) -> Embedding:
        """The embedding that was prepared."""
        return self.state.embedding

    def labels(self, config: ClusteringConfig) -> IntArray:
        """Return labels ``(*S)`` on the embedding's grid: 0 background, above 0 an object.

        The numbers may have gaps. With the density method an object that a change of the config
        leaves as it is keeps its number.

        Raises
        ------
        InputError
            If the config is that of another method.
        """
        self._check(config)
        return self.clusterer.cluster(self.state, config)

    def on_image(self, config: ClusteringConfig) -> IntArray:
        """Return labels ``(*S)`` on the image's grid, numbered as :meth:`labels` numbers them.

        Raises
        ------
        InputError
            If the config is that of another method.
        """
        labels, thresholds = self.labels(config), self.thresholds(config)
        needed = config.foreground_threshold if thresholds is None else thresholds
        return to_image_grid(labels, self.embedding, needed)

    def thresholds(self, config: ClusteringConfig) -> NDArray[np.float64] | None:
        """Return the foreground probability that each object's pixels have, by its number.

        None where that is the config's for all.
        """
        found: NDArray[np.float64] | None = self.clusterer.thresholds(self.state, config)
        return found

    def count(self, config: ClusteringConfig) -> int:
        """Return the number of objects.

        Raises
        ------
        InputError
            If the config is that of another method.
        """
        self._check(config)
        return self.clusterer.count(self.state, config)

    def candidates(self, config: ClusteringConfig) -> Candidates:
        """Return the masks that may be objects: nested with the density method, else those found.

        Raises
        ------
        InputError
            If the config is that of another method.
        """
        self._check(config)
        return self.clusterer.candidates(self.state, config)

    def _check(self, config: ClusteringConfig) -> None:
        if config.method != self.clusterer.method:
            raise InputError(
                f"Expected a config of the method {self.clusterer.method!r}, for which the "
                f"embedding was prepared, got one of {config.method!r}. Prepare the embedding for "
                "that method."
            )


def bandwidth_of(config: ClusteringConfig, space: EmbeddingSpace) -> float:
    """Return the bandwidth of the config, or else the usual one of the space."""
    return space.bandwidth if config.bandwidth is None else config.bandwidth


def merge_margin_of(config: DensityConfig | MeanShiftConfig, space: EmbeddingSpace) -> float:
    """Return the merge margin of the config, or else the usual one of the space."""
    return space.merge_margin if config.merge_margin is None else config.merge_margin


def least_foreground(config: ClusteringConfig) -> float:
    """Return the mean foreground probability an object needs; 0 where a person points at it."""
    return config.object_threshold if isinstance(config, UnseededConfig) else 0.0


def grid_min_size(config: ClusteringConfig, embedding: Embedding) -> float:
    """Return the size of the smallest object, in pixels of the embedding's grid.

    It is the config's, which is in pixels of the image, or else a fiftieth of a disc or ball of
    the typical diameter.
    """
    if config.min_size is None:
        ndim, diameter = len(embedding.shape), embedding.diameter
        typical = math.pi / 4 * diameter**2 if ndim == 2 else math.pi / 6 * diameter**3
        return SMALLEST_OBJECT * typical
    image, grid = np.prod(embedding.image_shape, dtype=float), np.prod(embedding.shape, dtype=float)
    return float(config.min_size * grid / image)
