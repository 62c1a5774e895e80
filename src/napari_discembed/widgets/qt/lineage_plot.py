"""A lineage tree: a line a track, branches where it divides; a click goes there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_discembed.types import TrackTable
from napari_discembed.widgets.qt.plot import Plot, pen

HEIGHT = 200
ROWS = 24
"""Of the tree that are in view at first; the wheel shows more."""
HALF = 0.3
"""Of a frame, by which a track of one frame is a line nevertheless."""
NEAR = 10.0
"""Pixels of the screen that a click may be beside a line."""


class LineagePlot(Plot):
    """Each track a line from its first frame to its last, in its colour; the chosen one is thick.

    Attributes
    ----------
    chosen
        Emitted with a track and a frame of it.
    """

    chosen = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("frame", "", HEIGHT, parent)
        self.setToolTip(
            "Each track is a line in its colour, and branches where it divides. Click one to go "
            "there. The wheel zooms, dragging moves."
        )
        self.hideAxis("left")
        self.getPlotItem().getViewBox().setMouseEnabled(False, True)
        self.invertY(True)
        self._lines: list[pg.PlotCurveItem] = []
        self._branches = pg.PlotCurveItem(connect="pairs")
        self._chosen, self._now = pg.PlotCurveItem(), pg.InfiniteLine(0.0)
        self.coloured(lambda look: self._branches.setPen(pen(look.quiet, 1)))
        self.coloured(lambda look: self._chosen.setPen(pen(look.text, 5)))
        self.coloured(lambda look: self._now.setPen(pen(look.second)))
        for item in (self._branches, self._chosen, self._now):
            self.addItem(item)
        self._table = TrackTable.of([])
        self._rows: NDArray[np.float64] = np.zeros(0)
        self._mark = 0
        self.scene().sigMouseClicked.connect(self._clicked)

    def show_tree(
        self,
        table: TrackTable,
        rows: NDArray[np.float64],
        colours: NDArray[np.floating[Any]],
        n_frames: int,
        *,
        anew: bool = False,
    ) -> None:
        """Draw tracks.

        Parameters
        ----------
        table
            The tracks.
        rows
            ``(N,)``: where each is, from :func:`~napari_discembed.tracking.tree.tree_rows`.
        colours
            ``(N, 4)`` in [0, 1].
        n_frames
            T.
        anew
            Whether these are others than before, to be looked at from the first.
        """
        self._table, self._rows = table, rows
        shades = np.round(255 * np.asarray(colours, dtype=float).reshape(-1, 4)).astype(int)
        different, group = np.unique(shades, axis=0, return_inverse=True)
        group = group.reshape(-1)
        while len(self._lines) < len(different):
            self._lines.append(pg.PlotCurveItem(connect="pairs"))
            self.addItem(self._lines[-1])
        begins, ends = table.begins - HALF, table.ends + HALF
        for i, line in enumerate(self._lines):
            own = np.flatnonzero(group == i)
            line.setData(np.stack([begins[own], ends[own]], 1).ravel(), np.repeat(rows[own], 2))
            if i < len(different):
                line.setPen(pg.mkPen(*different[i], width=3))
        born = np.flatnonzero(table.parents > 0)
        parent = np.searchsorted(table.ids, table.parents[born])
        across = np.stack([ends[parent], begins[born]], 1).ravel()
        self._branches.setData(across, np.stack([rows[parent], rows[born]], 1).ravel())
        self.setXRange(-0.5, max(n_frames - 0.5, 0.5), padding=0.02)
        if anew:
            self._look_at(0.0)
        self.mark(self._mark)

    def mark(self, number: int) -> None:
        """Show which track is chosen; 0 for none."""
        self._mark = number
        at = self._at(number)
        if at is None:
            self._chosen.setData([], [])
            return
        ends = [self._table.begins[at] - HALF, self._table.ends[at] + HALF]
        self._chosen.setData(ends, [self._rows[at]] * 2)
        low, high = self.getPlotItem().getViewBox().viewRange()[1]
        if not low <= self._rows[at] <= high:
            self._look_at(self._rows[at] - (high - low) / 2, high - low)

    def show_frame(self, frame: int) -> None:
        """Show which frame is in view."""
        self._now.setValue(frame)

    def _look_at(self, first: float, height: float = 0.0) -> None:
        n_rows = float(self._rows.max(initial=0)) + 1
        height = min(n_rows, height or ROWS)
        first = float(np.clip(first, 0, n_rows - height))
        self.setYRange(first - 0.5, first + height - 0.5, padding=0.02)

    def _at(self, number: int) -> int | None:
        at = int(np.searchsorted(self._table.ids, number))
        there = at < len(self._table) and self._table.ids[at] == number
        return at if number and there else None

    def track_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Return the track whose line is near a place, and its frame there; None for none."""
        if not len(self._table):
            return None
        wide, high = self.getPlotItem().getViewBox().viewPixelSize()
        table = self._table
        beside = np.maximum(np.maximum(table.begins - HALF - x, x - table.ends - HALF), 0)
        away = np.hypot(beside / wide, (self._rows - y) / high)
        at = int(away.argmin())
        if away[at] > NEAR:
            return None
        return int(table.ids[at]), int(np.clip(round(x), table.begins[at], table.ends[at]))

    def _clicked(self, event: Any) -> None:  # noqa: ANN401 - pyqtgraph's event
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place: QPointF = event.scenePos()
        at = self.getPlotItem().getViewBox().mapSceneToView(place)
        found = self.track_at(at.x(), at.y())
        if found is not None:
            self.chosen.emit(*found)
