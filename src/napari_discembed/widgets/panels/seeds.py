"""Points that a person gives, one on each object, for the method 'seeded'."""

from __future__ import annotations

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import SEEDS_OF
from napari_discembed.widgets.panels.choices import LayerChoice


class SeedHint(QWidget):
    """What to do where the method 'seeded' has no points yet, and a button that does it.

    Parameters
    ----------
    dock
        Whose image the points are put on.
    seeds
        Where the new layer of points is chosen.
    """

    def __init__(self, dock: Dock, seeds: SeedChoice) -> None:
        super().__init__()
        self.dock, self.seeds = dock, seeds
        words = QLabel("Put a point on each object: the objects follow the points.")
        words.setWordWrap(True)
        self.button = QPushButton("Put points")
        self.button.setToolTip("Then click each object in the image, once.")
        self.button.clicked.connect(self.put)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(words, 1)
        row.addWidget(self.button)

    def put(self) -> None:
        """Take the tool that adds points, in the chosen layer or else a new one."""
        source, series, viewer = self.dock.source(), self.dock.session.series, self.dock.viewer
        if source is None or series is None:
            return
        layer = self.seeds.layer()
        if layer is None:
            place = source.placement(series.label_axes)
            layer = napari.layers.Points(
                np.empty((0, len(series.label_axes))),
                name=f"{source.layer.name} points",
                size=max(1.0, series[0].diameter / 4),
                metadata={SEEDS_OF: source.id},
                **place,
            )
            viewer.add_layer(layer)
            self.seeds.choose(layer)
        viewer.layers.selection.active = layer
        layer.mode = "add"


class SeedChoice(LayerChoice):
    """Choose a layer of seeds."""

    seedsMoved = Signal()  # noqa: N815 - Qt's way of naming signals

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock.viewer, napari.layers.Points, none="choose points")
        self.dock = dock
        self.setToolTip("Points, one on each object, for the method 'seeded'.")
        self._of_layer = dock.connections()
        self.layerChanged.connect(self._layer_chosen)
        dock.follow(dock.session.reading_changed, self._follow_image)

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
            at = source.pixel_at(world.tolist())[-ndim - frames :]
            nearest = tuple(round(float(p)) for p in at)
            if any(not 0 <= p < n for p, n in zip(nearest[missing:], shape[missing:], strict=True)):
                continue
            for first in np.ndindex(shape[:missing]):
                found.setdefault((*first, *nearest[missing:frames]), []).append(at[-ndim:])
        return {index: np.array(points) for index, points in found.items()}

    def _follow_image(self, _reading: object = None) -> None:
        """Choose the points that were put on this image; never another image's."""
        source, layer = self.dock.source(), self.layer()
        if source is None:
            return
        own = [x for x in self._offered() if x.metadata.get(SEEDS_OF) == source.id]
        foreign = layer is not None and SEEDS_OF in layer.metadata and layer not in own
        if own or foreign:
            self.choose(own[-1] if own else None)

    def _layer_chosen(self, layer: napari.layers.Points | None) -> None:
        self._of_layer.clear()
        if layer is not None:
            self._of_layer.add(layer.events.data, self._moved)
        self.seedsMoved.emit()

    def _moved(self, _event: object = None) -> None:
        self.seedsMoved.emit()
