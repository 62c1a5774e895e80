"""The objects that are painted to learn from: a row each, to go to or to take back."""

from __future__ import annotations

from dataclasses import dataclass

import napari.layers
import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_discembed.text import pluralize
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import pixels_of, write_undoable
from napari_discembed.widgets.panels.going import go_to

ROWS = 4
"""Rows in view."""
SWATCH = 12
"""Side of the colour beside a row, in pixels."""


@dataclass(frozen=True, slots=True)
class Painted:
    """An object that is painted.

    Attributes
    ----------
    label
        Its number in the layer.
    pixels
        How many it has.
    """

    label: int
    pixels: int


class PaintedList(QWidget):
    """A list of painted objects; a click goes to one, *Delete* takes it back.

    Attributes
    ----------
    objects
        What is listed.
    has_background
        Whether background is painted, too.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.objects: list[Painted] = []
        self.has_background = False
        self._layer: napari.layers.Labels | None = None
        self.rows = QListWidget()
        self.rows.setToolTip("What is painted; click to go there.")
        self.rows.setFixedHeight(ROWS * self.rows.fontMetrics().height() + 3 * SWATCH)
        self.delete = QPushButton("Delete")
        self.delete.setToolTip("Take back the painted object that is chosen in the list.")
        column, below = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rows)
        below.addStretch()
        below.addWidget(self.delete)
        column.addLayout(below)
        self.rows.itemClicked.connect(self._go_to)
        self.rows.currentRowChanged.connect(self._chosen)
        self.delete.clicked.connect(self.take_back)
        self.show_layer(None, 0)

    def show_layer(self, layer: napari.layers.Labels | None, background: int) -> None:
        """List the objects of a layer.

        Parameters
        ----------
        layer
            Where they are painted; None for no layer.
        background
            The number of the background, which is no object; 0 for none.
        """
        self._layer = layer
        data = np.zeros(0, int) if layer is None else np.asarray(pixels_of(layer))
        counted = np.unique(data[data > 0], return_counts=True)
        found = [Painted(int(n), int(size)) for n, size in zip(*counted, strict=True)]
        self.objects = [one for one in found if one.label != background]
        self.has_background = len(self.objects) < len(found)
        kept = self.rows.currentRow()
        self.rows.clear()
        for one in self.objects:
            self.rows.addItem(self._row(one))
        self.rows.setCurrentRow(min(kept, len(self.objects) - 1))
        self.setVisible(bool(self.objects))
        self._chosen()

    def _row(self, one: Painted) -> QListWidgetItem:
        swatch = QPixmap(SWATCH, SWATCH)
        colour = None if self._layer is None else self._layer.get_color(one.label)
        parts = [0, 0, 0] if colour is None else [round(255 * float(c)) for c in colour[:3]]
        swatch.fill(QColor(*parts))
        row = QListWidgetItem(QIcon(swatch), f"{one.label}:  {pluralize(one.pixels, 'pixel')}")
        row.setData(Qt.ItemDataRole.UserRole, one.label)
        return row

    def _chosen(self, _row: int = 0) -> None:
        self.delete.setEnabled(self._label() is not None)

    def _label(self) -> int | None:
        row = self.rows.currentItem()
        return None if row is None else int(row.data(Qt.ItemDataRole.UserRole))

    def _go_to(self, _row: QListWidgetItem) -> None:
        label, layer = self._label(), self._layer
        if label is not None and layer is not None:
            where = np.argwhere(np.asarray(pixels_of(layer)) == label)
            if len(where):
                layer.selected_label = label
                go_to(self.dock, layer, tuple(int(i) for i in where[0][: layer.ndim - 2]), label)

    def take_back(self) -> None:
        """Delete the chosen object from the layer, as one step of undo."""
        label, layer = self._label(), self._layer
        if label is not None and layer is not None:
            data = np.asarray(layer.data)
            write_undoable(layer, np.where(data == label, data.dtype.type(0), data))
