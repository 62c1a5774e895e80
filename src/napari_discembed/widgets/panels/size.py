"""The typical size of objects: typed, or measured on the image; a circle on the image shows it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDoubleSpinBox

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.frames import pixel_shown
from napari_discembed.widgets.layers.outlines import Polygons, camera_of, show_boxes
from napari_discembed.widgets.layers.placement import layer_axes
from napari_discembed.widgets.layers.source import Source

KIND = "size"
SHOWN_MS = 4000
"""How long the circle is shown after the last change."""
CORNERS = 48
UNKNOWN = "measured"


class Circles(Polygons):
    """A circle, drawn by its line."""


class SizeBox(QDoubleSpinBox):
    """A diameter in pixels of the image; 0 has it measured, and says what that came to."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.setRange(0, 10_000)
        self.setDecimals(1)
        self.setSuffix(" px")
        self.setSpecialValueText(UNKNOWN)
        self.setToolTip(
            "How large the objects are in this image (diameter); a circle shows it.\n"
            "0: it is measured on the image."
        )
        self._soon_over = QTimer(self)
        self._soon_over.setSingleShot(True)
        self._soon_over.setInterval(SHOWN_MS)
        self._soon_over.timeout.connect(self.hide_circle)
        dock.follow(dock.session.series_changed, self._series_changed)
        dock.tasks.at_close.append(self.hide_circle)
        self._series_changed(dock.session.series)

    def _series_changed(self, series: EmbeddingSeries | None) -> None:
        """Say what was measured, where nothing was typed."""
        found = None if series is None else diameter_of(series)
        self.setSpecialValueText(UNKNOWN if found is None else f"{UNKNOWN}: {found:.0f} px")

    def show_circle(self, source: Source | None) -> None:
        """Draw the size in the middle of what is seen of an image, for a while."""
        if source is None or not self.value():
            self.hide_circle()
            return
        layer, viewer = source.layer, self.dock.viewer
        own = layer_axes(layer, source.axes)
        at = np.array(pixel_shown(viewer, layer), dtype=float)
        middle = layer.world_to_data(np.array(camera_of(viewer).center)[-layer.ndim :])
        plane = [i for i, letter in enumerate(own) if letter in "YX"]
        angle = np.linspace(0, 2 * np.pi, CORNERS, endpoint=False)
        corners = np.tile(at, (CORNERS, 1))
        for axis, wave in zip(plane, (np.sin(angle), np.cos(angle)), strict=True):
            corners[:, axis] = middle[axis - layer.ndim] + self.value() / 2 * wave
        place = source.placement(str(own))
        show_boxes(viewer, layer, KIND, [corners], Circles, **place)
        self._soon_over.start()

    def hide_circle(self) -> None:
        """Take the circle out of view."""
        for layer in self.dock.viewer.layers:
            if isinstance(layer, Circles):
                layer.visible = False


def diameter_of(series: EmbeddingSeries) -> float:
    """Return the diameter that a series was embedded at, in pixels of its image."""
    first = series[0]
    return first.diameter * first.image_shape[-1] / first.shape[-1]
