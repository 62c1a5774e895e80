"""The list of the images of a folder: how far each is, how many objects it has, and the doubt."""

from __future__ import annotations

from typing import NamedTuple

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt, Signal
from qtpy.QtGui import QFont
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_discembed.session.project import Project
from napari_discembed.session.project_files import State
from napari_discembed.session.project_order import Order


class Sign(NamedTuple):
    """How a state is shown: a character, told apart without colour, and words."""

    character: str
    words: str


SIGNS = {
    State.new: Sign("○", "new: nothing was looked for yet"),
    State.found: Sign("◐", "objects found, not checked yet"),
    State.checked: Sign("●", "checked by a person"),
    State.failed: Sign("✕", "failed"),
}
TITLES = ("Image", "Objects", "Not sure")
ORDERS = (Order.by_name, Order.by_count, Order.by_doubt)
"""That a click on each title asks for."""


class _Model(QAbstractTableModel):
    """A row an image of a project."""

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None

    def rowCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if self.project is None else len(self.project.names)

    def columnCount(self, _parent: QModelIndex | None = None) -> int:  # noqa: N802
        return len(TITLES)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if self.project is None:
            return None
        name = self.project.names[index.row()]
        entry, column = self.project.entry(name), index.column()
        sign = SIGNS[entry.state]
        if role == Qt.ItemDataRole.DisplayRole:
            numbers = ["" if n is None else str(n) for n in (entry.count, entry.unsure)]
            return (f"{sign.character}  {name}", *numbers)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{name}\n{f'{sign.words}. {entry.error}' if entry.error else sign.words}"
        if role == Qt.ItemDataRole.FontRole and name == self.project.current:
            font = QFont()
            font.setBold(True)
            return font
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"Click: {ORDERS[section].lower()}."
        return TITLES[section] if role == Qt.ItemDataRole.DisplayRole else None


class FolderList(QTableView):
    """Shows the images of a project; a click asks for one, one on a title for another order."""

    wanted = Signal(str)
    orderWanted = Signal(Order)  # noqa: N815 - Qt's way of naming signals

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self.setModel(self._model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.verticalHeader().setVisible(False)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            width = self.fontMetrics().horizontalAdvance(f"{TITLES[column]}MM")
            self.setColumnWidth(column, width)
        signs = "\n".join(f"{sign.character}  {sign.words}" for sign in SIGNS.values())
        self.setToolTip(f"The images of the folder; click one to go there.\n{signs}")
        self.setMinimumHeight(120)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(lambda column: self.orderWanted.emit(ORDERS[column]))
        self.clicked.connect(self._clicked)

    @property
    def project(self) -> Project | None:
        """The project that is shown."""
        return self._model.project

    def show_project(self, project: Project | None) -> None:
        """Show the images of a project, or none."""
        self._model.beginResetModel()
        self._model.project = project
        self._model.endResetModel()

    def refresh(self) -> None:
        """Show anew how far all are."""
        rows, columns = self._model.rowCount(), self._model.columnCount()
        if rows:
            last = self._model.index(rows - 1, columns - 1)
            self._model.dataChanged.emit(self._model.index(0, 0), last)

    def mark(self) -> None:
        """Mark the image that is shown, and scroll to it."""
        project = self._model.project
        if project is not None and project.current in project.names:
            row = project.names.index(project.current)
            self.selectRow(row)
            self.scrollTo(self._model.index(row, 0))
        self.refresh()

    def texts(self) -> list[list[str]]:
        """Return what the rows say."""
        rows, columns = range(self._model.rowCount()), range(len(TITLES))
        return [[str(self._model.data(self._model.index(r, c))) for c in columns] for r in rows]

    def _clicked(self, index: QModelIndex) -> None:
        if self._model.project is not None:
            self.wanted.emit(self._model.project.names[index.row()])
