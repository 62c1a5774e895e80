"""One-key repairs: merge, split or delete the object that *Next to check* shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from napari_discembed.errors import InputError
from napari_discembed.interaction.splitting import split_in_two
from napari_discembed.types import Embedding, IntArray
from napari_discembed.widgets.panels.tools import Point, Tool

if TYPE_CHECKING:
    from napari_discembed.widgets.docks.correct import CorrectDock

MERGE_FIRST = "Object {label} is the first: click what belongs to it. Esc: choose both yourself."
SPLIT_BY_HAND = "The embedding sees one object here. Click its two parts."
DELETED = "Object {label} was deleted. Ctrl+Z takes it back."
SPLIT = "Object {label} is two now. Ctrl+Z takes it back, Next to check goes on."


def _split(
    labels: IntArray, points: Sequence[Point], embedding: Embedding | None, _b: float
) -> IntArray:
    new = None
    if embedding is not None:
        new = split_in_two(labels, int(labels[points[0]]), embedding)
    if new is None:
        raise InputError(SPLIT_BY_HAND)
    return new


SPLIT_IN_TWO = Tool("Split", "Split an object where the embedding has two peaks.", 1, _split)


class Repairs:
    """Lets a tool begin with the object shown; what needs no click is done at once."""

    def __init__(self, dock: CorrectDock) -> None:
        self.dock = dock
        self.repairs = ""
        """The tool that began with the object shown, by its title; empty for none."""

    def begin(self, tool: Tool) -> None:
        """Let a tool that was chosen act on the object shown, if there is one."""
        self.repairs = ""
        shown = self.dock.checking.shown()
        if shown is None:
            return
        if tool.title == "Delete" and self.dock.apply(tool, [shown.pixel], shown.frame):
            self.dock.put_down(DELETED.format(label=shown.label))
            self.dock.checking.step(1)
        elif tool.title == "Split":
            if self.dock.apply(SPLIT_IN_TWO, [shown.pixel], shown.frame, tells=False):
                self.dock.put_down(SPLIT.format(label=shown.label))
            else:
                self.repairs = tool.title
                self.dock.hint.setText(SPLIT_BY_HAND)
        elif tool.title == "Merge":
            self.repairs = tool.title
            self.dock.take_first(shown.pixel, shown.frame)
            self.dock.hint.setText(MERGE_FIRST.format(label=shown.label))

    def let_go(self) -> None:
        """Forget that a tool began with the object shown."""
        self.repairs = ""

    def done(self, tool: Tool) -> None:
        """Put a tool down that has repaired the object shown, and go on after a merge."""
        if self.repairs != tool.title:
            return
        self.repairs = ""
        self.dock.put_down("Done. Ctrl+Z takes it back.")
        if tool.title == "Merge":
            self.dock.checking.step(1)
