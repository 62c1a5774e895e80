"""Tables of measurements."""

from __future__ import annotations

import numpy as np

from napari_discembed.types import ObjectTable, concatenated


def table(**columns: list[float]) -> ObjectTable:
    return ObjectTable({name: np.array(values) for name, values in columns.items()}, "a", "px")


def test_a_table_counts_its_rows_and_knows_its_sizes() -> None:
    plane, volume = table(label=[1, 2], area=[3.0, 4.0]), table(label=[1], volume=[5.0])
    assert (plane.count, len(volume), ObjectTable({}).count) == (2, 1, 0)
    assert (plane.size_name, plane.sizes.tolist()) == ("area", [3.0, 4.0])
    assert (volume.size_name, volume.sizes.tolist()) == ("volume", [5.0])
    assert plane["label"].tolist() == [1, 2]


def test_columns_are_added_at_either_end() -> None:
    more = table(label=[1]).with_columns({"frame": np.array([0])}, first=True)
    assert list(more.columns) == ["frame", "label"]
    assert list(more.with_columns({"class": np.array([2])}).columns) == ["frame", "label", "class"]


def test_tables_below_each_other_leave_empty_what_one_has_not() -> None:
    both = concatenated([table(label=[1], area=[2.0]), table(label=[3])], "both")
    assert both.name == "both"
    assert both["label"].tolist() == [1, 3]
    assert both["area"][0] == 2.0
    assert np.isnan(both["area"][1])
