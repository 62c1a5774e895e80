"""A few buttons beside each other, one of which is pressed."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segmented(QWidget):
    """Chooses one of a few things by a button each.

    Parameters
    ----------
    choices
        What each is called and its tooltip, by its name.

    Attributes
    ----------
    chosen
        Emitted with the name of what a person has chosen.
    """

    chosen = Signal(str)

    def __init__(
        self, choices: Mapping[str, tuple[str, str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.buttons: dict[str, QPushButton] = {}
        group, row = QButtonGroup(self), QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for name, (words, help_text) in choices.items():
            button = self.buttons[name] = QPushButton(words)
            button.setToolTip(help_text)
            button.setCheckable(True)
            button.clicked.connect(lambda _on=True, name=name: self.chosen.emit(name))
            group.addButton(button)
            row.addWidget(button, 1)
        group.setExclusive(True)

    def value(self) -> str:
        """Return the name of what is chosen; empty for nothing yet."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), "")

    def setValue(self, name: str) -> None:  # noqa: N802 - Qt's way of naming
        """Choose something, without telling of it."""
        self.buttons[name].setChecked(True)
