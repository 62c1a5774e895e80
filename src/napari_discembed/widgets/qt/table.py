"""A table of measurements that stays quick with thousands of rows, and the sums below it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_discembed.reports.columns import HUE, words_of

Columns = Mapping[str, NDArray[Any]]
WIDEST = 160
"""Pixels of a column."""


class _Model(QAbstractTableModel):
    """Columns of equal length by name."""

    def __init__(self, nothing: str = "\u2013") -> None:
        super().__init__()
        self.nothing = nothing
        self.columns: dict[str, NDArray[Any]] = {}
        self.titles: Mapping[str, str] = {}

    def fill(self, columns: Columns, titles: Mapping[str, str]) -> None:
        self.beginResetModel()
        self.columns, self.titles = dict(columns), titles
        self.endResetModel()

    def rowCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802
        return len(next(iter(self.columns.values()), ()))

    def columnCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802
        return len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        name = list(self.columns)[index.column()]
        value = _plain(self.columns[name][index.row()])
        if role == Qt.ItemDataRole.UserRole:
            return value
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return words_of(value, self.nothing)
        if role == Qt.ItemDataRole.DecorationRole and name == HUE:
            return QColor.fromHsv(round(value) % 360, 220, 200) if _is_number(value) else None
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        name = list(self.columns)[section]
        return self.titles.get(name, name.replace("_", " "))


def _plain(value: Any) -> Any:  # noqa: ANN401 - what a column holds
    """Return a value as Python has it; None for a number that is none."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and math.isnan(value) else value


def _is_number(value: Any) -> bool:  # noqa: ANN401 - what a column holds
    return isinstance(value, int | float)


class Table(QTableView):
    """Shows columns; a click on a header sorts, a click on rows chooses them."""

    rowsChosen = Signal(list)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self._model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.setModel(self._sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setVisible(False)
        self.setMinimumHeight(110)
        self.below = Sums(self)
        self.clicked.connect(lambda _index: self.rowsChosen.emit(self.chosen()))

    def fill(
        self,
        columns: Columns,
        titles: Mapping[str, str] | None = None,
        hidden: Collection[str] = (),
        sums: Columns | None = None,
    ) -> None:
        """Show other columns, with titles; some hidden, and two rows of sums below."""
        self._model.fill(columns, titles or {})
        self.below.fill(sums or {})
        self.hide_columns(hidden)
        self.scrollToTop()

    def hide_columns(self, hidden: Collection[str]) -> None:
        """Show all columns but some."""
        for i, name in enumerate(self._model.columns):
            self.setColumnHidden(i, name in hidden)
        self.below.align()

    def columns(self) -> Columns:
        """Return what is shown, and what is hidden."""
        return self._model.columns

    def chosen(self) -> list[int]:
        """Return which rows are marked, in their own order."""
        rows = self.selectionModel().selectedRows()
        return sorted(self._sorted.mapToSource(index).row() for index in rows)

    def choose(self, *rows: int) -> None:
        """Mark rows and scroll to the first, without telling of it."""
        marked = QItemSelection()
        last = self._sorted.columnCount() - 1
        places = [self._sorted.mapFromSource(self._model.index(row, 0)).row() for row in rows]
        for place in places:
            marked.select(self._sorted.index(place, 0), self._sorted.index(place, last))
        how = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.selectionModel().select(marked, how)
        if places:
            column = next((i for i in range(last) if not self.isColumnHidden(i)), 0)
            self.scrollTo(self._sorted.index(min(places), column))

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802 - Qt's name
        """Return a width that has room for the sums too."""
        wide = max(super().sizeHintForColumn(column), self.below.sizeHintForColumn(column))
        return min(wide, WIDEST)  # the rest of a long text is in its tooltip


class Sums(QTableView):
    """Two rows below a table, under its columns."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._model = _Model(nothing="")
        self._table = table
        self.setModel(self._model)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.horizontalHeader().setVisible(False)
        self.verticalHeader().setVisible(False)
        for policy in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(table.horizontalScrollMode())
        for changed in ("sectionResized", "geometriesChanged"):
            getattr(table.horizontalHeader(), changed).connect(self.align)
        bar = table.horizontalScrollBar()
        bar.valueChanged.connect(self.horizontalScrollBar().setValue)
        self.setVisible(False)

    def align(self, *_changed: int) -> None:
        """Give the columns the widths of the table's."""
        for column in range(self._model.columnCount()):
            hidden = self._table.isColumnHidden(column)
            self.setColumnHidden(column, hidden)
            if not hidden:
                self.setColumnWidth(column, self._table.columnWidth(column))

    def fill(self, columns: Columns) -> None:
        """Show other sums."""
        self._model.fill(columns, {})
        self.setVisible(self._model.rowCount() > 0)
        height = sum(self.rowHeight(i) for i in range(self._model.rowCount()))
        self.setFixedHeight(height + 2 * self.frameWidth())

    def columns(self) -> Columns:
        """Return what is shown."""
        return self._model.columns
