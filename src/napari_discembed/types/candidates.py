"""Nested masks that may be objects: what lies between an embedding and a segmentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.arrays import IntArray
from napari_discembed.types.axes import Axes
from napari_discembed.types.provenance import Provenance
from napari_discembed.types.table import ObjectTable

QUALITY = "quality"
"""Name of the score: the overlap (IoU) with one object that is expected of a candidate."""

THRESHOLD = "threshold"
"""Name of the score: the foreground probability at which a candidate's mask is best."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Nested masks out of a merge tree, none of them held twice.

    Candidates are in post-order: those that a candidate holds come right before it. So one image
    of numbers holds all masks: that of candidate ``i`` is where the smallest candidate is one of
    ``first[i]`` to ``i``.

    Attributes
    ----------
    smallest
        ``(*S)`` int32 on the embedding's grid: the smallest candidate that holds each pixel, plus
        one; 0 where none does.
    first
        ``(N,)``: the first of the candidates that each holds; itself where it holds no other.
    parent
        ``(N,)``: the smallest candidate that holds each, -1 for none.
    birth
        ``(N,)``: the bandwidth above which each is an object, in embedding units.
    scores
        Name to ``(N,)`` values, such as ``seediness``, the best of its pixels.
    image_shape
        Shape of the image's spatial axes; that of the grid if empty.
    pixel_size, unit, name, provenance
        Of the image.

    Raises
    ------
    InputError
        If lengths differ or the order is another.
    """

    smallest: NDArray[np.int32]
    first: NDArray[np.intp]
    parent: NDArray[np.intp]
    birth: NDArray[np.float64]
    scores: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    image_shape: tuple[int, ...] = ()
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        n = len(self.first)
        lengths = [len(part) for part in (self.parent, self.birth, *self.scores.values())]
        if any(length != n for length in lengths):
            raise InputError(f"Expected a value for each of {n} candidates, got {lengths}.")
        own = np.arange(n)
        if not ((self.first <= own) & ((self.parent > own) | (self.parent == -1))).all():
            raise InputError("Expected each candidate after those that it holds.")
        if not self.image_shape:
            object.__setattr__(self, "image_shape", self.smallest.shape)
        if len(self.pixel_size) == 1:
            object.__setattr__(self, "pixel_size", tuple(self.pixel_size) * self.smallest.ndim)

    def __len__(self) -> int:
        """Return the number of candidates, N."""
        return len(self.first)

    @property
    def axes(self) -> Axes:
        """Axes of the masks: ``YX`` or ``ZYX``."""
        return Axes.spatial_of(self.smallest.ndim)

    @property
    def death(self) -> NDArray[np.float64]:
        """``(N,)``: the bandwidth above which each is part of its parent; infinite for none."""
        return np.append(self.birth, np.inf)[self.parent]

    @property
    def pixels(self) -> NDArray[np.int64]:
        """``(N,)``: pixels of each candidate, on the embedding's grid."""
        own = np.bincount(self.smallest.ravel(), minlength=len(self) + 1)[1:]
        return subtree_sums(self.first, own)

    @property
    def depth(self) -> NDArray[np.int64]:
        """``(N,)``: how many candidates hold each."""
        above = np.append(self.parent, -1)
        depth = (above != -1).astype(np.int64)
        while (above != -1).any():  # twice as far up each time
            depth += depth[above]
            above = above[above]
        return depth[:-1]

    def mask(self, candidate: int) -> NDArray[np.bool_]:
        """Return ``(*S)``: the pixels of a candidate."""
        return (self.smallest > self.first[candidate]) & (self.smallest <= candidate + 1)

    def at(self, bandwidth: float) -> NDArray[np.intp]:
        """Return the candidates that are objects at a bandwidth: no two share a pixel.

        They are those with ``birth < bandwidth <= death``.
        """
        return np.flatnonzero((self.birth < bandwidth) & (bandwidth <= self.death))

    def containing(self, pixel: tuple[int, ...]) -> NDArray[np.intp]:
        """Return the candidates that hold a pixel of the grid, the smallest first."""
        smallest = int(self.smallest[pixel]) - 1
        if smallest < 0:
            return np.zeros(0, dtype=np.intp)
        return smallest + np.flatnonzero(self.first[smallest:] <= smallest)

    def labels(self, chosen: IntArray) -> NDArray[np.int32]:
        """Return ``(*S)``: the chosen candidates as objects 1 to K, in the order given.

        Parameters
        ----------
        chosen
            ``(K,)`` candidates of which none holds another, such as :meth:`at` returns.

        Raises
        ------
        InputError
            If one holds another, or is given twice.
        """
        owners = self.owners(chosen)
        number = np.zeros(len(self) + 1, dtype=np.int32)
        number[np.asarray(chosen, dtype=np.intp) + 1] = np.arange(1, len(chosen) + 1)
        return number[owners][self.smallest]

    def owners(self, chosen: IntArray) -> NDArray[np.intp]:
        """Return ``(N + 1,)``: which of the chosen, plus one, holds each candidate, after one 0.

        0 is for those that none holds. The first 0 is of no candidate, so that this can be looked
        up by `smallest`.

        Parameters
        ----------
        chosen
            As for :meth:`labels`.

        Raises
        ------
        InputError
            If one holds another, or is given twice.
        """
        last = np.sort(np.asarray(chosen, dtype=np.intp))
        first = self.first[last]
        if (first[1:] <= last[:-1]).any():
            wrong = int(np.flatnonzero(first[1:] <= last[:-1])[0])
            raise InputError(
                f"Expected candidates that share no pixel, but {last[wrong + 1]} holds "
                f"{last[wrong]}. Choose one of them."
            )
        table = np.zeros(len(self) + 1, dtype=np.intp)
        sizes = last - first + 1
        before = np.cumsum(sizes) - sizes
        held = np.arange(sizes.sum()) + np.repeat(first - before, sizes)
        table[held + 1] = np.repeat(last + 1, sizes)
        return table

    def contours(self) -> NDArray[np.float32]:
        """Return ``(*S)``: the bandwidth up to which each pixel is on the border of an object.

        The ultrametric contour map (Arbelaez 2006): what is at or above a bandwidth are the
        outlines of the objects there. 0 away from borders and where there is no candidate,
        infinite beside background or what never merges.
        """
        contours = np.zeros(self.smallest.shape, dtype=np.float32)
        for axis in range(contours.ndim):
            ahead = np.moveaxis(self.smallest, axis, 0)
            first = np.nonzero(ahead[:-1] != ahead[1:])
            second = (first[0] + 1, *first[1:])
            a, b = ahead[first], ahead[second]
            level = self._merge_level(np.minimum(a, b) - 1, np.maximum(a, b) - 1)
            out = np.moveaxis(contours, axis, 0)
            for pixels, own in ((first, a), (second, b)):
                out[pixels] = np.where(own > 0, np.maximum(out[pixels], level), 0)
        return contours

    def table(self) -> ObjectTable:
        """Return a row a candidate: its place in the tree, size, centroid and scores.

        Sizes and centroids are in the image's units, births and deaths in embedding units.
        """
        ratio = np.array(self.image_shape) / np.array(self.smallest.shape)
        pixels = self.pixels
        columns: dict[str, NDArray[np.generic]] = {
            "candidate": np.arange(len(self), dtype=np.int64),
            "parent": self.parent.astype(np.int64),
            "depth": self.depth,
            "birth": self.birth,
            "death": self.death,
            "area" if self.smallest.ndim == 2 else "volume": pixels
            * float(np.prod(ratio) * np.prod(self.pixel_size)),
        }
        inside = np.nonzero(self.smallest)
        number = self.smallest[inside] - 1
        for axis, letter in enumerate(self.axes):
            own = np.bincount(number, weights=inside[axis], minlength=len(self))
            centre = (subtree_sums(self.first, own) / pixels + 0.5) * ratio[axis] - 0.5
            columns[f"centroid_{letter.lower()}"] = centre * self.pixel_size[axis]
        columns.update(self.scores)
        return ObjectTable(columns, self.name, self.unit, self.provenance)

    def _merge_level(self, low: IntArray, high: IntArray) -> NDArray[np.float64]:
        """Return the bandwidth above which two candidates are in one object.

        In post-order that is the latest death from the first up to the second.

        Parameters
        ----------
        low, high
            ``(P,)`` candidates, the one before the other; -1, none, merges with nothing.
        """
        level = np.full(len(low), np.inf)
        both = low >= 0
        level[both] = range_maximum(self.death, low[both], high[both] - 1)
        return level


def subtree_sums(first: NDArray[np.intp], own: NDArray[Any]) -> NDArray[Any]:
    """Return ``(N, ...)``: the sum over each candidate and those that it holds.

    Parameters
    ----------
    first
        ``(N,)`` of :class:`Candidates`.
    own
        ``(N, ...)``: what the pixels add whose smallest candidate each is.
    """
    nothing = np.zeros((1, *own.shape[1:]), own.dtype)
    until = np.concatenate([nothing, own.cumsum(axis=0)])
    total: NDArray[Any] = until[1:] - until[first]
    return total


def range_maximum(
    values: NDArray[np.float64], first: IntArray, last: IntArray
) -> NDArray[np.float64]:
    """Return ``(P,)``: the largest of ``values[first : last + 1]``, by a sparse table.

    Parameters
    ----------
    values
        ``(N,)``.
    first, last
        ``(P,)``, ``first <= last``.
    """
    result = np.empty(len(first))
    power = np.frexp(last - first + 1)[1] - 1
    for k in range(int(power.max(initial=-1)) + 1):
        now, width = power == k, 2**k
        result[now] = np.maximum(values[first[now]], values[last[now] + 1 - width])
        values = np.maximum(values[:-width], values[width:])
    return result
