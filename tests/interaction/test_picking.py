"""Picking candidates, and what becomes of the objects under them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_discembed.clustering import QUALITY, THRESHOLD
from napari_discembed.interaction.picking import Picker, outlined, put
from napari_discembed.types import Candidates, Embedding


def scene(threshold: float = 0.5) -> Embedding:
    """Return two pixels in a row of four, each a candidate, in one of three; the last is dim."""
    candidates = Candidates(
        np.array([[1, 2, 3, 0]], np.int32),
        np.array([0, 1, 0]),
        np.array([2, 2, -1]),
        np.array([0.0, 0.0, 1.0]),
        {QUALITY: np.array([0.9, 0.8, 0.4]), THRESHOLD: np.full(3, threshold)},
    )
    values = np.zeros((2, 1, 4), np.float32)
    embedding = Embedding.of(values, np.array([[[1, 1, 0.4, 0]]], np.float32))
    return replace(embedding, candidates=candidates)


def picker(embedding: Embedding, *chosen: int) -> Picker:
    assert embedding.candidates is not None
    return Picker(embedding, embedding.candidates, np.array(chosen, int), 0.5)


def test_the_chosen_one_comes_first_and_else_the_smallest() -> None:
    pick = picker(scene(), 2).at((0, 0))
    assert pick is not None
    assert (pick.candidate, pick.level, pick.levels, pick.quality) == (2, 2, 2, 0.4)
    smallest = picker(scene()).at((0, 0))
    assert smallest is not None
    assert (smallest.candidate, smallest.level, smallest.pixels) == (0, 1, 1)


def test_steps_go_up_from_what_is_shown_and_end_at_the_ends() -> None:
    tree = picker(scene(), 0, 1)
    assert [tree.at((0, 1), now, steps).candidate for now, steps in [  # type: ignore[union-attr]
        (None, 0), (None, 1), (None, 5), (2, 0), (2, -1), (1, -3), (0, 0),
    ]] == [1, 2, 2, 2, 1, 1, 1]  # fmt: skip


def test_a_pixel_that_is_in_no_mask_has_none() -> None:
    assert picker(scene()).at((0, 3)) is None
    assert picker(scene()).at((0, 2)) is None  # it is dimmer than the mask's threshold
    low = picker(scene(0.3)).at((0, 2))
    assert low is not None
    assert low.mask.tolist() == [[True, True, True, False]]


def test_masks_come_on_the_grid_of_the_image() -> None:
    pick = picker(replace(scene(), image_shape=(2, 8))).at((1, 3))
    assert pick is not None
    assert pick.candidate == 1
    assert pick.mask.shape == (2, 8)
    assert pick.mask[:, 2:4].all()


def test_what_is_put_replaces_what_it_covers_by_half_and_cuts_the_rest() -> None:
    labels = np.array([[1, 1, 2, 3, 3, 3]], np.uint8)
    mask = np.array([[0, 1, 1, 1, 0, 0]], bool)
    assert put(labels, mask, 4).tolist() == [[0, 4, 4, 4, 3, 3]]
    assert put(labels, mask, 4).dtype == np.uint8
    assert put(np.array([[0, 2**40]]), np.array([[True, False]]), 7).tolist() == [[7, 2**40]]


def test_an_outline_is_two_pixels_wide_at_the_border_of_the_image_too() -> None:
    mask = np.zeros((8, 8), bool)
    mask[:6, 1:7] = True
    shown = outlined(mask)
    assert (shown[mask] == 1).sum() == 4
    assert (shown[2:4, 3:5] == 1).all()
    assert not shown[~mask].any()
    assert not outlined(np.zeros((3, 3), bool)).any()
