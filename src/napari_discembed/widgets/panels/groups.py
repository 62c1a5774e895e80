"""Groups of objects in the Count dock: how they are made, and their boxes on the canvas."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from napari_discembed.config import GroupingConfig
from napari_discembed.types import Axes
from napari_discembed.widgets.layers import pixels_of, remove_result
from napari_discembed.widgets.layers.outlines import Boxes, show_boxes
from napari_discembed.widgets.layers.placement import flat_placement, own_placement
from napari_discembed.widgets.panels.going import box_corners, go_to_box
from napari_discembed.widgets.panels.measuring import Measured
from napari_discembed.widgets.qt.boxes import ComboBox

GROUPS = "groups"
COLOUR = "#ffb000"
"""Of boxes and names: seen by all on green plants and dark ground."""


class GroupingChoice(QWidget):
    """How objects are put together: not, by touching with a gap, or by a grid."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        usual = GroupingConfig()
        self.by, self.gap = ComboBox(), QDoubleSpinBox()
        self.rows, self.columns = QSpinBox(), QSpinBox()
        for words, way in (("none", ""), ("touching", "touching"), ("grid", "grid")):
            self.by.addItem(words, way)
        self.by.setToolTip(
            "Count each plant of a tray: what touches or nearly does, or each cell of a grid."
        )
        self.gap.setRange(0, 10)
        self.gap.setSingleStep(0.05)
        self.gap.setValue(usual.gap)
        self.gap.setPrefix("gap ")
        self.gap.setToolTip("Objects nearer than this touch, in typical diameters of an object.")
        for box, value, words in (
            (self.rows, usual.rows, "Rows of the grid."),
            (self.columns, usual.columns, "Columns of the grid."),
        ):
            box.setRange(1, 1000)
            box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)  # both fit a narrow dock so
            box.setMaximumWidth(48)
            box.setValue(value)
            box.setToolTip(words)
        self._times = QLabel("\u00d7")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.by, self.gap, self.rows, self._times, self.columns):
            row.addWidget(widget, 1 if widget is self.by else 0)
        self.by.currentIndexChanged.connect(self._chosen)
        self._chosen()

    def config(self) -> GroupingConfig | None:
        """Return what is chosen; None for no groups."""
        way = self.by.currentData()
        if not way:
            return None
        return GroupingConfig(
            by=way, gap=self.gap.value(), rows=self.rows.value(), columns=self.columns.value()
        )

    def _chosen(self, _index: int = 0) -> None:
        way = self.by.currentData()
        self.gap.setVisible(way == "touching")
        for widget in (self.rows, self._times, self.columns):
            widget.setVisible(way == "grid")


class _Groups(Boxes):
    """Boxes with the name and count of each group."""

    colour = COLOUR


def show_groups(dock: Any, layer: napari.layers.Labels, measured: Measured) -> None:  # noqa: ANN401
    """Draw a box with name and count about each group; take the old ones away where none is."""
    groups = measured.groups
    if groups is None or not len(groups["count"]):
        remove_result(dock.viewer, layer, GROUPS)
        return
    flat = not measured.frame_axes  # boxes of a volume are seen in each of its planes
    corners = [_corners(layer, measured, row, flat=flat) for row in range(len(groups["count"]))]
    place = flat_placement(layer) if flat else own_placement(layer)
    boxes = show_boxes(dock.viewer, layer, GROUPS, corners, _Groups, **place)
    names = zip(groups["name"].tolist(), groups["count"].tolist(), strict=True)
    boxes.features = {"words": [f"{name}: {count}" for name, count in names]}
    # A name stands above its box; of a cell that would be in the one above.
    down = 0.2 * np.ptp(corners[0][:, -2]) if "row" in groups else 0.0
    shift = np.array([*[0.0] * (boxes.ndim - 2), down, down / 8])
    look = {"color": COLOUR, "anchor": "upper_left", "size": 10, "translation": shift}
    boxes.text = {"string": "{words}", **look}


def choose_group(dock: Any, layer: napari.layers.Labels, measured: Measured, row: int) -> None:  # noqa: ANN401
    """Centre a group, and the frame that it is in."""
    low, high = _box(layer, measured, row)
    go_to_box(dock, layer, _index(measured, row), low, high)


def _index(measured: Measured, row: int) -> tuple[int, ...]:
    groups = measured.groups or {}
    return tuple(int(groups[name][row]) for name in measured.frame_names)


def _box(
    layer: napari.layers.Labels, measured: Measured, row: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where a group begins and ends along its axes: of a grid the cell, for y and x."""
    groups = measured.groups or {}
    shape = pixels_of(layer).shape[len(measured.frame_axes) :]
    axes = Axes.spatial_of(len(shape)).lower()
    low = np.array([groups[f"bbox_{a}_min"][row] for a in axes], dtype=np.float64)
    high = np.array([groups[f"bbox_{a}_max"][row] for a in axes], dtype=np.float64)
    if "row" in groups:
        cell = np.array([groups["row"][row] - 1, groups["column"][row] - 1])
        size = np.array(shape[-2:]) / np.array([groups["row"].max(), groups["column"].max()])
        low[-2:], high[-2:] = cell * size, (cell + 1) * size
    return low - 0.5, high - 0.5


def _corners(
    layer: napari.layers.Labels, measured: Measured, row: int, *, flat: bool
) -> NDArray[np.float64]:
    low, high = _box(layer, measured, row)
    lead = [] if flat else [*_index(measured, row), *np.round((low + high) / 2)[:-2]]
    return box_corners(low, high, np.array(lead))
