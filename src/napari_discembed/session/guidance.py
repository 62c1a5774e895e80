"""What a person has done so far, and what comes next: paint, find, correct, count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from napari_discembed.text import pluralize

ENOUGH = 4
"""Painted objects that suffice for a first try."""


class Step(Enum):
    """The parts of the work, in their order; the value is the name of the dock."""

    PAINT = "Fine-tune"
    FIND = "Segment"
    CORRECT = "Correct"
    COUNT = "Count"


@dataclass(frozen=True, slots=True)
class Advice:
    """The next step, and what to do there."""

    step: Step
    words: str


@dataclass(frozen=True, slots=True)
class Situation:
    """How far the work on an image is.

    Attributes
    ----------
    image, model
        Names of what is chosen; empty for none.
    painted
        How many objects are painted to learn from.
    background
        Whether background is painted, too, or everything is.
    finding, learning
        How far that is, in words; empty where it is not under way.
    learnt
        Whether the model has learnt what is painted.
    found
        How many objects are found; None before anything was looked for.
    committed
        Whether they are in a layer of their own.
    counted
        Whether that layer was measured.
    """

    image: str = ""
    model: str = ""
    painted: int = 0
    background: bool = False
    finding: str = ""
    learning: str = ""
    learnt: bool = False
    found: int | None = None
    committed: bool = False
    counted: bool = False

    @property
    def words(self) -> str:
        """What is worked on: image, model and count."""
        parts = [self.image, self.model]
        if self.found is not None:
            parts.append(pluralize(self.found, "object"))
        return " · ".join(part for part in parts if part)

    @property
    def running(self) -> str:
        """What runs in the background; empty for nothing."""
        return " ".join(words for words in (self.learning, self.finding) if words)

    @property
    def advice(self) -> Advice:
        """What comes next."""
        if not self.image:
            return Advice(Step.FIND, "Open an image: File > Open, or drop it into the window.")
        if self.counted:
            return Advice(Step.COUNT, "Export the table, or go on with the next image.")
        if self.committed:
            return Advice(Step.CORRECT, "Look at the least sure ones in Correct, then count.")
        if self.found is not None:
            return self._found_advice()
        return self._before_advice()

    def _found_advice(self) -> Advice:
        if not self.found:
            return Advice(
                Step.PAINT, "Nothing was found. Set the typical size, or paint a few objects."
            )
        return Advice(
            Step.FIND,
            "Drag until the objects are right, then Commit. Poor at any setting? Paint a few.",
        )

    def _before_advice(self) -> Advice:
        if self.learnt:
            return Advice(Step.FIND, "The model has learnt your objects: press Find objects.")
        if not self.painted:
            return Advice(
                Step.FIND, "Press Find objects. Poor? Paint a few and let the model learn them."
            )
        if self.painted < ENOUGH:
            more = pluralize(ENOUGH - self.painted, "more object")
            return Advice(Step.PAINT, f"Paint {more}, each with a colour of its own.")
        if not self.background:
            return Advice(Step.PAINT, "Scribble over some background, between objects too.")
        return Advice(Step.PAINT, f"{pluralize(self.painted, 'object')} painted: press Learn.")
