"""How sure each object is: which ones a person should look at first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.clustering import (
    SURE_QUALITY,
    Prepared,
    bandwidth_of,
    object_quality,
)
from napari_discembed.config import ClusteringConfig
from napari_discembed.imaging import renumbered, resample_labels
from napari_discembed.interaction.certainty_colour import UNSURE, word
from napari_discembed.types import Embedding, IntArray

OTHER_BANDWIDTHS = (0.75, 1.33)
"""Factors of the bandwidth at which a stable object is still there."""

SURE = 0.7
"""Certainty from which an object counts as sure where no quality is known. The figures are in
benchmarks/LOG.md, 96."""


@dataclass(frozen=True, slots=True, eq=False)
class Certainty:
    """A row an object; everything in [0, 1], 1 being sure.

    Attributes
    ----------
    label
        ``(N,)``.
    margin
        One minus its spread over the distance to the next object, in embedding space.
    foreground
        Mean foreground probability.
    stability
        Overlap (intersection over union) with what other bandwidths make of it.
    quality
        Overlap with a true object that is expected of it by what was learnt of masks; None where
        the embedding has no judged candidates.
    """

    label: NDArray[np.int64]
    margin: NDArray[np.float64]
    foreground: NDArray[np.float64]
    stability: NDArray[np.float64]
    quality: NDArray[np.float64] | None = None

    @property
    def certainty(self) -> NDArray[np.float64]:
        """``(N,)``: the quality, and else the least of the three others."""
        if self.quality is not None:
            return self.quality
        return np.minimum(np.minimum(self.margin, self.foreground), self.stability)

    @property
    def sure_from(self) -> float:
        """Certainty from which an object counts as sure."""
        return SURE if self.quality is None else SURE_QUALITY

    def word(self, certainty: float) -> str:
        """Return how sure that is, in a word."""
        return word(certainty, UNSURE if self.quality is None else SURE_QUALITY)

    @property
    def unsure(self) -> int:
        """Of how many objects the model is not sure."""
        return int(np.sum(self.certainty < self.sure_from))

    @property
    def wrong(self) -> float:
        """How many objects are expected to be wrong: by their quality, and else the unsure ones."""
        return float(self.unsure if self.quality is None else np.sum(1 - self.quality))

    def order(self) -> NDArray[np.int64]:
        """Return the labels, the least sure first."""
        return self.label[np.argsort(self.certainty, kind="stable")]


def expected_error(wrong: float, objects: int) -> float:
    """Return the expected error of an object, in ]0, 1[, by Laplace's rule of succession.

    One wrong object of one says less than ten of ten, and an image in which nothing is found may
    have any share of them: 0.5.

    Parameters
    ----------
    wrong
        How many objects are expected to be wrong.
    objects
        How many there are.
    """
    return (wrong + 1) / (objects + 2)


def certainty(labels: IntArray, prepared: Prepared, config: ClusteringConfig) -> Certainty:
    """Judge each object.

    Parameters
    ----------
    labels
        ``(*S)`` on the image's grid, by clustering or by hand.
    prepared
        The image's embedding.
    config
        The bandwidth is varied around the one given here.
    """
    embedding = prepared.embedding
    labels, numbers = renumbered(labels)
    grid = resample_labels(labels, embedding.shape).astype(np.int64)
    index = np.unique(labels[labels > 0]).astype(np.int64)
    foreground = np.asarray(embedding.foreground_probability)
    mean = np.nan_to_num(np.asarray(scipy.ndimage.mean(foreground, grid, index), dtype=np.float64))
    quality = object_quality(grid, embedding, int(index.max(initial=0)))
    return Certainty(
        numbers[index].astype(np.int64),
        _margin(grid, index, embedding),
        mean.reshape(-1),
        _stability(grid, index, prepared, config),
        None if quality is None else quality[index - 1],
    )


def _margin(grid: IntArray, index: NDArray[np.int64], embedding: Embedding) -> NDArray[np.float64]:
    pixels = np.flatnonzero(grid)
    if len(index) < 2 or not len(pixels):
        return np.ones(len(index))
    number = np.searchsorted(index, grid.ravel()[pixels])
    rows = np.asarray(embedding.values).reshape(embedding.dim, -1)
    points = embedding.space.normalise(rows[:, pixels].astype(np.float64))
    n = len(index)
    count = np.bincount(number, minlength=n)
    safe = np.maximum(count, 1)
    means = np.stack([np.bincount(number, weights=p, minlength=n) / safe for p in points], axis=1)
    away = np.sqrt(np.square(points - means.T[:, number]).sum(axis=0))
    spread = np.bincount(number, weights=away, minlength=n) / safe
    seen = np.flatnonzero(count)
    next_one = np.full(n, np.inf)
    if len(seen) > 1:
        next_one[seen] = scipy.spatial.cKDTree(means[seen]).query(means[seen], k=2)[0][:, 1]
    share = spread / np.maximum(next_one, 1e-12)
    return np.where(count > 0, np.clip(1 - share, 0, 1), 0.0)


def _stability(
    grid: IntArray, index: NDArray[np.int64], prepared: Prepared, config: ClusteringConfig
) -> NDArray[np.float64]:
    usual = bandwidth_of(config, prepared.embedding.space)
    overlaps = [
        _best_overlap(
            grid,
            prepared.labels(config.model_copy(update={"bandwidth": usual * factor})),
            index,
        )
        for factor in OTHER_BANDWIDTHS
    ]
    return np.mean(overlaps, axis=0)


def _best_overlap(
    labels: IntArray, others: IntArray, index: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the best intersection over union of each object with one of the others."""
    both = (labels > 0) & (others > 0)
    width = int(others.max(initial=0)) + 1
    pairs, shared = np.unique(labels[both] * width + others[both], return_counts=True)
    own, other = np.divmod(pairs, width)
    size, other_size = np.bincount(labels.ravel()), np.bincount(others.ravel())
    best = np.zeros(int(labels.max(initial=0)) + 1)
    np.maximum.at(best, own, shared / (size[own] + other_size[other] - shared))
    known = index < len(best)
    return np.where(known, best[np.minimum(index, len(best) - 1)], 0.0)
