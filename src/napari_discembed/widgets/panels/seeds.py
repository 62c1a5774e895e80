"""Points that a person gives, one on each object, for the method 'seeded'."""

from __future__ import annotations

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal

from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.panels.choices import LayerChoice


class SeedChoice(LayerChoice):
    """Choose a layer of seeds."""

    seedsMoved = Signal()  # noqa: N815 - Qt's way of naming signals

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock.viewer, napari.layers.Points, none="choose points")
        self.dock = dock
        self.setToolTip("Points, one on each object, for the method 'seeded'.")
        self._of_layer = dock.connections()
        self.layerChanged.connect(self._layer_chosen)

    def points(self) -> dict[Index, NDArray[np.float64]]:
        """Return the seeds ``(N, ndim)`` of each frame that has any, in pixels."""
        layer, source, series = self.layer(), self.dock.source(), self.dock.session.series
        if layer is None or source is None or series is None:
            return {}
        shape, image = series.label_shape, source.layer
        ndim, frames = len(series[0].image_shape), len(series.shape)
        if layer.ndim < ndim:
            return {}
        missing = max(0, frames + ndim - layer.ndim)  # frame axes that it says nothing of
        found: dict[Index, list[NDArray[np.float64]]] = {}
        for point in layer.data:
            world = np.zeros(max(image.ndim, layer.ndim))
            world[-layer.ndim :] = layer.data_to_world(point)
            at = np.asarray(image.world_to_data(world[-image.ndim :]))[-ndim - frames :]
            nearest = tuple(round(float(p)) for p in at)
            if any(not 0 <= p < n for p, n in zip(nearest[missing:], shape[missing:], strict=True)):
                continue
            for first in np.ndindex(shape[:missing]):
                found.setdefault((*first, *nearest[missing:frames]), []).append(at[-ndim:])
        return {index: np.array(points) for index, points in found.items()}

    def _layer_chosen(self, layer: napari.layers.Points | None) -> None:
        self._of_layer.clear()
        if layer is not None:
            self._of_layer.add(layer.events.data, self._moved)
        self.seedsMoved.emit()

    def _moved(self, _event: object = None) -> None:
        self.seedsMoved.emit()
