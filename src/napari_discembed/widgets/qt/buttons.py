"""Buttons with a tooltip, and with a menu."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qtpy.QtWidgets import QMenu, QPushButton


def button(words: str, help_text: str, action: Callable[[], object]) -> QPushButton:
    """Return a button that does something."""
    made = QPushButton(words)
    made.setToolTip(help_text)
    made.clicked.connect(lambda _checked=False: action())
    return made


def menu_button(
    words: str, help_text: str, actions: Mapping[str, Callable[[], object]]
) -> QPushButton:
    """Return a button that opens a menu."""
    made = QPushButton(words)
    made.setToolTip(help_text)
    menu = QMenu(made)
    for name, action in actions.items():
        menu.addAction(name).triggered.connect(lambda _checked=False, do=action: do())
    made.setMenu(menu)
    return made
