"""The object that was clicked first, where a correction takes two clicks."""

from __future__ import annotations

from contextlib import suppress

import napari.layers
import numpy as np
import skimage
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut

from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import find_result, objects_of, own_placement
from napari_discembed.widgets.layers.outlines import Polygons, show_boxes
from napari_discembed.widgets.panels.tools import Point

PICKED = "picked"
SECOND_CLICK = {
    "Merge": "Now click the other object. Esc lets the first one go.",
    "Split": "Now click its other part. Esc lets it go.",
}
"""What to do next, by the title of the tool."""


class Picked(QObject):
    """Outlines the object until the second click, or until Esc lets it go."""

    letGo = Signal()  # noqa: N815 - Qt's way of naming signals

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock = dock
        self._layer: napari.layers.Labels | None = None
        self.escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), dock)
        self.escape.setEnabled(False)  # else it is napari's
        self.escape.activated.connect(self.letGo)

    def show(self, layer: napari.layers.Labels, index: Point, point: Point) -> bool:
        """Outline the object at a pixel of a frame; tell whether there is one."""
        labels = objects_of(layer, index)
        inside = all(0 <= p < n for p, n in zip(point, labels.shape, strict=True))
        if not inside or not labels[point]:
            return False
        lead = (*index, *point[:-2])
        mask = np.pad(labels[point[:-2]] == labels[point], 1)
        longest = max(skimage.measure.find_contours(mask.astype(float), 0.5), key=len) - 1
        self._layer = layer
        corners = np.hstack([np.tile(np.array(lead, float), (len(longest), 1)), longest])
        place = own_placement(layer)
        show_boxes(self.dock.viewer, layer, PICKED, [corners], Polygons, **place)
        self.escape.setEnabled(True)
        return True

    def clear(self) -> None:
        """Outline nothing."""
        layer, self._layer = self._layer, None
        if layer is None:
            return
        with suppress(RuntimeError):  # of a window that was closed
            self.escape.setEnabled(False)
        outline = find_result(self.dock.viewer, layer, PICKED)
        if outline is not None:  # hidden, not removed: OpenGL may crash where another comes now
            outline.visible = False
