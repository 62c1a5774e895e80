"""Tracks from files: the Cell Tracking Challenge's, or another program's for labels at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari.layers
from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QPushButton

from napari_discembed.errors import InputError
from napari_discembed.progress import Job
from napari_discembed.session.linking import Linked, open_challenge, open_graph
from napari_discembed.session.tracked import Tracked
from napari_discembed.text import pluralize
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.tracks import frames_to_link
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.qt.buttons import menu_button
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.tasks import report


class TrackOpening(QObject):
    """A button with a menu of where tracks can be read from.

    Parameters
    ----------
    dock
        Whose button it is.
    tracked
        What there is now, and would go.
    labels
        The objects that tracks without masks are of.

    Attributes
    ----------
    opened
        Emitted with the :class:`Linked` that was read, the Labels layer of its objects, None where
        it has masks of its own, and the name it has.
    """

    opened = Signal(object, object, str)

    def __init__(self, dock: Dock, tracked: Tracked, labels: LayerChoice) -> None:
        super().__init__(dock)
        self.dock, self.tracked, self.labels = dock, tracked, labels
        self._asked = False
        self.button: QPushButton = menu_button(
            "Open",
            "Go on with tracks that were saved, or that another program made.",
            {
                "Cell Tracking Challenge ...": self.challenge,
                "GEFF, for these labels ...": self.geff,
                "TrackMate (XML), for these labels ...": self.trackmate,
            },
        )

    def challenge(self) -> None:
        """Open the masks and the table of a folder that is asked for."""
        if self._would_lose():
            return
        folder = self._folder("Folder with res_track.txt or man_track.txt")
        if folder is not None:
            self._run(lambda: open_challenge(folder), None, folder.name)

    def geff(self) -> None:
        """Open a graph that is asked for."""
        if not self._would_lose() and self._objects() is not None:
            self._open_graph(self._folder("Folder NAME.geff"))

    def trackmate(self) -> None:
        """Open what TrackMate saved."""
        if not self._would_lose() and self._objects() is not None:
            path, _ = QFileDialog.getOpenFileName(self.dock, "Open", "", "TrackMate (*.xml)")
            self._open_graph(Path(path) if path else None)

    def _folder(self, title: str) -> Path | None:
        folder = QFileDialog.getExistingDirectory(self.dock, title)
        return Path(folder) if folder else None

    def _would_lose(self) -> bool:
        """Tell, also in words and only once, whether corrections would go."""
        n, asked = self.tracked.n_corrections, self._asked
        self._asked = bool(n) and not asked
        if self._asked:
            made = pluralize(n, "correction")
            show_warning(f"{made} would go. Export them, or choose it again to open other tracks.")
        return self._asked

    def _objects(self) -> napari.layers.Labels | None:
        layer = self.labels.layer()
        if layer is None:
            show_warning(
                "Expected labels for the tracks to be of: they say where objects are, not their "
                "outlines. Open the masks and choose them at Labels."
            )
        return layer

    def _open_graph(self, path: Path | None) -> None:
        layer = self.labels.layer()
        if path is None or layer is None:
            return
        try:
            frames, about = frames_to_link(layer, self.dock.session.series)
        except InputError as error:
            report(error)
            return
        self._run(lambda: open_graph(path, frames, about), layer, path.name)

    def _run(
        self, start: Callable[[], Job[Linked]], layer: napari.layers.Labels | None, name: str
    ) -> None:
        worker = Worker(start, f"Open {name}")
        self.dock.run(worker, on_result=lambda linked: self._read(linked, layer, name))

    def _read(self, linked: Linked, layer: napari.layers.Labels | None, name: str) -> None:
        self.opened.emit(linked, layer, name)
        for note in linked.notes:
            show_warning(f"{name}: {note}.")
