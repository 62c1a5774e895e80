"""Objects followed through time: labels that share numbers, who divides into whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.arrays import IntArray, numbers_in
from napari_discembed.types.axes import FRAME_COLUMNS, TIME, Axes
from napari_discembed.types.segmentation import Numbering, Segmentation
from napari_discembed.types.table import ObjectTable

MOST_NAMED = 12
"""Rows that an error names; of more it says how many."""


@dataclass(frozen=True, slots=True, eq=False)
class TrackTable:
    """One row a track, as in the Cell Tracking Challenge: number, first and last frame, parent.

    Attributes
    ----------
    ids
        ``(N,)``: the number of each track in the labels, above 0, ascending.
    begins, ends
        ``(N,)``: first and last frame, from 0.
    parents
        ``(N,)``: the track that each comes from by division; 0 for none.
    """

    ids: IntArray
    begins: IntArray
    ends: IntArray
    parents: IntArray

    def __post_init__(self) -> None:
        order = np.argsort(np.asarray(self.ids), kind="stable")
        for name in ("ids", "begins", "ends", "parents"):
            values = np.asarray(getattr(self, name), dtype=np.int64)
            if values.shape != order.shape:
                raise InputError(
                    f"Expected a value for each of {len(order)} tracks, got {values.shape} {name}."
                )
            object.__setattr__(self, name, values[order])

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> TrackTable:
        """Return the table of rows of id, begin, end, parent."""
        columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
        return cls(*columns)

    def __len__(self) -> int:
        """Return the number of tracks, N."""
        return len(self.ids)

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield id, begin, end and parent of each track."""
        columns = (self.ids, self.begins, self.ends, self.parents)
        yield from zip(*(column.tolist() for column in columns), strict=True)

    def children(self) -> dict[int, list[int]]:
        """Return the tracks that come from each parent, in order."""
        found: dict[int, list[int]] = {}
        for number, _, _, parent in self.rows():
            if parent:
                found.setdefault(parent, []).append(number)
        return found

    def problems(self) -> list[str]:
        """Return what rows say that cannot be, a phrase each."""
        found: list[str] = []
        ends: dict[int, int] = {}
        for number, begin, end, _ in self.rows():
            if number < 1:
                found.append(f"track {number}: expected a number from 1 up")
            if number in ends:
                found.append(f"track {number} is there twice")
            if not 0 <= begin <= end:
                found.append(f"track {number}: begins in frame {begin} and ends in frame {end}")
            ends[number] = end
        for number, begin, _, parent in self.rows():
            if parent and parent not in ends:
                found.append(f"track {number}: its parent {parent} does not exist")
            elif parent and ends[parent] >= begin:
                found.append(
                    f"track {number}: begins in frame {begin}, before its parent {parent} has "
                    f"ended (frame {ends[parent]})"
                )
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """What is the same object, or its descendant, in a later frame, and how sure that is.

    Attributes
    ----------
    frames
        ``(L, 2)``: the frame of the earlier and the later object.
    numbers
        ``(L, 2)``: their tracks; different ones where the object divides.
    confidence
        ``(L,)`` in [0, 1]: 0 where another link was as good, 1 where there was no other.
    """

    frames: IntArray
    numbers: IntArray
    confidence: NDArray[np.float64]

    def __post_init__(self) -> None:
        n = len(self.confidence)
        if np.shape(self.frames) != (n, 2) or np.shape(self.numbers) != (n, 2):
            raise InputError(
                f"Expected two frames and two numbers for each of {n} links, got shapes "
                f"{np.shape(self.frames)} and {np.shape(self.numbers)}."
            )

    def __len__(self) -> int:
        """Return the number of links, L."""
        return len(self.confidence)

    @classmethod
    def none(cls) -> Links:
        """Return no links."""
        nothing = np.zeros((0, 2), dtype=np.int64)
        return cls(nothing, nothing, np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Objects followed through time.

    Attributes
    ----------
    segmentation
        Labels whose first axis is time, numbered through it; with provenance.
    table
        Its tracks. A track may be missing in some frames between its first and its last.
    links
        How sure each link is; empty where that is not known, as of tracks from a file.

    Raises
    ------
    InputError
        If time is not the first axis, or the table does not fit the labels; each row is named.
    """

    segmentation: Segmentation
    table: TrackTable
    links: Links = field(default_factory=Links.none)

    def __post_init__(self) -> None:
        axes, name = self.segmentation.axes, self.segmentation.name
        if not axes.startswith(TIME) or self.segmentation.frame_axes != TIME:
            raise InputError(
                f"{name}: expected labels with time as the first axis and each time point whole, "
                f"got axes {axes}."
            )
        if self.segmentation.numbering is not Numbering.through_time:
            raise InputError(f"{name}: expected labels that are numbered through time.")
        problems = self.table.problems() or _contradictions(self.table, self.segmentation.labels)
        if problems:
            told = "; ".join(problems[:MOST_NAMED])
            more = len(problems) - MOST_NAMED
            rest = f"; and {more} more" if more > 0 else ""
            raise InputError(f"{name}: the table of tracks cannot be right: {told}{rest}.")

    @property
    def labels(self) -> IntArray:
        """``(T, *S)``: 0 background, the number of its track at each object."""
        return self.segmentation.labels

    @property
    def n_frames(self) -> int:
        """The number of frames, T."""
        return len(self.labels)

    @property
    def axes(self) -> Axes:
        """The axes of the labels."""
        return self.segmentation.axes

    def counts(self) -> ObjectTable:
        """Return a row a frame: objects, births, divisions and losses.

        A birth is a track that begins after the first frame and has no parent, a loss one that
        ends before the last and has no child; a division counts in the frame of its children.
        """
        objects = np.array([len(_numbers(frame)) for frame in self.labels], dtype=np.int64)
        columns = count_columns(self.table, objects)
        about = self.segmentation
        return ObjectTable(columns, about.name, about.unit, about.provenance)


def count_columns(table: TrackTable, objects: IntArray) -> dict[str, IntArray]:
    """Return the columns of :meth:`Tracks.counts`.

    Parameters
    ----------
    table
        The tracks.
    objects
        ``(T,)``: how many there are in each frame.
    """
    n = len(objects)
    begins, ends, parents = table.begins, table.ends, table.parents
    born = (begins > 0) & (parents == 0)
    lost = (ends < n - 1) & ~np.isin(table.ids, parents)
    child = np.argsort(begins, kind="stable")
    child = child[parents[child] > 0]  # by when they begin
    _, first, number = np.unique(parents[child], return_index=True, return_counts=True)
    divided = begins[child[first[number > 1]]]
    births, divisions, losses = (
        np.bincount(where, minlength=n) for where in (begins[born], divided, ends[lost] + 1)
    )
    return {
        FRAME_COLUMNS[TIME]: np.arange(n),
        "objects": objects,
        "births": births,
        "divisions": divisions,
        "losses": losses,
    }


def _contradictions(table: TrackTable, labels: IntArray) -> list[str]:
    """Return where a table and the labels differ: numbers of one alone, other frames."""
    seen: dict[int, tuple[int, int]] = {}
    for t, frame in enumerate(labels):
        for number in _numbers(frame).tolist():
            seen[number] = (seen.get(number, (t, t))[0], t)
    found = []
    for number, begin, end, _ in table.rows():
        if number not in seen:
            found.append(f"track {number} is in no mask")
        elif seen[number] != (begin, end):
            found.append(
                f"track {number}: the table has it in frames {begin} to {end}, the masks in "
                f"{seen[number][0]} to {seen[number][1]}"
            )
    missing = sorted(seen.keys() - set(table.ids.tolist()))
    return found + [f"number {number} of the masks is not in the table" for number in missing]


def _numbers(frame: IntArray) -> IntArray:
    numbers = numbers_in(frame)
    return numbers[numbers > 0]
