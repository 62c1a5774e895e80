"""Learn while a person paints: hand each stroke to the training that runs."""

from __future__ import annotations

from collections.abc import Callable

import napari.layers
import numpy as np
from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import QCheckBox

from napari_discembed.session.live import LiveLabels, missing
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import pixels_of
from napari_discembed.widgets.panels.chosen import Chosen
from napari_discembed.widgets.panels.training_pairs import MEASURED_LIVE, TrainingPairs
from napari_discembed.widgets.trainer import trainer_of

AFTER = 1000
"""Milliseconds after the last stroke."""
CHANGES = ("paint", "set_data")
"""Events of labels that changed; undo emits the last one alone."""


class LiveSwitch(QCheckBox):
    """Switches live learning on and off.

    Parameters
    ----------
    dock
        That it is in.
    pairs
        Where a person paints.
    chosen
        Gives what is to be learnt.
    is_paused
        Tells whether the person holds the training.

    Attributes
    ----------
    is_held
        Whether too little is painted for it to learn.
    """

    wanted = Signal()
    """Emitted where a live training is to begin."""
    told = Signal(str)
    """Emitted with what keeps it from learning."""

    def __init__(
        self,
        dock: Dock,
        pairs: TrainingPairs,
        chosen: Callable[[], Chosen | None],
        is_paused: Callable[[], bool],
    ) -> None:
        super().__init__("Learn while I paint")
        self.setToolTip(
            "The model goes on learning in the background while you paint, and shows what it finds "
            "a few seconds after each stroke. Switch it off to keep the model."
        )
        self._dock, self._pairs, self._chosen, self._is_paused = dock, pairs, chosen, is_paused
        self.trainer = trainer_of(dock.viewer)
        self.is_held = False
        self._seen: LiveLabels | None = None  # when it was last looked
        self._key: tuple[object, ...] | None = None  # of the images that are learnt
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(AFTER)
        self._soon.timeout.connect(self._look)
        self._writer = dock.latest(LiveLabels.hand_over, lambda _nothing: None, "live labels")
        self._of_labels = dock.connections()
        self.setChecked(self.trainer.is_busy and self.trainer.is_live)
        self.toggled.connect(self._toggled)
        pairs.labels.layerChanged.connect(self._follow)
        for signal in (pairs.complete.toggled, pairs.background.valueChanged):
            signal.connect(self._changed)
        pairs.image.layers.layerChanged.connect(self._changed)
        dock.follow(self.trainer.ended, self._ended)
        dock.tasks.at_close.append(self._stop)
        self._follow(pairs.labels.layer())

    def put_below_paint(self, preview: napari.layers.Layer) -> None:
        """Move a preview below what is painted, which a person is to see as she paints."""
        layers, painted = self._dock.viewer.layers, self._pairs.labels.layer()
        if painted is not None and layers.index(preview) > layers.index(painted):
            layers.move(layers.index(preview), layers.index(painted))

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_labels.clear()
        if layer is not None:
            for name in CHANGES:
                self._of_labels.add(getattr(layer.events, name), self._changed)
        self._changed()

    def _changed(self, _what: object = None) -> None:
        if self.isChecked():
            self._soon.start()

    def _toggled(self, on: bool) -> None:
        self._seen = self._key = None
        if on:
            self._look()
        else:
            self._soon.stop()
            self.told.emit("")
            self._stop()

    def _stop(self) -> None:
        if self.trainer.is_busy and self.trainer.is_live:
            self._hold(False)
            self.told.emit("Keeping what was learnt ...")
            self.trainer.stop()

    def _ended(self) -> None:
        self.is_held = False
        if self.trainer.is_live:
            self.setChecked(False)
        else:
            self._seen = None
            self._changed()  # it was another one's turn

    def _look(self) -> None:
        """See what is painted; begin to learn it, or hand over what is new."""
        if not self.isChecked() or self._dock.tasks.stopped:
            return
        if self.trainer.is_busy and not self.trainer.is_live:
            self.told.emit("It begins when the training that runs has ended.")
            return
        layer = self._pairs.labels.layer()
        if layer is not None and np.prod(np.shape(pixels_of(layer))) > MEASURED_LIVE:
            self.setChecked(False)
            self.told.emit("This image is too large to be learnt while you paint: press Learn.")
            return
        chosen = self._chosen()
        labels = None if chosen is None else chosen.taught().live
        if labels is not None and self._seen is not None and labels.is_same(self._seen):
            return
        self._seen = labels
        self._pairs.measure()
        painted = self._pairs.painted
        complete = labels is not None and labels.complete
        words = missing(len(painted.objects), background=complete or painted.has_background)
        if chosen is not None and labels is not None:
            self._teach(chosen.taught(), labels)
        self._hold(bool(words))
        if words:
            self.told.emit(words)

    def _teach(self, chosen: Chosen, labels: LiveLabels) -> None:
        folder = self.trainer.folder
        if not self.trainer.is_busy or folder is None:
            self._key = chosen.key
            self.wanted.emit()
            if not self.trainer.is_busy:  # it could not begin, and that was told
                self.setChecked(False)
        elif self._key not in {None, chosen.key}:
            self.setChecked(False)  # other images: what was learnt of these is kept
        else:
            self._key = chosen.key
            self._writer.ask(labels, folder)

    def _hold(self, held: bool) -> None:
        """Let the training wait while too little is painted."""
        if held != self.is_held and self.trainer.is_busy and self.trainer.is_live:
            self.trainer.pause(held or self._is_paused())
        self.is_held = held
