"""The best one-to-one choice of pairs (linear assignment problem, LAP)."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray


def best_pairs(
    source: NDArray[np.intp],
    target: NDArray[np.intp],
    gain: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.intp]:
    """Return which pairs, of the greatest sum of gains, leave each object in one pair at most.

    Parameters
    ----------
    source, target
        ``(P,)``: the objects of each pair, none twice.
    gain
        ``(P,)``; pairs that gain nothing are not chosen.
    shape
        How many sources and targets there are.

    Returns
    -------
    Places in the pairs, ascending. Memory is proportional to the pairs.
    """
    useful = np.flatnonzero(gain > 0)
    if not len(useful):
        return useful
    rows, columns = source[useful], target[useful]
    # Each source has a column of its own beside, of no value, to be alone with. Values are raised
    # by one, as what is 0 is no entry of a sparse table.
    alone = np.arange(shape[0])
    entries = np.concatenate([gain[useful] + 1, np.ones(shape[0])])
    where = np.concatenate([rows, alone]), np.concatenate([columns, shape[1] + alone])
    table = scipy.sparse.coo_array((entries, where), shape=(shape[0], shape[1] + shape[0])).tocsr()
    match = scipy.sparse.csgraph.min_weight_full_bipartite_matching
    _, partner = match(table, maximize=True)
    return useful[partner[rows] == columns]


def greedy_pairs(
    source: NDArray[np.intp],
    target: NDArray[np.intp],
    gain: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.intp]:
    """Return pairs as :func:`best_pairs`, the one that gains most first."""
    free = np.ones(shape[0], dtype=bool), np.ones(shape[1], dtype=bool)
    chosen = []
    for pair in np.argsort(-gain, kind="stable").tolist():
        a, b = source[pair], target[pair]
        if gain[pair] > 0 and free[0][a] and free[1][b]:
            free[0][a] = free[1][b] = False
            chosen.append(pair)
    return np.array(sorted(chosen), dtype=np.intp)
