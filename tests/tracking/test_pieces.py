"""Pieces of an object become another one, and are followed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.tracking import editing
from napari_discembed.tracking.pieces import split_off
from napari_discembed.types import Lineages

from .test_editing import movie, rows


def test_a_piece_is_followed_as_long_as_there_are_two() -> None:
    tracks = movie(
        [1, 1, 0, 0, 1], [1, 1, 0, 1, 1], [0, 1, 0, 1, 1], [1, 1, 1, 1, 1], [1, 0, 0, 0, 1]
    )
    edit = split_off(Lineages.of(tracks), tracks.labels, 0, (0, 4))
    assert rows(editing.edited(tracks, edit)) == [
        [1, 1, 0, 0, 2],
        [1, 1, 0, 2, 2],
        [0, 1, 0, 2, 2],
        [1, 1, 1, 1, 1],
        [1, 0, 0, 0, 1],
    ]
    seen = Lineages.of(editing.edited(tracks, edit)).points
    np.testing.assert_allclose(edit.after.points.centroids, seen.centroids)
    assert edit.after.points.sizes.tolist() == seen.sizes.tolist()
    assert list(edit.after.table.rows()) == [(1, 0, 4, 0), (2, 0, 2, 0)]


def test_splitting_restores_what_was_merged() -> None:
    tracks = movie([1, 0, 2], [1, 0, 2], [1, 0, 2])
    merged = editing.edited(tracks, editing.merge(Lineages.of(tracks), 1, 2, 1))
    assert rows(merged) == [[1, 0, 2], [1, 0, 1], [1, 0, 1]]
    edit = split_off(Lineages.of(merged), merged.labels, 1, (0, 2))
    assert rows(editing.edited(merged, edit)) == [[1, 0, 2], [1, 0, 3], [1, 0, 3]]


def test_an_object_in_one_piece_is_cut_off_from_what_it_was() -> None:
    tracks = movie([1], [1], [1])
    edit = split_off(Lineages.of(tracks), tracks.labels, 1, (0, 0))
    assert rows(editing.edited(tracks, edit)) == [[1], [2], [2]]


def test_what_cannot_be_split_is_told() -> None:
    tracks = movie([1, 0], [1, 0])
    with pytest.raises(InputError, match="one piece in frame 0, where its track begins"):
        split_off(Lineages.of(tracks), tracks.labels, 0, (0, 0))
    with pytest.raises(InputError, match="got background"):
        split_off(Lineages.of(tracks), tracks.labels, 0, (0, 1))


def test_volumes_are_split_too() -> None:
    labels = np.zeros((2, 2, 3, 5), np.uint16)
    labels[:, :, :, 0] = labels[:, :, :, 4] = 1
    before = Lineages.of_labels(labels)
    edit = split_off(before, labels, 0, (1, 1, 4))
    where, values = edit.pixels(labels)
    labels[where] = values
    assert (labels[..., 4] == 2).all()
    assert (labels[..., 0] == 1).all()
    assert edit.after.points.sizes.tolist() == [6, 6, 6, 6]
