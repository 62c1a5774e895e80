"""The objects of a frame, and the pixels that those of two frames share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import IntArray
from napari_discembed.types.arrays import LARGEST_COUNT, numbered

Vector: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The objects of a frame, numbered 0 to N - 1 here.

    Attributes
    ----------
    numbers
        ``(N,)``: what each is called in the labels.
    sizes
        ``(N,)``: pixels.
    centroids
        ``(N, ndim)`` in pixels.
    image
        ``(*S)``: the object of each pixel, plus one; 0 for none.
    pixels
        ``(ndim, P)``: the pixels of all objects.
    owner
        ``(P,)``: the object of each.
    """

    numbers: IntArray
    sizes: IntArray
    centroids: Vector
    image: NDArray[np.int32]
    pixels: NDArray[np.int32]
    owner: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of objects, N."""
        return len(self.numbers)

    @property
    def diameters(self) -> Vector:
        """``(N,)``: of a disc or ball of each object's size."""
        ndim = self.centroids.shape[1]
        factor = 4 / np.pi if ndim == 2 else 6 / np.pi
        return np.asarray((factor * self.sizes) ** (1 / ndim), dtype=np.float64)


def observe(labels: IntArray) -> Observed:
    """Return the objects of labels ``(*S)``, 0 for background; numbers may have gaps."""
    inside = np.nonzero(labels)
    numbers, owner, sizes = numbered(labels[inside])
    sums = [np.bincount(owner, weights=along, minlength=len(numbers)) for along in inside]
    image = np.zeros(labels.shape, dtype=np.int32)
    image[inside] = owner + 1
    return Observed(
        numbers.astype(np.int64),
        sizes,
        np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None],
        image,
        np.array(inside, dtype=np.int32),
        owner.astype(np.int32),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of an object of one frame and one of the next that share pixels.

    Attributes
    ----------
    source, target
        ``(P,)``: the objects of each pair.
    shared
        ``(P,)``: pixels in common.
    iou
        ``(P,)``: intersection over union.
    """

    source: NDArray[np.intp]
    target: NDArray[np.intp]
    shared: NDArray[np.intp]
    iou: Vector

    def __len__(self) -> int:
        """Return the number of pairs, P."""
        return len(self.source)


def overlapping(first: Observed, second: Observed, drift: Vector | None = None) -> Pairs:
    """Return the pairs that share pixels.

    Parameters
    ----------
    first, second
        Of two frames of one shape.
    drift
        ``(N, ndim)``: how far each object of the first is moved before, in pixels; None for not.
    """
    owner, pixels = first.owner, first.pixels
    if drift is not None:
        step = np.rint(drift).astype(np.int32).T
        pixels = np.stack([along + by[owner] for along, by in zip(pixels, step, strict=True)])
        inside = np.ones(len(owner), dtype=bool)
        for along, length in zip(pixels, second.image.shape, strict=True):
            inside &= (along >= 0) & (along < length)
        owner, pixels = owner[inside], pixels[:, inside]
    there = second.image[tuple(pixels)]
    both = there > 0
    width = max(1, len(second))
    keys = owner[both].astype(np.int64) * width + (there[both] - 1)
    key, shared = counted(keys, len(first) * width)
    source, target = np.divmod(key, width)
    union = first.sizes[source] + second.sizes[target] - shared
    return Pairs(source.astype(np.intp), target.astype(np.intp), shared, shared / union)


def counted(keys: NDArray[np.int64], below: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the different keys and how often they come."""
    if below > LARGEST_COUNT:
        return np.unique(keys, return_counts=True)
    counts = np.bincount(keys)
    found = np.flatnonzero(counts)
    return found, counts[found]
