"""The kinds of objects of a session: what a person calls them, and which is painted next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from psygnal import Signal

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray, Kind
from napari_discembed.types.kinds import free_colour

USUAL = Kind("object")
"""The one kind that there is before a person tells several."""
FIRST = "kind 1"
"""What that is called once there is another, unless it has a name."""
MOST = 20
"""Kinds of a session."""


class Kinds:
    """The kinds of a session; at least one, the first being that of objects of which nobody said.

    Attributes
    ----------
    changed
        Emitted when there are others, one has another name or colour, or another is chosen.
    renamed
        Emitted with the former and the new name of a kind; of one that was removed, with that of
        the kind that its objects are of now.
    """

    changed = Signal()
    renamed = Signal(str, str)

    def __init__(self) -> None:
        self._all: tuple[Kind, ...] = (USUAL,)
        self._chosen = USUAL.name
        self._moved: dict[str, str] = {}  # of names that are no more

    @property
    def all(self) -> tuple[Kind, ...]:
        """The kinds, in order."""
        return self._all

    @property
    def names(self) -> list[str]:
        """Their names."""
        return [kind.name for kind in self._all]

    @property
    def renamed_to(self) -> dict[str, str]:
        """What kinds that are no more became: one of another name, or that of another kind."""
        return dict(self._moved)

    def restore(self, kinds: Sequence[Kind], renamed_to: Mapping[str, str]) -> None:
        """Take up the kinds of a project as they were left, beside those that there are."""
        names = {kind.name for kind in kinds}
        self._moved |= {old: new for old, new in renamed_to.items() if old not in names}
        self.take_up(kinds)

    @property
    def several(self) -> bool:
        """Whether there is more than one."""
        return len(self._all) > 1

    @property
    def chosen(self) -> Kind:
        """The kind of what is painted next."""
        return self.kind(self._chosen)

    @property
    def told(self) -> tuple[Kind, ...]:
        """The kinds, where there are several; else none."""
        return self._all if self.several else ()

    def kind(self, name: str) -> Kind:
        """Return the kind of a name, however it is called now; the first where there is none."""
        return self._all[self.number(name) - 1]

    def number(self, name: str) -> int:
        """Return the class, from 1, of a kind, however it is called now."""
        seen: set[str] = set()
        while name not in self.names and name in self._moved and name not in seen:
            seen.add(name)
            name = self._moved[name]
        return self.names.index(name) + 1 if name in self.names else 1

    def choose(self, name: str) -> None:
        """Choose the kind of what is painted next."""
        if name in self.names and name != self._chosen:
            self._chosen = name
            self.changed.emit()

    def add(self) -> Kind:
        """Add a kind with a name and a colour that no other has, and choose it.

        Raises
        ------
        InputError
            If there are :data:`MOST` already.
        """
        if len(self._all) >= MOST:
            raise InputError(f"Expected at most {MOST} kinds of objects. Delete one first.")
        if self._all == (USUAL,):
            self.rename(USUAL.name, FIRST)
        number = len(self._all) + 1
        while f"kind {number}" in self.names:
            number += 1
        kind = Kind(f"kind {number}", free_colour(kind.colour for kind in self._all))
        self._moved.pop(kind.name, None)
        self._all, self._chosen = (*self._all, kind), kind.name
        self.changed.emit()
        return kind

    def rename(self, name: str, new: str) -> None:
        """Call a kind something else.

        Raises
        ------
        InputError
            If that is no name, or another kind has it.
        """
        before = self.kind(name)
        after = Kind(new, before.colour)
        if after.name == before.name:
            return
        if after.name in self.names:
            raise InputError(f"There is a kind called {after.name!r} already: take another name.")
        self._put(before, after)
        self._move(before.name, after.name)

    def recolour(self, name: str, colour: str) -> None:
        """Give a kind another colour.

        Raises
        ------
        InputError
            If that is no colour.
        """
        before = self.kind(name)
        self._put(before, Kind(before.name, colour))
        self.changed.emit()

    def heir(self, name: str) -> str:
        """Return which kind the objects of one become where it is removed."""
        return next((other for other in self.names if other != name), name)

    def remove(self, name: str) -> None:
        """Remove a kind; its objects become those of the first of the others.

        The last one stays.
        """
        if not self.several or name not in self.names:
            return
        heir = self.heir(name)
        self._all = tuple(kind for kind in self._all if kind.name != name)
        self._move(name, heir)

    def take_up(self, kinds: Sequence[Kind]) -> None:
        """Take up the kinds of a model or of labels, beside those that there are.

        The one that there is before a person tells any gives way.
        """
        mine = () if self._all == (USUAL,) else self._all
        known = {kind.name for kind in mine} | ({*self._moved} if mine else set())
        new = [kind for kind in kinds if kind.name not in known]
        if not new or len(mine) + len(new) < 2:
            return
        for kind in new:
            self._moved.pop(kind.name, None)
        self._all = (*mine, *new[: MOST - len(mine)])
        if self._chosen not in self.names:
            self._chosen = self._all[0].name
        self.changed.emit()

    def _put(self, before: Kind, after: Kind) -> None:
        self._all = tuple(after if kind == before else kind for kind in self._all)

    def _move(self, old: str, new: str) -> None:
        self._moved.pop(new, None)
        self._moved[old] = new
        if self._chosen == old:
            self._chosen = new
        self.renamed.emit(old, new)
        self.changed.emit()


@dataclass(frozen=True, slots=True, eq=False)
class KindImage:
    """The kind of each pixel's object, by names, which may become others.

    Attributes
    ----------
    image
        ``(*S)``: 0 for no object, or a place among the names, from 1.
    names
        Of kinds.
    """

    image: IntArray = field(repr=False)
    names: tuple[str, ...]

    def classes(self, kinds: Kinds) -> IntArray:
        """Return the class, from 1, of each pixel's object, as the kinds are now."""
        table = [0, *(kinds.number(name) for name in self.names)]
        return np.array(table, np.uint8)[self.image]

    def over(self, lower: KindImage | None, known: IntArray) -> KindImage:
        """Return it with another one below, where nothing is known."""
        if lower is None or lower.image.shape != self.image.shape:
            return self
        below = np.where(lower.image > 0, lower.image.astype(np.int64) + len(self.names), 0)
        image = np.where(known > 0, self.image, below)
        return KindImage(image, (*self.names, *lower.names))
