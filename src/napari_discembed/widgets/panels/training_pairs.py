"""Choose what to fine-tune on: images, their labels, and what is known of the rest."""

from __future__ import annotations

import napari.layers
import numpy as np
from napari.utils.notifications import show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_discembed.imaging import estimate_diameter
from napari_discembed.types import IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    BACKGROUND,
    COMPLETE,
    FRAMES,
    PAINTED,
    Source,
    frame_axes,
    pixels_of,
)
from napari_discembed.widgets.layers.pairs import (
    USUAL_BACKGROUND,
    Pair,
    axes_for,
    background_of,
    with_free_background,
    with_one_background,
)
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.chosen import Chosen
from napari_discembed.widgets.panels.image_choice import ImageChoice
from napari_discembed.widgets.panels.more_pairs import MorePairs
from napari_discembed.widgets.panels.painted import PaintedList
from napari_discembed.widgets.panels.painted_kinds import PaintedKinds
from napari_discembed.widgets.qt.form import rows_of_form

MEASURE_AFTER = 300
"""Milliseconds after the last stroke."""
MEASURED_LIVE = 2**24
"""Pixels up to which what is painted is measured while painting; of more, once it is chosen."""


class TrainingPairs(QWidget):
    """The upper half of the Fine-tune dock."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self._dock, self.viewer = dock, dock.viewer
        viewer = dock.viewer
        self._of_labels = dock.connections()
        self._rows = rows_of_form()
        self.image = ImageChoice(viewer, self._rows)
        self.labels = LayerChoice(
            viewer, napari.layers.Labels, none="new layer", results=False, eager=True
        )
        self.labels.setToolTip("Where a few whole objects are painted, each with its own number.")
        self.object_button = QPushButton("Paint an object")
        self.object_button.setToolTip("Take the brush to paint an object, in a colour of its own.")
        self.background_button = QPushButton("Paint background")
        self.background_button.setToolTip("Take the brush to scribble over what is no object.")
        dock.keys.bind("object", self.object_button)
        dock.keys.bind("background", self.background_button)
        self.background = QSpinBox()
        self.background.setRange(0, 65535)
        self.background.setSpecialValueText("none")
        self.background.setToolTip(
            "The number in the Labels layer that background is scribbled with."
        )
        self.complete = QCheckBox("Every object is painted")
        self.complete.setToolTip(
            "All that is not painted is background, then; else it is left open."
        )
        self.diameter = QDoubleSpinBox()
        self.diameter.setRange(0, 10_000)
        self.diameter.setDecimals(1)
        self.diameter.setSuffix(" px")
        self.diameter.setSpecialValueText("as painted")
        self.diameter.setToolTip(
            "How large the objects are (diameter), measured on what is painted. Unless you type "
            "another, a model that finds the painted objects by itself keeps the size it sees."
        )
        self.more = MorePairs(dock, self._shown)
        self.more_rows = rows_of_form()
        self.painted = PaintedList(dock)
        self.kinds = PaintedKinds(dock, self.labels)
        self._measured = 0.0
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(MEASURE_AFTER)
        self._soon.timeout.connect(self.measure)
        self._lay_out()
        self.labels.layerChanged.connect(self._labels_chosen)
        self.image.layers.layerChanged.connect(self._note)
        self.background.valueChanged.connect(self._background_set)
        self.complete.toggled.connect(self._complete_set)
        self.kinds.wanted.connect(self.paint_object)
        self.kinds.changed.connect(self._list)
        self.object_button.clicked.connect(self.paint_object)
        self.background_button.clicked.connect(self.paint_background)
        self._labels_chosen(self.labels.layer())

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._rows.addRow("Paint in", self.labels)
        column.addLayout(self._rows)
        paint = (self.object_button, self.background_button)
        for widget in (self.kinds.panel, *paint, self.painted, self.complete):
            column.addWidget(widget)
        inner = QWidget()
        inner.setLayout(self.more_rows)
        self.more_rows.addRow("Typical size", self.diameter)
        self.more_rows.addRow("Background", self.background)
        for title, widget in (("More", inner), ("More images, validation", self.more)):
            folded = QCollapsible(title)
            folded.addWidget(widget)
            column.addWidget(folded)

    def _labels_chosen(self, layer: napari.layers.Labels | None) -> None:
        self._of_labels.clear()
        if layer is None:
            return
        self._of_labels.add(layer.events.paint, self._painted_on)
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
            self._note()

    def _painted_on(self, _event: object = None) -> None:
        """Measure again after each stroke of the brush, a little later."""
        layer = self.labels.layer()
        if layer is not None and np.prod(np.shape(pixels_of(layer))) <= MEASURED_LIVE:
            self._soon.start()

    def measure(self) -> None:
        """List what is painted, and show its diameter unless another was typed."""
        self.kinds.say()
        self._list()
        self._note()
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

    def _list(self) -> None:
        self.painted.show_layer(self.labels.layer(), self.background.value())

    def _note(self, _what: object = None) -> None:
        """Tell the session how much is painted."""
        layer, session = self.labels.layer(), self._dock.session
        complete = layer is not None and bool(layer.metadata.get(COMPLETE))
        image = self.image.layer()
        session.turn_situation("" if image is None else image.name, session.situation.model)
        before, n = session.situation, len(self.painted.objects)
        session.note(
            painted=n,
            background=complete or self.painted.has_background,
            learnt=before.learnt and n == before.painted,
        )

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
        if top == 0:  # else it may hold objects that were found
            layer.metadata.setdefault(PAINTED, True)
        self.kinds.say_next(following)
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
            kept = axes.without_channels()
            layer = napari.layers.Labels(
                np.zeros(axes.shape(pixels_of(image).shape, kept), np.uint16),
                name=f"{image.name} painted",
                metadata={FRAMES: str(kept.frames())} if kept.has_time else {},
                **Source(self.viewer, image, axes).placement(kept),
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
        return Pair(image, fitting, channel if fitting.has_channels else None, labels)

    def value(self) -> Chosen | None:
        """Return what is chosen, or None where an image or labels are missing."""
        shown = self._shown()
        if shown is None:
            return None
        pairs = [shown, *self.more.others(shown)]
        examples = self.kinds.examples(pairs)
        painted, complete, background = with_one_background(pairs)
        validation = self.more.validation()
        if validation is not None:
            pairs.append(validation)
            # What is no object there is background; its number may be another.
            truth = validation.painted
            truth = np.where(truth == background_of(validation.labels), 0, truth)
            painted, background = with_free_background([*painted, truth], background)
        classes = self.kinds.classes(examples, None if validation is None else painted[-1])
        return Chosen(
            [pair.picture for pair in pairs],
            painted,
            int(validation is not None),
            complete,
            background or None,
            self.diameter.value() if self._is_typed() else None,
            Source(self.viewer, shown.image, shown.axes),
            examples,
            classes,
            self.kinds.told,
        )
