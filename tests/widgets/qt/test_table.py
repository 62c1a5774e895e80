"""A table of measurements."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_discembed.widgets.qt.table import Table


def test_a_table_sorts_by_value(qtbot: Any) -> None:
    table = Table()
    qtbot.addWidget(table)
    table.fill({"label": np.array([1, 2, 3]), "area": np.array([9.0, 100.0, 20.0])})
    table.sortByColumn(1, table.model().sortOrder().__class__.AscendingOrder)
    assert [table.model().index(i, 0).data() for i in range(3)] == ["1", "3", "2"]
    table.choose(1)
    assert table.selectionModel().selectedRows()[0].row() == 2
