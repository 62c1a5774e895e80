"""Candidates of merge trees that one can draw."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.nesting import flat_candidates, single_linkage, tree_candidates
from napari_discembed.clustering.tree import MergeTree
from napari_discembed.config import DensityConfig
from napari_discembed.types import Candidates, Embedding, Provenance


def tree_of(parent: list[int], height: list[float]) -> MergeTree:
    """Return a tree whose peaks are far apart."""
    n = len(parent)
    return MergeTree(np.arange(n), np.array(parent), np.array(height), np.full(n, 99.0))


def candidates(
    tree: MergeTree, regions: list[int], *, min_size: float = 0, margin: float = 0
) -> Candidates:
    row = np.array([regions], np.int32)
    embedding = Embedding.of(np.zeros((1, *row.shape)), np.ones((1, *row.shape)))
    return tree_candidates(
        embedding, row, tree, np.ones(len(tree.parent)), DensityConfig(),
        margin=margin, min_size=min_size, seed_threshold=0,
    )  # fmt: skip


def masks(found: Candidates) -> set[tuple[tuple[int, ...], float, float]]:
    """Return the pixels, birth and death of each candidate."""
    return {
        (
            tuple(np.flatnonzero(found.mask(i)).tolist()),
            float(found.birth[i]),
            float(found.death[i]),
        )
        for i in range(len(found))
    }


INF = float("inf")


def test_peaks_and_their_merges_are_candidates() -> None:
    # 1 joins 0 at 5, 2 joins 0 at 3: peaks 0 and 2 are one before 1 comes.
    found = candidates(tree_of([0, 0, 0], [INF, 5, 3]), [1, 2, 3, 3, 0])
    assert masks(found) == {
        ((0,), 0, 3), ((1,), 0, 5), ((2, 3), 0, 3), ((0, 2, 3), 3, 5), ((0, 1, 2, 3), 5, INF)
    }  # fmt: skip


def test_a_chain_is_joined_at_its_lowest_edges_first() -> None:
    # 2 hangs on 1, and joins it before 1 joins 0.
    found = candidates(tree_of([0, 0, 1], [INF, 7, 2]), [1, 2, 3])
    assert ((1, 2), 2, 7) in masks(found)


def test_merges_at_one_level_are_one_merge() -> None:
    found = candidates(tree_of([0, 0, 0], [INF, 4, 4]), [1, 2, 3])
    assert masks(found) == {((0,), 0, 4), ((1,), 0, 4), ((2,), 0, 4), ((0, 1, 2), 4, INF)}


def test_peaks_within_the_margin_are_one_from_the_start() -> None:
    tree = MergeTree(
        np.arange(3), np.array([0, 0, 0]), np.array([INF, 4.0, 6]), np.array([INF, 1.0, 9])
    )
    assert masks(candidates(tree, [1, 2, 3], margin=1.5)) == {
        ((0, 1), 0, 6), ((2,), 0, 6), ((0, 1, 2), 6, INF)
    }  # fmt: skip
    assert ((0,), 0, 4) in masks(candidates(tree, [1, 2, 3], margin=1.0))


def test_peaks_without_pixels_make_no_candidate_and_yet_connect() -> None:
    # Peak 1 has no pixels: 0 and 2 join through it, at the higher of both edges.
    found = candidates(tree_of([0, 0, 1], [INF, 3, 5]), [1, 3, 3])
    assert masks(found) == {((0,), 0, 5), ((1, 2), 0, 5), ((0, 1, 2), 5, INF)}
    assert masks(candidates(tree_of([0, 0, 1], [INF, 3, 5]), [3, 3, 0])) == {((0, 1), 0, INF)}


def test_trees_that_never_join_stay_apart() -> None:
    found = candidates(tree_of([0, 1], [INF, INF]), [1, 2])
    assert masks(found) == {((0,), 0, INF), ((1,), 0, INF)}
    assert found.parent.tolist() == [-1, -1]


def test_a_candidate_of_the_smallest_size_stays() -> None:
    tree = tree_of([0, 0, 0], [INF, 4, 2])
    found = candidates(tree, [1, 1, 2, 2, 3], min_size=2)
    assert masks(found) == {
        ((0, 1), 0, 2), ((2, 3), 0, 4), ((0, 1, 4), 2, 4), ((0, 1, 2, 3, 4), 4, INF)
    }  # fmt: skip
    assert len(candidates(tree, [1, 1, 2, 2, 3], min_size=6)) == 0


def test_what_no_candidate_holds_is_zero() -> None:
    found = candidates(tree_of([0, 1], [INF, INF]), [1, 1, 2], min_size=2)
    assert found.smallest.tolist() == [[1, 1, 0]]


def test_no_peak_and_no_pixel_make_no_candidate() -> None:
    assert len(candidates(tree_of([], []), [0, 0])) == 0
    assert len(candidates(tree_of([0, 0], [INF, 1]), [0, 0])) == 0


def test_a_linkage_of_nothing_is_empty() -> None:
    none = np.zeros(0, np.intp)
    tree = MergeTree(none, none, np.zeros(0), np.zeros(0))
    found = single_linkage(tree, tree.levels(0), none, np.zeros(0))
    assert found.parent.tolist() == found.pixels.tolist() == []
    assert (found.parent.dtype, found.pixels.dtype) == (np.intp, np.int64)  # type: ignore[comparison-overlap]


def test_the_linkage_sums_pixels_and_keeps_the_best_seediness() -> None:
    tree = tree_of([0, 0, 0], [INF, 5, 3])
    found = single_linkage(tree, tree.levels(0), np.array([1, 2, 4]), np.array([0.5, 0.75, 0.25]))
    assert found.pixels.tolist() == [1, 2, 4, 5, 7]
    assert found.seediness.tolist() == [0.5, 0.75, 0.25, 0.5, 0.75]
    assert found.birth.tolist() == [0, 0, 0, 3, 5]
    assert found.parent.tolist() == [3, 4, 3, 4, -1]


def test_candidates_have_the_best_seediness_and_the_mean_foreground_of_their_pixels() -> None:
    # Peaks of one and of three pixels; the third, far from both, is not seedy enough.
    row = np.array([[1, 2, 2, 2, 3]], np.int32)
    probability = np.array([[[1, 0.5, 0.5, 0.25, 1]]])
    found = tree_candidates(
        Embedding.of(np.zeros((1, 1, 5)), probability),
        row,
        tree_of([0, 0, 2], [INF, 4, INF]),
        np.array([0.5, 0.75, 0.25]),
        DensityConfig(),
        margin=0,
        min_size=0,
        seed_threshold=0.5,
    )
    of = {
        tuple(np.flatnonzero(found.mask(i)).tolist()): (seediness, foreground)
        for i, (seediness, foreground) in enumerate(
            zip(found.scores["seediness"], found.scores["foreground"], strict=True)
        )
    }
    assert of == {
        (0,): (0.5, 1),
        (1, 2, 3): (0.75, 1.25 / 3),
        (0, 1, 2, 3): (0.75, 2.25 / 4),
    }


def test_candidates_are_of_the_embeddings_image() -> None:
    embedding = replace(
        Embedding.of(np.zeros((1, 1, 2)), np.ones((1, 1, 2)), image_shape=(3, 6)),
        pixel_size=(0.5, 0.25),
        unit="um",
        name="leaf",
        provenance=Provenance(model="leaves"),
    )
    found = flat_candidates(embedding, np.array([[1, 1]]), DensityConfig(min_size=7))
    assert (found.image_shape, found.pixel_size) == ((3, 6), (0.5, 0.25))
    assert (found.unit, found.name) == ("um", "leaf")
    assert found.provenance.model == "leaves"
    assert found.provenance.config["clustering"]["min_size"] == 7


def test_flat_labels_without_seediness_are_as_seedy_as_can_be() -> None:
    embedding = Embedding.of(np.zeros((1, 1, 2)), np.ones((1, 1, 2)))
    found = flat_candidates(embedding, np.array([[3, 1]]), DensityConfig())
    assert found.scores["seediness"].tolist() == [1, 1]


def test_flat_labels_without_objects_are_no_candidates() -> None:
    for width in (0, 2):
        embedding = Embedding.of(np.zeros((1, 1, width)), np.ones((1, 1, width)))
        assert len(flat_candidates(embedding, np.zeros((1, width), int), DensityConfig())) == 0


def test_flat_labels_are_candidates_that_hold_no_other() -> None:
    labels = np.array([[0, 5, 5, 2]])
    probability = np.array([[[0.25, 0.5, 1, 0.75]]])
    seediness = np.array([[1, 0.25, 0.5, 0.125]])
    embedding = Embedding.of(np.zeros((1, 1, 4)), probability, seediness)
    found = flat_candidates(embedding, labels, DensityConfig())
    assert masks(found) == {((3,), 0, INF), ((1, 2), 0, INF)}
    assert found.scores["seediness"].tolist() == [0.125, 0.5]
    assert found.scores["foreground"].tolist() == [0.75, 0.75]


def test_ten_thousand_objects_in_a_chain_take_well_under_a_second() -> None:
    n = 10_000
    heights: NDArray[np.float64] = np.linspace(1, 9, n)
    tree = tree_of([0, *range(n - 1)], heights.tolist())
    regions = np.repeat(np.arange(1, n + 1), 10).tolist()
    started = time.process_time()
    found = candidates(tree, regions)
    contours = found.contours()
    assert time.process_time() - started < 1
    assert len(found) == 2 * n - 1
    assert found.depth.max() == n - 1
    assert contours.max() == np.float32(9)
