"""Give an object another kind, and new ones the kind of what they came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import napari.layers
import numpy as np
from napari.utils.notifications import show_info
from qtpy.QtWidgets import QPushButton

from napari_discembed.interaction.kinds import number_anew
from napari_discembed.types import Embedding, Index, IntArray
from napari_discembed.widgets.layers.kinds import (
    inherit_kinds,
    kind_of,
    kinds_said,
    note_kinds,
    say_kinds,
)
from napari_discembed.widgets.panels.kinds import KindsPanel
from napari_discembed.widgets.panels.learning import corrected_of
from napari_discembed.widgets.panels.tools import Point, Tool

if TYPE_CHECKING:
    from napari_discembed.widgets.docks.correct import CorrectDock

SHOWN = "Object {label} is {kind} now. Ctrl+Z takes it back."


def _anew(labels: IntArray, points: Sequence[Point], _e: Embedding | None, _b: float) -> IntArray:
    return number_anew(labels, int(labels[points[0]]))


KIND = Tool("Kind", "Click an object: it becomes one of the kind that is chosen.", 1, _anew)


class KindTool:
    """The kinds in the Correct dock, and the tool that gives them.

    Attributes
    ----------
    panel, button
        The list of kinds, and the button of the tool; hidden where there is one kind.
    """

    def __init__(self, dock: CorrectDock) -> None:
        self.dock, self.kinds = dock, dock.session.kinds
        self.panel = KindsPanel(
            dock,
            "the object that is shown becomes one of this kind; so does what is added.",
            adds=False,
        )
        self.button = QPushButton(KIND.title)
        self.button.setCheckable(True)
        self.button.setToolTip(KIND.help)
        self._is_shown = False
        self.button.toggled.connect(lambda on: dock.choose(KIND, on=on))
        self.panel.pressed.connect(self._pressed)
        dock.follow(self.kinds.changed, self._show)
        self._show()

    def _show(self) -> None:
        several = self.kinds.several
        if several != self._is_shown:
            self._is_shown = several
            self.dock.keys.let_go(self.button)
            self.button.setText(KIND.title)
            self.button.setToolTip(KIND.help)
            if several:
                self.dock.keys.bind("kind", self.button)
        self.button.setVisible(several)
        if not several:
            self.button.setChecked(False)

    def _pressed(self, kind: str) -> None:
        """Make the object that is shown one of a kind, and go on to the next."""
        shown = self.dock.checking.shown()
        if shown is not None and self.dock.apply(KIND, [shown.pixel], shown.frame):
            self.dock.hint.setText(SHOWN.format(label=shown.label, kind=kind))
            self.dock.checking.step(1)

    def is_one(self, tool: Tool, layer: napari.layers.Labels, label: int) -> bool:
        """Tell, also in words, whether an object is of the chosen kind already."""
        chosen = self.kinds.chosen
        same = tool is KIND and label > 0 and kind_of(layer, label, self.kinds) == chosen
        if same:
            show_info(f"Object {label} is {chosen.name} already. Choose another kind first.")
        return same

    def of_new(
        self, tool: Tool, layer: napari.layers.Labels, old: IntArray, new: IntArray
    ) -> dict[int, str]:
        """Return the kinds of the numbers that a tool has given; none where there is one kind."""
        if not self.kinds.several:
            return {}
        chosen = self.kinds.chosen.name
        found = inherit_kinds(layer, old, new, chosen)
        return dict.fromkeys(found, chosen) if tool is KIND else found

    def note(
        self, tool: Tool, layer: napari.layers.Labels, said: Mapping[int, str], index: Index
    ) -> None:
        """Take note of the kinds of numbers; one that a person gave is learnt."""
        if not self.kinds.several:
            return
        for number, kind in said.items():
            say_kinds(layer, [number], kind)
            if tool is KIND:
                corrected_of(self.dock, layer)
                self.dock.session.correcting.accept(str(layer.unique_id), index, number)
        note_kinds(layer, self.kinds)

    def highest(self, layer: napari.layers.Labels) -> int:
        """Return the highest number that has a kind, which an undo may bring back."""
        return max(kinds_said(layer), default=0)

    def renumbered(
        self, old: IntArray, new: IntArray, layer: napari.layers.Labels
    ) -> dict[int, str]:
        """Return the kinds of objects that have other numbers, in the same order, now."""
        numbers = (np.unique(x[x > 0]).tolist() for x in (old, new))
        kinds = [kind_of(layer, n, self.kinds).name for n in next(numbers)]
        return dict(zip(next(numbers), kinds, strict=True))
