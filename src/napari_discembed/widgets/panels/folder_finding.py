"""Finding the objects of all images of a folder that have none, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from napari_discembed.batch.results import FILE
from napari_discembed.progress import Progress
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import State
from napari_discembed.session.project_finding import CLUSTER, find_all
from napari_discembed.text import pluralize
from napari_discembed.widgets.contributions.preferences import cluster, tile_config
from napari_discembed.widgets.qt.job_bar import JobBar
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.tasks import Tasks

if TYPE_CHECKING:
    from napari_discembed.widgets.dock import Dock


class FindAll(QWidget):
    """The button *Find in all*, its progress, and *Stop*.

    Attributes
    ----------
    done
        Emitted with the name of each image that is done.
    """

    done = Signal(str)

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self._tasks = Tasks()  # of its own: to go to another image does not wait for it
        dock.tasks.at_end.insert(0, self._tasks.stop)
        self.worker: Worker | None = None
        self.button = QPushButton("Find in all new ones")
        self.button.setToolTip(
            "Find the objects of all images that have none yet, with the model and the settings "
            "of the last image, in the background. Those that failed are tried again. Many at a "
            "time by a cluster: Preferences > Discembed."
        )
        self.bar = JobBar()
        self.stop_button = QPushButton("Stop")
        self.stop_button.setToolTip("Stop, and keep the images that are done.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button, 1)
        row.addWidget(self.bar, 1)
        row.addWidget(self.stop_button)
        self.stop_button.clicked.connect(self.stop)
        self._show_busy(busy=False)

    def _show_busy(self, *, busy: bool) -> None:
        self.button.setVisible(not busy)
        self.bar.setVisible(busy)
        self.stop_button.setVisible(busy)

    def start(self, project: Project) -> None:
        """Find the objects of all images that have none, in a thread."""
        if self.worker is not None:
            return
        if not project.settings.model:
            show_warning("Find the objects of one image first (Segment): the others follow it.")
            return
        wanted = {State.new, State.failed}
        names = [name for name in project.names if project.entry(name).state in wanted]
        if not names:
            show_info("All images have objects already.")
            return
        tile, place = tile_config(), cluster()
        self.bar.begin()
        self.worker = self._tasks.run(
            Worker(lambda: find_all(project, names, tile, place), f"Find in {len(names)} images"),
            on_result=lambda failed: self._finished(len(names), failed),
            on_progress=self._advance,
            on_end=self._ended,
        )
        self._show_busy(busy=True)

    def stop(self) -> None:
        """Stop, and keep what is done."""
        if self.worker is not None:
            self.worker.cancel()
            self.bar.say("Stopping ...")

    def _advance(self, progress: Progress) -> None:
        if CLUSTER in progress.data:
            show_info(progress.data[CLUSTER])
        if FILE in progress.data:
            self.done.emit(progress.data[FILE])
        if self.worker is None or self.worker.is_cancelled:
            return
        words = progress.message.partition("]")[0].lstrip("[").replace("/", " of ")
        self.bar.advance(progress.fraction, words)

    def _finished(self, count: int, failed: list[str]) -> None:
        words = f"{pluralize(count - len(failed), 'image')} done."
        show_info(f"{words} {len(failed)} failed: see the list." if failed else words)

    def _ended(self) -> None:
        self.worker = None
        self._show_busy(busy=False)
        self.done.emit("")
