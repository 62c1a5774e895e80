"""Foreground pixels, compressed to the occupied cells of a grid in embedding space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from napari_discembed.types import Embedding, FloatArray

FLOOR = 0.1
"""Foreground probability under which a pixel is never part of an object."""

DENSE_CELLS = 2**25
"""Most cells of a grid that is held as a whole."""

LOW_DIMENSIONS = 3
"""Up to here a grid in embedding space can be held as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingBins:
    """Occupied cells of a regular grid in embedding space.

    Attributes
    ----------
    cell
        ``(P,)``: the cell of each foreground pixel.
    pixels
        ``(P,)``: the flat index of each foreground pixel in the image.
    position
        ``(M, E)``: integer coordinates of each cell on the grid, from 0.
    mean
        ``(M, E)`` float64: weighted mean embedding of each cell's pixels.
    weight
        ``(M,)``: sum of the foreground probability of each cell's pixels.
    seediness
        ``(M,)``: the best seediness of each cell's pixels, 1 where none is predicted.
    width
        Side of a cell, in embedding units.
    shape
        Of the image, ``*S``.
    """

    cell: NDArray[np.intp]
    pixels: NDArray[np.intp]
    position: NDArray[np.int64]
    mean: NDArray[np.float64]
    weight: NDArray[np.float64]
    seediness: FloatArray
    width: float
    shape: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of occupied cells, M."""
        return len(self.weight)

    def to_image(self, labels: NDArray[np.integer]) -> NDArray[np.int32]:
        """Spread ``(M,)`` values of cells over the image; 0 where there is no foreground."""
        image = np.zeros(int(np.prod(self.shape)), dtype=np.int32)
        image[self.pixels] = labels.astype(np.int32, copy=False)[self.cell]
        return image.reshape(self.shape)


def compress(embedding: Embedding, width: float) -> EmbeddingBins:
    """Gather the foreground pixels of an embedding into cells.

    Parameters
    ----------
    embedding
        Pixels with a foreground probability of at least :data:`FLOOR` take part.
    width
        Side of a cell, in embedding units.
    """
    probability = np.asarray(embedding.foreground_probability).reshape(-1)
    pixels = np.flatnonzero(probability >= FLOOR)
    rows = np.asarray(embedding.values).reshape(embedding.dim, -1)
    points = [rows[d][pixels] for d in range(embedding.dim)]
    weight = probability[pixels].astype(np.float64)
    position, cell = _occupied(points, width)
    n = len(position)
    total = np.bincount(cell, weights=weight, minlength=n).astype(np.float64, copy=False)
    sums = [np.bincount(cell, weights=weight * p, minlength=n) for p in points]
    mean = np.stack(sums, axis=1) / total[:, None]
    seediness: FloatArray = np.ones(n)
    if embedding.seediness is not None:
        seediness = np.zeros(n)
        np.maximum.at(seediness, cell, np.asarray(embedding.seediness).reshape(-1)[pixels])
    return EmbeddingBins(cell, pixels, position, mean, total, seediness, width, embedding.shape)


def _occupied(
    points: list[NDArray[np.floating]], width: float
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the grid positions of the occupied cells, and the cell of each point."""
    if not len(points[0]):
        return np.zeros((0, len(points)), dtype=np.int64), np.zeros(0, dtype=np.intp)
    grid = [np.floor((p - p.min()) / width).astype(np.int64) for p in points]
    extents = [int(g.max()) + 1 for g in grid]
    if np.prod(extents, dtype=float) >= 2**62:
        stacked, inverse = np.unique(np.stack(grid, axis=1), axis=0, return_inverse=True)
        return stacked, inverse.reshape(-1)
    key = np.ravel_multi_index(grid, extents)
    if np.prod(extents, dtype=float) <= DENSE_CELLS:
        present = np.zeros(int(np.prod(extents)), dtype=bool)
        present[key] = True
        keys = np.flatnonzero(present)
        table = np.zeros(len(present), dtype=np.intp)
        table[keys] = np.arange(len(keys))
        inverse = table[key]
    else:
        keys, inverse = np.unique(key, return_inverse=True)
    return np.stack(np.unravel_index(keys, extents), axis=1), inverse


def nearest(
    centres: NDArray[np.float64], points: NDArray[np.float64], limit: float = np.inf
) -> NDArray[np.intp]:
    """Return for each of ``(M, E)`` points the nearest of ``(N, E)`` centres, -1 beyond a limit."""
    if not len(centres):
        return np.full(len(points), -1, dtype=np.intp)
    _, found = cKDTree(centres).query(points, distance_upper_bound=limit, workers=-1)
    return np.where(found == len(centres), -1, found)
