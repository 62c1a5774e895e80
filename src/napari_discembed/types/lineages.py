"""Tracks without their masks: where each object is, what it was before, who comes from whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types.arrays import IntArray
from napari_discembed.types.track_points import TrackPoints, napari_data, points_of, track_points
from napari_discembed.types.tracks import Links, Tracks, TrackTable, count_columns


@dataclass(frozen=True, slots=True, eq=False)
class Lineages:
    """Tracks without their masks: small enough to be changed while a person waits.

    Attributes
    ----------
    points
        Where each object of each frame is, by track and frame.
    table
        The tracks, which begin and end where the points do.
    links
        How sure each link is; those that are not known are left out.
    n_frames
        T.
    """

    points: TrackPoints
    table: TrackTable
    links: Links
    n_frames: int

    @classmethod
    def of(cls, tracks: Tracks, points: TrackPoints | None = None) -> Lineages:
        """Return the lineages of tracks; points from :func:`track_points`, None to look."""
        found = track_points(tracks) if points is None else points
        return cls(found, tracks.table, tracks.links, tracks.n_frames)

    @classmethod
    def of_labels(cls, labels: IntArray) -> Lineages:
        """Return the lineages of labels ``(T, *S)`` whose numbers are tracks; nobody divides."""
        points = points_of(labels)
        return cls(points, table_of(points, {}), Links.none(), len(labels))

    def rows(self, number: int) -> slice:
        """Return which points a track has, in the order of frames."""
        ids = self.points.ids
        first, last = np.searchsorted(ids, number), np.searchsorted(ids, number, side="right")
        return slice(int(first), int(last))

    def row(self, number: int, frame: int) -> int | None:
        """Return which point a track has in a frame; None where it is not seen there."""
        rows = self.rows(number)
        at = rows.start + int(np.searchsorted(self.points.frames[rows], frame))
        return at if at < rows.stop and self.points.frames[at] == frame else None

    def track(self, number: int) -> tuple[int, int, int]:
        """Return the first frame of a track, its last, and its parent, 0 for none.

        Raises
        ------
        KeyError
            If there is no such track.
        """
        at = int(np.searchsorted(self.table.ids, number))
        if at == len(self.table) or self.table.ids[at] != number:
            raise KeyError(number)
        table = self.table
        return int(table.begins[at]), int(table.ends[at]), int(table.parents[at])

    def counts(self) -> dict[str, IntArray]:
        """Return the columns of :meth:`Tracks.counts`."""
        objects = np.bincount(self.points.frames, minlength=self.n_frames)
        return count_columns(self.table, objects.astype(np.int64))

    def edges(self) -> tuple[IntArray, NDArray[np.float64]]:
        """Return which points follow each other, as :func:`track_edges` does."""
        return track_edges(self.table, self.links, self.points)

    def napari(self) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
        """Return data and graph of a Tracks layer of napari."""
        return napari_data(self.points, self.table)


def table_of(points: TrackPoints, parents: dict[int, int]) -> TrackTable:
    """Return the tracks of points; parents that cannot be are left out.

    Parameters
    ----------
    points
        By track and frame.
    parents
        Of each track that has one.
    """
    ids, first, seen = np.unique(points.ids, return_index=True, return_counts=True)
    begins, ends = points.frames[first], points.frames[first + seen - 1]
    end = dict(zip(ids.tolist(), ends.tolist(), strict=True))
    of = [parents.get(number, 0) for number in ids.tolist()]
    known = [
        parent if parent in end and end[parent] < begin else 0
        for parent, begin in zip(of, begins.tolist(), strict=True)
    ]
    return TrackTable(ids, begins, ends, np.array(known, dtype=np.int64))


def track_edges(
    table: TrackTable, links: Links, points: TrackPoints
) -> tuple[IntArray, NDArray[np.float64]]:
    """Return the edges between points, and how sure each is; NaN where that is not known.

    Returns
    -------
    ``(L, 2)`` places in the points, earlier first, and ``(L,)`` in [0, 1].
    """
    ids = points.ids
    within = np.flatnonzero(ids[1:] == ids[:-1])
    first = np.searchsorted(ids, table.ids)
    last = np.searchsorted(ids, table.ids, side="right") - 1
    born = np.flatnonzero(table.parents > 0)
    parent = np.searchsorted(table.ids, table.parents[born])
    edges = np.concatenate(
        [np.stack([within, within + 1], axis=1), np.stack([last[parent], first[born]], axis=1)]
    )
    n = int(points.frames.max(initial=0)) + 1
    known = links.numbers[:, 1] * n + links.frames[:, 1]
    later = edges[:, 1]
    return edges, looked_up(known, links.confidence, ids[later] * n + points.frames[later])


def looked_up(keys: IntArray, values: NDArray[np.float64], wanted: IntArray) -> NDArray[np.float64]:
    """Return the value of each wanted key; NaN where there is no such key."""
    if not len(keys):
        return np.full(len(wanted), np.nan)
    order = np.argsort(keys, kind="stable")
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order][at] == wanted, values[order][at], np.nan)


def roots(table: TrackTable) -> IntArray:
    """Return ``(N,)``: the first ancestor of each track."""
    root: dict[int, int] = {}
    for number, _, _, parent in sorted(table.rows(), key=lambda row: row[1]):
        root[number] = root[parent] if parent else number
    return np.array([root[number] for number in table.ids.tolist()], dtype=np.int64)
