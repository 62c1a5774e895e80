"""Leaves of one plant, from above: they grow away from its middle and keep their angle.

A young leaf moves out and a newer one takes its place, so that the overlap of two days takes the
one for the other. How leaves at a distance from the middle move out and grow is learnt from the
links of the movie itself; what agrees with it, and with the angle, is one leaf.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import LinkingConfig
from napari_discembed.errors import InputError
from napari_discembed.tracking.assignment import best_pairs
from napari_discembed.tracking.gaps import DOUBT, Lost
from napari_discembed.tracking.linking import FrameLinks, with_divisions
from napari_discembed.tracking.observed import Observed, Pairs, Vector, overlapping

MOST_LEAVES = 1000
"""Of one plant: every two of them are compared."""
OUT, ALONG, SIZE = 0.11, 0.09, 0.5
"""Standard deviations of what is not expected: of the way out and around, in radii of the plant,
and of the logarithm of size."""
OVERLAP = 0.3
"""Weight of the overlap beside that of the agreement with how leaves grow."""
LEAST = 0.01
"""Of both together, below which two leaves are no pair."""
NEIGHBOURS, FEWEST = 21, 4
"""Links at most and at least whose median is how leaves at a distance grow."""
NEAR_MIDDLE = 0.05
"""Radii of the plant below which distances from its middle are alike."""
PASSES = 3
"""How often links are made again with what they tell of growth."""

MOST_TURNED = np.radians(20)
"""Angle by which two views of one leaf differ at most."""
LEAST_RADIUS = 1 / 3
"""Of the distance from the middle that a lost leaf had, the share it has at least: a new leaf has
less."""


@dataclass(frozen=True, slots=True, eq=False)
class _Leaves:
    """Where leaves are about the plant's middle: distances in its radii, angles, log sizes."""

    distance: Vector
    angle: Vector
    size: Vector

    @classmethod
    def of(cls, leaves: Observed, middle: Vector, radius: float) -> _Leaves:
        distance, angle = _polar((leaves.centroids - middle) / radius)
        return cls(distance, angle, np.log(leaves.sizes))


class RosetteStep:
    """Links the leaves of two frames by their overlap, and by how leaves grow in this movie.

    It remembers how the leaves that it linked have moved out and grown, by their distance from the
    middle, and expects it of others at that distance.
    """

    def __init__(self) -> None:
        self._known = np.zeros((0, 3))

    def __call__(self, first: Observed, second: Observed, config: LinkingConfig) -> FrameLinks:
        """Link the leaves of a frame with those of the next.

        Raises
        ------
        InputError
            If they are objects of volumes, or too many for one plant.
        """
        _check(first)
        _check(second)
        still = np.zeros_like(first.centroids)
        pairs = overlapping(first, second)
        if not len(first) or not len(second):
            return with_divisions(first, second, pairs, np.zeros(0, np.intp), still, config)
        pixels = np.concatenate([first.pixels, second.pixels], axis=1)
        middle = pixels.mean(axis=1)
        radius = max(1.0, float(np.sqrt(((pixels - middle[:, None]) ** 2).sum(axis=0).mean())))
        before, after = (_Leaves.of(one, middle, radius) for one in (first, second))
        table = _Table(before, after, pairs)
        found = np.zeros((0, 3))
        for _ in range(PASSES + 1):
            scored = table.scored(np.concatenate([self._known, found]))
            gain = scored.iou - config.least_overlap
            chosen = best_pairs(scored.source, scored.target, gain, (len(first), len(second)))
            found = table.growth(scored.source[chosen], scored.target[chosen])
        self._known = np.concatenate([self._known, found])
        return with_divisions(first, second, scored, chosen, still, config)


class _Table:
    """What is known of every leaf of a frame together with every one of the next."""

    def __init__(self, before: _Leaves, after: _Leaves, pairs: Pairs) -> None:
        shape = (len(before.distance), len(after.distance))
        self._before = before.distance
        self._iou, self._shared = np.zeros(shape), np.zeros(shape, dtype=np.intp)
        self._iou[pairs.source, pairs.target] = pairs.iou
        self._shared[pairs.source, pairs.target] = pairs.shared
        self._out = after.distance[None] - before.distance[:, None]
        self._grown = after.size[None] - before.size[:, None]
        mean = np.sqrt(after.distance[None] * before.distance[:, None])
        self._along = _turn(before.angle[:, None], after.angle[None]) * mean

    def scored(self, known: NDArray[np.float64]) -> Pairs:
        """Return the pairs of leaves that may be one; as overlap, what speaks for it in all."""
        out, grown = _expected(known, self._before)
        squared = ((self._out - out[:, None]) / OUT) ** 2
        squared += ((self._grown - grown[:, None]) / SIZE) ** 2
        squared += (self._along / ALONG) ** 2
        score = OVERLAP * self._iou + (1 - OVERLAP) * np.exp(-squared / 2)
        source, target = np.nonzero(score > LEAST)
        return Pairs(source, target, self._shared[source, target], score[source, target])

    def growth(self, source: NDArray[np.intp], target: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return ``(L, 3)``: of linked leaves the distance, the way out and the growth."""
        rows = self._before[source], self._out[source, target], self._grown[source, target]
        return np.stack(rows, axis=1)


def _expected(known: NDArray[np.float64], distance: Vector) -> tuple[Vector, Vector]:
    """Return how far leaves at some distances move out, and how much they grow: the median."""
    if len(known) < FEWEST:
        return np.zeros(len(distance)), np.zeros(len(distance))
    at, asked = np.log(known[:, 0] + NEAR_MIDDLE), np.log(distance + NEAR_MIDDLE)
    order = np.argsort(np.abs(at[None] - asked[:, None]), axis=1, kind="stable")
    near = known[order[:, :NEIGHBOURS]]
    return np.median(near[..., 1], axis=1), np.median(near[..., 2], axis=1)


def _check(leaves: Observed) -> None:
    if leaves.image.ndim != 2:
        raise InputError(
            "Linking by rosette takes pictures of a plant from above, and these frames are "
            "volumes. Link them by 'lap'."
        )
    if len(leaves) > MOST_LEAVES:
        raise InputError(
            f"Linking by rosette expects the leaves of one plant, up to {MOST_LEAVES}, got "
            f"{len(leaves)} objects in a frame. Link them by 'lap'."
        )


def found_by_angle(
    lost: Lost, found: Observed, free: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Vector]:
    """Match lost leaves with those of a frame that have no predecessor, by their angle.

    A leaf that slips under others shows now its blade and now its tip, which overlap nothing of one
    another and may lie a leaf's length apart.

    Parameters
    ----------
    lost
        Of a movie of pictures.
    found
        The leaves of the frame; the mean of their pixels is the plant's middle.
    free
        ``(N,)``: which of them have no predecessor.

    Returns
    -------
    Which lost ones are which leaves, and how sure that is in [0, 1].
    """
    there = np.flatnonzero(free)
    if not len(there) or not len(lost.track):
        nobody = np.zeros(0, dtype=np.intp)
        return nobody, nobody, np.zeros(0)
    middle = found.pixels.mean(axis=1)
    before, was = _polar(lost.places - middle)
    now, is_ = _polar(found.centroids[there] - middle)
    turned = np.abs(_turn(was[:, None], is_[None]))
    gain = np.where(now[None] > LEAST_RADIUS * before[:, None], 1 - turned / MOST_TURNED, 0.0)
    source, target = np.nonzero(gain > 0)
    best = best_pairs(source, target, gain[source, target], gain.shape)
    source, target = source[best], target[best]
    return source, there[target], DOUBT * gain[source, target]


def _polar(places: Vector) -> tuple[Vector, Vector]:
    """Return the distance and the angle of ``(N, 2)`` places, rows first."""
    return np.hypot(places[:, 0], places[:, 1]), np.arctan2(places[:, 0], places[:, 1])


def _turn(was: Vector, is_: Vector) -> Vector:
    """Return the angle from one direction to another, in [-pi, pi)."""
    return np.asarray((is_ - was + np.pi) % (2 * np.pi) - np.pi, dtype=np.float64)
