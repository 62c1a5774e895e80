"""What stacks of labels are: one volume, or planes and time points to be counted each."""

from __future__ import annotations

import napari.layers

from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import frame_axes
from napari_discembed.widgets.qt.boxes import ComboBox

WAYS = {
    3: ("one volume", "each plane or time point"),
    4: ("each volume", "each plane"),
}
"""What labels of so many axes can be: of three axes of an object, and of two."""


class FramesChoice(ComboBox):
    """How many first axes of labels are frames: as far as anything tells, or as a person says."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self._layer: napari.layers.Labels | None = None
        self._said: dict[str, int] = {}
        self.setToolTip("Whether the first axis is time, or planes to be counted alone.")
        self.currentIndexChanged.connect(self._chosen)

    def show_layer(self, layer: napari.layers.Labels | None) -> None:
        """Offer what the labels of a layer can be."""
        self._layer = layer
        before = self.blockSignals(True)
        self.clear()
        if layer is not None:
            for n, words in enumerate(WAYS.get(layer.ndim, ()), layer.ndim - 3):
                self.addItem(words, n)
            self.setCurrentIndex(max(0, self.findData(self.of(layer))))
        self.blockSignals(before)

    def of(self, layer: napari.layers.Labels) -> int:
        """Return how many first axes of a layer are frames."""
        known = max(layer.ndim - 3, len(frame_axes(layer, self.dock.session.series) or ""))
        return self._said.get(str(layer.unique_id), known)

    def _chosen(self, _index: int) -> None:
        if self._layer is not None:
            self._said[str(self._layer.unique_id)] = int(self.currentData())
