"""The size of a pixel: by a line of known length, drawn on the picture."""

from __future__ import annotations

import napari.layers
import numpy as np
from napari.utils.notifications import show_warning
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from napari_discembed.reports.columns import SHORT_UNITS, short_unit
from napari_discembed.text import pluralize
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import find_result, remove_result, show_result
from napari_discembed.widgets.layers.outlines import keep_line_width
from napari_discembed.widgets.layers.placement import flat_placement
from napari_discembed.widgets.layers.scaling import (
    PIXEL,
    Place,
    is_scaled,
    lying_together,
    rescale,
    spatial_axes,
)
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.buttons import button

RULER = "scale line"
DRAW = "Draw a line over something of known length: a ruler, a pot, a colour card."


class _Ruler(napari.layers.Shapes):
    """Where a line is drawn."""

    def __init__(self, data: list[np.ndarray], **about: object) -> None:
        super().__init__(data, ndim=2, edge_color="#ffb000", **about)


class ScalePanel(QWidget):
    """Says the size of a pixel, and sets it for an image and its labels alike."""

    scaleChanged = Signal()  # noqa: N815 - Qt's way of naming signals

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.layer: napari.layers.Labels | None = None
        self._before: list[list[Place]] = []
        self._drawn_on: napari.layers.Labels | None = None
        self._of_ruler, self._of_layer = dock.connections(), dock.connections()
        self.words, self.line = QLabel(), QLabel(DRAW)
        for label in (self.words, self.line):
            label.setWordWrap(True)
        self.draw = button("Set ...", "Draw a line and say how long it is.", self.begin)
        self.undo = button("Undo", "Take the last change of the scale back.", self.take_back)
        self.clear = button("Clear", "Forget the scale: sizes are in pixels again.", self.forget)
        self.use = button("Use", "Set the scale.", self.apply)
        self.cancel = button("Cancel", "Set nothing.", self.end)
        self.length, self.unit = QDoubleSpinBox(), ComboBox()
        self.length.setRange(0.001, 1e6)
        self.length.setDecimals(3)
        self.length.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        self.length.setValue(10)
        self.length.setToolTip("How long the line is in truth.")
        for name, short in SHORT_UNITS.items():
            if name != PIXEL:
                self.unit.addItem(short, name)
        self.unit.setCurrentIndex(self.unit.findData("millimeter"))
        self.unit.setToolTip("Of that length.")
        self._lay_out()
        self.show_layer(None)

    def _lay_out(self) -> None:
        said, drawn, asked = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        said.addWidget(self.words, 1)
        for one in (self.draw, self.undo, self.clear):
            said.addWidget(one)
        drawn.addWidget(self.line, 1)
        drawn.addWidget(self.cancel)
        asked.addWidget(self.length, 1)
        asked.addWidget(self.unit)
        asked.addWidget(self.use)
        self._asking = QWidget()
        inner = QVBoxLayout(self._asking)
        inner.addLayout(drawn)
        inner.addLayout(asked)
        column = QVBoxLayout(self)
        column.addLayout(said)
        column.addWidget(self._asking)
        for layout in (inner, column):
            layout.setContentsMargins(0, 0, 0, 0)
        self._asking.hide()

    def show_layer(self, layer: napari.layers.Labels | None) -> None:
        """Say the scale of a layer, now and whenever it changes."""
        self.layer = layer
        self._of_layer.clear()
        if layer is not None:
            for event in (layer.events.scale, layer.events.units):
                self._of_layer.add(event, self._say)
        self._say()

    def _say(self, _event: object = None) -> None:
        layer = self.layer
        scaled = layer is not None and is_scaled(layer)
        self.draw.setEnabled(layer is not None)
        self.undo.setVisible(bool(self._before))
        self.clear.setVisible(scaled and not self._before)
        if layer is None or not scaled:
            self.words.setText("in pixels")
            return
        unit = short_unit(str(layer.units[-1]))
        self.words.setText(f"1 px = {abs(float(layer.scale[-1])):.4g} {unit}")

    def begin(self) -> None:
        """Let a person draw a line."""
        layer, viewer = self.layer, self.dock.viewer
        if layer is None:
            return
        self.end()
        ruler = show_result(viewer, layer, RULER, [], _Ruler, **flat_placement(layer))
        self._drawn_on = layer
        keep_line_width(viewer, ruler)
        self._of_ruler.add(ruler.events.data, self._measure)
        self._asking.show()
        self._measure()
        viewer.layers.selection.active = ruler
        ruler.mode = "add_line"

    def pixels(self) -> float:
        """Return how long the line is, in units of the layer as it lies now; 0 without one."""
        layer = self._drawn_on
        ruler = None if layer is None else find_result(self.dock.viewer, layer, RULER)
        if ruler is None or not len(ruler.data):
            return 0.0
        step = (np.asarray(ruler.data[-1])[-1] - np.asarray(ruler.data[-1])[0])[-2:]
        return float(np.linalg.norm(step * np.array(ruler.scale)[-2:]))

    def _measure(self, _event: object = None) -> None:
        layer, length = self._drawn_on, self.pixels()
        self.use.setEnabled(length > 0)
        if layer is None or length == 0:
            self.line.setText(DRAW)
            return
        self.line.setText(f"The line is {length / abs(float(layer.scale[-1])):.1f} px long. It is:")

    def apply(self) -> None:
        """Set the scale by the line."""
        layer, length = self._drawn_on, self.pixels()
        if layer is None or length == 0 or layer not in self.dock.viewer.layers:
            show_warning(DRAW)
            return
        self.end()
        self._set(layer, self.length.value() / length, str(self.unit.currentData()))

    def forget(self) -> None:
        """Give pixels the size of one again."""
        if self.layer is not None:
            self._set(self.layer, 1 / abs(float(self.layer.scale[-1])), PIXEL)

    def _set(self, layer: napari.layers.Labels, factor: float, unit: str) -> None:
        layers = lying_together(self.dock.viewer, layer)
        self._before.append(rescale(layers, factor, unit, spatial_axes(layer)))
        self._changed()
        self.words.setToolTip(f"Set for {pluralize(len(layers), 'layer')} of this size.")

    def take_back(self) -> None:
        """Undo the last change."""
        for place in self._before.pop() if self._before else []:
            if place.layer in self.dock.viewer.layers:
                place.restore()
        self._changed()

    def _changed(self) -> None:
        self._say()
        self.dock.viewer.reset_view()
        self.scaleChanged.emit()

    def end(self) -> None:
        """Take the line away."""
        self._of_ruler.clear()
        self._asking.hide()
        if self._drawn_on is not None:
            remove_result(self.dock.viewer, self._drawn_on, RULER)
            if self._drawn_on in self.dock.viewer.layers:
                self.dock.viewer.layers.selection.active = self._drawn_on
        self._drawn_on = None
