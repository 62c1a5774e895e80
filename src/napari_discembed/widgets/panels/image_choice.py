"""Choose an image, and say how it is read."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import napari.layers
from napari.components import ViewerModel
from napari.utils.notifications import show_info
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QComboBox, QFormLayout

from napari_discembed.types import Axes
from napari_discembed.widgets.layers import (
    READ_AS,
    READ_CHANNEL,
    SAME_PIXELS,
    axes_choices,
    channels_first,
    layer_by_id,
    n_channels,
)
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.sessions import session_of


class ImageChoice(QObject):
    """Three rows of a form: an image layer, what its axes are, and its channel.

    Parameters
    ----------
    viewer
        Whose layers.
    rows
        The form; axes and channel are hidden where there is nothing to choose.

    Attributes
    ----------
    layers, axes_box, channel_box
        The boxes.
    """

    def __init__(self, viewer: ViewerModel, rows: QFormLayout) -> None:
        super().__init__(rows)
        self._viewer, self._rows = viewer, rows
        self.layers = LayerChoice(viewer, napari.layers.Image, results=False)
        self.layers.setToolTip("The image to find objects in.")
        self.axes_box, self.channel_box = QComboBox(), QComboBox()
        self.axes_box.setToolTip("What the image's axes are, the first one outermost.")
        self.channel_box.setToolTip("The channel that shows the objects, or all.")
        rows.addRow("Image", self.layers)
        rows.addRow("Axes", self.axes_box)
        rows.addRow("Channel", self.channel_box)
        self.layers.layerChanged.connect(self._layer_chosen)
        self.axes_box.currentIndexChanged.connect(self._axes_chosen)
        self.channel_box.currentIndexChanged.connect(self._channel_chosen)
        self._session = session_of(viewer)
        self.layers.activated.connect(self._by_hand)
        self.layers.choose(layer_by_id(viewer, self._session.chosen))
        self._session.layer_read.connect(self._read_anew)
        self._telling = False
        viewer.layers.events.inserted.connect(self._follow_pixels, position="last")
        self._layer_chosen(self.layers.layer())

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
        for axes in [] if layer is None else axes_choices(layer):
            self.axes_box.addItem(axes.words, str(axes))
        self.axes_box.blockSignals(before)
        self._rows.setRowVisible(self.axes_box, self.axes_box.count() > 1)
        self._list_channels()

    def _axes_chosen(self, _index: int) -> None:
        layer, axes = self.layer(), self.axes()
        if layer is not None and axes is not None:
            layer.metadata[READ_AS] = str(axes)
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

    def _channel_chosen(self, _index: int) -> None:
        layer = self.layer()
        if layer is not None:
            layer.metadata[READ_CHANNEL] = self.channel()
            self._tell(layer)

    def _list_channels(self) -> None:
        layer, axes = self.layer(), self.axes()
        count = 0 if layer is None or axes is None else n_channels(layer, axes)
        before = self.channel_box.blockSignals(True)
        self.channel_box.clear()
        self.channel_box.addItem("all", None)
        for i in range(count):
            self.channel_box.addItem(str(i), i)
        said = None if layer is None else layer.metadata.get(READ_CHANNEL)
        self.channel_box.setCurrentIndex(max(0, self.channel_box.findData(said)))
        self.channel_box.blockSignals(before)
        self._rows.setRowVisible(self.channel_box, count > 0)
