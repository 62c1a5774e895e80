"""Measurements to look at: a plot, a table and its sums, which choose rows together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_discembed.reports.columns import (
    Columns,
    arranged,
    measures,
    numbers_of,
    on_demand,
    sums,
    title,
)
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.table import Table

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.measure_plot import MeasurePlot

SPREAD = "how many"


class Measures(QWidget):
    """A table of measurements and a plot of them; what is chosen in one is marked in the other."""

    rowsChosen = Signal(list)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self._plot, self.table = dock.plot_later(self._make_plot), Table()
        self.across, self.up = ComboBox(), ComboBox()
        self.across.setToolTip("Which measurement the plot shows.")
        self.up.setToolTip("How many have it; or another measurement, a point an object.")
        self.more = QCheckBox("More columns")
        self.more.setToolTip("Show pixels, places, perimeter and what else is measured.")
        self._unit, self._counted = "pixel", "objects"
        self._lay_out()
        for box in (self.across, self.up):
            box.currentIndexChanged.connect(lambda _index: self._draw())
        self.more.toggled.connect(self._show_columns)
        self.table.rowsChosen.connect(self._from_table)
        self.setVisible(False)

    def _lay_out(self) -> None:
        choice = QHBoxLayout()
        for box in (self.across, self.up):
            # Else the longest title would widen the dock.
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
        choice.addWidget(self.across, 1)
        choice.addWidget(QLabel("by"))
        choice.addWidget(self.up, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(choice)
        column.addLayout(self._plot.place)
        column.addWidget(self.more)
        column.addWidget(self.table, 1)
        column.addWidget(self.table.below)

    def _make_plot(self) -> MeasurePlot:
        from napari_discembed.widgets.qt.measure_plot import MeasurePlot

        plot = MeasurePlot()
        plot.rowsChosen.connect(self._from_plot)
        return plot

    @property
    def plot(self) -> MeasurePlot:
        """One measurement, or two."""
        return self._plot.get()

    def show_columns(
        self, columns: Columns, of: str, unit: str = "pixel", counted: str = "objects"
    ) -> None:
        """Show other measurements.

        Parameters
        ----------
        columns
            By name.
        of
            What the plot shows, unless a person chose another that is there too.
        unit
            Of lengths.
        counted
            What a row is, in the plural.
        """
        self._unit, self._counted = unit, counted
        columns = arranged(columns)
        titles = {name: title(name, columns, unit) for name in columns}
        self.table.fill(columns, titles, self._hidden(columns), sums(columns))
        self._offer(columns, of)
        self.setVisible(True)

    def columns(self) -> Columns:
        """Return all that is measured."""
        return self.table.columns()

    def choose(self, rows: list[int]) -> None:
        """Mark rows, without telling of it."""
        self.table.choose(*rows)
        self.plot.mark(rows)

    def _hidden(self, columns: Columns) -> set[str]:
        without = {"error"} if "error" in columns and not any(columns["error"]) else set()
        return without if self.more.isChecked() else without | on_demand(columns)

    def _show_columns(self, _more: bool = False) -> None:
        self.table.hide_columns(self._hidden(self.columns()))
        self._offer(self.columns(), str(self.across.currentData()))

    def _offer(self, columns: Columns, of: str) -> None:
        names = [name for name in measures(columns) if name not in self._hidden(columns)]
        choices: list[tuple[ComboBox, list[Any], str | None]] = [
            (self.across, names, of),
            (self.up, [None, *names], None),
        ]
        for box, offered, usual in choices:
            chosen, before = box.currentData(), box.blockSignals(True)
            box.clear()
            for name in offered:
                words = SPREAD if name is None else title(name, columns, self._unit)
                box.addItem(words, name)
            kept = chosen if chosen in offered else usual
            box.setCurrentIndex(max(0, box.findData(kept)))
            box.blockSignals(before)
        self._draw()

    def _draw(self) -> None:
        self._plot.show(visible=True)
        columns, across, up = self.columns(), self.across.currentData(), self.up.currentData()
        if across is None:
            self.plot.show_spread(np.zeros(0), "", self._counted)
            return
        values, name = numbers_of(columns[across]), title(across, columns, self._unit)
        if up is None:
            self.plot.show_spread(values, name, self._counted)
        else:
            other = title(up, columns, self._unit)
            self.plot.show_pairs(values, numbers_of(columns[up]), name, other)
        self.plot.mark(self.table.chosen())

    def _from_plot(self, rows: list[int]) -> None:
        self.choose(rows)
        self.rowsChosen.emit(rows)

    def _from_table(self, rows: list[int]) -> None:
        self.plot.mark(rows)
        self.rowsChosen.emit(rows)
