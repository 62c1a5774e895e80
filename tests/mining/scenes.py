"""Embeddings whose candidates one can count."""

from __future__ import annotations

import numpy as np

from napari_discembed.types import Embedding, IntArray


def clouds(labels: IntArray, dim: int = 2, spread: float = 0.1, seed: int = 0) -> Embedding:
    """Return an embedding in which each object is a cloud of its own, 4 units from the next."""
    rng = np.random.default_rng(seed)
    n = int(labels.max())
    side = int(np.ceil(n ** (1 / dim))) + 1
    means = np.zeros((n + 1, dim))
    means[1:] = 4.0 * np.stack(np.unravel_index(np.arange(n), [side] * dim), axis=1)
    values = means[labels] + rng.normal(0, spread, (*labels.shape, dim))
    inside = (labels > 0).astype(np.float32)
    points = np.moveaxis(values, -1, 0).astype(np.float32)
    return Embedding.of(points, inside[None], inside.copy(), diameter=10)


def squares(n: int = 3, side: int = 8) -> IntArray:
    """Return n by n squares of a side, two pixels apart."""
    return np.kron(np.arange(1, n * n + 1).reshape(n, n), np.pad(np.ones((side, side), int), 1))
