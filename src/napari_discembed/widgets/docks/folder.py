"""The Folder dock: a folder of images, one after the other, kept as it was left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, Qt, QTimer
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QPushButton, QWidget
from superqt import QCollapsible

from napari_discembed.errors import DiscembedError
from napari_discembed.session.project import Project
from napari_discembed.session.project_counts import count_table, progress_words
from napari_discembed.session.project_files import State
from napari_discembed.session.project_order import Order
from napari_discembed.session.project_place import last_opened
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.panels.exporting import export_table
from napari_discembed.widgets.panels.folder_finding import FindAll
from napari_discembed.widgets.panels.folder_list import FolderList
from napari_discembed.widgets.panels.folder_work import FolderWork
from napari_discembed.widgets.panels.measuring import SUMMARY_COLUMNS
from napari_discembed.widgets.qt.boxes import ComboBox
from napari_discembed.widgets.qt.buttons import button
from napari_discembed.widgets.qt.table import Table
from napari_discembed.widgets.tasks import report

SAVE_MS = 30_000
NOTHING = (
    "Choose a folder of images, or drop one here. You go through it image by image; objects, "
    "counts and settings are kept beside it, and are there again tomorrow."
)
MOST_TOLD, LONGEST = 3, 180
NAME_WIDTH = 110
TITLES = {"mean_size": "mean size", "unsure": "not sure"}


class FolderDock(Dock):
    """Go through a folder of images; what was done is there again tomorrow."""

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.work = FolderWork(self)
        self.again = button("", "", self._open_again)
        self.choose = button("Folder ...", "Choose a folder of images.", self.choose_folder)
        self.words, self.troubles = QLabel(NOTHING), QLabel("")
        for label in (self.words, self.troubles):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.list = FolderList()
        self.order = ComboBox()
        self.order.addItems(list(Order))
        self.order.setToolTip("The order of the images, and of Back and Next.")
        self.nothing = QWidget()  # fills the dock before there is a list
        self.finding = FindAll(self)
        self.table = Table()
        self.counts = QCollapsible("Counts of all images")
        self.export = button("Export ...", "Write the counts as a table.", self._export)
        self.former, self.following = QPushButton("Back"), QPushButton("Next")
        self.former.setToolTip("Go to the image before; what you did here is kept.")
        self.following.setToolTip("Go to the next image; what you did here is kept.")
        self.checked = QCheckBox("This image is checked")
        self.checked.setToolTip("I have looked at the objects of this image: they are right.")
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self._offer_again()
        self.refresh()

    @property
    def project(self) -> Project | None:
        """The folder that is open; None for none."""
        return self.work.project

    def _lay_out(self) -> None:
        for widget in (self.again, self.choose, self.words, self.troubles):
            self.column.addWidget(widget)
        self.column.addWidget(self.order)
        self.column.addWidget(self.list, 1)
        self.column.addWidget(self.finding)
        self.counts.addWidget(self.table)
        self.counts.addWidget(self.table.below)
        self.counts.addWidget(self.export)
        self.column.addWidget(self.counts)
        self.column.addWidget(self.nothing, 1)
        last = QHBoxLayout()
        last.addWidget(self.former, 1)
        last.addWidget(self.following, 1)
        self.pinned.addWidget(self.checked)
        self.pinned.addLayout(last)

    def _connect(self) -> None:
        self.former.clicked.connect(lambda _on: self.work.step(-1))
        self.following.clicked.connect(lambda _on: self.work.step(1))
        self.checked.clicked.connect(lambda on: self.work.check(on=on))
        self.list.wanted.connect(self.work.go)
        self.list.orderWanted.connect(self.sort)
        self.order.textActivated.connect(lambda text: self.sort(Order(text)))
        self.finding.button.clicked.connect(self._find_all)
        self.finding.done.connect(self.work.found)
        self.finding.done.connect(self._found)
        self.work.changed.connect(self.refresh)
        self.work.moved.connect(self._moved)
        self.counts.toggled.connect(self._fill_table)
        self.keys.bind("former", self.former)
        self.keys.bind("following", self.following)
        self.keys.bind("checked", self.checked)
        timer = QTimer(self)
        timer.timeout.connect(self.work.keep)
        timer.start(SAVE_MS)

    # The folder

    def choose_folder(self) -> None:
        """Ask for a folder and open it."""
        folder = QFileDialog.getExistingDirectory(self, "A folder of images")
        if folder:
            self.open(folder)

    def open(self, folder: str | Path) -> None:
        """Open a folder of images as it was left; errors are told."""
        self.finding.stop()
        try:
            self.work.open(folder)
        except (DiscembedError, OSError) as error:
            report(error)
            return
        self.again.hide()
        self.refresh()

    def _offer_again(self) -> None:
        last = last_opened()
        self.again.setVisible(last is not None)
        if last is not None:
            metrics = self.again.fontMetrics()
            name = metrics.elidedText(last.name, Qt.TextElideMode.ElideMiddle, NAME_WIDTH)
            self.again.setText(f"Go on with {name}")
            self.again.setToolTip(f"Go on where you left it: {last}")

    def _open_again(self) -> None:
        last = last_opened()
        if last is not None:
            self.open(last)

    def event(self, event: QEvent) -> bool:
        """Take a folder that is dropped, before napari opens all of its images."""
        if isinstance(event, QDropEvent):
            folder = _dropped(event)
            if folder is not None:
                event.acceptProposedAction()
                if event.type() == QEvent.Type.Drop:
                    self.open(folder)
                return True
        return super().event(event)

    # What is shown

    def _moved(self) -> None:
        if self.list.project is not self.project:
            self.list.show_project(self.project)
            self.order.setCurrentText(Order.by_name)
        self.list.mark()
        self.refresh()

    def sort(self, order: Order) -> None:
        """List the images in another order, as they are known now."""
        self.order.setCurrentText(order)
        if self.project is not None:
            self.project.sort(order)
            self.list.show_project(self.project)
            self.list.mark()

    def _found(self, name: str) -> None:
        """Sort anew once all are found: before, nothing was known of most."""
        if not name:
            self.sort(Order(self.order.currentText()))

    def refresh(self) -> None:
        """Show anew how far the images are."""
        project = self.project
        some = project is not None and bool(project.names)
        for widget in (self.order, self.list, self.finding, self.counts):
            widget.setVisible(some)
        self.nothing.setVisible(not some)
        for widget in (self.former, self.following, self.checked):
            widget.setEnabled(some)
        if project is None:
            return
        self.list.refresh()
        self._show_words(project)
        shown = self.work.shown
        known = shown is not None and project.has_objects(shown.name)
        self.checked.setEnabled(known)
        state = project.entry(project.current).state
        self.checked.setChecked(state is State.checked)
        self._fill_table()

    def _show_words(self, project: Project) -> None:
        place = f"Kept in {project.place.name}." if project.is_saved else ""
        self.words.setText(
            f"{project.folder.name}: {progress_words(project.entries())}. {place}".strip()
            if project.names
            else f"{project.folder.name}: no images here, nor in folders below. Choose another."
        )
        failed = project.in_state(State.failed)
        told = [f"{name}: {project.entry(name).error}" for name in failed[:MOST_TOLD]]
        if len(failed) > MOST_TOLD:
            told.append(f"{len(failed) - MOST_TOLD} more failed: see the list.")
        notes = project.notes if project.names else []
        lines = [project.why_unsaved, project.trouble, self.work.words, *notes, *told]
        lines = [line for line in dict.fromkeys(lines) if line]
        self.troubles.setText("\n".join(_cut(line) for line in lines))
        self.troubles.setToolTip("\n".join(lines))
        self.troubles.setVisible(bool(lines))

    def _fill_table(self, _open: object = None) -> None:
        if self.project is None or not self.counts.isExpanded():
            return
        columns = count_table(self.project.entries())
        hidden = {name for name in columns if name not in (*SUMMARY_COLUMNS[:3], "unsure")}
        self.table.fill(_as_arrays(columns), TITLES, hidden)

    def _export(self) -> None:
        project = self.project
        if project is not None:
            left = len(project.in_state(State.new))
            partial = f"{left} images are new, and not counted" if left else ""
            export_table(self, _as_arrays(count_table(project.entries())), partial)

    def _find_all(self) -> None:
        if self.project is not None:
            self.work.keep()
            self.finding.start(self.project)


def _as_arrays(columns: dict[str, list[Any]]) -> dict[str, NDArray[Any]]:
    return {name: np.array(values, dtype=object) for name, values in columns.items()}


def _cut(line: str) -> str:
    """Return the beginning of a long line; the tooltip has all of it."""
    return line if len(line) <= LONGEST else f"{line[:LONGEST].rpartition(' ')[0]} ..."


def _dropped(event: QDropEvent) -> Path | None:
    """Return the folder that is dropped; None for anything else."""
    urls = event.mimeData().urls()
    path = Path(urls[0].toLocalFile()) if len(urls) == 1 and urls[0].isLocalFile() else None
    return path if path is not None and path.is_dir() else None
