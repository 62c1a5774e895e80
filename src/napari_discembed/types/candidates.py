"""Nested masks that may be objects: what lies between an embedding and a segmentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.arrays import IntArray
from napari_discembed.types.axes import Axes
from napari_discembed.types.provenance import Provenance
from napari_discembed.types.table import ObjectTable


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Nested masks out of a merge tree, none of them held twice.

    The pixels hold the smallest masks, the leaves, numbered in the order of the tree, so that the
    leaves of each candidate follow each other: a mask is a range of numbers.

    Attributes
    ----------
    leaves
        ``(*S)`` int32 on the embedding's grid: the leaf, from 1 to R, of each pixel; 0 for none.
    first, last
        ``(N,)``: candidate i is the leaves from ``first[i]`` to ``last[i]``.
    parent
        ``(N,)``: the smallest candidate that holds each, -1 for none. Parents come after children.
    birth, death
        ``(N,)``: a candidate is an object at the bandwidths ``birth < bandwidth <= death``, in
        embedding units; infinite where nothing ends it.
    scores
        Name to ``(N,)`` values, such as ``seediness``, the best of its pixels.
    image_shape
        Shape of the image's spatial axes.
    pixel_size, unit, name, provenance
        Of the image.
    """

    leaves: NDArray[np.int32]
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    parent: NDArray[np.intp]
    birth: NDArray[np.float64]
    death: NDArray[np.float64]
    scores: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    image_shape: tuple[int, ...] = ()
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        n = len(self.first)
        parts = (self.last, self.parent, self.birth, self.death, *self.scores.values())
        if any(len(part) != n for part in parts):
            raise InputError(
                f"Expected {n} values for each candidate, got {[len(part) for part in parts]}."
            )
        if not self.image_shape:
            object.__setattr__(self, "image_shape", self.leaves.shape)
        if len(self.pixel_size) == 1:
            object.__setattr__(self, "pixel_size", tuple(self.pixel_size) * self.leaves.ndim)

    def __len__(self) -> int:
        """Return the number of candidates, N."""
        return len(self.first)

    @property
    def axes(self) -> Axes:
        """Axes of the masks: ``YX`` or ``ZYX``."""
        return Axes.spatial_of(self.leaves.ndim)

    @property
    def pixels(self) -> NDArray[np.int64]:
        """``(N,)``: pixels of each candidate, on the embedding's grid."""
        return self._over_leaves(np.ones(self.leaves.size)).round().astype(np.int64)

    @property
    def depth(self) -> NDArray[np.int64]:
        """``(N,)``: how many candidates hold each."""
        depth = np.zeros(len(self), dtype=np.int64)
        for i in range(len(self) - 1, -1, -1):
            if self.parent[i] >= 0:
                depth[i] = depth[self.parent[i]] + 1
        return depth

    def mask(self, candidate: int) -> NDArray[np.bool_]:
        """Return ``(*S)``: the pixels of a candidate."""
        return (self.leaves >= self.first[candidate]) & (self.leaves <= self.last[candidate])

    def at(self, bandwidth: float) -> NDArray[np.intp]:
        """Return the candidates that are objects at a bandwidth; no two have a pixel in common."""
        return np.flatnonzero((self.birth < bandwidth) & (bandwidth <= self.death))

    def containing(self, pixel: tuple[int, ...]) -> NDArray[np.intp]:
        """Return the candidates that hold a pixel of the grid, the smallest first."""
        leaf = int(self.leaves[pixel])
        if not leaf:
            return np.zeros(0, dtype=np.intp)
        return np.flatnonzero((self.first <= leaf) & (leaf <= self.last))

    def labels(self, chosen: IntArray) -> NDArray[np.int32]:
        """Return ``(*S)``: the chosen candidates as objects 1 to N, in the order given.

        Raises
        ------
        InputError
            If one of them holds another.
        """
        table = np.zeros(self._n_leaves + 1, dtype=np.int32)
        for number, candidate in enumerate(np.asarray(chosen).tolist(), 1):
            part = table[self.first[candidate] : self.last[candidate] + 1]
            if part.any():
                raise InputError(
                    f"Expected candidates that have no pixel in common, got {candidate} and "
                    f"{int(np.asarray(chosen)[part.max() - 1])}, of which one holds the other."
                )
            part[:] = number
        return table[self.leaves]

    def contours(self) -> NDArray[np.float32]:
        """Return ``(*S)``: the bandwidth up to which each pixel is on the border of a candidate.

        The ultrametric contour map (Arbelaez 2006): cut at a bandwidth, what is above it are the
        outlines of the objects there. 0 inside the smallest masks, infinite where only background
        or another tree lies beyond.
        """
        contours = np.zeros(self.leaves.shape, dtype=np.float32)
        for axis in range(self.leaves.ndim):
            first = tuple(slice(0, -1) if a == axis else slice(None) for a in range(contours.ndim))
            second = tuple(
                slice(1, None) if a == axis else slice(None) for a in range(contours.ndim)
            )
            level = self._merge_level(self.leaves[first], self.leaves[second])
            for part in (first, second):
                own = np.where(self.leaves[part] > 0, level, 0)
                np.maximum(contours[part], own, out=contours[part])
        return contours

    def table(self) -> ObjectTable:
        """Return a row a candidate: its place in the tree, size, centroid and scores."""
        ratio = np.array(self.image_shape) / np.array(self.leaves.shape)
        pixels = self.pixels
        columns: dict[str, NDArray[np.generic]] = {
            "candidate": np.arange(len(self), dtype=np.int64),
            "parent": self.parent.astype(np.int64),
            "depth": self.depth,
            "birth": self.birth,
            "death": self.death,
            "area" if self.leaves.ndim == 2 else "volume": pixels
            * float(np.prod(ratio) * np.prod(self.pixel_size)),
        }
        for axis, letter in enumerate(self.axes):
            where = np.arange(self.leaves.shape[axis], dtype=np.float64)
            along = np.broadcast_to(
                where.reshape([-1 if a == axis else 1 for a in range(self.leaves.ndim)]),
                self.leaves.shape,
            )
            mean = self._over_leaves(along.ravel()) / np.maximum(pixels, 1)
            centre = (mean + 0.5) * ratio[axis] - 0.5
            columns[f"centroid_{letter.lower()}"] = centre * self.pixel_size[axis]
        columns.update(self.scores)
        return ObjectTable(columns, self.name, self.unit, self.provenance)

    @property
    def _n_leaves(self) -> int:
        return int(max(self.leaves.max(initial=0), self.last.max(initial=0)))

    def _over_leaves(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``(N,)``: the sum of a value of each pixel over each candidate."""
        each = np.bincount(self.leaves.ravel(), weights=values, minlength=self._n_leaves + 1)
        before = np.concatenate([[0.0], np.cumsum(each[1:])])
        total: NDArray[np.float64] = before[self.last] - before[self.first - 1]
        return total

    def _merge_level(self, a: IntArray, b: IntArray) -> NDArray[np.float32]:
        """Return the bandwidth from which two leaves are one object; 0 for one leaf with itself."""
        low, high = np.minimum(a, b).astype(np.int64), np.maximum(a, b).astype(np.int64)
        level = np.zeros(a.shape, dtype=np.float32)
        differ = low != high
        keys, inverse = np.unique(
            low[differ] * (self._n_leaves + 1) + high[differ], return_inverse=True
        )
        low_leaf, high_leaf = np.divmod(keys, self._n_leaves + 1)
        level[differ] = self._common(low_leaf, high_leaf)[inverse]
        return level

    def _common(self, low: IntArray, high: IntArray) -> NDArray[np.float32]:
        """Return the birth of the smallest candidate that holds both leaves, infinite for none."""
        smallest = np.full(self._n_leaves + 1, -1, dtype=np.intp)
        for i in range(len(self) - 1, -1, -1):  # children overwrite their parents
            smallest[self.first[i] : self.last[i] + 1] = i
        at = np.where(low > 0, smallest[low], -1)
        while True:
            short = (at >= 0) & (self.last[at] < high)
            if not short.any():
                break
            at = np.where(short, self.parent[at], at)
        return np.where(at >= 0, self.birth[at], np.inf).astype(np.float32)
