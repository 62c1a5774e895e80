"""Splitting without a click."""

from __future__ import annotations

import numpy as np

from napari_discembed.interaction.splitting import split_in_two
from napari_discembed.types import Embedding

from .scenes import scene


def merged(*numbers: int) -> tuple[Embedding, np.ndarray, np.ndarray]:
    """Return the scene with some squares as one object, and as they are."""
    embedding, labels = scene(spread=0.2)
    return embedding, np.where(np.isin(labels, numbers), numbers[0], labels), labels


def test_two_objects_that_were_merged_come_apart() -> None:
    embedding, one, true = merged(2, 3)
    new = split_in_two(one, 2, embedding)
    assert new is not None
    parts = [x for x in np.unique(new) if x > 1]
    assert len(parts) == 2
    assert 2 in parts
    for part in parts:
        shares = np.bincount(true[new == part], minlength=4)
        assert shares.max() >= 0.99 * 16 * 16


def test_the_others_stay_as_they_are() -> None:
    embedding, one, true = merged(2, 3)
    new = split_in_two(one, 2, embedding)
    assert new is not None
    np.testing.assert_array_equal(new == 1, true == 1)


def test_one_object_has_one_peak() -> None:
    embedding, labels = scene(spread=0.2)
    assert [split_in_two(labels, number, embedding) for number in (1, 2, 3)] == [None] * 3


def test_an_object_that_is_shaded_from_end_to_end_is_not_cut() -> None:
    shade = np.tile(np.linspace(0, 3, 40), (20, 1))
    embedding = Embedding.of(shade[None].astype(np.float32), np.ones((1, 20, 40), np.float32))
    assert split_in_two(np.ones((20, 40), int), 1, embedding) is None


def test_parts_that_lie_scattered_are_no_objects() -> None:
    rng = np.random.default_rng(0)
    values = 4.0 * (rng.random((1, 20, 40)) < 0.5)
    embedding = Embedding.of(values.astype(np.float32), np.ones((1, 20, 40), np.float32))
    assert split_in_two(np.ones((20, 40), int), 1, embedding) is None


def test_few_pixels_and_equal_ones_are_one_object() -> None:
    embedding = Embedding.of(np.zeros((1, 8, 8), np.float32), np.ones((1, 8, 8), np.float32))
    labels = np.zeros((8, 8), int)
    labels[:2, :2] = 1
    labels[4:] = 2
    assert split_in_two(labels, 1, embedding) is None
    assert split_in_two(labels, 2, embedding) is None
