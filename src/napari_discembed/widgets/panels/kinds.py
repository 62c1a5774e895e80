"""The kinds of objects: a row each, to choose, name, colour and delete."""

from __future__ import annotations

import napari.layers
from napari.utils.notifications import show_warning
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QColorDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_discembed.errors import InputError
from napari_discembed.session.kinds import Kinds
from napari_discembed.text import pluralize
from napari_discembed.types import Kind
from napari_discembed.types.kinds import LONGEST_NAME
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.keys import KEYS
from napari_discembed.widgets.layers import result_of
from napari_discembed.widgets.layers.kinds import (
    kind_of,
    note_kinds,
    numbers_in,
    say_rest,
)
from napari_discembed.widgets.layers.metadata import KINDS
from napari_discembed.widgets.qt.swatches import ElidedButton, swatch

MORE, ANOTHER = "More kinds of object ...", "Another kind ..."
QUIET = (
    "text-align: left; border: none; background: transparent; padding: 2px 0px; "
    "text-decoration: underline;"
)
KEYED = sum(name.startswith("kind_") for name in KEYS)


class KindRow(QWidget):
    """A kind: its colour, its name with its key, and a menu."""

    def __init__(self, panel: KindsPanel, place: int) -> None:
        super().__init__()
        self.panel, self.place = panel, place
        self.kind = Kind("object")
        self.colour, self.name = QToolButton(), ElidedButton()
        self.name.setCheckable(True)
        self.edit = QLineEdit()
        self.edit.setMaxLength(LONGEST_NAME)
        self.edit.setToolTip("The name of this kind of object; Enter keeps it.")
        self.edit.hide()
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setToolTip("Rename or delete this kind.")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self)
        self.rename_action = self.menu.addAction("Rename")
        self.delete_action = self.menu.addAction("Delete")
        self.more.setMenu(self.menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.colour)
        row.addWidget(self.name, 1)
        row.addWidget(self.edit, 1)
        row.addWidget(self.more)
        self.colour.clicked.connect(lambda: panel.ask_colour(self.kind.name))
        self.name.clicked.connect(lambda: panel.press(self.kind.name))
        self.edit.editingFinished.connect(self._edited)
        self.rename_action.triggered.connect(self.begin_edit)
        self.delete_action.triggered.connect(lambda: panel.kinds.remove(self.kind.name))
        self.menu.aboutToShow.connect(self._say_what_goes)

    def show_kind(self, kind: Kind, *, chosen: bool) -> None:
        """Show a kind."""
        keys, name = self.panel.dock.keys, f"kind_{self.place}"
        self.colour.setIcon(swatch(kind.colour))
        self.colour.setToolTip(f"Colour of {kind.name}: another one ...")
        if kind.name != self.kind.name or not self.name.whole:
            keys.let_go(self.name)
            self.name.setText(kind.name)
            self.name.setToolTip(f"{kind.name}: {self.panel.help_text}")
            if self.place <= KEYED:
                keys.bind(name, self.name)
        self.kind = kind
        self.name.setChecked(chosen)

    def begin_edit(self) -> None:
        """Let the name be typed."""
        self.edit.setText(self.kind.name)
        self.name.hide()
        self.edit.show()
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        self.edit.selectAll()

    def _edited(self) -> None:
        if self.edit.isHidden():
            return
        self.edit.hide()
        self.name.show()
        try:
            self.panel.kinds.rename(self.kind.name, self.edit.text())
        except InputError as error:
            show_warning(str(error))

    def _say_what_goes(self) -> None:
        """Say what deleting does."""
        count, heir = self.panel.count(self.kind.name), self.panel.kinds.heir(self.kind.name)
        objects = "" if not count else f" ({pluralize(count, 'object')} become {heir})"
        self.delete_action.setText(f"Delete{objects}")


class KindsPanel(QWidget):
    """The kinds of objects of a session; of one kind nothing but a quiet button is shown.

    Parameters
    ----------
    dock
        Whose viewer and session.
    help_text
        What pressing a kind does.
    adds
        Whether kinds can be added here.

    Attributes
    ----------
    pressed
        Emitted with the name of a kind that a person chose, though it were chosen before.
    """

    pressed = Signal(str)

    def __init__(self, dock: Dock, help_text: str, *, adds: bool = True) -> None:
        super().__init__()
        self.dock, self.help_text, self._adds = dock, help_text, adds
        self.kinds: Kinds = dock.session.kinds
        self.rows: list[KindRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        self.add_button = QPushButton(MORE)
        self.add_button.setStyleSheet(QUIET)
        self.add_button.setFlat(True)
        self.add_button.setCursor(Qt.CursorShape.PointingHandCursor)
        self.add_button.setToolTip(
            "Tell several kinds of objects apart, such as leaf and cotyledon: each has a name and "
            "a colour, the model learns them, and they are counted one by one."
        )
        self._column.addWidget(self.add_button)
        self.add_button.clicked.connect(self.add)
        dock.follow(self.kinds.changed, self._show)
        self._show()

    def _layers(self) -> list[napari.layers.Labels]:
        return [
            layer
            for layer in self.dock.viewer.layers
            if isinstance(layer, napari.layers.Labels) and result_of(layer) is None
        ]

    def add(self) -> None:
        """Add a kind, whose name may be typed at once."""
        if not self.kinds.several:  # what is there up to now is of the first kind
            for layer in self._layers():
                say_rest(layer, self.kinds.all[0].name)
        try:
            self.kinds.add()
        except InputError as error:
            show_warning(str(error))
            return
        self.rows[-1].begin_edit()
        self.pressed.emit(self.kinds.chosen.name)

    def press(self, name: str) -> None:
        """Choose a kind."""
        self.kinds.choose(name)
        self._show()
        self.pressed.emit(name)

    def ask_colour(self, name: str) -> None:
        """Let a person choose a colour."""
        before = QColor(self.kinds.kind(name).colour)
        chosen = QColorDialog.getColor(before, self, f"Colour of {name}")
        if chosen.isValid():
            self.kinds.recolour(name, chosen.name())

    def count(self, name: str) -> int:
        """Return how many objects of the viewer's layers are of a kind."""
        return sum(
            kind_of(layer, number, self.kinds).name == name
            for layer in self._layers()
            if KINDS in layer.metadata
            for number in numbers_in(layer)
        )

    def _show(self) -> None:
        kinds = self.kinds.told
        while len(self.rows) > len(kinds):
            row = self.rows.pop()
            self.dock.keys.let_go(row.name)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.rows) < len(kinds):
            self.rows.append(KindRow(self, len(self.rows) + 1))
            self._column.insertWidget(len(self.rows) - 1, self.rows[-1])
        for row, kind in zip(self.rows, kinds, strict=True):
            row.show_kind(kind, chosen=kind.name == self.kinds.chosen.name)
        self.add_button.setText(ANOTHER if kinds else MORE)
        self.add_button.setVisible(self._adds)
        self.setVisible(self._adds or bool(kinds))

    def note(self) -> None:
        """Write the kinds of objects where a person reads them."""
        if self.kinds.several:
            for layer in self._layers():
                if KINDS in layer.metadata:
                    note_kinds(layer, self.kinds)
