"""The best one-to-one choice of pairs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from napari_discembed.tracking.assignment import best_pairs, greedy_pairs


def test_the_best_is_not_what_is_greedily_taken() -> None:
    source, target = np.array([0, 0, 1]), np.array([0, 1, 0])
    gain = np.array([1.0, 0.9, 0.8])
    assert best_pairs(source, target, gain, (2, 2)).tolist() == [1, 2]
    assert greedy_pairs(source, target, gain, (2, 2)).tolist() == [0]


def test_what_gains_nothing_is_left() -> None:
    pairs = np.array([0]), np.array([0]), np.array([-0.1])
    assert len(best_pairs(*pairs, (1, 1))) == len(greedy_pairs(*pairs, (1, 1))) == 0


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**16))
def test_the_sum_is_that_of_the_whole_table(n: int, m: int, seed: int) -> None:
    table = np.random.default_rng(seed).uniform(-0.5, 1, (n, m))
    source, target = np.nonzero(table > -1)
    chosen = best_pairs(source, target, table[source, target], (n, m))
    kept = np.maximum(table, 0)
    rows, columns = linear_sum_assignment(kept, maximize=True)
    assert np.isclose(table[source[chosen], target[chosen]].sum(), kept[rows, columns].sum())
    assert len(set(source[chosen])) == len(set(target[chosen])) == len(chosen)
