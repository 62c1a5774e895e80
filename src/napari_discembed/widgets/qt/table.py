"""A table of measurements that stays quick with thousands of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

Columns = Mapping[str, NDArray[Any]]


class _Model(QAbstractTableModel):
    """Columns of equal length by name."""

    def __init__(self) -> None:
        super().__init__()
        self.columns: dict[str, NDArray[Any]] = {}

    def fill(self, columns: Columns) -> None:
        self.beginResetModel()
        self.columns = dict(columns)
        self.endResetModel()

    def rowCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802
        return len(next(iter(self.columns.values()), ()))

    def columnCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802
        return len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        value = list(self.columns.values())[index.column()][index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return value.item() if isinstance(value, np.generic) else value
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if role != Qt.ItemDataRole.DisplayRole or orientation != Qt.Orientation.Horizontal:
            return None
        return list(self.columns)[section].replace("_", " ")


class Table(QTableView):
    """Shows columns; a click on a header sorts, a click on a row chooses."""

    rowChosen = Signal(int)  # noqa: N815 - Qt's way of naming signals

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
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.verticalHeader().setVisible(False)
        self.setMinimumHeight(180)
        self.clicked.connect(
            lambda index: self.rowChosen.emit(self._sorted.mapToSource(index).row())
        )

    def _tell(self, index: QModelIndex) -> None:
        self.rowChosen.emit(self._sorted.mapToSource(index).row())

    def fill(self, columns: Columns) -> None:
        """Show other columns."""
        self._model.fill(columns)

    def columns(self) -> Columns:
        """Return what is shown."""
        return self._model.columns

    def choose(self, row: int) -> None:
        """Mark a row and scroll to it, without telling of it."""
        index = self._sorted.mapFromSource(self._model.index(row, 0))
        self.selectRow(index.row())
        self.scrollTo(index)
