"""From rows of measurements to objects in the viewer, and back."""

from __future__ import annotations

import napari.layers
import numpy as np

from napari_discembed.types import Axes
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import frame_at, pixels_of
from napari_discembed.widgets.panels.going import box_corners, go_to, outline
from napari_discembed.widgets.panels.groups import choose_group
from napari_discembed.widgets.panels.measures import Measures
from napari_discembed.widgets.panels.measuring import Measured

MOST = 2000
"""Objects that are outlined together."""


class Finder:
    """Goes from rows chosen to objects in the viewer, and from a label chosen there to its row."""

    def __init__(self, dock: Dock, measures: Measures) -> None:
        self.dock, self.measures = dock, measures
        self.layer: napari.layers.Labels | None = None
        self.measured: Measured | None = None
        self.groups = False
        self._of_layer = dock.connections()
        measures.rowsChosen.connect(self.find)

    def follow(
        self,
        layer: napari.layers.Labels | None,
        measured: Measured | None,
        *,
        groups: bool = False,
    ) -> None:
        """Take another layer's measurements; their rows are objects, or groups."""
        self._of_layer.clear()
        self.layer, self.measured, self.groups = layer, measured, groups
        if layer is not None:
            self._of_layer.add(layer.events.selected_label, self._label_chosen)

    def find(self, rows: list[int]) -> None:
        """Show the objects, or the first group, of rows."""
        layer, measured = self.layer, self.measured
        if layer is None or measured is None or layer not in self.dock.viewer.layers:
            return
        if not self.groups:
            show_objects(self.dock, layer, measured, rows)
        elif rows:
            choose_group(self.dock, layer, measured, rows[0])

    def _label_chosen(self, _event: object = None) -> None:
        if self.layer is None or self.measured is None or self.groups:
            return
        row = row_of_label(self.dock, self.layer, self.measured)
        if row is not None:
            self.measures.choose([row])


def show_objects(
    dock: Dock, layer: napari.layers.Labels, measured: Measured, rows: list[int]
) -> None:
    """Outline the objects of rows; a single one is gone to, and becomes the layer's label."""
    if len(rows) == 1:
        _go(dock, layer, measured, rows[0])
        return
    axes = Axes.spatial_of(layer.ndim - len(measured.frame_axes)).lower()
    columns, boxes = measured.columns, []
    for row in rows[:MOST]:
        low = np.array([columns[f"bbox_{a}_min"][row] for a in axes]) - 1.5
        high = np.array([columns[f"bbox_{a}_max"][row] for a in axes]) + 0.5
        lead = [*_index(measured, row), *np.round((low + high) / 2)[:-2]]
        boxes.append(box_corners(low, high, np.array(lead)))
    outline(dock, layer, boxes)


def row_of_label(dock: Dock, layer: napari.layers.Labels, measured: Measured) -> int | None:
    """Return the row of a layer's chosen label in the frame shown; None where there is none."""
    columns = measured.columns
    same = columns["label"] == layer.selected_label
    shape = pixels_of(layer).shape[: len(measured.frame_axes)]
    shown = frame_at(dock.viewer, layer, shape)
    for axis, at in zip(measured.frame_names, shown, strict=True):
        same &= columns[axis] == at
    return int(np.argmax(same)) if same.any() else None


def _go(dock: Dock, layer: napari.layers.Labels, measured: Measured, row: int) -> None:
    label = int(measured.columns["label"][row])
    # First: rows of the frame shown follow the label.
    go_to(dock, layer, _index(measured, row), label)
    layer.selected_label = label


def _index(measured: Measured, row: int) -> tuple[int, ...]:
    return tuple(int(measured.columns[axis][row]) for axis in measured.frame_names)
