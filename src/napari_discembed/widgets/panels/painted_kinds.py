"""The kinds of the objects that are painted: said of each number, and shown in the list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_discembed.session.examples import Example, classes_of
from napari_discembed.types import IntArray, Kind
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.kinds import kind_image, note_kinds, say_kinds, say_rest
from napari_discembed.widgets.layers.pairs import Pair
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.kinds import KindsPanel

BRUSHES = ("paint", "polygon", "fill")
"""Modes of a Labels layer in which an object is being painted."""


class PaintedKinds(QObject):
    """Says of what kind the painted objects are.

    Parameters
    ----------
    dock
        That it is in.
    labels
        Where a person paints.

    Attributes
    ----------
    panel
        The list of kinds.
    wanted
        Emitted where the brush is in hand and is to paint an object of another kind.
    changed
        Emitted when kinds are others, or have other names or colours.
    """

    wanted = Signal()
    changed = Signal()

    def __init__(self, dock: Dock, labels: LayerChoice) -> None:
        super().__init__(dock)
        self.kinds, self._labels = dock.session.kinds, labels
        self.panel = KindsPanel(dock, "what is painted next is of this kind.")
        self.panel.pressed.connect(self._pressed)
        labels.layerChanged.connect(self._layer_chosen)
        dock.follow(self.kinds.changed, self._changed)
        self._layer_chosen()

    @property
    def told(self) -> tuple[Kind, ...]:
        """The kinds, where there are several; else none."""
        return self.kinds.told

    def _layer_chosen(self, _layer: object = None) -> None:
        """Take what was painted elsewhere for objects of the first kind, where nobody said."""
        self._say_rest(self.kinds.all[0].name)

    def say(self) -> None:
        """Take what was painted with a number of its own for an object of the chosen kind."""
        self._say_rest(self.kinds.chosen.name)

    def _say_rest(self, kind: str) -> None:
        layer = self._labels.layer()
        if layer is not None and self.kinds.several:
            say_rest(layer, kind)
            note_kinds(layer, self.kinds)

    def say_next(self, number: int) -> None:
        """Say that a number, which is painted next, is of the chosen kind."""
        layer = self._labels.layer()
        if layer is not None and self.kinds.several:
            say_kinds(layer, [number], self.kinds.chosen.name)

    def _changed(self) -> None:
        self.panel.note()
        self.changed.emit()

    def _pressed(self, _name: str) -> None:
        layer = self._labels.layer()
        if layer is not None and str(layer.mode) in BRUSHES:
            self.wanted.emit()

    def examples(self, pairs: Sequence[Pair]) -> list[Example]:
        """Return what is painted in pairs, with its kinds."""
        return [
            Example(
                str(pair.image.unique_id),
                pair.picture,
                pair.labelled,
                kinds=kind_image(pair.labels, self.kinds),
            )
            for pair in pairs
        ]

    def classes(self, examples: Sequence[Example], truth: IntArray | None) -> list[IntArray] | None:
        """Return the class of each object of examples, and none of an image to judge by."""
        classes = classes_of(examples, self.kinds)
        if classes is not None and truth is not None:
            classes.append(np.zeros(truth.shape, np.uint8))  # nothing is taught there
        return classes
