"""Where tracked objects are: a point each, and the graph of who comes from whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.types.arrays import IntArray, numbered
from napari_discembed.types.axes import FRAME_COLUMNS, TIME
from napari_discembed.types.table import ObjectTable
from napari_discembed.types.tracks import Tracks, TrackTable


@dataclass(frozen=True, slots=True, eq=False)
class TrackPoints:
    """A point for each tracked object of each frame, by track and frame.

    Attributes
    ----------
    ids
        ``(M,)``: the track.
    frames
        ``(M,)``: the frame.
    centroids
        ``(M, ndim)`` in pixels.
    sizes
        ``(M,)``: pixels.
    lows, highs
        ``(M, ndim)``: the box of each, the first pixels and those after the last.
    """

    ids: IntArray
    frames: IntArray
    centroids: NDArray[np.float64]
    sizes: IntArray
    lows: IntArray
    highs: IntArray

    def __len__(self) -> int:
        """Return the number of objects over all frames, M."""
        return len(self.ids)


def track_points(tracks: Tracks) -> TrackPoints:
    """Return where the objects of tracks are."""
    return points_of(tracks.labels)


def points_of(labels: Sequence[IntArray] | IntArray, frames: Iterable[int] = ()) -> TrackPoints:
    """Return where the objects of frames are.

    Parameters
    ----------
    labels
        ``(T, *S)``: 0 background, the number of its track at each object.
    frames
        Of which frames; empty for all.
    """
    which = list(frames) or range(len(labels))
    return ordered([_points(labels[t], t) for t in which])


def ordered(parts: Sequence[TrackPoints]) -> TrackPoints:
    """Return points put together, by track and frame."""
    names = [each.name for each in fields(TrackPoints)]
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    order = np.lexsort((columns[1], columns[0]))
    return TrackPoints(*(column[order] for column in columns))


def _points(labels: IntArray, frame: int) -> TrackPoints:
    inside = np.nonzero(labels)
    ids, place, sizes = numbered(labels[inside])
    sums = [np.bincount(place, weights=along, minlength=len(ids)) for along in inside]
    compact = np.zeros(labels.shape, dtype=np.int32)
    compact[inside] = place + 1
    boxes = np.array(
        [[(s.start, s.stop) for s in box] for box in scipy.ndimage.find_objects(compact)],
        dtype=np.int64,
    ).reshape(len(ids), labels.ndim, 2)
    centroids = np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
    return TrackPoints(
        ids.astype(np.int64),
        np.full(len(ids), frame),
        centroids,
        sizes,
        boxes[..., 0],
        boxes[..., 1],
    )


def napari_tracks(
    tracks: Tracks, points: TrackPoints | None = None
) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
    """Return what a Tracks layer of napari takes: its data and its graph.

    Parameters
    ----------
    tracks
        Of which every track has an object.
    points
        From :func:`track_points`; None to look.

    Returns
    -------
    ``(M, 2 + ndim)`` rows of track, frame and centroid in pixels, sorted by both; and the parents
    of each track that has one.
    """
    points = track_points(tracks) if points is None else points
    return napari_data(points, tracks.table)


def napari_data(
    points: TrackPoints, table: TrackTable
) -> tuple[NDArray[np.float64], dict[int, list[int]]]:
    """Return data and graph as :func:`napari_tracks` does, of points and their tracks."""
    columns = [points.ids, points.frames, *points.centroids.T]
    graph = {number: [parent] for number, _, _, parent in table.rows() if parent}
    return np.stack(columns, axis=1).astype(np.float64), graph


def track_table(tracks: Tracks, points: TrackPoints | None = None) -> ObjectTable:
    """Return a row a track: when it is, where it comes from, how large it is, how sure its links.

    Parameters
    ----------
    tracks, points
        As for :func:`napari_tracks`.

    Returns
    -------
    Columns ``track``, ``begin``, ``end``, ``parent``, ``frames`` (in which it is seen), area or
    volume at its begin, its end and on average, and ``confidence``: the least of its links, that
    to its parent included; NaN where there is none.
    """
    points = track_points(tracks) if points is None else points
    table, about = tracks.table, tracks.segmentation
    index = np.searchsorted(table.ids, points.ids)
    seen = np.bincount(index, minlength=len(table))
    first = np.cumsum(seen) - seen
    sizes = points.sizes * float(np.prod(about.pixel_size))
    name = "area" if about.axes.ndim == 2 else "volume"
    least = np.full(len(table), np.inf)
    np.minimum.at(
        least, np.searchsorted(table.ids, tracks.links.numbers[:, 1]), tracks.links.confidence
    )
    columns: dict[str, NDArray[np.generic]] = {
        "track": table.ids,
        "begin": table.begins,
        "end": table.ends,
        "parent": table.parents,
        "frames": seen,
        f"{name}_begin": sizes[first],
        f"{name}_end": sizes[first + seen - 1],
        f"{name}_mean": np.bincount(index, sizes, len(table)) / np.maximum(seen, 1),
        "confidence": np.where(np.isfinite(least), least, np.nan),
    }
    return ObjectTable(columns, about.name, about.unit, about.provenance)


def point_table(tracks: Tracks, points: TrackPoints | None = None) -> ObjectTable:
    """Return a row an object of a frame: track, parent, frame, centroid and size, in its units.

    Parameters
    ----------
    tracks, points
        As for :func:`napari_tracks`.
    """
    points = track_points(tracks) if points is None else points
    about = tracks.segmentation
    parent = tracks.table.parents[np.searchsorted(tracks.table.ids, points.ids)]
    columns: dict[str, NDArray[np.generic]] = {
        "track": points.ids,
        "parent": parent,
        FRAME_COLUMNS[TIME]: points.frames,
    }
    spatial = about.axes.spatial
    for axis, (letter, size) in enumerate(zip(spatial, about.pixel_size, strict=True)):
        columns[f"centroid_{letter.lower()}"] = points.centroids[:, axis] * size
    name = "area" if len(spatial) == 2 else "volume"
    columns[name] = points.sizes * float(np.prod(about.pixel_size))
    return ObjectTable(columns, about.name, about.unit, about.provenance)
