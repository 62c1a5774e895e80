"""Density peaks and their merge tree, on densities that one can draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_discembed.clustering.tree import MergeTree, merge_tree, separation


def line(*density: float) -> MergeTree:
    """Build the tree of a density along a line, one unit a step."""
    n = len(density)
    edges = np.stack([np.arange(n - 1), np.arange(1, n)], axis=1)
    return merge_tree(np.array(density), edges, np.arange(n)[:, None] * 1.0, kernel=0.5)


def groups(tree: MergeTree, bandwidth: float, margin: float = 0) -> list[int]:
    roots = tree.cut(bandwidth, margin)[tree.peak_of]
    return np.unique(roots, return_inverse=True)[1].tolist()


def test_two_peaks_are_two_until_the_bandwidth_reaches_their_dip() -> None:
    tree = line(1, 9, 2, 8, 1)
    assert groups(tree, 1.0) == [0, 0, 0, 1, 1]
    height = float(separation(np.array([2 / 8]), 0.5)[0])
    assert groups(tree, height - 1e-6) == [0, 0, 0, 1, 1]
    assert groups(tree, height + 1e-6) == [0, 0, 0, 0, 0]


def test_no_dip_is_the_distance_at_which_two_kernels_become_one() -> None:
    assert separation(np.array([1.0]), 0.5)[0] == pytest.approx(1.1774, abs=1e-4)


def test_a_dip_between_two_gaussians_is_their_distance() -> None:
    d, h = 2.0, 0.5
    at_middle = 2 * np.exp(-((d / 2) ** 2) / (2 * h**2))
    assert separation(np.array([at_middle]), h)[0] == pytest.approx(d)


def test_a_bump_on_the_slope_dies_into_its_own_peak_and_bridges_nothing() -> None:
    # The bump of 3 dips but little to either peak, and yet must not chain them together.
    tree = line(9, 2, 3, 2, 8)
    assert groups(tree, 1.5)[0] == groups(tree, 1.5)[2]
    assert groups(tree, 1.5)[0] != groups(tree, 1.5)[4]


def test_near_peaks_become_one_by_the_merge_margin_whatever_their_dip() -> None:
    tree = line(9, 0.01, 8)
    assert groups(tree, 1.0, margin=1.9) == [0, 0, 1]
    assert groups(tree, 1.0, margin=2.1) == [0, 0, 0]


def test_peaks_without_a_path_join_at_their_distance() -> None:
    positions = np.array([[0.0], [5.0]])
    tree = merge_tree(np.array([2.0, 1.0]), np.zeros((0, 2), np.intp), positions, 0.5)
    assert groups(tree, 4.9) == [0, 1]
    assert groups(tree, 5.1) == [0, 0]


def test_no_point_gives_no_peak() -> None:
    tree = merge_tree(np.zeros(0), np.zeros((0, 2), np.intp), np.zeros((0, 2)), 0.5)
    assert len(tree.parent) == 0


@given(st.integers(0, 10_000))
def test_a_larger_bandwidth_never_gives_more_peaks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    tree = line(*rng.integers(1, 9, 30).astype(float))
    counts = [len(set(groups(tree, b))) for b in np.linspace(0.5, 8, 12)]
    assert counts == sorted(counts, reverse=True)


@given(st.integers(0, 10_000))
def test_the_order_of_the_points_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    density: NDArray[np.float64] = rng.permutation(20) + 1.0
    edges = np.stack([np.arange(19), np.arange(1, 20)], axis=1)
    where = np.arange(20)[:, None] * 1.0
    shuffle = rng.permutation(20)
    place = np.argsort(shuffle)
    a = merge_tree(density, edges, where, 0.5)
    b = merge_tree(density[shuffle], place[edges], where[shuffle], 0.5)
    one, two = a.cut(1.6, 0)[a.peak_of], b.cut(1.6, 0)[b.peak_of][place]
    np.testing.assert_array_equal(one, two)
