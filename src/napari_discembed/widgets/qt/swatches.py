"""Colours to look at: a patch for a list or a button, and a text that shortens where it must."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap, QResizeEvent
from qtpy.QtWidgets import QPushButton, QSizePolicy

SWATCH = 12
"""Side of a patch of colour, in pixels."""
GAP = 3
_NARROWEST = 40


def swatch(*colours: str | Sequence[float]) -> QIcon:
    """Return patches side by side, of colours as ``#rrggbb`` or as red, green, blue in [0, 1]."""
    n = len(colours)
    picture = QPixmap(n * SWATCH + (n - 1) * GAP, SWATCH)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    for i, colour in enumerate(colours):
        is_name = isinstance(colour, str)
        shown = QColor(colour) if is_name else QColor(*(round(255 * float(c)) for c in colour[:3]))
        painter.fillRect(i * (SWATCH + GAP), 0, SWATCH, SWATCH, shown)
    painter.end()
    return QIcon(picture)


def swatch_size(count: int) -> QSize:
    """Return the size of so many patches side by side."""
    return QSize(count * SWATCH + (count - 1) * GAP, SWATCH)


class ElidedButton(QPushButton):
    """A button whose text is shortened in its middle where there is too little room.

    Its tooltip is to say the whole.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_NARROWEST)
        self.whole = ""
        self.setText(text)

    def setText(self, text: str | None) -> None:  # noqa: N802 - Qt's way of naming
        """Show a text, as much of it as there is room for."""
        self.whole = text or ""
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's way of naming
        """Shorten the text anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(0, self.width() - 2 * SWATCH)
        short = self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideMiddle, room)
        if short != self.text():
            super().setText(short)
