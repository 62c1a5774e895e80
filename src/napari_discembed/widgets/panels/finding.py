"""From rows of measurements to objects in the viewer, and back."""

from __future__ import annotations

import napari.layers
import numpy as np

from napari_discembed.types import Axes
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import frame_at, pixels_of
from napari_discembed.widgets.panels.checking import box_corners, go_to, outline
from napari_discembed.widgets.panels.measuring import Measured

MOST = 2000
"""Objects that are outlined together."""


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
