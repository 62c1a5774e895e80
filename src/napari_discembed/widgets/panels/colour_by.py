"""What the colours of objects say: which is which, of what kind, or how sure they are."""

from __future__ import annotations

from collections import Counter

import napari.layers
from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QWidget

from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.colouring import ObjectColours, colours_of_kinds
from napari_discembed.widgets.layers.kinds import kind_of, note_kinds, numbers_in
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.learning import CHANGES, COUNT_AFTER
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.legend import Legend

OBJECT, KIND, CERTAINTY = "object", "kind", "certainty"
HELP = {
    OBJECT: "each object in a colour of its own",
    KIND: "the colour of its kind",
    CERTAINTY: "orange is unsure, blue is sure, as the embedding has it",
}


class ColourBy(QWidget):
    """A choice of what the colours of objects say."""

    chosen = Signal(str)

    def __init__(self, *offered: str) -> None:
        super().__init__()
        self.box = ComboBox()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(QLabel("Colour by"))
        row.addWidget(self.box, 1)
        self.offer(*offered)
        self.box.currentTextChanged.connect(self.chosen)

    def value(self) -> str:
        """Return what is chosen."""
        return self.box.currentText()

    def choose(self, what: str) -> None:
        """Choose what colours say."""
        self.box.setCurrentText(what)

    def offer(self, *offered: str) -> None:
        """Offer some of the choices; one that goes was chosen in vain."""
        kept, before = self.value(), self.box.blockSignals(True)
        self.box.clear()
        self.box.addItems(offered)
        self.box.setCurrentText(kept if kept in offered else offered[0])
        self.box.blockSignals(before)
        tip = "\n".join(f"{what}: {HELP[what]}" for what in offered)
        self.box.setToolTip(f"What the colours of the objects say.\n{tip}")
        if kept and self.value() != kept:
            self.chosen.emit(self.value())


class KindColours(QObject):
    """Colours a layer by the kinds of its objects, and counts them, as they change.

    Parameters
    ----------
    dock, labels
        Whose layer.
    legend
        That says the kinds.
    colours
        Of the layer.
    """

    def __init__(
        self, dock: Dock, labels: LayerChoice, legend: Legend, colours: ObjectColours
    ) -> None:
        super().__init__(dock)
        self.kinds, self.labels = dock.session.kinds, labels
        self.legend, self.colours = legend, colours
        self.on = False
        self._of_layer = dock.connections()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNT_AFTER)
        self._soon.timeout.connect(self.refresh)
        labels.layerChanged.connect(self._follow)
        dock.follow(self.kinds.changed, self.refresh)
        self._follow(labels.layer())

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_layer.clear()
        if layer is not None:
            for name in CHANGES:
                self._of_layer.add(getattr(layer.events, name), self._changed)
        self.refresh()

    def _changed(self, _event: object = None) -> None:
        if self.kinds.several:
            self._soon.start()

    def switch(self, *, on: bool) -> None:
        """Colour by kind, or no longer; another one may colour the layer then."""
        self.on = on
        self.refresh()

    def refresh(self) -> None:
        """Colour and count what is there now."""
        layer = self.labels.layer()
        if layer is None or not self.kinds.several:
            self.legend.show_kinds([])
            if self.on:
                self.colours.clear()
            return
        counts = Counter(kind_of(layer, n, self.kinds).name for n in numbers_in(layer))
        self.legend.show_kinds(self.kinds.all, counts)
        note_kinds(layer, self.kinds)
        if self.on:
            self.colours.show(layer, *colours_of_kinds(layer, self.kinds))
