"""Of nested masks those that persist: over- and under-split objects mended by the frames beside.

Each way in which a mask of a frame may be one of the next, or two, is a hypothesis with a gain: its
overlap above the least, times its size, less what it costs to leave the usual bandwidth. Those are
chosen that gain most together and of which no two masks of a frame share a pixel (ultrack,
Bragantini 2023, with the merge tree of an embedding as the hierarchy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.config import CandidatesConfig, LapConfig
from napari_discembed.tracking.linker import link_frames, tracks_of
from napari_discembed.tracking.linking import link_assignment
from napari_discembed.tracking.nested import USUAL, distance_to_usual, shared_pixels
from napari_discembed.tracking.observed import observe
from napari_discembed.tracking.solvers import Frame, Hypotheses, solve_exact, solve_greedy
from napari_discembed.types import Candidates, IntArray, Segmentation, Tracks

UNUSUAL = 0.35
"""Cost of a mask that is an object only at another bandwidth: so much of its size for each factor
of e."""
ALONE = 0.05
"""Gain of a mask that is linked to none, in its size: better than no mask."""
DIVISION = 0.2
"""Cost of a division, in the size of the mother."""
LEAST_INSIDE = 0.3
"""Share of a child that its mother covers at least."""


def link_candidates(frames: Sequence[Candidates], config: CandidatesConfig) -> Tracks:
    """Choose masks of all frames and link them.

    Parameters
    ----------
    frames
        Nested masks on the image's grid, from :func:`~napari_discembed.tracking.nested.on_image`,
        which notes the bandwidth that objects are usually taken at.
    config
        How.
    """
    chosen = choose(frames, float(frames[0].provenance.config[USUAL]), config)
    labels = [filled(one.labels(picked)) for one, picked in zip(frames, chosen, strict=True)]
    first = frames[0]
    about = Segmentation(
        labels[0],
        pixel_size=first.pixel_size,
        unit=first.unit,
        name=first.name.split("[")[0],
        provenance=first.provenance,
    )
    known = {name: getattr(config, name) for name in LapConfig.model_fields if name != "method"}
    tracks = link_frames(labels, about, LapConfig(**known))
    return tracks_of(
        tracks.labels, tracks.table, tracks.links, about, config.model_dump(mode="json")
    )


def choose(
    frames: Sequence[Candidates], usual: float, config: CandidatesConfig
) -> list[NDArray[np.intp]]:
    """Return the chosen candidates of each frame, no two of which share a pixel."""
    values = [_frame(one, usual) for one in frames]
    links = [_hypotheses(frames[t], frames[t + 1], usual, config) for t in range(len(frames) - 1)]
    solve = solve_exact if config.solver == "exact" else solve_greedy
    return solve(values, links)


def filled(labels: IntArray) -> IntArray:
    """Return labels with the holes of each object closed, where they are of no other."""
    result = labels.copy()
    for number, window in enumerate(ndimage.find_objects(labels), 1):
        if window is not None:
            inside = ndimage.binary_fill_holes(labels[window] == number)
            result[window][inside & (labels[window] == 0)] = number
    return result


def _frame(candidates: Candidates, usual: float) -> Frame:
    size = candidates.pixels.astype(np.float64)
    gain = size * (ALONE - UNUSUAL * distance_to_usual(candidates, usual))
    return Frame(candidates.first, candidates.parent, size, gain)


@dataclass(frozen=True, slots=True, eq=False)
class _Overlap:
    """Pixels of masks of two frames, and those that they share."""

    one: NDArray[np.float64]
    other: NDArray[np.float64]
    shared: NDArray[np.int64]


def _hypotheses(
    one: Candidates, other: Candidates, usual: float, config: CandidatesConfig
) -> Hypotheses:
    """Return what masks of a frame may be in the next."""
    shared = shared_pixels(one, other, _shift(one, other, usual, config))
    table = _Overlap(one.pixels.astype(float), other.pixels.astype(float), shared)
    source, target = np.nonzero(shared)
    pixels = shared[source, target]
    iou = pixels / (table.one[source] + table.other[target] - pixels)
    good = iou > config.min_overlap
    source, target, iou = source[good], target[good], iou[good]
    gain = (iou - config.min_overlap) * (table.one[source] + table.other[target]) / 2
    single = Hypotheses(source, target, np.full(len(source), -1, dtype=np.intp), gain)
    if not config.divisions:
        return single
    return single.joined(_divisions(other.first, table, config.min_overlap))


def _shift(
    one: Candidates, other: Candidates, usual: float, config: CandidatesConfig
) -> NDArray[np.int64]:
    """Return how far the usual objects have moved from a frame to the next, their median."""
    first, second = (observe(c.labels(c.at(usual))) for c in (one, other))
    links = link_assignment(first, second, config)
    if not len(links.source):
        return np.zeros(one.smallest.ndim, dtype=np.int64)
    moved = second.centroids[links.target] - first.centroids[links.source]
    return np.rint(np.median(moved, axis=0)).astype(np.int64)


def _divisions(first: NDArray[np.intp], table: _Overlap, least: float) -> Hypotheses:
    """Return pairs of masks, none of which holds the other, that together are one before."""
    covered = table.shared > LEAST_INSIDE * table.other
    found: list[tuple[int, int, int, float]] = []
    for mother in np.flatnonzero(covered.sum(axis=1) > 1).tolist():
        size = table.one[mother]
        children = np.flatnonzero(covered[mother])
        # Of one that is most of its mother alone, the other is no child but a speck.
        children = children[(table.other[children] > size / 5) & (table.other[children] < size)]
        a, b = (children[k] for k in np.triu_indices(len(children), 1))
        apart = first[b] > a  # the later one does not hold the earlier
        a, b = a[apart], b[apart]
        both = table.shared[mother, a] + table.shared[mother, b]
        joint = both / (size + table.other[a] + table.other[b] - both)
        gain = (joint - least) * (size + table.other[a] + table.other[b]) / 2 - DIVISION * size
        better = np.flatnonzero(gain > 0)
        found += [(mother, int(a[i]), int(b[i]), float(gain[i])) for i in better]
    rows = np.array(found, dtype=np.float64).reshape(-1, 4)
    mothers, one, other = rows[:, :3].T.astype(np.intp)
    return Hypotheses(mothers, one, other, rows[:, 3])
