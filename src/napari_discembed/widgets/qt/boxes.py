"""Boxes to choose from that leave the viewer its keys."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QComboBox


class ComboBox(QComboBox):
    """A box searched by letters as Qt does, but those with Shift, which are keys of the viewer."""

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's way of naming
        """Pass on letters with Shift."""
        shift = event is not None and event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if event is not None and shift and event.text().isalpha():
            event.ignore()
        else:
            super().keyPressEvent(event)
