"""Objects that overlap nothing: looked for further away, and some frames later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.tracking.assignment import best_pairs
from napari_discembed.tracking.observed import Observed, Vector

LEAST_ALIKE = 0.5
"""Ratio of the smaller size to the larger that two views of one object have at least."""
DOUBT = 0.5
"""Of a link by distance alone: it is at most so sure."""


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """Objects that have no successor yet.

    Attributes
    ----------
    track
        ``(K,)``: the number of each one's track.
    frame
        ``(K,)``: where each was last seen.
    places
        ``(K, ndim)``: where each would be now, had it moved as its neighbourhood.
    sizes, diameters
        ``(K,)``: when last seen.
    """

    track: NDArray[np.int64]
    frame: NDArray[np.int64]
    places: Vector
    sizes: Vector
    diameters: Vector

    @classmethod
    def none(cls, ndim: int) -> Lost:
        """Return none."""
        nothing = np.zeros(0)
        number = np.zeros(0, dtype=np.int64)
        return cls(number, number, np.zeros((0, ndim)), nothing, nothing)

    def kept(self, which: NDArray[np.bool_]) -> Lost:
        """Return some of them."""
        return Lost(
            self.track[which],
            self.frame[which],
            self.places[which],
            self.sizes[which],
            self.diameters[which],
        )

    def joined(self, other: Lost) -> Lost:
        """Return them and others."""
        return Lost(
            np.concatenate([self.track, other.track]),
            np.concatenate([self.frame, other.frame]),
            np.concatenate([self.places, other.places]),
            np.concatenate([self.sizes, other.sizes]),
            np.concatenate([self.diameters, other.diameters]),
        )

    def moved(self, before: Observed, drift: Vector) -> Lost:
        """Return them where they would be a frame later, as what was nearest has moved."""
        if not len(before) or not len(self.track):
            return self
        nearest = scipy.spatial.cKDTree(before.centroids).query(self.places)[1]
        places = self.places + drift[nearest]
        return Lost(self.track, self.frame, places, self.sizes, self.diameters)


def found_again(
    lost: Lost, found: Observed, free: NDArray[np.bool_], reach: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], Vector]:
    """Match lost objects with those of a frame that have no predecessor, by distance and size.

    Parameters
    ----------
    lost
        At their places of now.
    found
        The objects of the frame.
    free
        ``(N,)``: which of them have no predecessor.
    reach
        How far, in diameters of the lost object.

    Returns
    -------
    Which lost ones are which objects, and how sure that is in [0, 1].
    """
    there = np.flatnonzero(free)
    nobody = np.zeros(0, dtype=np.intp)
    if not len(there) or not len(lost.track):
        return nobody, nobody, np.zeros(0)
    away = reach * lost.diameters
    near = scipy.spatial.cKDTree(found.centroids[there]).query_ball_point(lost.places, away)
    source = np.repeat(np.arange(len(near)), [len(each) for each in near])
    target = np.array([j for each in near for j in each], dtype=np.intp)
    places = found.centroids[there[target]]
    distance = np.linalg.norm(places - lost.places[source], axis=1)
    one, other = lost.sizes[source], found.sizes[there[target]]
    alike = np.minimum(one, other) / np.maximum(one, other)
    near_by = 1 - distance / np.maximum(away[source], 1e-9)
    gain = np.where(alike >= LEAST_ALIKE, near_by * alike, 0.0)
    best = best_pairs(source, target, gain, (len(near), len(there)))
    return source[best], there[target[best]], DOUBT * gain[best]
