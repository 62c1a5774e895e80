"""Foreground pixels, gathered into the occupied bins of a grid in embedding space."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.clustering.blocks import BLOCK, look_up
from napari_discembed.types import Embedding, FloatArray

Indices: TypeAlias = NDArray[np.integer]
"""Of 32 bits where that is enough: there is one for each pixel."""

FLOOR = 0.1
"""Foreground probability under which a pixel is never part of an object."""

DENSE_BINS = 2**26
"""Most bins of a grid that is held as a whole, empty ones included."""

LOW_DIMENSIONS = 3
"""Embedding dimensions up to which a grid in embedding space can be held as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingBins:
    """Occupied bins of a regular grid in embedding space.

    Attributes
    ----------
    inside
        ``(*S)``: which pixels of the embedding's grid are foreground.
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
    """

    inside: NDArray[np.bool_]
    bin_of_pixel: Indices
    position: Indices
    mean: NDArray[np.float64]
    weight: NDArray[np.float64]
    seediness: FloatArray
    width: float

    def __len__(self) -> int:
        """Return the number of occupied bins, M."""
        return len(self.weight)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the embedding's grid, ``*S``."""
        return self.inside.shape

    def to_image(self, values: NDArray[np.integer]) -> NDArray[np.int32]:
        """Return ``(*S)``: the value, out of ``(M,)``, of each pixel's bin; 0 in the background."""
        image = np.zeros(self.shape, dtype=np.int32)
        flat, table = image.reshape(-1), values.astype(np.int32, copy=False)
        for part, pixels in _foreground_blocks(self.inside):
            flat[pixels] = table[self.bin_of_pixel[part]]
        return image


def _foreground_blocks(inside: NDArray[np.bool_]) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Yield which of the foreground pixels each block of a mask has, and their flat indices."""
    flat, done = inside.reshape(-1), 0
    for start in range(0, flat.size, BLOCK):
        pixels = np.flatnonzero(flat[start : start + BLOCK]) + start
        if len(pixels):
            yield slice(done, done + len(pixels)), pixels
            done += len(pixels)


def foreground_points(embedding: Embedding) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the foreground pixels and their points, normalised as the space asks for.

    Returns
    -------
    Flat indices ``(P,)`` of the pixels with a foreground probability of at least :data:`FLOOR`,
    and their points ``(E, P)``.
    """
    pixels = np.flatnonzero(embedding.is_foreground(FLOOR))
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
    points = _Points(embedding)
    position, bin_of_pixel = _Grid.around(points, width).occupied(points)
    n = len(position)
    # In many dimensions nearly every pixel has a bin of its own.
    total, mean = np.zeros(n), scratch.zeros((n, embedding.dim), np.float64)
    seedy = None if embedding.seediness is None else np.asarray(embedding.seediness).reshape(-1)
    seediness = np.ones(n) if seedy is None else np.zeros(n, dtype=seedy.dtype)
    for part, pixels, block in points.blocks():
        bins = bin_of_pixel[part]
        weight = points.probability[pixels].astype(np.float64)
        # Added one after the other, in one order: the sums do not depend on the blocks.
        np.add.at(total, bins, weight)
        for along, values in zip(mean.T, block, strict=True):
            np.add.at(along, bins, weight * values)
        if seedy is not None:
            np.maximum.at(seediness, bins, seedy[pixels])
            scratch.let_go(seedy)
    mean /= total[:, None]
    return EmbeddingBins(points.inside, bin_of_pixel, position, mean, total, seediness, width)


def _smallest(top: int) -> type[np.int32] | type[np.int64]:
    """Return the smallest type of an index up to a number."""
    return np.int32 if top <= np.iinfo(np.int32).max else np.int64


class _Points:
    """The points of the foreground pixels of an embedding, block by block."""

    def __init__(self, embedding: Embedding) -> None:
        self.embedding = embedding
        self.probability = np.asarray(embedding.foreground_probability).reshape(-1)
        self.inside = (self.probability >= FLOOR).reshape(embedding.shape)
        scratch.let_go(self.probability)
        self.count = int(np.count_nonzero(self.inside))

    def blocks(self) -> Iterator[tuple[slice, NDArray[np.intp], FloatArray]]:
        """Yield which foreground pixels a block has, their flat indices and points ``(E, B)``."""
        rows = np.asarray(self.embedding.values).reshape(self.embedding.dim, -1)
        for part, pixels in _foreground_blocks(self.inside):
            # A part of the rows is copied in one go: much quicker than from all over them.
            first, last = pixels[0], pixels[-1]
            points = np.take(rows[:, first : last + 1], pixels - first, axis=1)
            scratch.let_go(rows)
            yield part, pixels, self.embedding.space.normalise(points)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """A regular grid around points.

    Bins lie around multiples of their width, wherever the points are: points of a part of an image
    are in the same bins as among those of the whole.

    Attributes
    ----------
    first
        ``(E,)``: the multiple of the width, along each axis, that the first bin lies around.
    width
        Of a bin.
    extents
        The number of bins along each axis.
    """

    first: NDArray[np.int64]
    width: float
    extents: tuple[int, ...]

    @classmethod
    def around(cls, points: _Points, width: float) -> _Grid:
        ends = [(block.min(axis=1), block.max(axis=1)) for _, _, block in points.blocks()]
        if not ends:
            return cls(np.zeros(points.embedding.dim, np.int64), width, ())
        first = _bin_numbers(np.min([low for low, _ in ends], axis=0), width)
        last = _bin_numbers(np.max([high for _, high in ends], axis=0), width)
        return cls(first, width, tuple(int(n) for n in last - first + 1))

    @property
    def size(self) -> float:
        """How many bins there are, empty ones included."""
        return float(np.prod(self.extents, dtype=float))

    @property
    def is_numbered(self) -> bool:
        """Whether there are no more bins, and dimensions, than numpy's indices can count."""
        return self.size < 2**62 and len(self.extents) <= 32

    def occupied(self, points: _Points) -> tuple[Indices, Indices]:
        """Return the positions of the occupied bins, in their order, and the bin of each pixel."""
        bin_of_pixel = np.zeros(points.count, dtype=_smallest(points.count))
        if not len(bin_of_pixel):
            return np.zeros((0, len(self.first)), dtype=np.int64), bin_of_pixel
        if self.is_numbered and self.size <= DENSE_BINS:  # a table is quicker than sorting
            return self._by_table(points, bin_of_pixel), bin_of_pixel
        # The bins of each block, then those of all: the pixels themselves are never sorted at once.
        # Keys of blocks are put into one array, of which what is not filled takes no memory.
        dim = () if self.is_numbered else (len(self.extents),)
        every, ends, parts = np.empty((points.count, *dim), dtype=np.int64), [0], []
        axis = None if self.is_numbered else 0  # along an axis numbers are sorted as records
        for part, _, block in points.blocks():
            keys, inverse = np.unique(self._keys(block), axis=axis, return_inverse=True)
            bin_of_pixel[part] = inverse.reshape(-1)
            every[ends[-1] : ends[-1] + len(keys)] = keys
            ends.append(ends[-1] + len(keys))
            parts.append(part)
        keys, numbers = _united(every[: ends[-1]], ends)
        for part, number in zip(parts, numbers, strict=True):
            bin_of_pixel[part] = number[bin_of_pixel[part]]
        return (keys if keys.ndim == 2 else self._positions(keys)), bin_of_pixel

    def _by_table(self, points: _Points, bin_of_pixel: Indices) -> Indices:
        present = np.zeros(int(self.size), dtype=bool)
        for part, _, block in points.blocks():
            bin_of_pixel[part] = keys = self._keys(block)
            present[keys] = True
        occupied = np.flatnonzero(present)
        table = np.zeros(len(present), dtype=bin_of_pixel.dtype)
        table[occupied] = np.arange(len(occupied))
        look_up(table, bin_of_pixel)
        return self._positions(occupied)

    def _keys(self, block: FloatArray) -> NDArray[np.int64]:
        """Return a number for each point's bin, or its coordinates where there are too many."""
        pairs = zip(block, self.first, strict=True)
        at = [_bin_numbers(values, self.width) - first for values, first in pairs]
        if not self.is_numbered:
            return np.stack(at, axis=1)
        return np.ravel_multi_index(at, self.extents)

    def _positions(self, keys: NDArray[np.int64]) -> Indices:
        """Return the coordinates of numbered bins."""
        found = np.empty(
            (len(keys), len(self.extents)), dtype=np.min_scalar_type(max(self.extents))
        )
        for axis in reversed(range(len(self.extents))):
            keys, found[:, axis] = np.divmod(keys, self.extents[axis])
        return found


def _bin_numbers(values: FloatArray, width: float) -> NDArray[np.int64]:
    """Return which multiple of a width each value is nearest to."""
    return np.floor(values / width + 0.5).astype(np.int64)


def _united(
    every: NDArray[np.int64], ends: list[int]
) -> tuple[NDArray[np.int64], Iterable[NDArray[np.intp]]]:
    """Return the keys of all blocks, sorted and each once, and for each block where its own are."""
    if every.ndim == 1:  # searched block by block, the inverse of all is never held
        keys = np.unique(every)
        blocks = (every[start:stop] for start, stop in itertools.pairwise(ends))
        return keys, (np.searchsorted(keys, block) for block in blocks)
    keys, inverse = np.unique(every, axis=0, return_inverse=True)
    return keys, np.split(inverse.reshape(-1), ends[1:-1])


def nearest(
    centres: NDArray[np.float64], points: NDArray[np.float64], limit: float = np.inf
) -> NDArray[np.intp]:
    """Return for each of ``(M, E)`` points the nearest of ``(N, E)`` centres, -1 beyond a limit."""
    if not len(centres):
        return np.full(len(points), -1, dtype=np.intp)
    _, found = scipy.spatial.cKDTree(centres).query(points, distance_upper_bound=limit, workers=-1)
    return np.where(found == len(centres), -1, found)
