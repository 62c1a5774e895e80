"""Tracks of another program, taken over for the masks that are here."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.errors import FileNote, InputError
from napari_discembed.io.calibration import MICROMETERS, PIXEL
from napari_discembed.io.geff_reading import TrackGraph, read_graph
from napari_discembed.text import pluralize
from napari_discembed.tracking.linker import tracks_of
from napari_discembed.types import (
    Axes,
    IntArray,
    Links,
    Segmentation,
    Tracks,
    TrackTable,
)
from napari_discembed.types.axes import TIME
from napari_discembed.types.track_points import TrackPoints, points_of


def read_geff(path: str | Path, labels: Segmentation | IntArray) -> Tracks:
    """Read tracks that another program made of the same movie, and give them its masks.

    A node is of the object that it lies in or, where it lies in none (as the middle of a
    crescent), of the nearest whose half length reaches it. Objects without a node are tracks
    of one frame; what passes through a node without an object is a gap.

    Parameters
    ----------
    path
        A GEFF store, ``NAME.geff``, or TrackMate's ``.xml``.
    labels
        ``(T, *S)``: the objects of each frame, in any numbers.

    Returns
    -------
    Tracks of these labels, numbered through time.

    Raises
    ------
    FileNotFoundError, MissingDependencyError, FileFormatError
        As :func:`~napari_discembed.io.geff_reading.read_graph`.
    InputError
        If the tracks cannot be of these labels: of other frames, of another number of axes, of
        places in units while the labels have no pixel size, or no node lies on an object.

    Warns
    -----
    FileNote
        Of nodes without an object, objects without a node and links that no object can have.
    """
    if not isinstance(labels, Segmentation):
        axes = Axes(TIME + Axes.spatial_of(np.ndim(labels) - 1))
        labels = Segmentation(np.asarray(labels), axes, frame_axes=Axes(TIME))
    tracks, notes = adopt(read_graph(path), labels.labels, labels)
    for note in notes:
        warnings.warn(f"{path}: {note}", FileNote, stacklevel=2)
    return tracks


def adopt(
    graph: TrackGraph, frames: Sequence[IntArray] | IntArray, about: Segmentation
) -> tuple[Tracks, list[str]]:
    """Return the tracks of a graph with masks, and what a person should know.

    Parameters
    ----------
    graph
        What another program saw.
    frames
        Labels of each frame, read when its turn comes.
    about
        A frame, or all: says spatial axes, pixel size, unit, name and provenance.

    Raises
    ------
    InputError
        As :func:`read_geff`.
    """
    places = _in_pixels(graph, about)
    if len(graph) and int(graph.frames.max()) >= len(frames):
        raise InputError(
            f"{graph.name}: expected tracks within {pluralize(len(frames), 'frame')} of labels, "
            f"got frame {int(graph.frames.max())}. Choose the labels of that movie."
        )
    points = points_of(frames)
    objects = _objects(graph.frames, places, frames, points)
    if len(graph) and (objects < 0).all():
        raise InputError(
            f"{graph.name}: none of {pluralize(len(graph), 'node')} lies on an object. Expected "
            "labels of the same movie, and the same pixel size in both."
        )
    links = _links(graph, objects)
    before, n_merged = _one_before(links, points)
    numbers, table = _numbered(before, points)
    notes = _notes(graph, objects, len(points), n_merged)
    sure = _confidence(graph, objects, before, numbers, points)
    return _tracks(frames, points, numbers, table, sure, about, graph.name), notes


def _in_pixels(graph: TrackGraph, about: Segmentation) -> NDArray[np.float64]:
    spatial, places, axes = about.axes.spatial, graph.places, graph.axes
    if axes == "ZYX" and spatial == "YX" and np.ptp(places[:, 0], axis=0).max(initial=0) == 0:
        places, axes = places[:, 1:], Axes("YX")  # TrackMate's, of a movie of pictures
    if axes != spatial:
        raise InputError(f"{graph.name}: expected places in {spatial}, got {axes}.")
    if graph.unit == PIXEL:
        return places
    if about.unit not in MICROMETERS or graph.unit not in MICROMETERS:
        raise InputError(
            f"{graph.name}: its places are in {graph.unit}, and the labels have no pixel size to "
            f"find them by (they are in {about.unit}). Give the labels the scale of the image."
        )
    size = np.array(about.pixel_size) * MICROMETERS[about.unit] / MICROMETERS[graph.unit]
    return places / size


def _objects(
    seen: IntArray,
    places: NDArray[np.float64],
    frames: Sequence[IntArray] | IntArray,
    points: TrackPoints,
) -> NDArray[np.int64]:
    """Return ``(N,)``: the row in the points of each node's object; -1 for none, one node each."""
    found, whole = np.full(len(seen), -1, dtype=np.int64), np.rint(places)
    for t in np.unique(seen).tolist():
        rows, labels = np.flatnonzero(points.frames == t), np.asarray(frames[t])
        there = (seen == t) & ((whole >= 0) & (whole < labels.shape)).all(axis=1)
        nodes = np.flatnonzero(there)
        if not len(rows) or not len(nodes):
            continue
        at = whole[nodes].astype(np.int64)
        under = labels[tuple(at.T)].astype(np.int64)
        outside = np.flatnonzero(under == 0)
        near = _nearest(labels, at[outside], rows, points) if len(outside) else under[:0]
        under[outside] = near
        row = rows[np.searchsorted(points.ids[rows], under).clip(max=len(rows) - 1)]
        row[points.ids[row] != under] = -1
        far = np.linalg.norm(places[nodes] - points.centroids[row], axis=1)
        # Where two nodes want an object: the one inside, then the one nearer to its middle.
        order = np.lexsort((far, np.isin(np.arange(len(nodes)), outside)))
        _, first = np.unique(row[order], return_index=True)
        kept = order[first]
        kept = kept[row[kept] >= 0]
        found[nodes[kept]] = row[kept]
    return found


def _nearest(
    labels: IntArray, at: NDArray[np.int64], rows: NDArray[np.intp], points: TrackPoints
) -> NDArray[np.int64]:
    """Return the number of the nearest object whose half length reaches each place; 0: none."""
    far, nearest = scipy.ndimage.distance_transform_edt(labels == 0, return_indices=True)
    where = tuple(at.T)
    number = labels[tuple(along[where] for along in nearest)].astype(np.int64)
    row = rows[np.searchsorted(points.ids[rows], number)]
    reach = (points.highs[row] - points.lows[row]).max(axis=1) / 2
    return np.where(far[where] <= reach, number, 0)


def _links(graph: TrackGraph, objects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``(L, 2)`` rows of points, earlier first, through nodes that have no object too."""
    after: dict[int, set[int]] = {}
    ends = graph.edges[graph.frames[graph.edges[:, 0]] != graph.frames[graph.edges[:, 1]]]
    swap = graph.frames[ends[:, 0]] > graph.frames[ends[:, 1]]
    ends = np.where(swap[:, None], ends[:, ::-1], ends)
    for earlier, later in ends.tolist():
        after.setdefault(earlier, set()).add(later)
    # From the last frame back: what comes after a node without an object comes after who led there.
    for node in np.argsort(-graph.frames, kind="stable").tolist():
        following = after.get(node, set())
        lost = {each for each in following if objects[each] < 0}
        if lost:
            after[node] = (following - lost).union(*(after.get(each, set()) for each in lost))
    found = [
        (objects[node], objects[each])
        for node, following in after.items()
        for each in sorted(following)
        if objects[node] >= 0
    ]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _one_before(links: NDArray[np.int64], points: TrackPoints) -> tuple[NDArray[np.int64], int]:
    """Return ``(M,)`` what each point was before, -1 for nothing, and how many links do not fit.

    An object comes from one other: of several the latest, then the nearest.
    """
    before = np.full(len(points), -1, dtype=np.int64)
    earlier, later = links.T
    far = np.linalg.norm(points.centroids[earlier] - points.centroids[later], axis=1)
    order = np.lexsort((-far, points.frames[earlier]))  # the best is written last
    before[later[order]] = earlier[order]
    return before, len(links) - int((before >= 0).sum())


def _numbered(
    before: NDArray[np.int64], points: TrackPoints
) -> tuple[NDArray[np.int64], TrackTable]:
    """Return the track of each point, and the tracks."""
    n_after = np.bincount(before[before >= 0], minlength=len(points))
    numbers = np.zeros(len(points), dtype=np.int64)
    rows: list[list[int]] = []
    for row in np.argsort(points.frames, kind="stable").tolist():
        frame, came = int(points.frames[row]), int(before[row])
        if came >= 0 and n_after[came] == 1:
            numbers[row] = numbers[came]
            rows[numbers[row] - 1][2] = frame
            continue
        numbers[row] = len(rows) + 1
        rows.append([len(rows) + 1, frame, frame, int(numbers[came]) if came >= 0 else 0])
    return numbers, TrackTable.of(rows)


def _confidence(
    graph: TrackGraph,
    objects: NDArray[np.int64],
    before: NDArray[np.int64],
    numbers: NDArray[np.int64],
    points: TrackPoints,
) -> Links:
    """Return the links whose confidence the graph knows."""
    ends = objects[graph.edges]
    ends = np.take_along_axis(ends, np.argsort(graph.frames[graph.edges], axis=1), axis=1)
    kept = (ends >= 0).all(axis=1) & np.isfinite(graph.confidence)
    ends, sure = ends[kept], graph.confidence[kept]
    fits = before[ends[:, 1]] == ends[:, 0]
    return Links(points.frames[ends[fits]], numbers[ends[fits]], sure[fits])


def _tracks(
    frames: Sequence[IntArray] | IntArray,
    points: TrackPoints,
    numbers: NDArray[np.int64],
    table: TrackTable,
    links: Links,
    about: Segmentation,
    origin: str,
) -> Tracks:
    dtype = np.uint16 if len(table) <= np.iinfo(np.uint16).max else np.uint32
    first = np.asarray(frames[0])
    labels = scratch.zeros((len(frames), *first.shape), dtype)
    for t in range(len(frames)):
        rows, frame = np.flatnonzero(points.frames == t), np.asarray(frames[t])
        known = np.concatenate([[0], points.ids[rows]])
        labels[t] = np.concatenate([[0], numbers[rows]])[np.searchsorted(known, frame)]
    return tracks_of(labels, table, links, replace(about, quality=None), {"from": origin})


def _notes(
    graph: TrackGraph, objects: NDArray[np.int64], n_objects: int, n_merged: int
) -> list[str]:
    notes = []
    n_lost = int((objects < 0).sum())
    if n_lost:
        notes.append(
            f"{pluralize(n_lost, 'node')} of {len(graph)} have no object of their own in the "
            "labels, and are gaps"
        )
    n_alone = n_objects - (len(graph) - n_lost)
    if n_alone:
        notes.append(f"{pluralize(n_alone, 'object')} of {n_objects} have no node, and are alone")
    if n_merged:
        notes.append(
            f"{pluralize(n_merged, 'link')} left out: an object comes from one other, not from "
            "several"
        )
    return notes
