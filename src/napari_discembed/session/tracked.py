"""The tracks that a person looks at and corrects, without Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from psygnal import Signal

from napari_discembed.text import pluralize
from napari_discembed.tracking.draft import refreshed
from napari_discembed.types import Index, Lineages, TrackPoints

MOST_STEPS = 50
"""Corrections that can be taken back as such."""


class Probe(NamedTuple):
    """A pixel by which one sees whether a correction is done in the labels.

    Attributes
    ----------
    at
        Where.
    before, after
        Its number without the correction, and with it.
    """

    at: Index
    before: int
    after: int


class Tracked:
    """Lineages with the corrections that were made of them, as far as they can be undone.

    Labels have an undo of their own; :meth:`follow` finds out what it did.

    Attributes
    ----------
    changed
        Emitted when there are other lineages, or none.
    selected_changed
        Emitted with the number of the track that is looked at; 0 for none.
    """

    changed = Signal()
    selected_changed = Signal(int)

    def __init__(self) -> None:
        self._states: list[Lineages] = []
        self._probes: list[Probe] = []
        self._at = 0
        self._by_hand = 0  # changes that are no steps here
        self.selected = 0

    @property
    def lineages(self) -> Lineages | None:
        """What there is now; None for nothing."""
        return self._states[self._at] if self._states else None

    @property
    def n_corrections(self) -> int:
        """How many corrections there are."""
        return self._at + self._by_hand

    @property
    def words(self) -> str:
        """What there is now, for a person; empty for nothing."""
        now = self.lineages
        if now is None:
            return ""
        counts = now.counts()
        lost = int(counts["losses"].sum())
        parts = [pluralize(int(counts[f"{name}s"].sum()), name) for name in ("birth", "division")]
        parts.append("1 loss" if lost == 1 else f"{lost} losses")
        if self.n_corrections:
            parts.append(pluralize(self.n_corrections, "correction"))
        made, frames = pluralize(len(now.table), "track"), pluralize(now.n_frames, "frame")
        return f"{made} in {frames}: {', '.join(parts)}."

    def begin(self, lineages: Lineages | None) -> None:
        """Take up other lineages, none of which is corrected; None for nothing."""
        self._states = [] if lineages is None else [lineages]
        self._probes, self._at, self._by_hand = [], 0, 0
        self._told()

    def add(self, after: Lineages, probe: Probe) -> None:
        """Go on with lineages as they are after a correction, and look at what it changed."""
        self._states = [*self._states[: self._at + 1], after]
        self._probes = [*self._probes[: self._at], probe]
        self._at += 1
        if self._at > MOST_STEPS:
            self._states, self._probes = self._states[1:], self._probes[1:]
            self._at, self._by_hand = self._at - 1, self._by_hand + 1
        self._told(probe.after)

    def replace(self, lineages: Lineages) -> None:
        """Go on with lineages in which only what a person knows of them is other."""
        self._states[self._at] = lineages
        self.changed.emit()

    def follow(self, number_at: Callable[[Index], int]) -> bool:
        """Take a correction back, or make it again, if that was done in the labels.

        Parameters
        ----------
        number_at
            The number in the labels at a pixel.

        Returns
        -------
        Whether it was.
        """
        done, undone = self._probes[: self._at], self._probes[self._at :]
        if done and number_at(done[-1].at) == done[-1].before:
            self._at -= 1
        elif undone and number_at(undone[0].at) == undone[0].after:
            self._at += 1
        else:
            return False
        self._told()
        return True

    def look_again(self, points: TrackPoints) -> bool:
        """Go on with labels that were changed otherwise; tell whether they were.

        Parameters
        ----------
        points
            Of the labels as they are.
        """
        now = self.lineages
        if now is None or _same(now.points, points):
            return False
        self._states, self._probes = [refreshed(now, points)], []
        self._by_hand, self._at = self.n_corrections + 1, 0
        self._told()
        return True

    def select(self, number: int) -> None:
        """Look at a track; 0 for none."""
        if number != self.selected:
            self.selected = number
            self.selected_changed.emit(number)

    def _told(self, select: int | None = None) -> None:
        now, before = self.lineages, self.selected
        wanted = before if select is None else select
        there = now is not None and bool(wanted) and wanted in now.table.ids
        self.selected = wanted if there else 0  # before anybody looks for it
        self.changed.emit()
        if self.selected != before:
            self.selected_changed.emit(self.selected)


def _same(one: TrackPoints, other: TrackPoints) -> bool:
    names = ("ids", "frames", "sizes", "lows", "highs")
    return len(one) == len(other) and all(
        (getattr(one, name) == getattr(other, name)).all() for name in names
    )
