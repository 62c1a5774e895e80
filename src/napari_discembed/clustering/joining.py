"""One numbering for objects that were found block by block, those at seams joined.

Blocks are grouped in windows that overlap. Where two windows show the same pixels, an object of one
and an object of the other are the same if they share more than half of what both cover there (IoU);
so each has at most one partner in each other window. What is the same through others is the same,
which joins objects longer than a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.types import IntArray

SAME = 0.5
"""Overlap (IoU) above which two objects are one: above one half, no object has two partners."""

Pairs = NDArray[np.int64]


def same_objects(labels: IntArray, others: IntArray) -> Pairs:
    """Return which objects of two windows are the same, by the pixels that both show.

    Parameters
    ----------
    labels, others
        ``(*S)``: the same pixels, in the one window and in the other; 0 is background.

    Returns
    -------
    ``(P, 2)``: a number of each.
    """
    sizes, other_sizes = np.bincount(labels.ravel()), np.bincount(others.ravel())
    both = (labels > 0) & (others > 0)
    keys = labels[both].astype(np.int64) * len(other_sizes) + others[both]
    found, shared = np.unique(keys, return_counts=True)
    pairs = np.stack(np.divmod(found, len(other_sizes)), axis=1)
    either = sizes[pairs[:, 0]] + other_sizes[pairs[:, 1]] - shared
    same: Pairs = pairs[shared > SAME * either]
    return same


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """The numbers of all objects of an image, N of them, found in blocks.

    Attributes
    ----------
    numbers
        ``(L,)`` int64: the number, from 1, of each object of each block, one block after the other;
        0 for one without a pixel in its block.
    starts
        Of each block: where its objects begin among these.
    sizes
        ``(N,)``: pixels of each object.
    classes, quality
        ``(N,)``: of its largest part; None where they are not known.
    """

    numbers: NDArray[np.int64]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    classes: IntArray | None = None
    quality: NDArray[np.float64] | None = None

    @property
    def count(self) -> int:
        """How many objects there are."""
        return len(self.sizes)

    def numbered(self, block: int, labels: IntArray) -> NDArray[np.int64]:
        """Return the labels of a block with the numbers of the whole image."""
        own = self.numbers[self.starts[block] : self.starts[block + 1]]
        table: NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), own])
        return table[labels]


def join(
    sizes: Sequence[NDArray[np.int64]],
    seams: Iterable[tuple[int, int, Pairs]],
    classes: Sequence[IntArray] | None = None,
    quality: Sequence[NDArray[np.float64]] | None = None,
) -> Joined:
    """Give the objects of all blocks numbers from 1 to N, without gaps, in the order of the blocks.

    Parameters
    ----------
    sizes
        For each block: pixels in the block of each of its objects, which may be 0.
    seams
        Two blocks, and the pairs of their objects that are the same, as :func:`same_objects` has
        them.
    classes, quality
        For each block, of its objects; None where they are not known.
    """
    starts = np.cumsum([0, *map(len, sizes)], dtype=np.int64)
    total = int(starts[-1])
    shifted = [pairs + (starts[[i, j]] - 1) for i, j, pairs in seams]
    edges = np.concatenate([np.zeros((0, 2), np.int64), *shifted])
    graph = scipy.sparse.coo_array((np.ones(len(edges)), edges.T), shape=(total, total))
    _, group = scipy.sparse.csgraph.connected_components(graph, directed=False)
    every: NDArray[np.int64] = np.concatenate([np.zeros(0, np.int64), *sizes])
    present = every > 0
    first = np.full(int(group.max(initial=-1)) + 1, total, dtype=np.int64)
    np.minimum.at(first, group[present], np.flatnonzero(present))
    order = np.argsort(first, kind="stable")
    there = order[first[order] < total]
    number = np.zeros(len(first), dtype=np.int64)
    number[there] = np.arange(1, len(there) + 1)
    numbers = np.where(present, number[group], 0)
    largest = _largest_parts(numbers, every, len(there))
    return Joined(
        numbers=numbers,
        starts=starts,
        sizes=np.bincount(numbers, every, minlength=len(there) + 1)[1:].astype(np.int64),
        classes=None if classes is None else np.concatenate(classes)[largest],
        quality=None if quality is None else np.concatenate(quality)[largest],
    )


def _largest_parts(
    numbers: NDArray[np.int64], sizes: NDArray[np.int64], count: int
) -> NDArray[np.intp]:
    """Return where among all parts the largest of each object is."""
    order = np.lexsort((-sizes, numbers))
    index: NDArray[np.intp] = order[np.searchsorted(numbers[order], np.arange(1, count + 1))]
    return index
