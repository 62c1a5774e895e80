"""Find the objects of a whole large image beside the interface, and show them as a layer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import napari.layers
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_discembed.progress import Progress
from napari_discembed.session.slides import SlideRequest, free_label_name
from napari_discembed.text import pluralize
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers.pyramids import label_layer, stored_path
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker


class WholeImage(QWidget):
    """A button that finds all objects of a stored image, block by block, and writes them into it.

    Parameters
    ----------
    dock
        Whose image, model and settings.
    diameter
        Returns that of its objects.
    """

    def __init__(self, dock: Dock, diameter: Callable[[], float | None]) -> None:
        super().__init__()
        self._diameter = diameter
        self.dock = dock
        self._worker: Worker | None = None
        self.button = QPushButton("Find in the whole image")
        self.button.setToolTip(
            "Find all objects with these settings, block by block, in the background, and write "
            "them into the OME-Zarr store as labels. Stopped, it goes on where it was."
        )
        self.stop = QPushButton("Stop")
        self.bar = JobBar()
        self.button.clicked.connect(self.find)
        self.stop.clicked.connect(self._stop)
        row = QHBoxLayout()
        row.addWidget(self.button, 2)
        row.addWidget(self.stop, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.bar)
        self._show()

    @property
    def is_busy(self) -> bool:
        """Whether it finds objects."""
        return self._worker is not None

    def find(self) -> None:
        """Find the objects of the session's image, as its settings say."""
        source, session = self.dock.source(), self.dock.session
        reading = session.reading
        if self._worker is not None or source is None or reading is None:
            return
        if session.series is None:
            show_warning("Zoom in and find the objects of a part first, to set how they are found.")
            return
        path = stored_path(source.layer)
        if path is None or session.config.method == "seeded":
            show_warning(
                f"{source.layer.name} is in no OME-Zarr store, which its labels are written into. "
                "Of a TIFF, run `discembed segment FILE --output DIR`."
                if path is None
                else "Points on objects are for what is in view. Choose another method."
            )
            return
        asked = SlideRequest(
            image=path,
            label_name=free_label_name(path),
            model=session.model,
            config=session.config,
            diameter=self._diameter(),
            tile=tile_config(),
            axes=str(reading.axes),
            channel=reading.channel,
        )
        self._run(asked, source.layer)

    def _run(self, asked: SlideRequest, layer: napari.layers.Image) -> None:
        remote = asked.remote()
        title = f"Find all objects of {layer.name}"
        self._worker = Worker(remote.job, title, remote.stop, self._stop)
        self.bar.begin()
        self._show()
        self.dock.run(
            self._worker,
            on_result=lambda count: self._found(asked.image, asked.label_name, count),
            on_progress=self._advance,
            on_end=self._ended,
            beside=True,  # views go on meanwhile
        )

    def _advance(self, progress: Progress) -> None:
        worker = self._worker
        if worker is not None:
            left = worker.left.words
            portion = progress.portion
            done = "" if portion is None else f"{portion.done}/{portion.total} {portion.noun}s, "
            self.bar.advance(progress.fraction, f"{done}{left}" if left else progress.message)

    def _found(self, path: Path, name: str, count: int) -> None:
        data, about, _ = label_layer(path, name)
        self.dock.viewer.add_layer(napari.layers.Labels(data, **about))
        show_info(f"{pluralize(count, 'object')}, written into {path / 'labels' / name}.")

    def _ended(self) -> None:
        self._worker = None
        self._show()

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            self.bar.say("Stopping ...")

    def _show(self) -> None:
        busy = self._worker is not None
        self.button.setEnabled(not busy)
        self.stop.setVisible(busy)
        self.bar.setVisible(busy)
