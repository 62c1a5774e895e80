"""Which true object is which predicted one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray

FloatVector: TypeAlias = NDArray[np.float64]
IntVector: TypeAlias = NDArray[np.intp]

LARGEST_TABLE = 2**22
"""Most values of a table of all true and all predicted objects of a group, 32 MB."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """The pairs of a true and a predicted object that have pixels in common.

    Attributes
    ----------
    true, predicted
        ``(P,)``: of each pair, which of the N true and the M predicted objects.
    intersection
        ``(P,)``: pixels in common.
    true_sizes, predicted_sizes
        ``(N,)`` and ``(M,)``: pixels of each object.
    """

    true: IntVector
    predicted: IntVector
    intersection: IntVector
    true_sizes: IntVector
    predicted_sizes: IntVector

    @property
    def iou(self) -> FloatVector:
        """``(P,)``: intersection over union of each pair."""
        return self.intersection / (self._both_sizes() - self.intersection)

    @property
    def dice(self) -> FloatVector:
        """``(P,)``: Dice coefficient of each pair."""
        return 2 * self.intersection / self._both_sizes()

    def best_for_true(self, values: FloatVector) -> FloatVector:
        """Return ``(N,)``: the largest of the pairs' values for each true object, or 0."""
        return _largest(values, self.true, len(self.true_sizes))

    def best_for_predicted(self, values: FloatVector) -> FloatVector:
        """Return ``(M,)``: the largest of the pairs' values for each predicted object, or 0."""
        return _largest(values, self.predicted, len(self.predicted_sizes))

    def _both_sizes(self) -> FloatVector:
        both = self.true_sizes[self.true] + self.predicted_sizes[self.predicted]
        return both.astype(np.float64)


def _largest(values: FloatVector, index: IntVector, n: int) -> FloatVector:
    best = np.zeros(n)
    np.maximum.at(best, index, values)
    return best


def overlaps(true: IntArray, predicted: IntArray) -> Overlaps:
    """Count the pixels that true and predicted objects have in common.

    Parameters
    ----------
    true, predicted
        ``(*S)``: 0 for background; numbers may have gaps.

    Raises
    ------
    InputError
        If the shapes differ.
    """
    if true.shape != predicted.shape:
        raise InputError(
            f"Expected truth and prediction of one shape, got {true.shape} and {predicted.shape}."
        )
    t, true_sizes = _compact(true)
    p, predicted_sizes = _compact(predicted)
    both = (t > 0) & (p > 0)
    width = len(predicted_sizes)
    keys, counts = np.unique((t[both] - 1) * width + p[both] - 1, return_counts=True)
    rows, columns = np.divmod(keys, max(1, width))
    return Overlaps(rows, columns, counts, true_sizes, predicted_sizes)


def _compact(labels: IntArray) -> tuple[IntVector, IntVector]:
    """Return the labels as 0 to N without gaps, flat, and the size of each object."""
    flat = labels.ravel().astype(np.intp)
    counts = np.bincount(flat) if flat.size and flat.max() < 2**26 else None
    if counts is None:
        values, index, sizes = np.unique(flat, return_inverse=True, return_counts=True)
        starts_at_zero = int(len(values) > 0 and values[0] == 0)
        return index + (1 - starts_at_zero), sizes[starts_at_zero:]
    counts[0] = 0
    present = counts > 0
    return np.where(present, np.cumsum(present), 0)[flat], counts[present]


def matched_iou(table: Overlaps, threshold: float) -> FloatVector:
    """Return the IoU of each pair of a best one-to-one matching.

    Parameters
    ----------
    table
        Of the overlaps.
    threshold
        Least IoU of a pair. The matching has as many pairs as can be, and of those the
        greatest sum of IoU.
    """
    good = table.iou >= threshold
    rows, columns, iou = table.true[good], table.predicted[good], table.iou[good]
    # Above one half no object is in two pairs; below it only few are, and these in small groups.
    conflicts = np.flatnonzero((np.bincount(rows)[rows] > 1) | (np.bincount(columns)[columns] > 1))
    kept = np.ones(len(iou), dtype=bool)
    for group in _groups(rows, columns, conflicts):
        kept[group] = _best_pairs(rows[group], columns[group], iou[group])
    return iou[kept]


def _groups(rows: IntVector, columns: IntVector, pairs: IntVector) -> list[IntVector]:
    """Split pairs into groups that have no object in common."""
    if not len(pairs):
        return []
    width = int(rows.max()) + 1
    ends = rows[pairs], width + columns[pairs]
    n = int(ends[1].max()) + 1
    graph = scipy.sparse.coo_array((np.ones(len(pairs), dtype=bool), ends), shape=(n, n))
    group = scipy.sparse.csgraph.connected_components(graph, directed=False)[1][ends[0]]
    order = np.argsort(group, kind="stable")
    return np.split(pairs[order], np.flatnonzero(np.diff(group[order])) + 1)


def _best_pairs(rows: IntVector, columns: IntVector, iou: FloatVector) -> NDArray[np.bool_]:
    """Return which pairs of a group are in the matching that is best."""
    (left, rows), (right, columns) = (np.unique(i, return_inverse=True) for i in (rows, columns))
    # A pair more is worth more than any gain in IoU.
    value = 1 + iou / (2 * min(len(left), len(right)))
    choose = _assign if len(left) * len(right) <= LARGEST_TABLE else _assign_sparse
    partner = choose(rows, columns, value, (len(left), len(right)))
    best: NDArray[np.bool_] = partner[rows] == columns
    return best


def _assign(
    rows: IntVector, columns: IntVector, value: FloatVector, shape: tuple[int, int]
) -> IntVector:
    """Return the column of each row in the assignment of the greatest value, by a whole table."""
    table = np.zeros(shape)
    table[rows, columns] = value
    partner = np.full(shape[0], -1, dtype=np.intp)
    chosen = scipy.optimize.linear_sum_assignment(table, maximize=True)
    partner[chosen[0]] = chosen[1]
    return partner


def _assign_sparse(
    rows: IntVector, columns: IntVector, value: FloatVector, shape: tuple[int, int]
) -> IntVector:
    """Do the same in memory proportional to the pairs; slower.

    Each row has a column of its own beside, of no value, to be alone with. Values are raised by
    one, as what is 0 is no entry of a sparse table.
    """
    n, alone = shape[0], np.arange(shape[0])
    entries = np.concatenate([value + 1, np.ones(n)])
    where = np.concatenate([rows, alone]), np.concatenate([columns, shape[1] + alone])
    table = scipy.sparse.coo_array((entries, where), shape=(n, shape[1] + n)).tocsr()
    _, partner = scipy.sparse.csgraph.min_weight_full_bipartite_matching(table, maximize=True)
    return partner.astype(np.intp)


def best_overlaps(true: IntArray, predicted: IntArray) -> FloatVector:
    """Return ``(N,)``: for each true object the IoU with the predicted object that fits best."""
    table = overlaps(true, predicted)
    return table.best_for_true(table.iou)
