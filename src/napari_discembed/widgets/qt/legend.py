"""The colours of kinds, with their names and counts, as one text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_discembed.types import Kind

LONGEST = 24
"""Letters of a name that are shown: a word cannot be wrapped."""


class Legend(QLabel):
    """Says which colour is which kind, and how many there are; hidden for one kind."""

    def __init__(self) -> None:
        super().__init__("")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setToolTip("The kinds of the objects shown, and how many there are of each.")
        self.hide()

    def show_kinds(self, kinds: Sequence[Kind], counts: Mapping[str, int] | None = None) -> None:
        """Show kinds; none hides it."""
        parts = []
        for kind in kinds:
            count = "" if counts is None else f"&nbsp;<b>{counts.get(kind.name, 0)}</b>"
            name = escape(
                kind.name if len(kind.name) <= LONGEST else kind.name[: LONGEST - 1] + "…"
            )
            parts.append(f'<span style="color:{kind.colour}">&#9632;</span>&nbsp;{name}{count}')
        self.setText(" &nbsp; ".join(parts))
        self.setVisible(bool(parts))
