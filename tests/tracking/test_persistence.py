"""Nested masks that persist: what one frame has in pieces, the others mend."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import CandidatesConfig
from napari_discembed.tracking.nested import USUAL, distance_to_usual, shared_pixels, thinned
from napari_discembed.tracking.persistence import choose, link_candidates
from napari_discembed.types import Candidates, Provenance

SOLVERS = [CandidatesConfig(solver="greedy"), CandidatesConfig(solver="exact")]


def two_halves(merge: float, shift: int = 0) -> Candidates:
    """Return a frame whose left and right half are one above a bandwidth."""
    smallest = np.zeros((20, 40), dtype=np.int32)
    smallest[4:16, 4 + shift : 16 + shift] = 1
    smallest[4:16, 16 + shift : 28 + shift] = 2
    smallest[2:6, 34:38] = 4
    return Candidates(
        smallest,
        first=np.array([0, 1, 0, 3]),
        parent=np.array([2, 2, -1, -1]),
        birth=np.array([0.0, 0.0, merge, 0.0]),
        scores={"foreground": np.ones(4)},
        provenance=Provenance(config={USUAL: 1.0}),
    )


@pytest.mark.parametrize("config", SOLVERS)
def test_an_object_in_pieces_in_one_frame_is_mended_by_those_beside(
    config: CandidatesConfig,
) -> None:
    frames = [two_halves(0.7), two_halves(1.4, 1), two_halves(0.7, 2)]
    assert [c.tolist() for c in choose(frames, 1.0, config)] == [[2, 3]] * 3
    tracks = link_candidates(frames, config)
    assert list(tracks.table.rows()) == [(1, 0, 2, 0), (2, 0, 2, 0)]


@pytest.mark.parametrize("config", SOLVERS)
def test_two_objects_that_merge_in_one_frame_are_parted_by_those_beside(
    config: CandidatesConfig,
) -> None:
    frames = [two_halves(1.8, t) if t != 2 else two_halves(0.8, t) for t in range(5)]
    assert [c.tolist() for c in choose(frames, 1.0, config)] == [[0, 1, 3]] * 5


@pytest.mark.parametrize("config", SOLVERS)
def test_a_division_stays_one(config: CandidatesConfig) -> None:
    frames = [two_halves(0.5), two_halves(0.5, 1), two_halves(2.0, 1), two_halves(2.0, 2)]
    chosen = [c.tolist() for c in choose(frames, 1.0, config)]
    assert chosen == [[2, 3], [2, 3], [0, 1, 3], [0, 1, 3]]
    counts = link_candidates(frames, config).counts()
    assert counts["divisions"].tolist() == [0, 0, 1, 0]


def test_many_frames_are_solved_window_by_window() -> None:
    frames = [two_halves(1.4 if t % 7 == 3 else 0.7) for t in range(40)]
    assert [c.tolist() for c in choose(frames, 1.0, SOLVERS[1])] == [[2, 3]] * 40


def test_frames_without_masks_break_nothing() -> None:
    empty = thinned(two_halves(1.0), np.zeros(4, dtype=bool))
    for config in SOLVERS:
        assert len(link_candidates([empty, empty], config).table) == 0


def test_distance_is_the_factor_to_the_nearest_bandwidth_at_which_it_is_an_object() -> None:
    distance = distance_to_usual(two_halves(2.0), 1.0)
    assert np.allclose(distance, [0, 0, np.log(2), 0])
    assert np.allclose(distance_to_usual(two_halves(0.5), 1.0), [np.log(2), np.log(2), 0, 0])


def test_pixels_that_nested_masks_share_are_counted_for_all_of_them() -> None:
    one = two_halves(1.0)
    shared = shared_pixels(one, two_halves(1.0, 1), np.array([0, 0]))
    assert shared[0].tolist() == [12 * 11, 0, 12 * 11, 0]
    assert shared[2].tolist() == [12 * 12, 12 * 11, 12 * 23, 0]
    moved = shared_pixels(one, two_halves(1.0, 1), np.array([0, 1]))
    assert moved[0, 0] == 144


def test_pixels_of_masks_left_out_go_to_what_holds_them() -> None:
    thin = thinned(two_halves(1.0), np.array([False, True, True, False]))
    assert thin.pixels.tolist() == [144, 288]
    assert thin.first.tolist() == [0, 0]
    assert thin.parent.tolist() == [1, -1]
    assert (thin.smallest[4:16, 4:16] == 2).all()
    assert (thin.smallest[2:6, 34:38] == 0).all()
