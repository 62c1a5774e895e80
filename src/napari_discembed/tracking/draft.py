"""A draft of other lineages: objects get other numbers, tracks other parents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import IntArray, Lineages, Links, TrackPoints
from napari_discembed.types.lineages import looked_up, table_of

CERTAIN = 1.0
"""How sure a link is that a person made."""
UNKNOWN = -1.0
"""Of a link that was there, but nobody knows how sure it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of an object that becomes another one.

    Attributes
    ----------
    row
        Of the object in the points.
    mask
        Which pixels of the object's box are the piece.
    """

    row: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Edit:
    """A correction of tracks: how they are afterwards, and what it does to the labels.

    Attributes
    ----------
    before, after
        The lineages.
    now
        ``(M,)``: the number that each point of `before` has afterwards.
    pieces, piece
        Parts of objects that get the number `piece` instead.
    """

    before: Lineages
    after: Lineages
    now: IntArray
    pieces: tuple[Piece, ...] = ()
    piece: int = 0

    def pixels(self, labels: IntArray) -> tuple[tuple[IntArray, ...], IntArray]:
        """Return which pixels change, and to what.

        Parameters
        ----------
        labels
            ``(T, *S)``, those that `before` is of.

        Returns
        -------
        An array of indices for each axis, and their new values.
        """
        points = self.before.points
        found, values = [], []
        for row in np.flatnonzero(self.now != points.ids).tolist():
            frame, box = int(points.frames[row]), box_of(points, row)
            inside = np.nonzero(labels[frame][box] == points.ids[row])
            found.append(_indices(frame, points.lows[row], inside))
            values.append(np.full(len(inside[0]), self.now[row]))
        for piece in self.pieces:
            inside = np.nonzero(piece.mask)
            frame = int(points.frames[piece.row])
            found.append(_indices(frame, points.lows[piece.row], inside))
            values.append(np.full(len(inside[0]), self.piece))
        if not found:
            return tuple(np.zeros((labels.ndim, 0), dtype=np.intp)), np.zeros(0, dtype=np.int64)
        return tuple(np.concatenate(found, axis=1)), np.concatenate(values)


def _indices(frame: int, low: IntArray, inside: tuple[IntArray, ...]) -> IntArray:
    places = np.array(inside) + np.asarray(low)[:, None]
    return np.concatenate([np.full((1, places.shape[1]), frame), places]).astype(np.intp)


def box_of(points: TrackPoints, row: int) -> tuple[slice, ...]:
    """Return the box of an object."""
    return tuple(map(slice, points.lows[row].tolist(), points.highs[row].tolist()))


def object_mask(labels: IntArray, points: TrackPoints, row: int) -> NDArray[np.bool_]:
    """Return the pixels of an object within its box, of labels ``(T, *S)``."""
    here = labels[int(points.frames[row])][box_of(points, row)]
    return np.asarray(here == points.ids[row])


class Draft:
    """Lineages in the making, of which any state gives lineages that are right.

    Tracks begin and end where their objects do; a parent that has not ended when its child begins
    is none; links stay where both of their objects still follow each other, and new ones are
    certain.

    Parameters
    ----------
    before
        What is changed.

    Attributes
    ----------
    now
        ``(M,)``: the new number of each point.
    parents
        Of each track that has one.
    """

    def __init__(self, before: Lineages) -> None:
        self.before = before
        self.now = before.points.ids.copy()
        self.parents = {number: p for number, _, _, p in before.table.rows() if p}
        self._highest = int(before.table.ids.max(initial=0))

    def fresh(self) -> int:
        """Return a number that no track has."""
        self._highest += 1
        return self._highest

    def rename(self, number: int, now: int, first: int = 0) -> None:
        """Give a track's objects of a frame and later another number; its children follow."""
        rows = self.before.rows(number)
        later = self.before.points.frames[rows] >= first
        self.now[rows][later & (self.now[rows] == number)] = now
        for child in self.children(number):
            self.parents[child] = now

    def children(self, parent: int) -> list[int]:
        """Return the tracks that come from a parent now."""
        return [number for number, of in self.parents.items() if of == parent]

    def orphan(self, *numbers: int) -> None:
        """Let tracks come from none; a parent that keeps one child alone goes on as that."""
        parents = [self.parents.pop(number, 0) for number in numbers]
        for parent in dict.fromkeys(parents):
            left = self.children(parent) if parent else []
            if len(left) == 1:
                del self.parents[left[0]]
                self._continue(parent, left[0])

    def _continue(self, number: int, other: int) -> None:
        """Let a track go on as another, wherever that is by now."""
        self.now[self.now == other] = number
        for child in self.children(other):
            self.parents[child] = number

    def finish(self, pieces: Sequence[Piece] = (), piece: int = 0) -> Edit:
        """Return the correction.

        Parameters
        ----------
        pieces
            Parts of objects that become a track of their own.
        piece
            Its number.
        """
        points = replace(self.before.points, ids=self.now)
        if pieces:
            points = _with_pieces(points, pieces, piece)
        merged, place = _merged(points)
        table = table_of(merged, self.parents)
        bare = Lineages(merged, table, Links.none(), self.before.n_frames)
        after = replace(bare, links=_carried(self.before, bare, place[: len(self.now)]))
        return Edit(self.before, after, self.now, tuple(pieces), piece)


def _with_pieces(points: TrackPoints, pieces: Sequence[Piece], number: int) -> TrackPoints:
    """Return points in which pieces are objects of their own, after all others."""
    columns = {
        name: getattr(points, name).copy()
        for name in ("ids", "frames", "centroids", "sizes", "lows", "highs")
    }
    added: dict[str, list[object]] = {name: [] for name in columns}
    for piece in pieces:
        row, low = piece.row, points.lows[piece.row]
        inside = np.nonzero(piece.mask)
        size = len(inside[0])
        centroid = np.mean(inside, axis=1) + low
        left = points.sizes[row] - size
        whole = points.centroids[row] * points.sizes[row]
        columns["centroids"][row] = (whole - centroid * size) / left
        columns["sizes"][row] = left
        box = np.array([(along.min(), along.max() + 1) for along in inside]) + low[:, None]
        new = (number, points.frames[row], centroid, size, box[:, 0], box[:, 1])
        for name, value in zip(columns, new, strict=True):
            added[name].append(value)
    return TrackPoints(
        **{name: np.concatenate([column, added[name]]) for name, column in columns.items()}
    )


def _merged(points: TrackPoints) -> tuple[TrackPoints, NDArray[np.intp]]:
    """Return points with one for each track and frame, in their order; and where each went."""
    keys = points.ids * (int(points.frames.max(initial=0)) + 1) + points.frames
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    n = len(first)
    kept = TrackPoints(*(getattr(points, each.name)[first] for each in fields(TrackPoints)))
    if n == len(points):
        return kept, place
    sizes = np.bincount(place, weights=points.sizes, minlength=n)
    centroids = np.stack(
        [np.bincount(place, along * points.sizes, n) / sizes for along in points.centroids.T],
        axis=1,
    )
    np.minimum.at(kept.lows, place, points.lows)
    np.maximum.at(kept.highs, place, points.highs)
    return replace(kept, centroids=centroids, sizes=sizes.astype(np.int64)), place


def refreshed(before: Lineages, points: TrackPoints) -> Lineages:
    """Return lineages of labels that were changed otherwise: parents and links stay that can.

    An object is the same where its number and frame are, and its box shares pixels with the former.
    A parent stays where an object of it and one of its child are the same.

    Parameters
    ----------
    before
        Of the labels as they were.
    points
        Of the labels as they are.
    """
    place = _same_objects(before.points, points)
    left = set(before.points.ids[place >= 0].tolist())
    parents = {n: p for n, _, _, p in before.table.rows() if p and {n, p} <= left}
    bare = Lineages(points, table_of(points, parents), Links.none(), before.n_frames)
    return replace(bare, links=_carried(before, bare, place))


def _same_objects(old: TrackPoints, new: TrackPoints) -> NDArray[np.intp]:
    """Return which of the new points is each of the old; -1 for none."""
    n = 1 + max(int(each.frames.max(initial=0)) for each in (old, new))
    keys, wanted = new.ids * n + new.frames, old.ids * n + old.frames
    if not len(keys):
        return np.full(len(old), -1, dtype=np.intp)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    share = (old.lows < new.highs[at]) & (new.lows[at] < old.highs)
    return np.where((keys[at] == wanted) & share.all(axis=1), at, -1)


def _carried(before: Lineages, after: Lineages, place: NDArray[np.intp]) -> Links:
    """Return the links of other lineages: those there were, and new ones, which are certain.

    Parameters
    ----------
    before, after
        Lineages without links in the second.
    place
        Which point of the second each of the first is now; -1 for none.
    """
    n = max(1, len(after.points))
    old, sure = before.edges()
    ends = place[old]
    there = (ends >= 0).all(axis=1)
    keys = ends[there] @ np.array([n, 1])
    edges, _ = after.edges()
    known = np.where(np.isnan(sure[there]), UNKNOWN, sure[there])
    confidence = looked_up(keys, known, edges @ np.array([n, 1]))
    confidence[np.isnan(confidence)] = CERTAIN
    edges, confidence = edges[confidence >= 0], confidence[confidence >= 0]
    points = after.points
    return Links(points.frames[edges], points.ids[edges], confidence)
