"""Objects of what is in view of a large image, found anew as one moves over it."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kept import Kept, LayerReading
from napari_discembed.session.viewing import Box, Viewing
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import layer_by_id
from napari_discembed.widgets.layers.outlines import camera_of
from napari_discembed.widgets.layers.viewed import box_in_view
from napari_discembed.widgets.panels.whole_image import WholeImage
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker

SETTLED = 250
"""Milliseconds without a move after which what is in view is embedded."""
ZOOM_IN = "Zoom in to see its objects: of a large image they are found where you look."


class LargeView(QWidget):
    """Follows the view of a large image: its objects are found where one looks.

    Parameters
    ----------
    dock
        Whose session gets the embeddings.
    """

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self._viewing: Viewing | None = None
        self._start: Callable[[EmbeddingSeries], Kept] | None = None  # how the first is kept
        self._layer_id = ""
        self._box: Box | None = None  # what is embedded, or is about to be
        self._worker: Worker | None = None
        self.bar, self.words = JobBar(), QLabel()
        self.whole = WholeImage(dock, self.diameter)
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addWidget(self.bar)
        column.addWidget(self.whole)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SETTLED)
        self._soon.timeout.connect(self.look)
        camera = camera_of(dock.viewer)
        dock.follow(camera.events.center, self._moved)
        dock.follow(camera.events.zoom, self._moved)
        dock.follow(dock.session.reading_changed, self._reading_changed)
        self._show()

    def diameter(self) -> float | None:
        """Return that of the objects, in pixels; None before anything was in view."""
        return None if self._viewing is None else self._viewing.diameter

    @property
    def is_busy(self) -> bool:
        """Whether something in view is being embedded, or is about to be."""
        return self._worker is not None or self._soon.isActive()

    def begin(self, reading: LayerReading, viewing: Viewing) -> None:
        """Follow an image, and embed what is in view at once."""
        self.end()
        model, diameter, image = str(viewing.model), viewing.diameter, viewing.image
        self._viewing, self._layer_id = viewing, reading.layer_id
        self._start = lambda series: Kept(reading, image, model, diameter, series)
        self.look()

    def end(self) -> None:
        """Follow nothing."""
        self.cancel()
        self._viewing = self._start = self._box = None
        self._show()

    def forget(self, layer_id: str) -> None:
        """Follow an image no further whose pixels are no longer there."""
        if layer_id == self._layer_id:
            self.end()

    def cancel(self) -> None:
        """Stop what is being embedded; its pieces stay."""
        self._soon.stop()
        if self._worker is not None:
            self._worker.cancel()
            self._worker, self._box = None, None

    def look(self) -> None:
        """Embed what is in view, unless that is done, is under way, or is too much."""
        layer = layer_by_id(self.dock.viewer, self._layer_id)
        viewing = self._viewing
        if viewing is None or layer is None or self.dock.viewer.dims.ndisplay != 2:
            return
        box = box_in_view(layer)
        if box is None or (self._box is not None and _contains(self._box, box)):
            return
        if not viewing.fits(box):
            self._show(ZOOM_IN)
            return
        self.cancel()
        self._box = box
        worker = Worker(lambda: viewing.embed(box), f"Look at {layer.name}", stop=self.cancel)
        self._worker = worker
        self.bar.begin()
        self._show()
        self.dock.run(
            worker,
            on_result=lambda series: self._arrived(worker, series),
            on_progress=lambda progress: self._advance(worker, progress),
            on_end=lambda: self._ended(worker),
        )

    def _moved(self, _event: object = None) -> None:
        if self._viewing is not None:
            self._soon.start()

    def _reading_changed(self, reading: LayerReading | None) -> None:
        if reading is None or reading.layer_id != self._layer_id:
            self.end()

    def _advance(self, worker: Worker, progress: Progress) -> None:
        if worker is self._worker:
            self.bar.advance(progress.fraction, progress.message)

    def _arrived(self, worker: Worker, series: EmbeddingSeries) -> None:
        if worker is not self._worker:
            return
        if self._start is None:
            self.dock.session.show_part(series)
            return
        first, self._start = self._start(series), None
        self.dock.session.show(first)

    def _ended(self, worker: Worker) -> None:
        if worker is self._worker:
            self._worker = None
            self._show()

    def _show(self, words: str = "") -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.bar.setVisible(self._worker is not None)
        # It may be needed before anything has been in view, and is while it works.
        self.whole.setVisible(self._viewing is not None or self.whole.is_busy)


def _contains(outer: Box, inner: Box) -> bool:
    pairs = zip(outer, inner, strict=True)
    return all(o.start <= i.start and i.stop <= o.stop for o, i in pairs)
