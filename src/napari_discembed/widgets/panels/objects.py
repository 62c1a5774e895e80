"""Group the pixels live, while the settings move."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_discembed.clustering import bandwidth_of, label_dtype
from napari_discembed.config import ClusteringConfig, clustering_config
from napari_discembed.imaging import count_objects
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.text import pluralize
from napari_discembed.types import Index, IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import move, show_labels
from napari_discembed.widgets.layers.colouring import ObjectColours
from napari_discembed.widgets.panels.clustering_form import ClusteringForm
from napari_discembed.widgets.panels.colour_by import KIND, OBJECT, ColourBy
from napari_discembed.widgets.panels.seeds import SeedChoice, SeedHint
from napari_discembed.widgets.qt.legend import Legend

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.plots import CountCurve

PREVIEW = "objects"
PATIENCE = 0.012
"""Seconds for which a slider that moves waits for its objects: they are drawn with it."""
RESTED = 300
"""Milliseconds after the last objects, when their thumbnail is drawn."""
_Curve = tuple[EmbeddingSeries, NDArray[np.float64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """Labels of a frame, and what they were asked of; no count where there are no points yet.

    The classes are by number, from 1; None where the model tells one.
    """

    series: EmbeddingSeries
    index: Index
    config: ClusteringConfig
    labels: IntArray
    count: int | None
    classes: IntArray | None = None


class ObjectsPanel(QWidget):
    """The second half of the Segment dock: settings, count, and the curve of the count."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock, self.session = dock, dock.session
        self._counts: dict[Index, int | None] = {}  # of the frames that show what the settings say
        self._asked: tuple[Index, ClusteringConfig] | None = None  # of the curve, last
        self.form = ClusteringForm(self.session.config)
        self.seeds = SeedChoice(dock)
        self.seed_hint = SeedHint(dock, self.seeds)
        self.count = QLabel("")
        self.count.setStyleSheet("font-size: 22pt; font-weight: bold;")
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setToolTip("Objects in the frame shown.")
        self.colour = ColourBy(OBJECT, KIND)
        self.legend, self.colours = Legend(), ObjectColours()
        self._classes: dict[Index, tuple[EmbeddingSeries, IntArray | None]] = {}
        self._curve = dock.plot_later(self._make_curve)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        below = (self.legend, self.colour, self.form, self.seeds, self.seed_hint)
        for widget in (self.count, *below):
            column.addWidget(widget)
        column.addLayout(self._curve.place)
        self._rested = QTimer(self)
        self._rested.setSingleShot(True)
        self._rested.setInterval(RESTED)
        self._rested.timeout.connect(self._draw_thumbnail)
        self._labels = dock.latest(self._group, self._show, "group", PATIENCE)
        self._curves = dock.latest(self._count, self._show_curve, "count")
        self.form.valueChanged.connect(self._settings_moved)
        self.colour.chosen.connect(lambda _what: self._show_kinds())
        dock.follow(self.session.kinds.changed, self._show_kinds)
        dock.tasks.at_end.append(self.colours.clear)
        self.seeds.seedsMoved.connect(self._seeds_moved)
        dock.follow(dock.viewer.dims.events.point, self._frame_changed)
        dock.follow(self.session.series_changed, self._series_changed)
        dock.follow(self.session.image_moved, self._image_moved)
        dock.follow(self.session.config_changed, self._config_changed)
        self._series_changed(self.session.series)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's way of naming
        """Return the size to begin with: as wide as with the settings, which may be hidden."""
        return super().sizeHint().expandedTo(QSize(self.form.sizeHint().width(), 0))

    def _make_curve(self) -> CountCurve:
        from napari_discembed.widgets.qt.plots import CountCurve

        curve = CountCurve()
        curve.bandwidthChosen.connect(self.set_bandwidth)
        return curve

    @property
    def curve(self) -> CountCurve:
        """The number of objects at each bandwidth."""
        return self._curve.get()

    @property
    def is_idle(self) -> bool:
        """Whether the preview shows what the settings say."""
        return self._labels.is_idle and self._curves.is_idle

    def preview(self) -> napari.layers.Labels | None:
        """Return the layer that follows the settings."""
        source = self.dock.source()
        return None if source is None else source.find(PREVIEW)

    def set_bandwidth(self, bandwidth: float) -> None:
        """Move the bandwidth, as the slider would."""
        self.session.config = self.session.config.model_copy(
            update={"bandwidth": round(bandwidth, 3)}
        )

    def refresh(self) -> None:
        """Group the frame shown anew."""
        series, config = self.session.series, self.session.config
        seeded, index = config.method == "seeded", self.dock.frame_shown()
        points = self.seeds.points().get(index) if seeded and index is not None else None
        self._show_parts(has_points=points is not None)
        if series is None or index is None:
            return
        self._labels.ask(series, index, config, points)
        if config.method == "density":
            self.curve.mark(bandwidth_of(config, series[0].space))

    def _show_parts(self, *, has_points: bool = False) -> None:
        """Show the parts that are of use: none before there is anything to group."""
        there, method = self.session.series is not None, self.session.config.method
        self.form.setVisible(there)
        self.count.setVisible(there)
        self._curve.show(visible=there and method == "density")
        self.seeds.setVisible(there and method == "seeded")
        self.seed_hint.setVisible(there and method == "seeded" and not has_points)

    def _seeds_moved(self) -> None:
        if self.session.config.method == "seeded":
            self._counts = {}
            self.refresh()

    def _image_moved(self) -> None:
        source, series = self.dock.source(), self.session.series
        preview = None if source is None else source.find(PREVIEW)
        if source is not None and series is not None and preview is not None:
            move(preview, source.placement(series.label_axes))

    def _settings_moved(self, config: ClusteringConfig) -> None:
        self.session.note(committed=False, counted=False)  # other objects than those
        self.session.config = config

    def _config_changed(self, config: ClusteringConfig) -> None:
        """Follow the settings, whoever set them."""
        if config != self.form.value():
            self.form.setValue(config)
        if self.session.series is not None:
            self._counts = {}
            self.refresh()
            self._ask_curve()

    def _ask_curve(self) -> None:
        series, index = self.session.series, self.dock.frame_shown()
        config = self.session.config.model_copy(update={"bandwidth": None})  # it goes through all
        if series is None or index is None or config.method != "density":
            return
        if (index, config) != self._asked:
            self._asked = (index, config)
            self._curves.ask(series, index, config)

    def _series_changed(self, series: EmbeddingSeries | None) -> None:
        self._classes = {}
        self._show_kinds()
        self.form.setEnabled(series is not None)
        if series is None:
            self.count.setText("-")
            self.session.note(found=None, committed=False, counted=False)
            curve = self._curve.if_made()
            if curve is not None:
                curve.clear_curve()
            self._show_parts()
            return
        self._counts, self._asked = {}, None
        self.form.setValue(self.session.config)
        self.form.fit(series[0], (series.config, series.one_setting))
        self.refresh()
        self._ask_curve()

    def _frame_changed(self, _event: object = None) -> None:
        if self.session.series is None or not self.session.series.shape:
            return
        index = self.dock.frame_shown()
        if index is not None and index in self._counts:
            self._show_count(self._counts[index])
            self._show_kinds()
            self._show_parts(has_points=self._counts[index] is not None)
        else:
            self.refresh()
        self._ask_curve()

    # In threads of their own

    @staticmethod
    def _group(
        series: EmbeddingSeries,
        index: Index,
        config: ClusteringConfig,
        points: NDArray[np.float64] | None,
    ) -> _Answer:
        if config.method == "seeded" and points is None:
            nothing = np.zeros(series[0].image_shape, dtype=np.int32)
            return _Answer(series, index, config, nothing, None)
        labels = series.labels(index, config, points)
        classes = series.classes(index, labels) if series.kinds else None
        return _Answer(series, index, config, labels, count_objects(labels), classes)

    @staticmethod
    def _count(series: EmbeddingSeries, index: Index, config: ClusteringConfig) -> _Curve:
        return series, *series.curve(index, config)

    # Back in the interface's

    def _show(self, answer: _Answer) -> None:
        source = self.dock.source()
        if source is None or answer.series is not self.session.series:
            return
        if answer.config == self.session.config:  # else the next answer is on its way
            self._counts[answer.index] = answer.count
        if answer.index == self.dock.frame_shown():
            self._show_count(answer.count)
        place, layer = source.placement(answer.series.label_axes), source.find(PREVIEW)
        if layer is not None and layer.data.shape == answer.series.label_shape:
            move(layer, place)
            show_labels(layer, answer.index, answer.labels)
            self._rested.start()
            self._show_kinds(answer)
            return
        # Of 16 bits where that is enough: more are reduced to 8 by napari, at each drawing.
        dtype = label_dtype(int(answer.labels.max(initial=0)))
        data = np.zeros(answer.series.label_shape, dtype)
        data[answer.index] = answer.labels
        source.show(PREVIEW, data, napari.layers.Labels, opacity=0.5, **place)
        self._show_kinds(answer)

    def _show_kinds(self, answer: _Answer | None = None) -> None:
        """Count the objects of the frame shown by kind, and colour them so if that is chosen."""
        index, kinds = self.dock.frame_shown(), self.session.kinds
        if answer is not None:
            self._classes[answer.index] = answer.series, answer.classes
        series, classes = (
            self._classes.get(index, (None, None)) if index is not None else (None, None)
        )
        self.colour.setVisible(classes is not None)
        if series is None or classes is None:
            self.legend.show_kinds([])
            self.colours.clear()
            return
        numbers = np.flatnonzero(classes) + 1
        of = [kinds.kind(series.kinds[c - 1].name) for c in classes[numbers - 1]]
        self.legend.show_kinds(kinds.all, Counter(kind.name for kind in of))
        layer = self.preview()
        if layer is None or self.colour.value() != KIND:
            self.colours.clear()
            return
        colours = np.array([(*kind.rgb, 1.0) for kind in of]).reshape(-1, 4)
        self.colours.show(layer, numbers.astype(np.int64), colours)

    def _draw_thumbnail(self) -> None:
        preview = self.preview()
        if preview is not None:
            preview.refresh(data_displayed=False, extent=False, highlight=False)

    def _show_count(self, count: int | None) -> None:
        self.count.setText("-" if count is None else pluralize(count, "object"))
        self.session.note(found=count)

    def _show_curve(self, answer: _Curve) -> None:
        series, bandwidths, counts = answer
        if series is self.session.series:
            one = series.one_setting or series.config
            config = clustering_config(bandwidth=getattr(one, "bandwidth", None))
            suggested = bandwidth_of(config, series[0].space)
            self.curve.show_curve(bandwidths, counts, suggested)
