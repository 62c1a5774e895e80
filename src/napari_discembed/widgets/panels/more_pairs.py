"""Further images to fine-tune on, corrected ones among them, and one to validate on."""

from __future__ import annotations

from collections.abc import Callable

import napari.layers
from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QHBoxLayout, QListWidget, QPushButton, QWidget

from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import READ_CHANNEL
from napari_discembed.widgets.layers.pairs import Pair, axes_for
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.qt.form import rows_of_form


class MorePairs(QWidget):
    """A list of pairs that were kept, and a choice of the pair for validation.

    Parameters
    ----------
    dock
        Whose viewer and session.
    chosen
        Gives the pair that is chosen now, to be kept; None where it is not whole.
    """

    def __init__(self, dock: Dock, chosen: Callable[[], Pair | None]) -> None:
        super().__init__()
        viewer = dock.viewer
        self._viewer, self._chosen = viewer, chosen
        self._examples = dock.session.examples
        self._kept: list[Pair] = []
        self.list = QListWidget()
        self.list.setMaximumHeight(70)
        self.list.setToolTip("Further pairs to train on.")
        self.validation_image = LayerChoice(viewer, napari.layers.Image, none="none", results=False)
        self.validation_labels = LayerChoice(
            viewer, napari.layers.Labels, none="none", results=False
        )
        rows = rows_of_form()
        self.setLayout(rows)
        buttons = QHBoxLayout()
        for words, action in (("Add this pair", self.add), ("Remove", self.remove)):
            button = QPushButton(words)
            button.clicked.connect(lambda _checked=False, action=action: action())
            buttons.addWidget(button)
        rows.addRow("Pairs", self.list)
        rows.addRow(buttons)
        rows.addRow("Validate on", self.validation_image)
        rows.addRow("with labels", self.validation_labels)
        dock.follow(self._examples.changed, self._refresh)
        self._refresh()

    def _refresh(self) -> None:
        """List the pairs, then the corrected images, which are learnt from as well."""
        self.list.clear()
        self.list.addItems([f"{pair.image.name} + {pair.labels.name}" for pair in self._kept])
        corrected = self._examples.corrected
        self.list.addItems([f"{example.image.name} (corrected)" for example in corrected])

    def add(self) -> None:
        """Keep the chosen pair, so that another can be chosen beside it."""
        pair = self._chosen()
        if pair is None:
            show_warning("Choose an image and its Labels layer first.")
            return
        if not any(kept.has_layers_of(pair) for kept in self._kept):
            self._kept.append(pair)
            self._refresh()

    def remove(self) -> None:
        """Drop the pair that is selected in the list."""
        row = self.list.currentRow()
        if 0 <= row < len(self._kept):
            del self._kept[row]
            self._refresh()
        elif row >= 0:
            self._examples.forget(self._examples.corrected[row - len(self._kept)].key)

    def others(self, than: Pair) -> list[Pair]:
        """Return the kept pairs whose layers are still there, but for one."""
        there = self._viewer.layers
        kept = [pair for pair in self._kept if pair.image in there and pair.labels in there]
        return [pair for pair in kept if not pair.has_layers_of(than)]

    def validation(self) -> Pair | None:
        """Return the pair to validate on, if one is chosen."""
        image, labels = self.validation_image.layer(), self.validation_labels.layer()
        if image is None or labels is None:
            return None
        axes = axes_for(image, labels)
        channel = image.metadata.get(READ_CHANNEL) if axes.has_channels else None
        return Pair(image, axes, channel, labels)
