"""Rows of a lineage tree."""

from __future__ import annotations

from napari_discembed.tracking.tree import tree_rows
from napari_discembed.types import TrackTable


def test_children_are_on_both_sides_of_their_parent() -> None:
    table = TrackTable.of(
        [(1, 0, 9, 0), (2, 0, 1, 0), (3, 2, 9, 2), (4, 2, 3, 2), (5, 4, 9, 4), (6, 4, 9, 4)]
    )
    assert tree_rows(table).tolist() == [0, 1.75, 1, 2.5, 2, 3]


def test_lineages_come_in_the_order_of_their_beginning() -> None:
    assert tree_rows(TrackTable.of([(1, 5, 9, 0), (2, 0, 9, 0)])).tolist() == [1, 0]


def test_no_tracks_have_no_rows() -> None:
    assert len(tree_rows(TrackTable.of([]))) == 0


def test_a_thousand_generations_are_no_trouble() -> None:
    rows = tree_rows(TrackTable.of([(n, n, n, n - 1) for n in range(1, 3000)]))
    assert (rows == 0).all()
