"""The objects that are painted to learn from: a row each, to go to or to take back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import napari.layers
import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_discembed.errors import InputError
from napari_discembed.text import pluralize
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import pixels_of, write_undoable
from napari_discembed.widgets.layers.kinds import change_kind, kind_of
from napari_discembed.widgets.panels.going import go_to
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.swatches import SWATCH, swatch, swatch_size
from napari_discembed.widgets.tasks import report

ROWS = 4
"""Rows in view."""


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
        self.dock, self.kinds = dock, dock.session.kinds
        self.objects: list[Painted] = []
        self.has_background = False
        self._layer: napari.layers.Labels | None = None
        self._background = 0
        self.rows = QListWidget()
        self.rows.setToolTip("What is painted; click to go there.")
        self.rows.setFixedHeight(ROWS * self.rows.fontMetrics().height() + 3 * SWATCH)
        self.kind = ComboBox()
        self.kind.setToolTip(
            "The kind of the object that is chosen in the list; another one takes it there."
        )
        self.kind.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.kind.setMinimumContentsLength(6)
        self.delete = QPushButton("Delete")
        self.delete.setToolTip("Take back the painted object that is chosen in the list.")
        column, below = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rows)
        below.addWidget(self.kind, 2)
        below.addStretch()
        below.addWidget(self.delete)
        column.addLayout(below)
        self.rows.itemClicked.connect(self._go_to)
        self.rows.currentRowChanged.connect(self._chosen)
        self.delete.clicked.connect(self.take_back)
        self.kind.activated.connect(self._change_kind)
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
        self._layer, self._background = layer, background
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
        colour = None if self._layer is None else self._layer.get_color(one.label)
        colours: list[Any] = [[0, 0, 0] if colour is None else colour]
        words = pluralize(one.pixels, "pixel")
        if self.kinds.several and self._layer is not None:
            kind = kind_of(self._layer, one.label, self.kinds)
            colours.append(kind.colour)
            words = f"{kind.name}, {words}"
        self.rows.setIconSize(swatch_size(len(colours)))
        row = QListWidgetItem(swatch(*colours), f"{one.label}:  {words}")
        row.setData(Qt.ItemDataRole.UserRole, one.label)
        return row

    def _chosen(self, _row: int = 0) -> None:
        label, layer = self._label(), self._layer
        self.delete.setEnabled(label is not None)
        self.kind.setEnabled(label is not None)
        self.kind.setVisible(self.kinds.several)
        self.kind.clear()
        for kind in self.kinds.told:
            self.kind.addItem(swatch(kind.colour), kind.name)
        if label is not None and layer is not None and self.kinds.several:
            self.kind.setCurrentText(kind_of(layer, label, self.kinds).name)

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

    def _change_kind(self, _place: int) -> None:
        self.give_kind(self.kind.currentText())

    def give_kind(self, kind: str) -> None:
        """Make the chosen object one of a kind, as one step of undo."""
        label, layer = self._label(), self._layer
        if label is None or layer is None:
            return
        try:
            new = change_kind(layer, label, kind)
        except InputError as error:
            report(error)
            return
        self.show_layer(layer, self._background)
        labels = [one.label for one in self.objects]
        self.rows.setCurrentRow(labels.index(new) if new in labels else -1)

    def take_back(self) -> None:
        """Delete the chosen object from the layer, as one step of undo."""
        label, layer = self._label(), self._layer
        if label is not None and layer is not None:
            data = np.asarray(layer.data)
            write_undoable(layer, np.where(data == label, data.dtype.type(0), data))
