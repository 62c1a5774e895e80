"""Tracks: a table that fits its labels, and what is counted from it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Links, Numbering, Segmentation, Tracks, TrackTable


def row_of(*frames: list[int]) -> Segmentation:
    """Return frames of one row of pixels each, numbered through time."""
    labels = np.array(frames, dtype=np.uint16)[:, None, :]
    return Segmentation(labels, "TYX", numbering=Numbering.through_time, name="movie")


def test_births_divisions_and_losses_are_counted_where_they_are_seen() -> None:
    movie = row_of([1, 1, 0, 2], [3, 4, 0, 2], [3, 4, 5, 0], [3, 4, 5, 0])
    table = TrackTable.of([(1, 0, 0, 0), (2, 0, 1, 0), (3, 1, 3, 1), (4, 1, 3, 1), (5, 2, 3, 0)])
    counts = Tracks(movie, table).counts()
    assert counts["objects"].tolist() == [2, 3, 3, 3]
    assert counts["births"].tolist() == [0, 0, 1, 0]
    assert counts["divisions"].tolist() == [0, 1, 0, 0]
    assert counts["losses"].tolist() == [0, 0, 1, 0]


def test_a_track_may_be_missing_in_the_middle() -> None:
    tracks = Tracks(row_of([1], [0], [1]), TrackTable.of([(1, 0, 2, 0)]))
    assert tracks.counts()["objects"].tolist() == [1, 0, 1]


def test_rows_are_put_in_the_order_of_their_numbers() -> None:
    table = TrackTable.of([(7, 0, 1, 0), (2, 0, 0, 0)])
    assert list(table.rows()) == [(2, 0, 0, 0), (7, 0, 1, 0)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(1, 0, 1, 9)], "track 1: its parent 9 does not exist"),
        ([(1, 0, 1, 0), (2, 1, 1, 1)], "track 2: begins in frame 1, before its parent 1 has ended"),
        ([(1, 1, 0, 0)], "track 1: begins in frame 1 and ends in frame 0"),
        ([(1, 0, 1, 0), (1, 0, 1, 0)], "track 1 is there twice"),
        ([(0, 0, 1, 0)], "track 0: expected a number from 1 up"),
        ([(1, 0, 1, 0), (2, 0, 0, 0)], "track 2 is in no mask"),
        ([], "number 1 of the masks is not in the table"),
        ([(1, 0, 0, 0)], "track 1: the table has it in frames 0 to 0, the masks in 0 to 1"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused_and_the_row_named(
    rows: list[tuple[int, int, int, int]], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        Tracks(row_of([1], [1]), TrackTable.of(rows))


def test_every_wrong_row_is_named() -> None:
    with pytest.raises(InputError, match=r"track 1: its parent 8 .*; track 2: its parent 9"):
        Tracks(row_of([1, 2]), TrackTable.of([(1, 0, 0, 8), (2, 0, 0, 9)]))


def test_labels_that_are_numbered_anew_are_no_tracks() -> None:
    labels = np.ones((2, 1, 1), dtype=np.uint16)
    with pytest.raises(InputError, match="numbered through time"):
        Tracks(Segmentation(labels, "TYX"), TrackTable.of([(1, 0, 1, 0)]))


def test_labels_without_time_are_no_tracks() -> None:
    labels = np.ones((2, 1, 1), dtype=np.uint16)
    with pytest.raises(InputError, match="time as the first axis"):
        Tracks(
            Segmentation(labels, "ZYX", numbering=Numbering.through_time),
            TrackTable.of([(1, 0, 1, 0)]),
        )


def test_columns_of_other_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="a value for each of 1 tracks"):
        TrackTable(np.array([1]), np.array([0, 1]), np.array([0]), np.array([0]))
    with pytest.raises(InputError, match="two frames and two numbers for each of 1 links"):
        Links(np.zeros((2, 2), int), np.zeros((1, 2), int), np.ones(1))
