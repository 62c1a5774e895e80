"""Counting a folder of images in the Count dock: rows come as images are done."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.results import FILE, BatchResult
from napari_discembed.progress import Progress
from napari_discembed.session.time_left import words_of_portion
from napari_discembed.text import pluralize
from napari_discembed.widgets.contributions.preferences import tile_config
from napari_discembed.widgets.panels.measuring import count_folder, file_rows
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker

if TYPE_CHECKING:
    from napari_discembed.widgets.dock import Dock


class FolderCount(QWidget):
    """Segments and counts each image of a folder, as the image in Segment was; can be stopped."""

    rowsFound = Signal(list)  # noqa: N815 - Qt's way of naming signals
    said = Signal(str)

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.worker: Worker | None = None
        self.rows: list[Mapping[str, Any]] = []
        self.partial = ""
        """Why the rows are not of the whole folder; empty where they are."""
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop, and keep the rows of the images that are done.")
        self.stop.clicked.connect(self.end)
        self.bar = JobBar()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bar, 3)
        row.addWidget(self.stop, 1)
        self.hide()
        dock.tasks.at_close.append(self._closed)

    def start(self, folder: str = "") -> None:
        """Ask for a folder and count its images, in a thread."""
        session, reading = self.dock.session, self.dock.session.reading
        if not session.model or reading is None:
            show_warning("Embed one image in the Segment dock first: the folder is done the same.")
            return
        folder = folder or QFileDialog.getExistingDirectory(self, "A folder of images")
        if not folder or self.worker is not None:
            return
        recipe = Recipe(
            session.model,
            session.config,
            session.diameter,
            tile_config(),
            Reading(like=reading.axes, channel=reading.channel),
        )
        self.rows, self.partial = [], "the count is still running"
        self.worker = self.dock.run(
            Worker(
                lambda: count_folder(Path(folder), recipe),
                f"Count {Path(folder).name}",
                stop=self.end,
            ),
            on_result=self._finished,
            on_progress=self._advance,
            on_end=self._ended,
        )
        self.bar.begin()
        self.show()

    def end(self) -> None:
        """Stop, and keep what is done."""
        if self.worker is not None:
            self.worker.cancel()
            self.partial = "the count was stopped"
            self.said.emit(f"Stopped: {pluralize(len(self.rows), 'row')} done.")

    def _advance(self, progress: Progress) -> None:
        if self.worker is None or self.worker.is_cancelled:
            return
        if FILE in progress.data:
            self.rows += file_rows(progress.data[FILE])
            self.rowsFound.emit(self.rows)
        self.bar.advance(progress.fraction, self.worker.left.words)
        self.said.emit(progress.message)

    def _finished(self, result: BatchResult) -> None:
        self.partial = ""
        self.rowsFound.emit(self.rows)
        counted = len(result.files) - len(result.failed)
        show_info(f"{pluralize(counted, 'image')} counted.")

    def _ended(self) -> None:
        self.worker = None
        self.partial = self.partial and self.partial.replace("is still running", "ended early")
        self.hide()

    def _closed(self) -> None:
        """Say that the count has ended with its dock, and how far it came."""
        if self.worker is not None:
            done = words_of_portion(self.worker.left.portion)
            show_info(
                f"Count was closed, which ended the count of the folder ({done or 'none'} done). "
                "Count it again to have all; 'discembed segment' keeps what is done."
            )
