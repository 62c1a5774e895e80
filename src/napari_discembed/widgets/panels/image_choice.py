"""Choose an image, and say how it is read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import napari.layers
from napari.components import ViewerModel
from napari.utils.notifications import show_info
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QFormLayout, QLabel

from napari_discembed.catalogue import ModelInput, model_input
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes
from napari_discembed.types.readings import reading_words
from napari_discembed.widgets.layers import (
    READ_AS,
    READ_CHANNEL,
    SAME_PIXELS,
    axes_choices,
    channel_choices,
    channels_first,
    layer_by_id,
    pixels_of,
)
from napari_discembed.widgets.panels.choices import LayerChoice, ModelChoice
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.sessions import session_of


class ImageChoice(QObject):
    """Rows of a form: an image layer, what its axes are taken for, and its channel.

    Parameters
    ----------
    viewer
        Whose layers.
    rows
        The form; axes and channel are hidden where there is nothing to choose.
    of_movies
        Whether movies are asked for: what may have a time axis is guessed to have one.

    Attributes
    ----------
    layers, axes_box, channel_box
        The boxes.
    guess
        Says whether the axes are a guess.
    """

    def __init__(self, viewer: ViewerModel, rows: QFormLayout, *, of_movies: bool = False) -> None:
        super().__init__(rows)
        self._viewer, self._rows, self._of_movies = viewer, rows, of_movies
        self.layers = LayerChoice(viewer, napari.layers.Image, results=False)
        self.layers.setToolTip("The image to find objects in.")
        self.axes_box, self.channel_box = ComboBox(), ComboBox()
        self.guess = QLabel()
        self._model: ModelInput | None = None
        self._adapts = False
        self.axes_box.setToolTip("What the axes are taken for, all over this image.")
        self.channel_box.setToolTip("The channel that shows the objects, or all.")
        rows.addRow("Image", self.layers)
        for widget in (self.guess, self.axes_box):
            rows.addRow(widget)
        rows.addRow("Channel", self.channel_box)
        self.layers.layerChanged.connect(self._layer_chosen)
        self.axes_box.currentIndexChanged.connect(self._axes_chosen)
        self.channel_box.currentIndexChanged.connect(self._channel_chosen)
        self._session = session_of(viewer)
        self.layers.activated.connect(self._by_hand)
        self.layers.choose(layer_by_id(viewer, self._session.chosen))
        self._session.layer_read.connect(self._read_anew)
        self._session.reading_changed.connect(self._reading_changed)
        self._telling = False
        viewer.layers.events.inserted.connect(self._follow_pixels, position="last")
        self._layer_chosen(self.layers.layer())

    def follow_model(self, choice: ModelChoice, *, adapts: bool = False) -> None:
        """Guess by what the chosen model takes, too; one that `adapts` learns other channels."""
        self._adapts = adapts
        choice.modelChanged.connect(self._model_chosen)
        self._model_chosen(choice.model())

    def _model_chosen(self, model: str | None) -> None:
        taken = None if model is None else model_input(model)
        if taken != self._model:
            self._model = taken
            self._layer_chosen(self.layer())

    def layer(self) -> Any:  # noqa: ANN401 - an image layer or None
        """Return the chosen layer, or None."""
        return self.layers.layer()

    def axes(self) -> Axes | None:
        """Return the layer's axes; None where it has too many, or there is none."""
        letters = self.axes_box.currentData()  # Qt keeps no type of its own for a text
        return None if letters is None else Axes(letters)

    def channel(self) -> int | None:
        """Return the channel to take alone; None for all."""
        channel: int | None = self.channel_box.currentData()
        return channel

    def choose(
        self, layer: napari.layers.Image, axes: str | None = None, channel: int | None = None
    ) -> None:
        """Choose a layer and how it is read; None for the likeliest axes, and for all channels."""
        self.layers.choose(layer)
        self.axes_box.setCurrentIndex(
            max(0, self.axes_box.findData(None if axes is None else str(axes)))
        )
        self.channel_box.setCurrentIndex(max(0, self.channel_box.findData(channel)))

    def put_channels_first(self) -> None:
        """Choose a layer of the same pixels that results can lie upon, where this one cannot."""
        layer, axes, channel = self.layer(), self.axes(), self.channel()
        if layer is None or axes is None:
            return
        new, swapped = channels_first(self._viewer, layer, axes)
        if new is not layer:
            show_info(
                f"{layer.name} is shown with its channels first now: napari lays layers over each "
                "other from the last axis on."
            )
            self.choose(new, swapped, channel)

    def _by_hand(self, _index: int) -> None:
        """Take note of what a person chose: a dock that is opened later begins with it."""
        layer = self.layer()
        self._session.chosen = "" if layer is None else str(layer.unique_id)

    def _follow_pixels(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        """Choose the layer that shows the chosen one's pixels in another order, once it comes."""
        layer, same = self.layer(), event.value.metadata.get(SAME_PIXELS)
        if layer is not None and same is not None and same[0] == str(layer.unique_id):
            self.layers.choose(event.value)

    def _layer_chosen(self, layer: napari.layers.Image | None) -> None:
        before = self.axes_box.blockSignals(True)
        self.axes_box.clear()
        for axes in [] if layer is None else axes_choices(layer, self._model):
            self.axes_box.addItem(reading_words(axes, pixels_of(layer).shape), str(axes))
        if layer is not None and READ_AS not in layer.metadata:
            self.axes_box.setCurrentIndex(self._likeliest(layer))
        self.axes_box.blockSignals(before)
        for widget in (self.guess, self.axes_box):
            self._rows.setRowVisible(widget, self.axes_box.count() > 1)
        self._show_guess(layer)
        self._list_channels()

    def _likeliest(self, layer: napari.layers.Image) -> int:
        """Return which of the offered axes a layer has: those that it was embedded with, if any."""
        reading, offered = self._session.reading, range(self.axes_box.count())
        if reading is not None and reading.layer_id == str(layer.unique_id):
            return max(0, self.axes_box.findData(str(reading.axes)))
        timed = (i for i in offered if Axes(self.axes_box.itemData(i) or "").has_time)
        return next(timed, 0) if self._of_movies else 0

    def _show_guess(self, layer: napari.layers.Image | None) -> None:
        said = layer is not None and READ_AS in layer.metadata
        self.guess.setText("Read as" if said else "Looks like (or choose)")

    def _axes_chosen(self, _index: int) -> None:
        layer, axes = self.layer(), self.axes()
        if layer is not None and axes is not None:
            layer.metadata[READ_AS] = str(axes)
            self._show_guess(layer)
            self._tell(layer)
        self._list_channels()

    def _tell(self, layer: napari.layers.Image) -> None:
        """Let the other docks know."""
        self._telling = True
        self._session.layer_read.emit(str(layer.unique_id))
        self._telling = False

    def _read_anew(self, layer_id: str) -> None:
        with suppress(RuntimeError):  # a dock that was closed
            layer = self.layer()
            if not self._telling and layer is not None and str(layer.unique_id) == layer_id:
                self._layer_chosen(layer)

    def _reading_changed(self, reading: LayerReading | None) -> None:
        if reading is not None:
            self._read_anew(reading.layer_id)

    def _channel_chosen(self, _index: int) -> None:
        layer = self.layer()
        if layer is not None:
            layer.metadata[READ_CHANNEL] = self.channel()
            self._tell(layer)

    def _list_channels(self) -> None:
        layer, axes = self.layer(), self.axes()
        model = None if self._adapts else self._model
        choices: list[int | None] = [None]
        if layer is not None and axes is not None:
            choices = channel_choices(layer, axes, model)
        before = self.channel_box.blockSignals(True)
        self.channel_box.clear()
        for i in choices:
            self.channel_box.addItem("all" if i is None else str(i), i)
        said = None if layer is None else layer.metadata.get(READ_CHANNEL)
        self.channel_box.setCurrentIndex(max(0, self.channel_box.findData(said)))
        self.channel_box.blockSignals(before)
        self._rows.setRowVisible(self.channel_box, len(choices) > 1)
