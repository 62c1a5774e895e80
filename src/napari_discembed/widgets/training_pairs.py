"""Choose what a network learns from: images, their labels, and what is known of the rest."""

from __future__ import annotations

from dataclasses import dataclass

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_discembed.errors import DiscembedError
from napari_discembed.preprocess import estimate_diameter
from napari_discembed.types import Image, IntArray
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.layers import axes_choices, image_of, placement

USUAL_BACKGROUND = 255
MEASURE_AFTER = 300
"""Milliseconds after the last stroke."""
MEASURED_LIVE = 2**24
"""Pixels up to which what is painted is measured while painting; of more, once it is chosen."""
BACKGROUND_KEY = "background_label"
"""Key in a Labels layer's metadata: the number that background is scribbled with."""

Pair = tuple[napari.layers.Image, napari.layers.Labels]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What to learn from.

    Attributes
    ----------
    images, labels
        Pairs, those for validation last.
    validation
        How many those are.
    complete
        Whether 0 in the labels means background.
    background_label
        The number of the scribble of background.
    diameter
        In pixels, if one was typed; None to measure it.
    shown
        The image layer of the first pair, and its axes.
    """

    images: list[Image]
    labels: list[IntArray]
    validation: int
    complete: bool
    background_label: int | None
    diameter: float | None
    shown: tuple[napari.layers.Image, str]


class TrainingPairs(QWidget):
    """The upper half of the Fine-tune dock."""

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.viewer = viewer
        self.image = LayerChoice(viewer, napari.layers.Image, results=False)
        self.labels = LayerChoice(
            viewer, napari.layers.Labels, none="new layer", results=False, eager=True
        )
        self.labels.setToolTip("Where a few whole objects are painted, each with its own number.")
        self.object_button = QPushButton("Paint an object")
        self.object_button.setToolTip("Take the brush with the next free number.")
        self.background_button = QPushButton("Paint background")
        self.background_button.setToolTip("Take the brush with the number of the background.")
        self.background = QSpinBox()
        self.background.setRange(0, 65535)
        self.background.setSpecialValueText("none")
        self.background.setToolTip("The number that background is scribbled with.")
        self.complete = QCheckBox("This image is complete (0 is background)")
        self.complete.setToolTip("Every object is painted; otherwise 0 means: not looked at.")
        self.diameter = QDoubleSpinBox()
        self.diameter.setRange(0, 10_000)
        self.diameter.setDecimals(1)
        self.diameter.setSuffix(" px")
        self.diameter.setSpecialValueText("as painted")
        self.diameter.setToolTip("Typical object diameter, measured on what is painted.")
        self.others = QListWidget()
        self.others.setMaximumHeight(70)
        self.others.setToolTip("Further pairs to learn from.")
        self.validation_image = LayerChoice(viewer, napari.layers.Image, none="none", results=False)
        self.validation_labels = LayerChoice(
            viewer, napari.layers.Labels, none="none", results=False
        )
        self._more: list[Pair] = []
        self._measured = 0.0
        self._watched: napari.layers.Labels | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(MEASURE_AFTER)
        self._soon.timeout.connect(self.measure)
        self._lay_out()
        self.labels.layerChanged.connect(self._labels_chosen)
        self.background.valueChanged.connect(self._painted_on)
        self.object_button.clicked.connect(self.paint_object)
        self.background_button.clicked.connect(self.paint_background)
        self._labels_chosen(self.labels.layer())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.addRow("Image", self.image)
        rows.addRow("Labels", self.labels)
        painting = QHBoxLayout()
        painting.addWidget(self.object_button)
        painting.addWidget(self.background_button)
        rows.addRow("", painting)
        rows.addRow("Background is", self.background)
        rows.addRow("", self.complete)
        rows.addRow("Diameter", self.diameter)
        column.addLayout(rows)
        more = QWidget()
        inner = QFormLayout(more)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        buttons = QHBoxLayout()
        for words, action in (("Add this pair", self.add_pair), ("Remove", self._remove_pair)):
            button = QPushButton(words)
            button.clicked.connect(action)
            buttons.addWidget(button)
        inner.addRow("Pairs", self.others)
        inner.addRow("", buttons)
        inner.addRow("Check on", self.validation_image)
        inner.addRow("with labels", self.validation_labels)
        folded = QCollapsible("More images, validation")
        folded.addWidget(more)
        column.addWidget(folded)

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        self.watch(layer)
        if layer is None:
            return
        number = layer.metadata.get(BACKGROUND_KEY)
        if number is None and (np.asarray(layer.data) == USUAL_BACKGROUND).any():
            objects = np.unique(np.asarray(layer.data))
            number = USUAL_BACKGROUND if len(objects) < USUAL_BACKGROUND else None
        self.background.setValue(int(number or 0))
        self.diameter.setValue(self._measured)
        self.measure()

    def watch(self, layer: napari.layers.Labels | None) -> None:
        """Measure again after each stroke of the brush, a little later."""
        if self._watched is not None:
            self._watched.events.paint.disconnect(self._painted_on)
        if layer is not None:
            layer.events.paint.connect(self._painted_on)
        self._watched = layer

    def _painted_on(self, _event: object = None) -> None:
        layer = self._watched
        if layer is not None and np.prod(np.shape(layer.data)) <= MEASURED_LIVE:
            self._soon.start()

    def measure(self) -> None:
        """Show the diameter of what is painted, unless another was typed."""
        if self._is_typed():
            return
        painted = self._painted()
        try:
            self.diameter.setValue(0.0 if painted is None else estimate_diameter(painted))
        except DiscembedError:
            self.diameter.setValue(0.0)
        self._measured = self.diameter.value()

    def _is_typed(self) -> bool:
        return self.diameter.value() not in (0.0, self._measured)

    def _painted(self) -> IntArray | None:
        layer = self.labels.layer()
        if layer is None:
            return None
        data = np.asarray(layer.data)
        return np.where(data == self.background.value(), 0, data)

    def paint_object(self) -> None:
        """Take the brush with the next free number, on a new layer where there is none."""
        layer = self._layer_to_paint()
        if layer is None:
            return
        painted = self._painted()
        top = 0 if painted is None else int(painted.max(initial=0))
        following = top + 1 if top + 1 != self.background.value() else top + 2
        layer.selected_label = following
        layer.mode = "paint"

    def paint_background(self) -> None:
        """Take the brush with the number of the background."""
        layer = self._layer_to_paint()
        if layer is None:
            return
        if self.background.value() == 0:
            self.background.setValue(USUAL_BACKGROUND)
        layer.selected_label = self.background.value()
        layer.metadata[BACKGROUND_KEY] = self.background.value()
        layer.mode = "paint"

    def _layer_to_paint(self) -> napari.layers.Labels | None:
        layer, image = self.labels.layer(), self.image.layer()
        if layer is None:
            if image is None:
                show_warning("Open an image first (File > Open).")
                return None
            axes = axes_choices(image)[0].replace("C", "")
            source = image_of(image, axes_choices(image)[0])
            layer = napari.layers.Labels(
                np.zeros(source.shape, np.uint16),
                name=f"{image.name} painted",
                **placement(image, axes_choices(image)[0], axes),
            )
            self.viewer.add_layer(layer)
            self.labels.choose(layer)
        self.viewer.layers.selection.active = layer
        return layer

    def add_pair(self) -> None:
        """Keep the chosen pair, so that another can be chosen beside it."""
        image, labels = self.image.layer(), self.labels.layer()
        if image is None or labels is None:
            show_warning("Choose an image and its Labels layer first.")
            return
        if not any(pair == (image, labels) for pair in self._more):
            self._more.append((image, labels))
            self.others.addItem(f"{image.name} + {labels.name}")

    def _remove_pair(self) -> None:
        row = self.others.currentRow()
        if row >= 0:
            self.others.takeItem(row)
            del self._more[row]

    def value(self) -> Chosen | None:
        """Return what is chosen, or None where an image or labels are missing."""
        image, labels = self.image.layer(), self.labels.layer()
        if image is None or labels is None:
            return None
        pairs: list[Pair] = [(image, labels)]
        there = self.viewer.layers
        pairs += [p for p in self._more if p != pairs[0] and p[0] in there and p[1] in there]
        check = (self.validation_image.layer(), self.validation_labels.layer())
        validation = 0
        if check[0] is not None and check[1] is not None:
            pairs.append(check)
            validation = 1
        axes = _axes_for(image, labels)
        return Chosen(
            [image_of(i, _axes_for(i, x)) for i, x in pairs],
            [np.asarray(x.data) for _, x in pairs],
            validation,
            self.complete.isChecked(),
            self.background.value() or None,
            self.diameter.value() if self._is_typed() else None,
            (image, axes),
        )


def _axes_for(image: napari.layers.Image, labels: napari.layers.Labels) -> str:
    """Return the axes of an image that fit its labels: channels, if they have an axis less."""
    possible = axes_choices(image)
    fitting = [a for a in possible if len(a.replace("C", "")) == labels.ndim]
    return (fitting or possible)[0]
