"""Foreground pixels, gathered into the occupied bins of a grid in embedding space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from napari_discembed.types import Embedding, FloatArray

FLOOR = 0.1
"""Foreground probability under which a pixel is never part of an object."""

DENSE_BINS = 2**25
"""Most bins of a grid that is held as a whole, empty ones included."""

LOW_DIMENSIONS = 3
"""Embedding dimensions up to which a grid in embedding space can be held as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingBins:
    """Occupied bins of a regular grid in embedding space.

    Attributes
    ----------
    pixels
        ``(P,)``: the flat index of each foreground pixel in the embedding's grid.
    bin_of_pixel
        ``(P,)``: the bin of each foreground pixel.
    position
        ``(M, E)``: integer coordinates of each bin, from 0.
    mean
        ``(M, E)`` float64: weighted mean embedding of each bin's pixels.
    weight
        ``(M,)``: sum of the foreground probability of each bin's pixels.
    seediness
        ``(M,)``: the best seediness of each bin's pixels, 1 where none is predicted.
    width
        Side of a bin, in embedding units.
    shape
        Shape of the embedding's grid, ``*S``.
    """

    pixels: NDArray[np.intp]
    bin_of_pixel: NDArray[np.intp]
    position: NDArray[np.int64]
    mean: NDArray[np.float64]
    weight: NDArray[np.float64]
    seediness: FloatArray
    width: float
    shape: tuple[int, ...]

    def __len__(self) -> int:
        """Return the number of occupied bins, M."""
        return len(self.weight)

    def to_image(self, values: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return ``(*S)``: the value, out of ``(M,)``, of each pixel's bin; 0 in the background."""
        image = np.zeros(int(np.prod(self.shape)), dtype=np.int32)
        image[self.pixels] = values.astype(np.int32, copy=False)[self.bin_of_pixel]
        return image.reshape(self.shape)


def foreground_points(embedding: Embedding) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the foreground pixels and their points, normalised as the space asks for.

    Returns
    -------
    Flat indices ``(P,)`` of the pixels with a foreground probability of at least :data:`FLOOR`,
    and their points ``(E, P)``.
    """
    pixels = np.flatnonzero(np.asarray(embedding.foreground_probability) >= FLOOR)
    rows = np.asarray(embedding.values).reshape(embedding.dim, -1)
    return pixels, embedding.space.normalise(np.take(rows, pixels, axis=1))


def bin_pixels(embedding: Embedding, width: float) -> EmbeddingBins:
    """Gather the foreground pixels of an embedding into bins.

    Parameters
    ----------
    embedding
        Pixels with a foreground probability of at least :data:`FLOOR` take part.
    width
        Side of a bin, in embedding units.
    """
    pixels, points = foreground_points(embedding)
    weight = np.asarray(embedding.foreground_probability).reshape(-1)[pixels].astype(np.float64)
    position, bin_of_pixel = _occupied(points, width)
    n = len(position)
    total = np.bincount(bin_of_pixel, weights=weight, minlength=n).astype(np.float64, copy=False)
    sums = [np.bincount(bin_of_pixel, weights=weight * p, minlength=n) for p in points]
    mean = np.stack(sums, axis=1) / total[:, None]
    seediness: FloatArray = np.ones(n)
    if embedding.seediness is not None:
        seediness = np.zeros(n)
        np.maximum.at(seediness, bin_of_pixel, np.asarray(embedding.seediness).reshape(-1)[pixels])
    return EmbeddingBins(
        pixels, bin_of_pixel, position, mean, total, seediness, width, embedding.shape
    )


def _occupied(points: FloatArray, width: float) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the grid positions of the occupied bins, and the bin of each point."""
    if not points.shape[1]:
        return np.zeros((0, len(points)), dtype=np.int64), np.zeros(0, dtype=np.intp)
    grid = [np.floor((p - p.min()) / width).astype(np.int64) for p in points]
    extents = [int(g.max()) + 1 for g in grid]
    # More bins than an index can count, or more dimensions than numpy's indices have.
    if np.prod(extents, dtype=float) >= 2**62 or len(extents) > 32:
        stacked, inverse = np.unique(np.stack(grid, axis=1), axis=0, return_inverse=True)
        return stacked, inverse.reshape(-1)
    key = np.ravel_multi_index(grid, extents)
    if np.prod(extents, dtype=float) <= DENSE_BINS:  # a table is quicker than sorting
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
