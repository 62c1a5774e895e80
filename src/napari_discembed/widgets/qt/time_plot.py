"""A measurement over the frames of a movie; a click goes to its frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_discembed.widgets.qt.look import Look
from napari_discembed.widgets.qt.plot import Plot, pen

HEIGHT = 150


class TimePlot(Plot):
    """One value a frame; the frame in view is marked.

    Attributes
    ----------
    frameChosen
        Emitted with a frame that was clicked.
    """

    frameChosen = Signal(int)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("frame", "objects", HEIGHT, parent)
        self.setToolTip("What is chosen above, over the frames. Click to go to a frame.")
        self._curve = pg.PlotDataItem(symbol="o", symbolSize=4)
        self._now = pg.InfiniteLine(0.0)
        for item in (self._curve, self._now):
            self.addItem(item)
        self.coloured(self._colour_items)
        self._last = 0
        self.scene().sigMouseClicked.connect(self._clicked)

    def _colour_items(self, look: Look) -> None:
        self._curve.setPen(pen(look.accent))
        self._curve.setSymbolBrush(look.accent)
        self._curve.setSymbolPen(None)
        self._now.setPen(pen(look.second))

    def show_values(
        self, frames: NDArray[np.integer], values: NDArray[Any], name: str, n_frames: int
    ) -> None:
        """Draw a point a frame.

        Parameters
        ----------
        frames, values
            Where, ascending, and how much; between frames that are not there, no line is drawn.
        name
            Of what is drawn.
        n_frames
            T.
        """
        self._last = max(n_frames - 1, 0)
        gaps = np.flatnonzero(np.diff(frames) > 1) + 1
        x = np.insert(frames.astype(float), gaps, np.nan)
        y = np.insert(np.asarray(values, dtype=float), gaps, np.nan)
        self._curve.setData(x, y, connect="finite")
        self.setLabel("left", name, color=self.look.text)
        self.setXRange(0, max(self._last, 1), padding=0.02)
        top, low = (float(f(y)) if len(frames) else 0.0 for f in (np.nanmax, np.nanmin))
        self.setYRange(min(0.0, low), max(1.0, top) if top > 0 else 1.0, padding=0.05)

    def show_frame(self, frame: int) -> None:
        """Show which frame is in view."""
        self._now.setValue(frame)

    def values(self) -> tuple[list[float], list[float]]:
        """Return the frames and values that are drawn."""
        x, y = self._curve.xData, self._curve.yData
        if x is None:
            return [], []
        return [float(v) for v in x], [float(v) for v in y]

    def _clicked(self, event: Any) -> None:  # noqa: ANN401 - pyqtgraph's event
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place: QPointF = event.scenePos()
        x = self.getPlotItem().getViewBox().mapSceneToView(place).x()
        self.frameChosen.emit(int(np.clip(round(x), 0, self._last)))
