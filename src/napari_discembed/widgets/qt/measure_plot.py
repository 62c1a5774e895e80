"""A plot of measurements: how one is spread, or one against another. A click selects objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_discembed.widgets.qt.look import Look
from napari_discembed.widgets.qt.plot import Plot, pen

NEAR = 14.0
"""Pixels of the screen that a click may be beside a point."""
MOST_BARS = 30


class MeasurePlot(Plot):
    """Bars or points of measurements; a click on one tells its rows, beside them none."""

    rowsChosen = Signal(list)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("size", "objects", 135, parent)
        self.setToolTip("Click a bar or a point: its objects are marked. Beside them: none is.")
        self._bars = pg.BarGraphItem(x=[], height=[], width=1, pen=None)
        self._part = pg.BarGraphItem(x=[], height=[], width=1, pen=None)
        self._points = pg.ScatterPlotItem(size=7, pen=None)
        self._chosen = pg.ScatterPlotItem(size=10, brush=None)
        for item in (self._bars, self._part, self._points, self._chosen):
            self.addItem(item)
        self.values: NDArray[np.float64] = np.zeros(0)
        self.edges: NDArray[np.float64] = np.zeros(0)
        self.others: NDArray[np.float64] | None = None
        self.coloured(self._colour_items)
        self.scene().sigMouseClicked.connect(self._clicked)

    def _colour_items(self, look: Look) -> None:
        self._bars.setOpts(brush=look.accent)
        self._part.setOpts(brush=look.second)
        self._points.setBrush(look.accent)
        self._chosen.setPen(pen(look.second))

    def show_spread(self, values: NDArray[np.float64], name: str, counted: str) -> None:
        """Draw the histogram of some values; NaN is left out."""
        self._begin(values, None, name, counted)
        there = values[np.isfinite(values)]
        if not len(there):
            return
        n_bars = min(MOST_BARS, max(5, int(len(there) ** 0.5) * 2))
        heights, self.edges = np.histogram(there, bins=n_bars)
        self._draw(self._bars, heights)

    def show_pairs(
        self, x: NDArray[np.float64], y: NDArray[np.float64], x_name: str, y_name: str
    ) -> None:
        """Draw a point a row; where either is NaN, none."""
        self._begin(x, y, x_name, y_name)
        there = np.isfinite(x) & np.isfinite(y)
        self._points.setData(x=x[there], y=y[there])

    def mark(self, rows: list[int]) -> None:
        """Show which rows are chosen."""
        values = self.values[rows]
        if self.others is not None:
            self._chosen.setData(x=values, y=self.others[rows])
        elif len(self.edges):
            inside = values[np.isfinite(values)]
            self._draw(self._part, np.histogram(inside, bins=self.edges)[0])

    def rows_at(self, x: float, y: float) -> list[int]:
        """Return the rows of the bar at a place, or of the point near it."""
        if self.others is not None:
            return self._nearest(x, y)
        inside = np.isfinite(self.values)
        bar = int(np.searchsorted(self.edges, x, side="right")) - 1
        n_bars = len(self.edges) - 1
        bar -= bool(n_bars > 0 and x == self.edges[-1])  # numpy's last bar has its right end too
        if not 0 <= bar < n_bars:
            return []
        last = bar == n_bars - 1
        below = self.values <= self.edges[-1] if last else self.values < self.edges[bar + 1]
        found: list[int] = np.flatnonzero(
            inside & (self.values >= self.edges[bar]) & below
        ).tolist()
        return found

    def _nearest(self, x: float, y: float) -> list[int]:
        wide, high = self.getPlotItem().getViewBox().viewPixelSize()
        assert self.others is not None  # noqa: S101 - for the type checker
        away = np.hypot((self.values - x) / wide, (self.others - y) / high)
        away[~np.isfinite(away)] = np.inf
        return [int(away.argmin())] if len(away) and away.min() <= NEAR else []

    def _begin(
        self, x: NDArray[np.float64], y: NDArray[np.float64] | None, below: str, beside: str
    ) -> None:
        self.values, self.others, self.edges = x, y, np.zeros(0)
        self.setLabel("bottom", below, color=self.look.text)
        self.setLabel("left", beside, color=self.look.text)
        for bars in (self._bars, self._part):
            bars.setOpts(x=[], height=[], width=1)
        for points in (self._points, self._chosen):
            points.setData([], [])
        self.enableAutoRange()

    def _draw(self, bars: Any, heights: NDArray[np.int64]) -> None:  # noqa: ANN401 - pyqtgraph's
        width = self.edges[1] - self.edges[0]
        bars.setOpts(x=self.edges[:-1] + width / 2, height=heights, width=0.92 * width)

    def _clicked(self, event: Any) -> None:  # noqa: ANN401 - pyqtgraph's event
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place: QPointF = event.scenePos()
        at = self.getPlotItem().getViewBox().mapSceneToView(place)
        self.rowsChosen.emit(self.rows_at(at.x(), at.y()))
