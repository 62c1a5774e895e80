"""Learn from corrections, go on to the next image, and see how many corrections each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import napari.layers
import numpy as np
from napari.utils.notifications import show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QCheckBox, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.interaction.corrections import Corrections, LabelledPixels, laid_over
from napari_discembed.session.correcting import Corrected
from napari_discembed.session.examples import Example
from napari_discembed.text import pluralize
from napari_discembed.types import IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import BACKGROUND, COMPLETE, frame_axes, objects_of, pixels_of
from napari_discembed.widgets.layers.kinds import kind_image
from napari_discembed.widgets.layers.pairs import pair_of
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.next_image import NextImage
from napari_discembed.widgets.trainer import trainer_of

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.plots import CorrectionsPlot

COUNT_AFTER = 300
"""Milliseconds after the last change of the labels."""
COUNTED_LIVE = 2**24
"""Pixels up to which corrections are counted as they are made; of more, once they are learnt."""
CHANGES = ("labels_update", "data", "paint", "set_data")
"""Events of labels that changed; undo emits the last one alone."""
BARS = 12


class LearnPanel(QWidget):
    """*Learn from my corrections* and *Next image*, for the labels that a dock has chosen.

    Parameters
    ----------
    dock
        Whose viewer and session.
    labels
        Says which labels are corrected.
    brief
        Whether the bars, their words and *Which next?* are left out.
    """

    def __init__(self, dock: Dock, labels: LayerChoice, *, brief: bool = False) -> None:
        super().__init__()
        self.dock, self.labels, self.brief = dock, labels, brief
        self.correcting = dock.session.correcting
        self.trainer = trainer_of(dock.viewer)
        self._of_labels = dock.connections()
        self._plot = dock.plot_later(self._make_plot)
        self.counted = QLabel("")
        self.checked = QCheckBox("Whole image checked")
        self.checked.setToolTip(
            "Every object is there and right, and all else is background: the model learns the "
            "whole image. Otherwise it learns what you corrected, and what you said is right."
        )
        self.learn_button = QPushButton("Learn from my corrections")
        self.learn_button.setToolTip(
            "Add this image to what the model learns from, and train it for a minute in the "
            "background. Go on correcting meanwhile."
        )
        self.status = QLabel("")
        self.next = NextImage(dock)
        for widget in (self.counted, self.next.ask):
            widget.setVisible(not brief)
        for label in (self.counted, self.status):
            label.setWordWrap(True)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNT_AFTER)
        self._soon.timeout.connect(self._count_soon)
        self._counter = dock.latest(self._count, self._arrived, "corrections")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._plot.place)
        shown = (self.counted, self.checked, self.learn_button, self.next.button)
        for widget in (*shown, self.status, self.next):
            column.addWidget(widget)

    @staticmethod
    def _make_plot() -> CorrectionsPlot:
        from napari_discembed.widgets.qt.plots import CorrectionsPlot

        return CorrectionsPlot()

    @property
    def plot(self) -> CorrectionsPlot:
        """How many corrections each image needed."""
        return self._plot.get()

    def _connect(self) -> None:
        dock = self.dock
        self.learn_button.clicked.connect(self.learn)
        self.checked.toggled.connect(self._check)
        self.labels.layerChanged.connect(self._follow)
        dock.follow(self.correcting.changed, self._show)
        dock.follow(self.trainer.began, self._say)
        dock.follow(self.trainer.progressed, self._say)
        dock.follow(self.trainer.ended, self._ended)
        self._follow(self.labels.layer())
        self._say()

    # What is corrected

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_labels.clear()
        if layer is not None:
            for name in CHANGES:
                self._of_labels.add(getattr(layer.events, name), self._changed)
            if self._is_counted_live(layer):
                corrected_of(self.dock, layer)
        self._show()

    @staticmethod
    def _is_counted_live(layer: napari.layers.Labels) -> bool:
        return isinstance(layer.data, np.ndarray) and layer.data.size <= COUNTED_LIVE

    def _changed(self, _event: object = None) -> None:
        layer = self.labels.layer()
        if layer is not None and self._is_counted_live(layer):
            self._soon.start()

    def _count_soon(self) -> None:
        layer = self.labels.layer()
        one = None if layer is None else self.correcting.of(_key(layer))
        if one is not None:
            self._counter.ask(_key(layer), one, objects_of(layer))

    @staticmethod
    def _count(key: str, one: Corrected, now: IntArray) -> tuple[str, Corrected, Corrections]:
        return key, one, one.count(now)

    def _arrived(self, answer: tuple[str, Corrected, Corrections]) -> None:
        key, one, counted = answer
        present = self.correcting.of(key)
        if present is not None and present.found is one.found:  # else it was found anew meanwhile
            self.correcting.count(key, counted)

    def _check(self, on: bool) -> None:
        layer = self.labels.layer()
        if layer is None:
            return
        corrected_of(self.dock, layer)
        layer.metadata[COMPLETE] = on
        self.correcting.check(_key(layer), on)

    def _show(self, _key_changed: str = "") -> None:
        """Show the bars, and what is known of the labels in hand."""
        layer = self.labels.layer()
        key = "" if layer is None else _key(layer)
        one, told = self.correcting.of(key), self.correcting.told()
        last = told[-BARS:]
        present = next((i for i, (other, _) in enumerate(last) if other == key), None)
        counts = [corrected.counted.total for _, corrected in last]
        plot = self.plot if counts and not self.brief else self._plot.if_made()
        if plot is not None:
            plot.show_counts(counts, len(told) - len(last) + 1, present)
        self._plot.show(visible=not self.brief and any(counts))
        before = self.checked.blockSignals(True)
        self.checked.setChecked(one is not None and one.checked)
        self.checked.blockSignals(before)
        self.checked.setEnabled(layer is not None)
        self.counted.setText(_words(one))

    # Learning

    def learn(self) -> None:
        """Add the labels in hand to what is learnt from, and begin to learn."""
        layer = self.labels.layer()
        pair = None if layer is None else pair_of(self.dock.viewer, layer, self.dock.session)
        if layer is None or pair is None:
            show_warning(
                "Choose labels and their image first: press Find objects and Commit in the "
                "Segment dock."
            )
            return
        known = _known(layer, corrected_of(self.dock, layer))
        if known.says_nothing:
            show_warning(
                "There is nothing to learn from yet: correct an object, say of one that it is "
                f"right, or tick '{self.checked.text()}'."
            )
            return
        self._count_soon()
        key, objects = str(pair.image.unique_id), objects_of(layer)
        kinds = kind_image(layer, self.dock.session.kinds)
        self.dock.session.examples.correct(Example(key, pair.picture, known, objects, kinds))
        self.trainer.learn()
        self._say()

    def _say(self, _what: Any = None) -> None:  # noqa: ANN401 - a training or its progress
        """Say how far the training is."""
        if not self.trainer.is_busy:
            return
        later = " Then once more, with what came since." if self.trainer.is_again else ""
        self.status.setText(f"Learning: {self.trainer.share}.{later}")

    def _ended(self) -> None:
        following = " The next image takes it." if self.trainer.model_file else ""
        self.status.setText(f"{self.trainer.outcome}{following}")


def corrected_of(dock: Dock, layer: napari.layers.Labels) -> Corrected:
    """Return what a person did with labels; of those that nobody committed, from now on."""
    correcting, key = dock.session.correcting, _key(layer)
    known = correcting.of(key)
    if known is not None:
        return known
    pair = pair_of(dock.viewer, layer, dock.session)
    name = layer.name if pair is None else pair.image.name
    n_frames = len(frame_axes(layer, dock.session.series) or "")
    return correcting.begin(key, name, objects_of(layer), n_frames)


def _key(layer: napari.layers.Labels) -> str:
    return str(layer.unique_id)


def _known(layer: napari.layers.Labels, one: Corrected) -> LabelledPixels:
    """Return what is known of a layer: corrections, and below them its scribble of background."""
    known, background = one.known(objects_of(layer)), layer.metadata.get(BACKGROUND)
    if not background:
        return known
    scribble = (np.asarray(pixels_of(layer)) == background).astype(np.uint8)
    return laid_over(known, LabelledPixels(scribble, background=1))


def _words(one: Corrected | None) -> str:
    if one is None or not one.tells:
        return "Correct objects, or say that they are right: the model learns from it."
    right = f", {pluralize(len(one.accepted), 'object')} said to be right" if one.accepted else ""
    return f"{one.name}: {one.counted}{right}."
