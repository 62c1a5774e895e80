"""The small plots beside the image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QBrush
from qtpy.QtWidgets import QWidget

from napari_discembed.session.curve import steady
from napari_discembed.session.preview import Preview
from napari_discembed.widgets.qt.look import Look
from napari_discembed.widgets.qt.plot import Plot, pen

STABLE = (102, 187, 106, 70)
FEW = 5
"""Largest number up to which an axis of counts has a mark at each."""


class CountCurve(Plot):
    """The number of objects at each bandwidth; its steady part is marked, a click chooses."""

    bandwidthChosen = Signal(float)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("bandwidth", "objects", 150, parent)
        self.setToolTip(
            "Objects at each bandwidth. The green part is around what the model suggests: there "
            "the count stays the same, give or take one in twenty. Click to go there."
        )
        self._stable = pg.LinearRegionItem(movable=False, brush=STABLE, pen=pg.mkPen(None))
        self._stable.setVisible(False)
        self._curve, self._now = pg.PlotDataItem(stepMode=None), pg.InfiniteLine()
        self.coloured(lambda look: self._curve.setPen(pen(look.accent)))
        self.coloured(lambda look: self._now.setPen(pen(look.second)))
        for item in (self._stable, self._curve, self._now):
            self.addItem(item)
        self._now.setVisible(False)
        self.scene().sigMouseClicked.connect(self._clicked)

    def show_curve(
        self, bandwidths: NDArray[np.float64], counts: NDArray[np.int64], suggested: float
    ) -> None:
        """Draw the curve, and where it is steady around the bandwidth that the model suggests."""
        self._curve.setData(bandwidths, counts)
        stable = steady(bandwidths, counts, suggested)
        ends = bandwidths[stable.start], bandwidths[stable.stop - 1]
        self._stable.setRegion((min(ends[0], suggested), max(ends[1], suggested)))
        self._stable.setVisible(bool(counts[stable].any()))
        # Thousands of specks at the left end would flatten what matters.
        middle = float(counts[stable.start]) if counts.any() else 1.0
        self.setYRange(0, max(1.0, min(float(counts.max(initial=1)), 3 * middle + 3)))
        self.setXRange(float(bandwidths[0]), float(bandwidths[-1]), padding=0.02)

    def clear_curve(self) -> None:
        """Show nothing."""
        self._curve.setData([], [])
        self._stable.setVisible(False)
        self._now.setVisible(False)

    def mark(self, bandwidth: float) -> None:
        """Show where the bandwidth is now."""
        self._now.setValue(bandwidth)
        self._now.setVisible(True)

    def _clicked(self, event: object) -> None:
        position: QPointF = event.scenePos()  # type: ignore[attr-defined]
        if self._curve.xData is None or not len(self._curve.xData):
            return
        x = self.getPlotItem().getViewBox().mapSceneToView(position).x()
        low, high = self._curve.xData[0], self._curve.xData[-1]
        self.bandwidthChosen.emit(float(np.clip(x, low, high)))


class LossPlot(Plot):
    """Losses of a training, and scores of its validations, while it runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("step", "loss", 150, parent)
        self._steps: list[float] = []
        self._values: list[float] = []
        self._raw, self._smooth = self.plot(), self.plot()
        self._scores = self.plot(symbol="o", symbolSize=5)
        self.coloured(self._colour_curves)
        self._validations: tuple[list[float], list[float]] = ([], [])

    def _colour_curves(self, look: Look) -> None:
        self._raw.setPen(pen(look.quiet, 1))
        self._smooth.setPen(pen(look.accent))
        self._scores.setPen(pen(look.second))
        self._scores.setSymbolBrush(look.second)

    def clear_curves(self) -> None:
        """Begin anew."""
        self._steps, self._values, self._validations = [], [], ([], [])
        for curve in (self._raw, self._smooth, self._scores):
            curve.setData([], [])

    def add(self, *told: Mapping[str, float]) -> None:
        """Add steps with their ``loss``, or validations with their score."""
        for values in told:
            step = values.get("step", len(self._steps) + 1.0)
            if "loss" in values:
                self._steps.append(step)
                self._values.append(values["loss"])
            for score in ("ap50", "holdout"):
                if score in values:
                    self._validations[0].append(step)
                    self._validations[1].append(values[score])
        self._raw.setData(self._steps, self._values)
        self._smooth.setData(self._steps, _smoothed(self._values))
        self._scores.setData(*self._validations)


def _smoothed(values: Sequence[float]) -> NDArray[np.float64]:
    """Return the exponential moving average, unbiased at its beginning."""
    decay, total, weight = 0.95, 0.0, 0.0
    out = np.empty(len(values))
    for i, value in enumerate(values):
        total, weight = decay * total + value, decay * weight + 1
        out[i] = total / weight
    return out


class EmbeddingPlot(Plot):
    """The paper's Figure 3, live: painted pixels in embedding space, and each object's circles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "", 220, parent)
        self.setAspectLocked(True)
        self.invertY(True)  # as the image has it
        self.setToolTip(
            "Painted pixels in embedding space, a colour an object. Training pulls each object "
            "into its inner circle and pushes the outer circles apart."
        )
        self._points = pg.ScatterPlotItem(size=3, pen=None)
        self._rings = pg.PlotCurveItem(connect="finite")
        self._outer = pg.PlotCurveItem(connect="finite")
        self.coloured(lambda look: self._rings.setPen(pen(look.text, 1)))
        dashes = Qt.PenStyle.DashLine
        self.coloured(lambda look: self._outer.setPen(pen(look.quiet, 1, style=dashes)))
        for item in (self._points, self._rings, self._outer):
            self.addItem(item)

    def show_preview(self, preview: Preview) -> None:
        """Draw the moment."""
        self._points.setData(
            x=preview.points[:, 0],
            y=preview.points[:, 1],
            brush=_brushes(preview.owners),
        )
        self._rings.setData(*_circles(preview.means, preview.pull))
        self._outer.setData(*_circles(preview.means, preview.push))


def _circles(centres: NDArray[np.float32], radius: float) -> tuple[NDArray[np.float64], ...]:
    """Return circles as one line with gaps."""
    angle = np.append(np.linspace(0, 2 * np.pi, 41), np.nan)
    x = centres[:, :1] + radius * np.cos(angle)
    y = centres[:, 1:2] + radius * np.sin(angle)
    return x.ravel(), y.ravel()


def _brushes(owners: NDArray[np.int64]) -> list[QBrush]:
    """Return a brush for each number, those near each other far apart in hue.

    One for all of a number: a brush a point takes a fifth of a second to draw.
    """
    names, number = np.unique(owners, return_inverse=True)
    hues = [(0.13 + 0.618034 * i) % 1 for i in range(len(names))]
    table = [pg.mkBrush(*pg.hsvColor(h, 0.65, 0.95).getRgb()[:3], 170) for h in hues]
    return [table[i] for i in number]


class CorrectionsPlot(Plot):
    """How many corrections each of the last images needed; the present one is marked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("image", "corrections", 120, parent)
        self.setToolTip(
            "Corrections that each of the last images needed, the one in hand in orange. They get "
            "fewer as the model learns from them."
        )
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.7, pen=None)
        self._present: int | None = None
        self.addItem(self._bars)
        self.coloured(self._colour_bars)

    def _colour_bars(self, look: Look) -> None:
        number = len(self._bars.opts["x"])
        brushes = [look.second if i == self._present else look.accent for i in range(number)]
        self._bars.setOpts(brushes=brushes)

    def show_counts(self, counts: Sequence[int], first: int, present: int | None) -> None:
        """Draw a bar an image.

        Parameters
        ----------
        counts
            Of the last images.
        first
            Number of the first of them.
        present
            Which of them is in hand, from 0; None for none.
        """
        places = np.arange(first, first + len(counts))
        self._present = present
        self._bars.setOpts(x=places, height=list(counts), width=0.7)
        self._colour_bars(self.look)
        self.getAxis("bottom").setTicks([[(int(i), str(i)) for i in places]])
        self.setXRange(first - 0.6, first + max(4, len(counts)) - 0.4, padding=0)
        most = max([1, *counts])
        self.setYRange(0, most, padding=0.05)
        whole = [(i, str(i)) for i in range(most + 1)]
        self.getAxis("left").setTicks([whole] if most <= FEW else None)
