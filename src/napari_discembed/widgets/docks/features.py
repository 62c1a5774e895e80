"""The feature-space dock: the embedding as a scatter plot, tied to the image both ways."""

from __future__ import annotations

from dataclasses import dataclass

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QLabel, QWidget

from napari_discembed.imaging import resample_labels
from napari_discembed.interaction import projection
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import FloatArray, Index, IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import Source, pixels_of
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.qt.lasso import LassoPlot, inside_polygon

LASSO = "lasso"
GLOW = DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", 1: "cyan"})
BINS = 400
MOST_POINTS = 10_000
NOTHING = "There is no embedding yet: find objects first (2 Find)."
HINT = "Draw around points: their pixels light up in the image."


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What the plot shows of a frame.

    Attributes
    ----------
    points
        ``(2, P)``: of all foreground pixels.
    pixels
        ``(P,)``: their flat indices on the embedding's grid.
    histogram
        ``(BINS, BINS)``: how many are where.
    bounds
        Lower left, upper right.
    """

    series: EmbeddingSeries
    index: Index
    points: FloatArray
    pixels: NDArray[np.intp]
    histogram: NDArray[np.float32]
    bounds: tuple[float, float, float, float]


class FeatureSpaceDock(Dock):
    """The embedding in its own space: lasso points there, and see their pixels."""

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.axes = ComboBox()
        self.axes.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.axes.setMinimumContentsLength(5)
        self.labels = LayerChoice(viewer, napari.layers.Labels, none="no colours")
        self.labels.setToolTip("Colours the points by their object.")
        self.settings = QWidget()
        self.density = QCheckBox("Density of all pixels")
        self.density.setToolTip("All pixels as a heat map; else a sample as points.")
        self.words = QLabel(NOTHING)
        self.words.setWordWrap(True)
        self.view: _View | None = None
        self._shown: Source | None = None
        self._of_labels = self.connections()
        rows = rows_of_form()
        rows.addRow("Show", self.axes)
        rows.addRow("Colours", self.labels)
        rows.addRow(self.density)
        self.settings.setLayout(rows)
        lasso = self.plot_later(LassoPlot)
        self.column.addWidget(self.settings)
        self.column.addWidget(self.words)
        self.column.addLayout(lasso.place, 1)
        self.nothing = QWidget()  # fills the dock before there is a plot
        self.column.addWidget(self.nothing, 1)
        self.plot = lasso.get()
        self._projector = self.latest(self._project, self._projected, "project")
        self.axes.currentIndexChanged.connect(lambda _i: self.refresh())
        self.density.toggled.connect(lambda _on: self._draw())
        self.labels.layerChanged.connect(self._labels_chosen)
        self.plot.lassoed.connect(self._lassoed)
        self.follow(viewer.dims.events.point, self._frame_changed)
        self.follow(self.session.series_changed, self._series_changed)
        self._labels_chosen(self.labels.layer())
        self._series_changed(self.session.series)

    def _series_changed(self, series: EmbeddingSeries | None) -> None:
        before = self.axes.blockSignals(True)
        self.axes.clear()
        dim = 0 if series is None else series[0].dim
        if dim != 2:  # two channels are best looked at as they are
            self.axes.addItem("two principal components", None)
        for i in range(dim):
            for j in range(i + 1, dim):
                # The second across: where channels hold coordinates, they are y and x.
                self.axes.addItem(f"channels {j} and {i}", (j, i))
        self.axes.blockSignals(before)
        self.refresh()

    def refresh(self) -> None:
        """Show the embedding of the frame shown."""
        series, index = self.session.series, self.frame_shown()
        self._clear_lasso()
        there = series is not None
        for widget in (self.settings, self.plot):
            widget.setVisible(there)
        self.nothing.setVisible(not there)
        if series is None or index is None:
            self.view = None
            self.plot.show_points(np.zeros((2, 0)), None)
            return
        self._shown = self.source()
        threshold = self.session.config.foreground_threshold
        self._projector.ask(series, index, self.axes.currentData(), threshold)

    def _frame_changed(self, _event: object = None) -> None:
        series, view = self.session.series, self.view
        if (
            series is not None
            and series.shape
            and (view is None or view.index != self.frame_shown())
        ):
            self.refresh()

    @staticmethod
    def _project(
        series: EmbeddingSeries, index: Index, chosen: tuple[int, int] | None, threshold: float
    ) -> _View:
        """Project all foreground pixels; in a thread."""
        embedding = series.at(index)
        if chosen is None:
            some = projection.sample_pixels(embedding, threshold)
            project = projection.principal(projection.points_at(embedding, some), 2)
        else:
            project = projection.channels(embedding, chosen)
        pixels = projection.sample_pixels(embedding, threshold, most=2**31)
        flat = np.asarray(embedding.values).reshape(embedding.dim, -1)[:, pixels]
        points = project(flat.astype(np.float32, copy=False)).astype(np.float32)
        low, high = (points.min(axis=1), points.max(axis=1)) if points.size else ((0, 0), (1, 1))
        bounds = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        x, y = points.astype(np.float64)
        limits = [(bounds[0], bounds[2] + 1e-6), (bounds[1], bounds[3] + 1e-6)]
        histogram, _, _ = np.histogram2d(x, y, bins=BINS, range=limits)
        return _View(series, index, points, pixels, histogram.astype(np.float32), bounds)

    def _projected(self, view: _View) -> None:
        if view.series is self.session.series and view.index == self.frame_shown():
            self.view = view
            self._draw()

    def _owners(self, pixels: NDArray[np.intp]) -> NDArray[np.int64] | None:
        """Return the label of each pixel of the embedding's grid, or None without labels."""
        layer, view = self.labels.layer(), self.view
        if layer is None or view is None or pixels_of(layer).shape != view.series.label_shape:
            return None
        labels: IntArray = np.asarray(pixels_of(layer)[view.index])
        shape = view.series[0].shape
        return resample_labels(labels, shape).ravel()[pixels].astype(np.int64)

    def _draw(self) -> None:
        view = self.view
        if view is None:
            return
        if self.density.isChecked():
            self.plot.show_density(view.histogram, view.bounds)
            return
        step = max(1, -(-view.points.shape[1] // MOST_POINTS))
        some = slice(None, None, step)
        owners = self._owners(view.pixels[some])
        layer = self.labels.layer()
        colours, chosen = None, None
        if owners is not None:
            colours = (255 * layer.colormap.map(owners)).astype(np.uint8)
            colours[owners == 0] = (120, 120, 120, 120)
            chosen = owners == layer.selected_label
        self.plot.show_points(view.points[:, some], colours, chosen)

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        self._of_labels.clear()
        if layer is not None:
            self._of_labels.add(layer.events.selected_label, self._labels_changed)
            self._of_labels.add(layer.events.set_data, self._labels_changed)
        self._draw()

    def _labels_changed(self, _event: object = None) -> None:
        self._draw()

    def _lassoed(self, polygon: NDArray[np.float64]) -> None:
        view, source = self.view, self._shown
        if view is None or source is None or source.layer not in self.viewer.layers:
            return
        if len(polygon) < 3:
            self._clear_lasso()
            return
        inside = inside_polygon(view.points, polygon, view.bounds, BINS)
        shape = view.series[0].shape
        mask = np.zeros(int(np.prod(shape)), dtype=np.uint8)
        mask[view.pixels[inside]] = 1
        shown = resample_labels(mask.reshape(shape), view.series[0].image_shape)
        place = source.placement(view.series[0].axes)
        source.show(LASSO, shown, napari.layers.Labels, colormap=GLOW, opacity=0.6, **place)
        self.words.setText(f"{int(inside.sum())} of {len(inside)} pixels. Click once to clear.")

    def _clear_lasso(self) -> None:
        self.plot.clear_lasso()
        if self._shown is not None and self._shown.layer in self.viewer.layers:
            self._shown.remove(LASSO)
        self.words.setText(NOTHING if self.session.series is None else HINT)
