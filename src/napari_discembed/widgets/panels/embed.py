"""Choose an image and a model, and embed the one with the other."""

from __future__ import annotations

from typing import Any

from napari.utils.notifications import show_info, show_warning
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
from napari_discembed.session.embeddings import EmbeddingSeries, embed_series
from napari_discembed.session.state import LayerReading
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import axes_choices, image_of, layer_by_id
from napari_discembed.widgets.panels.choices import ModelChoice
from napari_discembed.widgets.panels.image_choice import ImageChoice
from napari_discembed.widgets.qt.jobs import Worker

PLACE = ("scale", "translate", "rotate", "shear", "affine", "units")
"""Events of a layer that is moved."""


class EmbedPanel(QWidget):
    """The first half of the Segment dock: gives the session an image and its embeddings."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self._of_layer = dock.connections()
        self._worker: Worker | None = None
        self._rows = QFormLayout()
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.image = ImageChoice(dock.viewer, self._rows)
        self.model = ModelChoice()
        self.image.follow_model(self.model)
        self.diameter = QDoubleSpinBox()
        self.diameter.setRange(0, 10_000)
        self.diameter.setDecimals(1)
        self.diameter.setSpecialValueText("estimated")
        self.diameter.setSuffix(" px")
        self.diameter.setToolTip(
            "Typical object diameter in this image. 0: estimated on the image."
        )
        self.button = QPushButton("Embed")
        self.button.setToolTip("Run the network over the image, tile by tile.")
        dock.keys.bind("find", self.button)
        self.cancel = QPushButton("Cancel")
        self.bar = QProgressBar()
        self._lay_out()
        self.button.clicked.connect(self.embed)
        self.cancel.clicked.connect(self._cancel)
        dock.follow(dock.viewer.layers.events.removed, self._layer_removed)
        dock.follow(dock.session.reading_changed, self._follow_layer)
        dock.follow(dock.session.model_offered, self._model_offered)
        dock.follow(dock.session.image_wanted, self._embed_wanted)
        self._take_up()

    def _take_up(self) -> None:
        """Go on with what was embedded before this dock was closed and opened again."""
        session, source = self.dock.session, self.dock.source()
        if session.model:
            self.model.choose(session.model)
            self.diameter.setValue(session.diameter or 0)
        if session.series is not None and session.reading is not None and source is not None:
            self.image.choose(source.layer, source.axes, session.reading.channel)
            self._follow_layer()
        if session.offered:
            self._model_offered(session.offered)
        self._embed_wanted()

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

    def _model_offered(self, model: str) -> None:
        self.model.refresh()
        self.model.choose(model)
        self.diameter.setValue(0)

    def _embed_wanted(self) -> None:
        """Embed the image that the session wants, read as the one before if it can be."""
        session = self.dock.session
        layer, before = layer_by_id(self.dock.viewer, session.wanted), session.reading
        if layer is None or self._worker is not None:
            return
        session.wanted = ""
        if before is not None and before.axes in axes_choices(layer):
            self.image.choose(layer, before.axes, before.channel)
        else:
            self.image.choose(layer)
        self.embed()

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
        session, diameter, tile = self.dock.session, self.diameter.value() or None, tile_config()
        session.model, session.diameter, session.offered = model, diameter, ""
        session.reading = reading = LayerReading(str(layer.unique_id), axes, channel)
        session.image = image
        self._set_busy(busy=True)
        self.bar.setRange(0, 0)
        self.bar.setFormat("")
        self._worker = self.dock.run(
            Worker(
                lambda: embed_series(image, model, diameter=diameter, tile=tile),
                f"Embed {layer.name}",
            ),
            on_result=lambda series: self._arrived(series, reading),
            on_progress=self._advance,
            on_end=self._ended,
        )

    def _advance(self, progress: Progress) -> None:
        if progress.fraction is not None:
            self.bar.setRange(0, 100)
            self.bar.setValue(int(100 * progress.fraction))
        self.bar.setFormat(progress.message)

    def _arrived(self, series: EmbeddingSeries, reading: LayerReading) -> None:
        session = self.dock.session
        if reading == session.reading and session.image is not None:
            session.series = series

    def _ended(self) -> None:
        self._worker = None
        self._set_busy(busy=False)

    def _cancel(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self.bar.setFormat("Stopping ...")

    def _follow_layer(self, _reading: object = None) -> None:
        self._of_layer.clear()
        source = self.dock.source()
        if source is not None:
            events = source.layer.events
            self._of_layer.add(events.data, self._data_changed)
            for name in PLACE:
                self._of_layer.add(getattr(events, name), self._layer_moved)

    def _layer_moved(self, _event: object = None) -> None:
        self.dock.session.image_moved.emit()

    def _data_changed(self, _event: object = None) -> None:
        self._forget("The image was changed. Press Embed again.")

    def _layer_removed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        reading = self.dock.session.reading
        if reading is not None and str(event.value.unique_id) == reading.layer_id:
            self._of_layer.clear()
            self._forget("The image layer was removed, and its embedding with it.")

    def _forget(self, words: str) -> None:
        """Drop what belongs to pixels that are no longer there."""
        busy, session = self._worker is not None, self.dock.session
        self._cancel()
        if (busy or session.series is not None) and self.isVisible():
            show_info(words)
        session.image = None
