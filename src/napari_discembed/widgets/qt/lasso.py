"""A scatter plot in which one draws around points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
import skimage
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_discembed.types import FloatArray
from napari_discembed.widgets.qt.look import Look
from napari_discembed.widgets.qt.plot import Plot, pen


class _DrawingBox(pg.ViewBox):
    """Dragging draws, the wheel zooms."""

    drawn = Signal(object, bool)

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:  # noqa: ANN401, ARG002, N802
        """Pass on where the mouse goes, and whether that was the end."""
        event.accept()
        at = self.mapSceneToView(event.scenePos())
        self.drawn.emit((at.x(), at.y(), event.isStart()), event.isFinish())


LEAST = 240
"""Pixels of height."""


class LassoPlot(Plot):
    """Points or their density; a lasso around some of them."""

    lassoed = Signal(object)
    """``(V, 2)`` corners; fewer than three for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        box = _DrawingBox()
        super().__init__("", "", LEAST, parent, view_box=box)
        self.setMaximumHeight(16_777_215)
        box.invertY(True)  # as the image has it
        box.setMouseEnabled(True, True)
        box.setAspectLocked(True)
        self._density = pg.ImageItem()
        self._density.setColorMap(pg.colormap.get("inferno"))
        self._points = pg.ScatterPlotItem(size=3, pen=None)
        self._marked = pg.ScatterPlotItem(size=6, brush=None)
        self._line = pg.PlotDataItem()
        for item in (self._density, self._points, self._marked, self._line):
            self.addItem(item)
        self._corners: list[tuple[float, float]] = []
        self._plain = True
        self.coloured(self._colour_items)
        box.drawn.connect(self._draw)
        self.scene().sigMouseClicked.connect(self._clicked)

    def _colour_items(self, look: Look) -> None:
        self._marked.setPen(pen(look.text, 1))
        self._line.setPen(pen(look.accent))
        if self._plain:
            self._points.setBrush(look.accent)

    def show_points(
        self,
        points: FloatArray,
        colours: NDArray[np.uint8] | None,
        marked: NDArray[np.bool_] | None = None,
    ) -> None:
        """Draw ``(2, P)`` points, in a colour each, some of them marked."""
        self._density.setVisible(False)
        brush: Any = pg.mkBrush(self.look.accent)
        self._plain = colours is None
        if colours is not None:
            # A brush a colour, not a point: there are far fewer.
            names, number = np.unique(colours, axis=0, return_inverse=True)
            brushes = np.array([pg.mkBrush(*map(int, c)) for c in names], dtype=object)
            brush = brushes[number.reshape(-1)]
        self._points.setData(x=points[0], y=points[1], brush=brush)
        seen = points[:, marked] if marked is not None else points[:, :0]
        self._marked.setData(x=seen[0], y=seen[1])

    def show_density(
        self, histogram: NDArray[np.float32], bounds: tuple[float, float, float, float]
    ) -> None:
        """Draw how many pixels are where."""
        for item in (self._points, self._marked):
            item.setData([], [])
        self._density.setImage(np.log1p(histogram))
        x, y, right, top = bounds
        self._density.setRect(x, y, max(right - x, 1e-6), max(top - y, 1e-6))
        self._density.setVisible(True)

    def clear_lasso(self) -> None:
        """Remove the line."""
        self._corners = []
        self._line.setData([], [])

    def _draw(self, at: tuple[float, float, bool], finished: bool) -> None:
        x, y, first = at
        if first:
            self._corners = []
        self._corners.append((x, y))
        closed = [*self._corners, self._corners[0]] if finished else self._corners
        self._line.setData(*np.array(closed).T)
        if finished:
            self.lassoed.emit(np.array(self._corners))

    def _clicked(self, event: Any) -> None:  # noqa: ANN401
        if event.button() == Qt.MouseButton.LeftButton:
            self.clear_lasso()
            self.lassoed.emit(np.zeros((0, 2)))


def inside_polygon(
    points: FloatArray,
    polygon: NDArray[np.float64],
    bounds: tuple[float, float, float, float],
    bins: int,
) -> NDArray[np.bool_]:
    """Return which of ``(2, P)`` points lie in a polygon, to a part in `bins` of the bounds.

    The polygon is drawn once on a grid that the points look themselves up in: millions of points
    take as long as a look-up.
    """
    low = np.array(bounds[:2])
    width = np.maximum(np.array(bounds[2:]) - low, 1e-9)
    mask = skimage.draw.polygon2mask((bins, bins), (polygon - low) / width * bins - 0.5)
    at = ((points - low[:, None]) / width[:, None] * bins).astype(np.intp)
    np.clip(at, 0, bins - 1, out=at)
    return mask[at[0], at[1]]
