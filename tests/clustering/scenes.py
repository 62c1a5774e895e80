"""Embeddings whose objects one can count."""

from __future__ import annotations

import numpy as np

from napari_discembed.config import Method
from napari_discembed.types import Embedding, IntArray

METHODS: list[Method] = ["density", "mean_shift", "greedy", "hdbscan"]
"""Those that find the objects themselves."""


def perfect(labels: IntArray, dim: int = 2, spread: float = 0.1, seed: int = 0) -> Embedding:
    """Return an embedding in which each object is a tight cloud of its own, 4 units apart."""
    rng = np.random.default_rng(seed)
    n = int(labels.max())
    means = np.zeros((n + 1, dim))
    side = int(np.ceil(n ** (1 / dim))) + 1
    means[1:] = 4.0 * np.stack(np.unravel_index(np.arange(n), [side] * dim), axis=1)
    values = means[labels] + rng.normal(0, spread, (*labels.shape, dim))
    inside = (labels > 0).astype(np.float32)
    points = np.moveaxis(values, -1, 0).astype(np.float32)
    return Embedding.of(points, inside[None], inside.copy(), diameter=8)


def squares(n: int = 3, side: int = 8) -> IntArray:
    """Return n by n squares of a side, two pixels apart."""
    tile = np.pad(np.ones((side, side), int), 1)
    numbers = np.arange(1, n * n + 1).reshape(n, n)
    return np.kron(numbers, tile)


def along_line(*points: float, seediness: list[float] | None = None, times: int = 1) -> Embedding:
    """Return an image of one row whose pixels have these points in one dimension.

    Parameters
    ----------
    *points
        In embedding units.
    seediness
        Of each; None for no seediness.
    times
        Pixels of each point.
    """
    values = np.repeat(np.array(points, np.float32), times)[None, None]
    seedy = None if seediness is None else np.repeat(np.array(seediness, np.float32), times)[None]
    return Embedding.of(values, np.ones_like(values), seedy)


def partition(labels: IntArray) -> list[int]:
    """Return the labels numbered in the order in which they come, flat; 0 stays 0."""
    number = {0: 0}
    return [number.setdefault(int(k), len(number)) for k in labels.ravel()]
