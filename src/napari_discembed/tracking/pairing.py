"""Links by groups of two frames at once: pixels of both are grouped as one set (Payer 2018).

An object that moves less than it is wide is one group of its pixels in both frames, and so is an
object with its two children. The masks stay those of each frame by itself; the groups say who is
whom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering import get_clusterer, grid_min_size, relabel, to_image_grid
from napari_discembed.config import ClusteringConfig, LinkingConfig
from napari_discembed.errors import InputError
from napari_discembed.tracking.assignment import best_pairs
from napari_discembed.tracking.linking import FrameLinks, drift_of, with_divisions
from napari_discembed.tracking.observed import Observed, Pairs, counted, overlapping
from napari_discembed.types import Embedding, IntArray

GROUPED = ("embedding", "foreground", "seediness")
"""Maps that grouping reads."""
NEED_NO_MORE = {"learned": "density", "seeded": "density"}
"""Methods that need more than an embedding, and what groups two frames in their place."""


def joint_groups(first: Embedding, second: Embedding, config: ClusteringConfig) -> IntArray:
    """Return the groups of the pixels of two frames, clustered as one set.

    The frames lie one upon the other, so that unconnected parts are those that do not overlap and
    coordinates are the same in both.

    Parameters
    ----------
    first, second
        Of two frames in a row, on one grid.
    config
        How each of them is grouped by itself.

    Returns
    -------
    ``(2, *S)`` on the image's grid: the group, from 1, of each pixel of each frame; 0 for none.

    Raises
    ------
    InputError
        If the frames are volumes.
    """
    if len(first.shape) != 2:
        raise InputError(
            "Linking by pairs groups two pictures at once, and these frames are volumes. Link them "
            "by 'lap' or 'overlap'."
        )
    config = _joint_config(config, first)
    both = replace(
        first,
        maps={
            name: np.stack([np.asarray(one.maps[name]) for one in (first, second)], axis=1)
            for name in GROUPED
            if name in first.maps
        },
        image_shape=(2, *first.image_shape),
        pixel_size=(1.0, *first.pixel_size),
        candidates=None,
    )
    clusterer = get_clusterer(config.method)
    labels = clusterer.cluster(clusterer.prepare(both), config)
    threshold = config.foreground_threshold
    pairs = zip(labels, (first, second), strict=True)
    return relabel(np.stack([to_image_grid(own, frame, threshold) for own, frame in pairs]))


def no_groups(shape: tuple[int, ...]) -> IntArray:
    """Return ``(2, *S)`` groups of a first frame, which has none before it."""
    return np.zeros((2, *shape), dtype=np.uint16)


def _joint_config(config: ClusteringConfig, frame: Embedding) -> ClusteringConfig:
    """Return the config by which two frames are grouped: the smallest size is that of a picture."""
    config = config.with_method(NEED_NO_MORE.get(config.method, config.method))  # type: ignore[arg-type]
    if config.min_size is not None:
        return config
    scale = np.prod(frame.image_shape, dtype=float) / np.prod(frame.shape, dtype=float)
    return config.changed(min_size=round(grid_min_size(config, frame) * scale))


def link_pairs(
    first: Observed, second: Observed, config: LinkingConfig, groups: NDArray[Any]
) -> FrameLinks:
    """Link objects of two frames that are of one group.

    Parameters
    ----------
    first, second
        The objects of the frame before and of this one.
    config
        Says the least overlap, and whether objects divide.
    groups
        ``(2, *S)``: of :func:`joint_groups`.
    """
    pairs = grouped(first, second, groups)
    gain = pairs.iou - config.least_overlap
    chosen = best_pairs(pairs.source, pairs.target, gain, (len(first), len(second)))
    drift = drift_of(first, second, pairs.source[chosen], pairs.target[chosen])
    return with_divisions(first, second, pairs, chosen, drift, config)


def grouped(first: Observed, second: Observed, groups: NDArray[Any]) -> Pairs:
    """Return the pairs of objects that are of one group or overlap, and how much of them does.

    What two objects share is the pixels that their groups have of each, the fewer of both, or those
    where both are, if these are more: so a child whose pixels point elsewhere than its parent's is
    not missed. A group that holds most of several objects of the first frame does not say which of
    them goes where: there, it is only the pixels where both are.
    """
    n_groups = int(groups.max(initial=0)) + 1
    before, after = (part.astype(np.int64) for part in groups)
    of_first, of_second = before[tuple(first.pixels)], after[tuple(second.pixels)]
    source, group, pixels = _table(first.owner, of_first, len(first), n_groups)
    target, other, others = _table(second.owner, of_second, len(second), n_groups)
    mostly = 2 * pixels > first.sizes[source]
    clear = np.bincount(group[mostly], minlength=n_groups) <= 1
    clear[0] = False
    said = np.flatnonzero(clear[group])
    one, two = _joined(group[said], other, n_groups)
    one = said[one]
    by_group = _summed(source[one], target[two], np.minimum(pixels[one], others[two]), len(second))
    by_place = overlapping(first, second)
    return _greater(by_group, by_place, first, second)


Shared = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.integer]]
"""Pairs of two kinds of things, and the pixels that they share."""


def _table(owner: NDArray[Any], group: NDArray[Any], n: int, n_groups: int) -> Shared:
    """Return the objects and groups that have pixels in common, and how many."""
    key, pixels = counted(owner.astype(np.int64) * n_groups + group, n * n_groups)
    found, of_group = np.divmod(key, n_groups)
    return found, of_group, pixels


def _joined(
    group: NDArray[Any], other: NDArray[Any], n_groups: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return places in two lists of groups that hold the same one: every pair of them."""
    order = np.argsort(other, kind="stable")
    starts = np.searchsorted(other[order], np.arange(n_groups + 1))
    counts = np.diff(starts)[group]
    one = np.repeat(np.arange(len(group)), counts)
    step = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts, counts)
    return one, order[starts[group][one] + step]


def _summed(source: NDArray[Any], target: NDArray[Any], shared: NDArray[Any], width: int) -> Shared:
    """Return each pair once, with the sum of what it shares in all groups."""
    keys, place = np.unique(source * max(1, width) + target, return_inverse=True)
    total = np.bincount(place, weights=shared, minlength=len(keys)).astype(np.intp)
    return *np.divmod(keys, max(1, width)), total


def _greater(by_group: Shared, by_place: Pairs, first: Observed, second: Observed) -> Pairs:
    """Return each pair once, with the greater of what it shares in either way."""
    width = max(1, len(second))
    keys = np.concatenate([
        by_group[0] * width + by_group[1],
        by_place.source * width + by_place.target,
    ])  # fmt: skip
    keys, place = np.unique(keys, return_inverse=True)
    shared = np.zeros(len(keys), dtype=np.intp)
    np.maximum.at(shared, place, np.concatenate([by_group[2], by_place.shared]))
    source, target = np.divmod(keys, width)
    union = first.sizes[source] + second.sizes[target] - shared
    return Pairs(source.astype(np.intp), target.astype(np.intp), shared, shared / union)
