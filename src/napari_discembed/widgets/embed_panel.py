"""Choose an image and a model, and embed the one with the other."""

from __future__ import annotations

from typing import Any

import napari.layers
from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_discembed.progress import Progress
from napari_discembed.session.state import EmbeddingSeries, embed_series
from napari_discembed.widgets.choices import ModelChoice
from napari_discembed.widgets.context import Dock
from napari_discembed.widgets.image_choice import ImageChoice
from napari_discembed.widgets.jobs import Worker
from napari_discembed.widgets.layers import image_of
from napari_discembed.widgets.preferences import tile_config

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")
"""Events of a layer that is moved."""


class EmbedPanel(QWidget):
    """The first half of the Segment dock.

    Attributes
    ----------
    source
        The image layer that the session's series is of.
    axes
        Its axes.
    """

    embedded = Signal()
    moved = Signal()
    """The image layer lies elsewhere now."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.source: napari.layers.Image | None = None
        self.axes = ""
        self._worker: Worker | None = None
        self._rows = QFormLayout()
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.image = ImageChoice(dock.viewer, self._rows)
        self.model = ModelChoice()
        self.diameter = QDoubleSpinBox()
        self.diameter.setRange(0, 10_000)
        self.diameter.setDecimals(1)
        self.diameter.setSpecialValueText("measured")
        self.diameter.setSuffix(" px")
        self.diameter.setToolTip(
            "Typical object diameter in this image. 0: measured, by a first look at the image."
        )
        self.button = QPushButton("Embed")
        self.button.setToolTip("Run the network over the image, tile by tile.")
        self.cancel = QPushButton("Cancel")
        self.bar = QProgressBar()
        self._lay_out()
        self.button.clicked.connect(self.embed)
        self.cancel.clicked.connect(self._cancel)
        dock.viewer.layers.events.removed.connect(self._layer_removed)
        dock.tasks.at_end.append(self._unfollow)
        dock.session.model_trained.connect(self._model_trained)
        dock.tasks.at_end.append(lambda: dock.session.model_trained.disconnect(self._model_trained))
        self._take_up()

    def _take_up(self) -> None:
        """Go on with what was embedded before this dock was closed and opened again."""
        context = self.dock.context
        if context.model:
            self.model.choose(context.model)
            self.diameter.setValue(context.diameter or 0)
        if self.dock.session.series is not None and context.source in self.dock.viewer.layers:
            self.image.choose(context.source, context.axes, context.channel)
            self._follow(context.source)
            self.source, self.axes = context.source, context.axes

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows.addRow("Model", self.model)
        self._rows.addRow("Diameter", self.diameter)
        column.addLayout(self._rows)
        row = QHBoxLayout()
        row.addWidget(self.button, 2)
        row.addWidget(self.cancel, 1)
        column.addLayout(row)
        column.addWidget(self.bar)
        self.bar.setTextVisible(True)
        self._set_busy(busy=False)

    def _set_busy(self, *, busy: bool) -> None:
        self.button.setEnabled(not busy)
        self.cancel.setVisible(busy)
        self.bar.setVisible(busy)

    def _model_trained(self, model: str) -> None:
        self.model.refresh()
        self.model.choose(model)
        self.diameter.setValue(0)

    def embed(self) -> None:
        """Embed the chosen image, unless that is under way."""
        if self._worker is not None:
            return
        self.image.put_channels_first()
        layer, axes, channel = self.image.layer(), self.image.axes(), self.image.channel()
        model = self.model.model()
        if layer is None or axes is None or model is None:
            show_warning("Open an image of 2 to 5 axes first (File > Open), and choose a model.")
            return
        image = image_of(layer, axes, channel)
        self._follow(layer)
        self.source, self.axes = layer, axes
        context = self.dock.context
        diameter, tile = self.diameter.value() or None, tile_config()
        context.source, context.axes, context.channel = layer, axes, channel
        context.model, context.diameter = model, diameter
        self.dock.session.image = image
        self._set_busy(busy=True)
        self.bar.setRange(0, 0)
        self.bar.setFormat("")
        self._worker = self.dock.run(
            Worker(
                lambda: embed_series(image, model, diameter=diameter, tile=tile),
                f"Embed {layer.name}",
            ),
            on_result=lambda series: self._arrived(series, layer),
            on_progress=self._advance,
            on_end=self._ended,
        )

    def _advance(self, progress: Progress) -> None:
        if progress.fraction is not None:
            self.bar.setRange(0, 100)
            self.bar.setValue(int(100 * progress.fraction))
        self.bar.setFormat(progress.message)

    def _arrived(self, series: EmbeddingSeries, layer: napari.layers.Image) -> None:
        if layer is not self.source or layer not in self.dock.viewer.layers:
            return
        self.dock.session.series = series
        self.embedded.emit()

    def _ended(self) -> None:
        self._worker = None
        self._set_busy(busy=False)

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self.bar.setFormat("Stopping ...")

    def _follow(self, layer: napari.layers.Image) -> None:
        self._unfollow()
        layer.events.data.connect(self._data_changed)
        for event in PLACE:
            getattr(layer.events, event).connect(self._layer_moved)

    def _unfollow(self) -> None:
        if self.source is not None:
            self.source.events.data.disconnect(self._data_changed)
            for event in PLACE:
                getattr(self.source.events, event).disconnect(self._layer_moved)

    def _layer_moved(self, _event: object = None) -> None:
        self.moved.emit()

    def _data_changed(self, _event: object = None) -> None:
        self._forget("The image was changed. Press Embed again.")

    def _layer_removed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        if event.value is self.source:
            self._forget("The image layer was removed, and its embedding with it.")

    def _forget(self, words: str) -> None:
        """Drop what belongs to pixels that are no longer there."""
        busy = self._worker is not None
        self._cancel()
        if self.source is None:
            return
        self._unfollow()
        self.source = self.dock.context.source = None
        if (busy or self.dock.session.series is not None) and self.isVisible():
            show_info(words)
        self.dock.session.image = None
