"""Walk through the objects, from the least sure to the surest."""

from __future__ import annotations

import napari.layers
import numpy as np
from napari.utils.notifications import show_info, show_warning
from numpy.typing import NDArray
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.config import ClusteringConfig
from napari_discembed.imaging import renumbered
from napari_discembed.interaction.certainty import Certainty, certainty
from napari_discembed.progress import Job, Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    OBJECTS_OF,
    find_result,
    frame_at,
    objects_of,
    own_placement,
    pixels_of,
)
from napari_discembed.widgets.layers.outlines import camera_of, show_boxes
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.learning import corrected_of
from napari_discembed.widgets.qt.jobs import Worker

OUTLINE = "check"
ROOM = 2.5
"""How much more than the object the view shows."""
CANVAS = 400.0
"""Pixels of a small canvas."""


class Checking(QWidget):
    """*Next to check*: centre and outline the objects in order of doubt."""

    def __init__(self, dock: Dock, labels: LayerChoice) -> None:
        super().__init__()
        self.dock, self.labels = dock, labels
        self.result: Certainty | None = None
        self._at = -1
        self._index: Index = ()
        self._layer: napari.layers.Labels | None = None
        self._worker: Worker | None = None
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.before, self.next = QPushButton("Back"), QPushButton("Next to check")
        self.right = QPushButton("It is right")
        self.right.setToolTip("The object shown is right: learn from it. Goes on to the next.")
        self.next.setToolTip("Go to the object the embedding is least sure of, then the next.")
        for name, button in (("next", self.next), ("right", self.right), ("back", self.before)):
            dock.keys.bind(name, button)
        row = QHBoxLayout()
        row.addWidget(self.before, 1)
        row.addWidget(self.next, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addWidget(self.right)
        column.addWidget(self.words)
        self.right.clicked.connect(self.accept)
        self.next.clicked.connect(lambda: self.step(1))
        self.before.clicked.connect(lambda: self.step(-1))
        labels.layerChanged.connect(self._forget)
        dock.follow(dock.session.series_changed, self._forget)

    def _forget(self, _what: object = None) -> None:
        layer, viewer = self._layer, self.dock.viewer
        outline = None if layer is None else find_result(viewer, layer, OUTLINE)
        if outline is not None:  # hidden, not removed: OpenGL may crash where an image comes now
            outline.visible = False
        self.result, self._at, self._layer = None, -1, None
        self.words.setText("")

    def _embedded(
        self, layer: napari.layers.Labels
    ) -> tuple[EmbeddingSeries | None, ClusteringConfig]:
        """Return the embeddings of the image that the labels are of, and how they are grouped."""
        return self.dock.session.of_layer(str(layer.metadata.get(OBJECTS_OF, "")))

    def step(self, by: int) -> None:
        """Go on or back; the first time, judge the objects."""
        layer = self.labels.layer()
        series = None if layer is None else self._embedded(layer)[0]
        if self._worker is not None:
            return
        if layer is None or series is None or pixels_of(layer).shape != series.label_shape:
            show_warning(
                "This needs an embedding of the same image: press Find objects in Segment first."
            )
            return
        index = frame_at(self.dock.viewer, layer, series.shape)
        if self.result is None or layer is not self._layer or index != self._index:
            self._judge(layer, index)
            return
        self._go(by)

    def accept(self) -> None:
        """Say that the object shown is right, and go on."""
        result, layer = self.result, self._layer
        if result is None or layer is None or layer is not self.labels.layer():
            show_info("Press 'Next to check' first: it shows an object.")
            return
        corrected_of(self.dock, layer)
        number = int(result.order()[self._at])
        self.dock.session.correcting.accept(str(layer.unique_id), self._index, number)
        self._go(1)

    def _go(self, by: int) -> None:
        """Show the next object that is still there; stay where there is none."""
        result, layer = self.result, self._layer
        if result is None or layer is None:
            return
        compact, numbers = renumbered(objects_of(layer, self._index))
        order = result.order()
        there = np.isin(order, numbers[np.bincount(compact.ravel()) > 0])
        places = np.flatnonzero(there)
        places = places[places > self._at] if by > 0 else places[places < self._at][::-1]
        if len(places):
            self._at = int(places[0])
            self._show()
        elif len(order) and not there[self._at]:
            self.words.setText("No other object in this direction is still there.")

    def _judge(self, layer: napari.layers.Labels, index: Index) -> None:
        self._forget()
        self._layer, self._index = layer, index
        labels = objects_of(layer, index)
        series, config = self._embedded(layer)
        if series is None:
            return

        def job() -> Job[Certainty]:
            yield Progress(None, "Judging the objects")
            return certainty(labels, series.prepared(index), config)

        self._worker = self.dock.run(
            Worker(job, "Judge the objects"), on_result=self._judged, on_end=self._ended
        )

    def _ended(self) -> None:
        self._worker = None

    def _judged(self, result: Certainty) -> None:
        self.result, self._at = result, 0
        if not len(result.label):
            show_info("There is no object to check.")
            return
        self._show()

    def _show(self) -> None:
        result, layer = self.result, self._layer
        if result is None or layer is None or layer not in self.dock.viewer.layers:
            return
        label = int(result.order()[self._at])
        row = int(np.searchsorted(result.label, label))
        self.words.setText(
            f"Object {label} ({self._at + 1} of {len(result.label)}): {result.certainty[row]:.2f} "
            f"sure. Apart from its neighbours {result.margin[row]:.2f}, foreground "
            f"{result.foreground[row]:.2f}, stable {result.stability[row]:.2f}."
        )
        layer.selected_label = label
        go_to(self.dock, layer, self._index, label)


def go_to(dock: Dock, layer: napari.layers.Labels, index: Index, label: int) -> None:
    """Centre and outline an object; nothing happens where it is gone."""
    where = np.argwhere(np.asarray(pixels_of(layer)[index]) == label)
    if not len(where):
        return
    go_to_box(dock, layer, index, where.min(axis=0) - 1.0, where.max(axis=0) + 1.0)


def go_to_box(
    dock: Dock,
    layer: napari.layers.Labels,
    index: Index,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> None:
    """Centre and outline a box of a frame."""
    middle = np.array([*index, *((low + high) / 2)])
    viewer = dock.viewer
    centre = layer.data_to_world(middle)
    camera = camera_of(viewer)
    camera.center = tuple(centre)[-3:]
    if viewer.dims.ndim >= layer.ndim:
        first = viewer.dims.ndim - layer.ndim
        for axis, value in enumerate(centre):
            viewer.dims.set_point(first + axis, float(value))
    extent = float(np.max((high - low)[-2:] * np.array(layer.scale)[-2:]))
    camera.zoom = float(np.clip(CANVAS / (ROOM * max(extent, 1e-9)), 1e-3, 1e3))
    outline(dock, layer, [box_corners(low, high, middle[:-2])])


def box_corners(
    low: NDArray[np.float64], high: NDArray[np.float64], lead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``(4, ndim)``: a box of the last two axes, at a place along those before them."""
    (y, x), (bottom, right) = low[-2:], high[-2:]
    corners = np.array([[y, x], [y, right], [bottom, right], [bottom, x]])
    return np.hstack([np.tile(lead, (4, 1)), corners])


def outline(dock: Dock, layer: napari.layers.Labels, boxes: list[NDArray[np.float64]]) -> None:
    """Draw boxes about objects, in place of those before."""
    show_boxes(dock.viewer, layer, OUTLINE, boxes, **own_placement(layer))
