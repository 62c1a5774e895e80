"""Correct a window of a large pyramid of labels, which napari itself only shows."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import napari.layers
import numpy as np
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QPushButton, QVBoxLayout, QWidget

from napari_discembed.io.ome_zarr.label_window import LabelWindow
from napari_discembed.progress import Job, Progress
from napari_discembed.types import IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import layer_by_id, own_placement
from napari_discembed.widgets.layers.metadata import WINDOW_OF
from napari_discembed.widgets.layers.pyramids import stored_path
from napari_discembed.widgets.layers.viewed import box_in_view
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.qt.jobs import Worker

MOST_PIXELS = 2**22
"""Of a window: 2048 x 2048."""
MARGIN = 64
"""Pixels around what is in view that are opened with it, so that its objects are whole."""


@dataclass(slots=True, eq=False)
class _Opened:
    """A window that is open: what it is of, and its labels as they are stored."""

    window: LabelWindow
    pyramid: str
    stored: IntArray


class LabelWindowPanel(QWidget):
    """Opens what is in view of a pyramid of labels as a layer to correct, and writes it back.

    Parameters
    ----------
    dock
        Whose viewer.
    labels
        The layer that is corrected.
    """

    def __init__(self, dock: Dock, labels: LayerChoice) -> None:
        super().__init__()
        self.dock, self._labels = dock, labels
        self._opened: dict[str, _Opened] = {}  # by the id of the window's layer
        self._worker: Worker | None = None
        self._writing: napari.layers.Labels | None = None
        self.open_button = QPushButton("Edit what is in view")
        self.open_button.setToolTip(
            "Open this part of the labels as a layer that can be corrected and painted in."
        )
        self.write_button = QPushButton("Write back")
        self.write_button.setToolTip("Write the corrected part into the store, on all its levels.")
        self.open_button.clicked.connect(self.open)
        self.write_button.clicked.connect(self.write)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.open_button)
        column.addWidget(self.write_button)
        labels.layerChanged.connect(self._show)
        self._show(labels.layer())

    @property
    def is_busy(self) -> bool:
        """Whether a window is being read or written."""
        return self._worker is not None

    def open(self) -> None:
        """Open what is in view of the chosen pyramid."""
        layer = self._labels.layer()
        path, view = stored_path(layer), box_in_view(layer)
        if path is None or self.is_busy:
            return
        if view is None or math.prod(v.stop - v.start for v in view) > MOST_PIXELS:
            show_warning("Zoom in: what is in view is too large to be corrected at once.")
            return
        shape = layer.level_shapes[0][-2:]
        pairs = zip(view, shape, strict=True)
        y, x = (slice(max(0, v.start - MARGIN), min(int(n), v.stop + MARGIN)) for v, n in pairs)
        window = LabelWindow(path, (y, x))

        def read() -> Job[IntArray]:
            yield Progress(None, "Reading the labels")
            return window.read()

        self._run(read, "Open a part of the labels", lambda found: self._add(layer, window, found))

    def _add(self, pyramid: napari.layers.Labels, window: LabelWindow, found: IntArray) -> None:
        place = own_placement(pyramid)
        corner = [w.start for w in window.box]
        n = pyramid.ndim - 2
        about = {key: place[key][n:] for key in ("scale", "units", "axis_labels")}
        translate = np.array(place["translate"], float)[n:] + np.array(about["scale"]) * corner
        layer = napari.layers.Labels(
            found.copy(),
            name=f"{pyramid.name} {corner[0]}, {corner[1]}",
            translate=translate,
            metadata={WINDOW_OF: str(pyramid.unique_id)},
            **about,
        )
        self._opened[str(layer.unique_id)] = _Opened(window, str(pyramid.unique_id), found)
        self.dock.viewer.add_layer(layer)
        pyramid.visible = False  # it would show what is deleted
        self._labels.choose(layer)

    def write(self) -> None:
        """Write the chosen window back."""
        layer = self._labels.layer()
        opened = None if layer is None else self._opened.get(str(layer.unique_id))
        if opened is None or self.is_busy:
            return
        edited = np.array(layer.data)
        layer.editable = False  # until it is written
        self._writing = layer
        self._run(
            lambda: opened.window.write(opened.stored, edited),
            f"Write {layer.name}",
            lambda _written: self._written(layer, opened),
        )

    def _written(self, layer: napari.layers.Labels, opened: _Opened) -> None:
        """Show the whole again, in place of the window."""
        pyramid = layer_by_id(self.dock.viewer, opened.pyramid)
        del self._opened[str(layer.unique_id)]
        if layer in self.dock.viewer.layers:
            self.dock.viewer.layers.remove(layer)
        if pyramid is not None:
            pyramid.visible = True
            pyramid.refresh()
            self._labels.choose(pyramid)
        show_info(f"{layer.name} is written into {opened.window.path}.")

    def _run(
        self,
        job: Callable[[], Job[IntArray]],
        title: str,
        on_result: Callable[[IntArray], None],
    ) -> None:
        self._worker = Worker(job, title)
        self.dock.run(self._worker, on_result=on_result, on_end=self._ended)
        self._show(self._labels.layer())

    def _ended(self) -> None:
        self._worker = None
        if self._writing is not None:
            self._writing.editable, self._writing = True, None
        self._show(self._labels.layer())

    def _show(self, layer: napari.layers.Labels | None) -> None:
        is_pyramid = layer is not None and layer.multiscale and stored_path(layer) is not None
        is_window = layer is not None and str(layer.unique_id) in self._opened
        self.setVisible(is_pyramid or is_window)
        self.open_button.setVisible(is_pyramid)
        self.write_button.setVisible(is_window)
        for button in (self.open_button, self.write_button):
            button.setEnabled(not self.is_busy)
