"""Group the pixels live, while the config move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_discembed import clustering
from napari_discembed.clustering.base import grid_min_size
from napari_discembed.config import ClusteringConfig, DensityConfig, MeanShiftConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging import object_sizes
from napari_discembed.session.state import EmbeddingSeries, Session
from napari_discembed.text import pluralize
from napari_discembed.types import Embedding, Index, IntArray
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.context import Dock
from napari_discembed.widgets.embed_panel import EmbedPanel
from napari_discembed.widgets.form import Form, Range
from napari_discembed.widgets.layers import (
    find_result,
    frame_shown,
    move,
    placement,
    show_result,
)
from napari_discembed.widgets.plots import CountCurve

FIELDS = ("method", "bandwidth", "merge_margin", "foreground_threshold", "seed_threshold",
          "min_size", "fill_holes", "split_parts")  # fmt: skip
RANGES = {
    "bandwidth": Range(0.05, 6),
    "merge_margin": Range(0, 4),
    "foreground_threshold": Range(0, 1),
    "seed_threshold": Range(0, 1),
    "min_size": Range(0, 1000, 0),
}
PREVIEW = "objects"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """Labels of a frame, and what they were asked of."""

    series: EmbeddingSeries
    index: Index
    config: ClusteringConfig
    labels: IntArray
    count: int


class ObjectsPanel(QWidget):
    """The second half of the Segment dock: config, count, and the curve of the count."""

    def __init__(self, dock: Dock, embed: EmbedPanel) -> None:
        super().__init__()
        self.dock, self.embed, self.session = dock, embed, dock.session
        self._counts: dict[Index, int] = {}  # of the frames that show what the config say
        self.form = Form(self.session.config, FIELDS, RANGES)
        self.seeds = LayerChoice(dock.viewer, napari.layers.Points, none="choose points")
        self.seeds.setToolTip("Points, one on each object, for the method 'seeded'.")
        self.count = QLabel("-")
        self.count.setStyleSheet("font-size: 22pt; font-weight: bold;")
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setToolTip("Objects in the frame shown.")
        self.curve = CountCurve()
        self._seeded: napari.layers.Points | None = None
        self._rounded: ClusteringConfig | None = None  # what was offered, as the form shows it
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.count, self.form, self.seeds, self.curve):
            column.addWidget(widget)
        self._labels = dock.latest(self._group, self._show, "group")
        self._curves = dock.latest(self._count, self._show_curve, "count")
        self.form.valueChanged.connect(self._config_moved)
        self.seeds.layerChanged.connect(self._seeds_chosen)
        self.curve.bandwidthChosen.connect(self.set_bandwidth)
        dock.viewer.dims.events.point.connect(self._frame_changed)
        self.session.series_changed.connect(self._series_changed)
        dock.tasks.at_end.append(
            lambda: self.session.series_changed.disconnect(self._series_changed)
        )
        dock.tasks.at_end.append(lambda: self._follow_seeds(None))
        embed.moved.connect(self._source_moved)
        self.session.config_changed.connect(self._config_set)
        dock.tasks.at_end.append(lambda: self.session.config_changed.disconnect(self._config_set))
        self._series_changed(self.session.series)

    @property
    def is_idle(self) -> bool:
        """Whether the preview shows what the config say."""
        return self._labels.is_idle and self._curves.is_idle

    def preview(self) -> napari.layers.Labels | None:
        """Return the layer that follows the config."""
        source = self.embed.source
        return None if source is None else find_result(self.dock.viewer, source, PREVIEW)

    def index(self) -> Index:
        """Return the frame that the viewer shows."""
        series, source = self.session.series, self.embed.source
        if series is None or source is None:
            return ()
        return frame_shown(self.dock.viewer, source, self.embed.axes, series)

    def placement(self, axes: str) -> dict[str, Any]:
        """Return where a layer of some of the image's axes lies."""
        source = self.embed.source
        return {} if source is None else placement(source, self.embed.axes, axes)

    def points(self) -> dict[Index, NDArray[np.float64]]:
        """Return the seeds ``(N, ndim)`` of each frame that has any, in pixels."""
        layer, source, series = self.seeds.layer(), self.embed.source, self.session.series
        if layer is None or source is None or series is None:
            return {}
        shape = series.label_shape
        ndim, frames = len(series[0].image_shape), len(series.shape)
        if layer.ndim < ndim:
            return {}
        missing = max(0, frames + ndim - layer.ndim)  # frame axes that it says nothing of
        found: dict[Index, list[NDArray[np.float64]]] = {}
        for point in layer.data:
            world = np.zeros(max(source.ndim, layer.ndim))
            world[-layer.ndim :] = layer.data_to_world(point)
            at = np.asarray(source.world_to_data(world[-source.ndim :]))[-ndim - frames :]
            nearest = tuple(round(float(p)) for p in at)
            if any(not 0 <= p < n for p, n in zip(nearest[missing:], shape[missing:], strict=True)):
                continue
            for first in np.ndindex(shape[:missing]):
                found.setdefault((*first, *nearest[missing:frames]), []).append(at[-ndim:])
        return {index: np.array(points) for index, points in found.items()}

    def set_bandwidth(self, bandwidth: float) -> None:
        """Move the bandwidth, as the slider would."""
        config = self.session.config.model_copy(update={"bandwidth": round(bandwidth, 3)})
        self.form.setValue(config)
        self._config_moved(config)

    def refresh(self) -> None:
        """Group the frame shown anew."""
        series = self.session.series
        config = self.session.config
        self.seeds.setVisible(config.method == "seeded")
        if series is None:
            return
        index = self.index()
        points = self.points().get(index) if config.method == "seeded" else None
        self._labels.ask(series, index, config, points)
        self.curve.setVisible(config.method == "density")
        if config.method == "density":
            self.curve.mark(clustering.bandwidth_of(config, series[0].space))

    def _seeds_chosen(self, layer: napari.layers.Points | None) -> None:
        self._follow_seeds(layer)
        self._seeds_moved()

    def _follow_seeds(self, layer: napari.layers.Points | None) -> None:
        if self._seeded is not None:
            self._seeded.events.data.disconnect(self._seeds_moved)
        if layer is not None:
            layer.events.data.connect(self._seeds_moved)
        self._seeded = layer

    def _seeds_moved(self, _event: object = None) -> None:
        if self.session.config.method == "seeded":
            self._counts = {}
            self.refresh()

    def _source_moved(self) -> None:
        preview, series = self.preview(), self.session.series
        if preview is not None and series is not None:
            move(preview, self.placement(series.label_axes))

    def _config_moved(self, config: ClusteringConfig) -> None:
        before = self.session.config
        self.session.config = config
        series = self.session.series
        if series is None:
            return
        self._counts = {}
        self.refresh()
        if before.model_copy(update={"bandwidth": config.bandwidth}) != config:
            self._ask_curve()

    def _config_set(self, config: ClusteringConfig) -> None:
        """Follow config that were not set here."""
        if self.session.series is not None and config != self.form.value():
            self.form.setValue(config)
            self._counts = {}
            self.refresh()
            self._ask_curve()

    def _ask_curve(self) -> None:
        if self.session.series is not None and self.session.config.method == "density":
            self._curves.ask(self.index(), self.session.config)

    def _series_changed(self, series: EmbeddingSeries | None) -> None:
        self.form.setEnabled(series is not None)
        self.curve.setEnabled(series is not None)
        if series is None:
            self.count.setText("-")
            return
        self._counts = {}
        config = self._starting_config(series)
        margins = series[0].margins
        self.form.setRange("bandwidth", round(0.1 * margins.pull, 2), 4 * margins.push)
        self.form.setRange("merge_margin", 0, 3 * margins.push)
        self.form.setRange("min_size", 0, max(100, 20 * (config.min_size or 0)))
        self.form.setValue(self.dock.context.offered or config)
        self._rounded = self.form.value()
        self.form.setValue(config)
        self.session.config = config
        self.refresh()
        self._ask_curve()

    def _starting_config(self, series: EmbeddingSeries) -> ClusteringConfig:
        """Return what the model recommends, with what a person has changed on the same model.

        What is left to the model, as the smallest object, is another number in another image.
        """
        context, embedding = self.dock.context, series[0]
        before = (context.offered or DensityConfig(), self._rounded)
        known = series.config is None or series.config == context.recommended
        context.recommended = series.config or context.recommended
        context.offered = explicit(context.recommended or DensityConfig(), embedding)
        restored, context.restored = context.restored, None
        if restored is not None:
            return explicit(restored, embedding)
        if not known:
            return context.offered
        config = self.session.config
        changed = {
            name: getattr(config, name)
            for name in FIELDS
            if all(getattr(config, name) != getattr(old, name) for old in before if old is not None)
        }
        return context.offered.model_copy(update=changed)

    def _frame_changed(self, _event: object = None) -> None:
        if self.session.series is None or not self.session.series.shape:
            return
        index = self.index()
        if index in self._counts:
            self._show_count(self._counts[index])
        else:
            self.refresh()
        self._ask_curve()

    # In threads of their own

    def _group(
        self,
        series: EmbeddingSeries,
        index: Index,
        config: ClusteringConfig,
        points: NDArray[np.float64] | None,
    ) -> _Answer | None:
        if config.method == "seeded" and points is None:
            nothing = np.zeros(series[0].image_shape, dtype=np.int32)
            return _Answer(series, index, config, nothing, 0)
        labels = _unless_replaced(
            self.session, series, lambda: self.session.labels(index, config, points)
        )
        if labels is None:
            return None
        return _Answer(series, index, config, labels, len(object_sizes(labels)))

    def _count(
        self, index: Index, config: ClusteringConfig
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        series = self.session.series
        return _unless_replaced(self.session, series, lambda: self.session.curve(index, config))

    # Back in the interface's

    def _show(self, answer: _Answer | None) -> None:
        source = self.embed.source
        if answer is None or source is None or answer.series is not self.session.series:
            return
        if answer.config == self.session.config:  # else the next answer is on its way
            self._counts[answer.index] = answer.count
        if answer.index == self.index():
            self._show_count(answer.count)
        layer = self.preview()
        if layer is not None and layer.data.shape == answer.series.label_shape:
            layer.visible = True
            move(layer, self.placement(answer.series.label_axes))
            if answer.index:
                layer.data[answer.index] = answer.labels
                layer.refresh(extent=False, thumbnail=False)
            else:
                layer.data = answer.labels
            return
        data = np.zeros(answer.series.label_shape, dtype=np.int32)
        data[answer.index] = answer.labels
        show_result(
            self.dock.viewer, source, PREVIEW, data, napari.layers.Labels,
            opacity=0.5, **self.placement(answer.series.label_axes),
        )  # fmt: skip

    def _show_count(self, count: int) -> None:
        self.count.setText(pluralize(count, "object"))

    def _show_curve(self, answer: tuple[NDArray[np.float64], NDArray[np.int64]] | None) -> None:
        if answer is not None:
            self.curve.show_curve(*answer)


def explicit(config: ClusteringConfig, embedding: Embedding) -> ClusteringConfig:
    """Return the config with a number in place of each that is left to the model."""
    ratio = float(np.prod(embedding.image_shape) / np.prod(embedding.shape))
    numbers = {"min_size": round(grid_min_size(config, embedding) * ratio)}
    if config.method != "hdbscan":
        numbers["bandwidth"] = clustering.bandwidth_of(config, embedding.space)
    if isinstance(config, DensityConfig | MeanShiftConfig):
        numbers["merge_margin"] = clustering.merge_margin_of(config, embedding.space)
    return config.model_copy(update=numbers)


def _unless_replaced(
    session: Session, series: EmbeddingSeries | None, answer: Callable[[], T]
) -> T | None:
    """Return an answer, or None where the embedding it is about went away meanwhile."""
    try:
        return answer()
    except InputError:
        if session.series is series:
            raise
        return None
