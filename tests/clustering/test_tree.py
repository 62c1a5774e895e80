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


def alone(density: list[float], places: list[float]) -> MergeTree:
    """Build the tree of points on a line that no path connects."""
    return merge_tree(
        np.array(density), np.zeros((0, 2), np.intp), np.array(places)[:, None], kernel=0.5
    )


def test_a_peak_whose_height_is_the_bandwidth_stands_alone() -> None:
    tree = alone([2, 1], [0, 5])
    assert tree.height.tolist() == [np.inf, 5]
    assert tree.cut(5, margin=0).tolist() == [0, 1]
    assert tree.cut(5.001, margin=0).tolist() == [0, 0]


def test_a_peak_whose_distance_is_the_margin_stands_alone() -> None:
    tree = alone([2, 1], [0, 5])
    assert tree.distance.tolist() == [np.inf, 5]
    assert tree.cut(1e-9, margin=5).tolist() == [0, 1]
    assert tree.cut(1e-9, margin=5.001).tolist() == [0, 0]


def height_of(ratio: float) -> float:
    return float(separation(np.array([ratio]), 0.5)[0])


def test_the_lowest_of_three_peaks_joins_the_middle_one_first() -> None:
    # Peaks of 4, 6 and 9, with saddles of 3 and 2 between them.
    tree = line(2, 4, 3, 6, 2, 2, 9, 1)
    assert tree.peak_of.tolist() == [2, 2, 1, 1, 1, 0, 0, 0]
    assert tree.parent.tolist() == [0, 0, 1]
    assert tree.distance.tolist() == [np.inf, 3, 2]
    assert tree.height.tolist() == pytest.approx([np.inf, height_of(2 / 6), height_of(3 / 4)])


def test_a_peak_joins_what_its_neighbour_has_joined() -> None:
    # Saddles of 2 and 3: when the lowest comes to the middle one, this belongs to the highest.
    tree = line(2, 4, 2, 6, 3, 3, 9, 1)
    assert tree.parent.tolist() == [0, 0, 0]
    assert tree.distance.tolist() == [np.inf, 3, 5]
    assert tree.height.tolist() == pytest.approx([np.inf, height_of(3 / 6), height_of(2 / 4)])


def test_a_peak_joins_a_denser_one_at_the_densest_of_their_saddles() -> None:
    # A ring: two peaks of 9 and 8, with 2 between them on one side and 4 on the other.
    edges = np.array([[0, 1], [1, 2], [2, 3], [3, 0]])
    tree = merge_tree(np.array([9.0, 2, 8, 4]), edges, np.zeros((4, 1)), kernel=0.5)
    assert tree.parent.tolist() == [0, 0]
    assert tree.height[1] == pytest.approx(height_of(4 / 8))


def test_of_equally_dense_points_the_first_is_the_peak() -> None:
    # Every other point is denser; a path leads from each of these to the one before.
    density, denser = np.tile([1.0, 2.0], 100), np.arange(1, 200, 2)
    edges = np.concatenate(
        [np.stack([denser[:-1], denser[1:]], axis=1), np.stack([denser, denser - 1], axis=1)]
    )
    tree = merge_tree(density, edges, np.arange(200)[:, None] * 1.0, kernel=0.5)
    assert tree.parent.tolist() == [0]
    assert set(tree.peak_of.tolist()) == {0}


def test_moving_all_points_together_changes_no_distance() -> None:
    density, edges = np.array([9.0, 2, 8]), np.array([[0, 1], [1, 2]])
    tree = merge_tree(density, edges, np.array([[7.0], [8], [9]]), kernel=0.5)
    assert tree.distance.tolist() == [np.inf, 2]


def test_a_lone_peak_joins_the_nearest_denser_one() -> None:
    tree = alone([9, 3, 5, 4], [0, 11, 10, 14])
    # The densest first: at 0, 10, 14, 11.
    assert tree.peak_of.tolist() == [0, 3, 1, 2]
    assert tree.parent.tolist() == [0, 0, 1, 1]
    assert tree.height.tolist() == [np.inf, 10, 4, 1]
    assert tree.distance.tolist() == [np.inf, 10, 4, 1]


@pytest.mark.parametrize("queried", [1, 2**17])
def test_a_lone_peak_without_a_denser_one_nearby_joins_nothing(
    queried: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("napari_discembed.clustering.tree.NEIGHBOURS_TRIED", (2, 2))
    monkeypatch.setattr("napari_discembed.clustering.tree.QUERIED", queried)
    tree = alone([9, 8, 7], [0, 10, 11])
    # The nearest of the second is the third, which is less dense.
    assert tree.parent.tolist() == [0, 1, 1]
    assert tree.height.tolist() == [np.inf, np.inf, 1]
    assert tree.distance.tolist() == [np.inf, np.inf, 1]


def test_many_lone_peaks_join_what_few_do(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    density, places = rng.random(60).tolist(), rng.random(60).tolist()
    few = alone(density, places)
    monkeypatch.setattr("napari_discembed.clustering.tree.QUERIED", 7)
    many = alone(density, places)
    assert many.parent.tolist() == few.parent.tolist()
    assert many.height.tolist() == few.height.tolist()


def test_only_peaks_without_a_path_are_bridged() -> None:
    # Two lines of points, 10 apart: the peaks of 9 and 8 have a path, that of 7 has none.
    edges = np.array([[0, 1], [1, 2]])
    where = np.array([[0.0], [1], [2], [12]])
    tree = merge_tree(np.array([9.0, 4, 8, 7]), edges, where, kernel=0.5)
    assert tree.parent.tolist() == [0, 0, 0]
    assert tree.height.tolist() == pytest.approx([np.inf, height_of(4 / 8), 12])


def test_a_dip_to_nothing_is_far_and_a_saddle_above_the_peak_is_no_dip() -> None:
    low, none, above = separation(np.array([0.0, 1.0, 1.5]), 0.5)
    assert low == pytest.approx((2 * np.log(2e12)) ** 0.5)
    assert none == above == pytest.approx((2 * np.log(2)) ** 0.5)


def test_no_point_gives_no_peak() -> None:
    tree = merge_tree(np.zeros(0), np.zeros((0, 2), np.intp), np.zeros((0, 2)), 0.5)
    assert [len(x) for x in (tree.peak_of, tree.parent, tree.height, tree.distance)] == [0] * 4
    assert tree.cut(1, 1)[tree.peak_of].tolist() == []


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
