"""A drawn movie and its truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.types import Axes, IntArray, Numbering, Segmentation, Tracks, TrackTable


@dataclass(frozen=True, slots=True, eq=False)
class Movie:
    """A drawn movie and its truth.

    Attributes
    ----------
    frames
        ``(T, Y, X)`` or ``(T, Y, X, 3)`` uint8.
    tracks
        Its objects, followed through time.
    """

    frames: NDArray[np.uint8]
    tracks: Tracks


def movie_of(
    frames: NDArray[np.uint8], labels: IntArray, parents: dict[int, int], name: str, least: int
) -> Movie:
    """Return a movie of frames and of labels numbered through time.

    Parameters
    ----------
    frames
        As :class:`Movie` has them.
    labels
        ``(T, Y, X)``: 0 background, the same number for the same object.
    parents
        By object: the one that it comes from, for those that have one.
    name
        Of the movie.
    least
        Pixels of an object in a frame below which it is not seen there.
    """
    kept = np.stack([_without_specks(frame, least) for frame in labels]).astype(np.uint16)
    seen: dict[int, tuple[int, int]] = {}
    for t, frame in enumerate(kept):
        for number in np.unique(frame[frame > 0]).tolist():
            seen[number] = (seen.get(number, (t, t))[0], t)
    rows = []
    for number, (begin, end) in seen.items():
        parent = parents.get(number, 0)
        known = parent in seen and seen[parent][1] < begin
        rows.append((number, begin, end, parent if known else 0))
    about = Segmentation(kept, Axes("TYX"), numbering=Numbering.through_time, name=name)
    return Movie(frames, Tracks(about, TrackTable.of(rows)))


def _without_specks(labels: IntArray, least: int) -> IntArray:
    sizes = np.bincount(labels.ravel())
    kept = np.where(sizes >= least, np.arange(len(sizes)), 0)
    kept[0] = 0
    return kept[labels]
