"""Choose what a network learns from: images, their labels, and what is known of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

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

from napari_discembed.imaging import estimate_diameter
from napari_discembed.types import Image, IntArray
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.image_choice import ImageChoice
from napari_discembed.widgets.layers import (
    BACKGROUND,
    COMPLETE,
    FRAMES,
    READ_CHANNEL,
    axes_choices,
    frame_axes,
    frames_said,
    image_of,
    pixels_of,
    placement,
)

USUAL_BACKGROUND = 255
MEASURE_AFTER = 300
"""Milliseconds after the last stroke."""
MEASURED_LIVE = 2**24
"""Pixels up to which what is painted is measured while painting; of more, once it is chosen."""


class Pair(NamedTuple):
    """An image layer, how it is read, and the layer of its labels."""

    image: napari.layers.Image
    axes: str
    channel: int | None
    labels: napari.layers.Labels

    @property
    def picture(self) -> Image:
        """The pixels."""
        return image_of(self.image, self.axes, self.channel)

    @property
    def painted(self) -> IntArray:
        """The labels."""
        return np.asarray(pixels_of(self.labels))


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
        self._rows = QFormLayout()
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.image = ImageChoice(viewer, self._rows)
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
        self.background.valueChanged.connect(self._background_set)
        self.complete.toggled.connect(self._complete_set)
        self.object_button.clicked.connect(self.paint_object)
        self.background_button.clicked.connect(self.paint_background)
        self._labels_chosen(self.labels.layer())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        rows = self._rows
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
        boxes = (self.background, self.complete)
        before = [box.blockSignals(True) for box in boxes]  # nothing is said of this layer
        self.background.setValue(background_of(layer))
        self.complete.setChecked(bool(layer.metadata.get(COMPLETE)))
        for box, was in zip(boxes, before, strict=True):
            box.blockSignals(was)
        self.diameter.setValue(self._measured)
        self.measure()

    def _background_set(self, number: int) -> None:
        layer = self.labels.layer()
        if layer is not None:
            layer.metadata[BACKGROUND] = number
        self._painted_on()

    def _complete_set(self, complete: bool) -> None:
        layer = self.labels.layer()
        if layer is not None:
            layer.metadata[COMPLETE] = complete

    def watch(self, layer: napari.layers.Labels | None) -> None:
        """Measure again after each stroke of the brush, a little later."""
        if self._watched is not None:
            self._watched.events.paint.disconnect(self._painted_on)
        if layer is not None:
            layer.events.paint.connect(self._painted_on)
        self._watched = layer

    def _painted_on(self, _event: object = None) -> None:
        layer = self._watched
        if layer is not None and np.prod(np.shape(pixels_of(layer))) <= MEASURED_LIVE:
            self._soon.start()

    def measure(self) -> None:
        """Show the diameter of what is painted, unless another was typed."""
        if self._is_typed():
            return
        layer, painted = self.labels.layer(), self._painted()
        found: list[float] = []
        if painted is not None:
            timed = len(frame_axes(layer) or "") if painted.ndim > 2 else 0
            n = max(timed, painted.ndim - 3)
            frames = painted.reshape(-1, *painted.shape[n:])
            found = [estimate_diameter(frame) for frame in frames if (frame > 0).any()]
        self.diameter.setValue(float(np.median(found)) if found else 0.0)
        self._measured = self.diameter.value()

    def _is_typed(self) -> bool:
        return self.diameter.value() not in (0.0, self._measured)

    def _painted(self) -> IntArray | None:
        layer = self.labels.layer()
        if layer is None:
            return None
        data = np.asarray(pixels_of(layer))
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
        layer.metadata[BACKGROUND] = self.background.value()
        layer.mode = "paint"

    def _layer_to_paint(self) -> napari.layers.Labels | None:
        layer = self.labels.layer()
        if layer is None:
            self.image.put_channels_first()
            image, axes = self.image.layer(), self.image.axes()
            if image is None or axes is None:
                show_warning("Open an image of 2 to 5 axes first (File > Open).")
                return None
            shape = pixels_of(image).shape
            kept = axes.replace("C", "")
            layer = napari.layers.Labels(
                np.zeros([shape[axes.index(a)] for a in kept], np.uint16),
                name=f"{image.name} painted",
                metadata={FRAMES: "T"} if "T" in kept else {},
                **placement(image, axes, kept),
            )
            self.viewer.add_layer(layer)
            self.labels.choose(layer)
        self.viewer.layers.selection.active = layer
        return layer

    def _shown(self) -> Pair | None:
        image, axes, labels = self.image.layer(), self.image.axes(), self.labels.layer()
        if image is None or axes is None or labels is None:
            return None
        channel = self.image.channel()
        fitting = axes_for(image, labels, axes)
        return Pair(image, fitting, channel if "C" in fitting else None, labels)

    def add_pair(self) -> None:
        """Keep the chosen pair, so that another can be chosen beside it."""
        shown = self._shown()
        if shown is None:
            show_warning("Choose an image and its Labels layer first.")
            return
        if not any(pair[::3] == shown[::3] for pair in self._more):
            self._more.append(shown)
            self.others.addItem(f"{shown.image.name} + {shown.labels.name}")

    def _remove_pair(self) -> None:
        row = self.others.currentRow()
        if row >= 0:
            self.others.takeItem(row)
            del self._more[row]

    def value(self) -> Chosen | None:
        """Return what is chosen, or None where an image or labels are missing."""
        shown = self._shown()
        if shown is None:
            return None
        there = self.viewer.layers
        pairs = [shown]
        pairs += [
            p for p in self._more if p[::3] != shown[::3] and p.image in there and p.labels in there
        ]
        painted, complete, background = _alike(pairs)
        image, labels = self.validation_image.layer(), self.validation_labels.layer()
        validation = 0
        if image is not None and labels is not None:
            axes = axes_for(image, labels)
            channel = image.metadata.get(READ_CHANNEL) if "C" in axes else None
            pairs.append(Pair(image, axes, channel, labels))
            truth = pairs[-1].painted
            # What is no object there is background; its number may be another.
            truth = np.where(truth == background_of(labels), 0, truth)
            painted, background = _with_free_background([*painted, truth], background)
            validation = 1
        return Chosen(
            [pair.picture for pair in pairs],
            painted,
            validation,
            complete,
            background or None,
            self.diameter.value() if self._is_typed() else None,
            (shown.image, shown.axes),
        )


def axes_for(
    image: napari.layers.Image, labels: napari.layers.Labels, chosen: str | None = None
) -> str:
    """Return axes of an image that fit its labels, those that were chosen if they do."""
    possible = axes_choices(image)
    fitting = [a for a in possible if len(a.replace("C", "")) == labels.ndim]
    frames = frames_said(labels.metadata, labels.axis_labels, labels.ndim)
    if frames:  # of time, though depth were the likelier guess
        fitting = [a for a in fitting if a.replace("C", "").startswith(frames)] or fitting
    return chosen if chosen in fitting and chosen is not None else (fitting or possible)[0]


def background_of(labels: napari.layers.Labels) -> int:
    """Return the number that background is scribbled with in a layer; 0 for none.

    Where nobody said, it is 255 if that stands apart from the objects' numbers.
    """
    known = labels.metadata.get(BACKGROUND)
    if known is not None:
        return int(known)
    painted = np.asarray(pixels_of(labels))
    largest = painted.max(initial=0) == USUAL_BACKGROUND
    apart = largest and not (painted == USUAL_BACKGROUND - 1).any()
    return USUAL_BACKGROUND if apart else 0


def _alike(pairs: list[Pair]) -> tuple[list[IntArray], bool, int]:
    """Bring labels to one number of background, and to one meaning of 0.

    Returns
    -------
    The labels, whether 0 means background in all of them, and the number of background or 0.
    """
    backgrounds = [background_of(pair.labels) for pair in pairs]
    wholes = [bool(pair.labels.metadata.get(COMPLETE)) for pair in pairs]
    painted = [pair.painted for pair in pairs]
    if len(set(backgrounds)) == len(set(wholes)) == 1:
        return painted, wholes[0], backgrounds[0]
    number = 1 + max(int(labels.max(initial=0)) for labels in painted)
    alike: list[IntArray] = []
    for labels, background, whole in zip(painted, backgrounds, wholes, strict=True):
        is_background = (labels == background) & (background > 0)
        if whole and not all(wholes):
            is_background |= labels == 0
        alike.append(np.where(is_background, number, labels.astype(np.int64)))
    return alike, all(wholes), number


def _with_free_background(painted: list[IntArray], background: int) -> tuple[list[IntArray], int]:
    """Return labels of which the last are truths without background, and a number they lack."""
    if not background or not (painted[-1] == background).any():
        return painted, background
    number = 1 + max(int(labels.max(initial=0)) for labels in painted)
    *taught, truth = painted
    moved = [np.where(x == background, number, x.astype(np.int64)) for x in taught]
    return [*moved, truth], number
