"""Links by votes: each pixel of an object points to where the object was in the frame before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import LinkingConfig
from napari_discembed.tracking.linking import FrameLinks, drift_of
from napari_discembed.tracking.observed import Observed, Pairs, counted

CHILDREN = 2


def link_motion(
    first: Observed, second: Observed, config: LinkingConfig, motion: NDArray[np.floating]
) -> FrameLinks:
    """Link each object to the one that most of its pixels point to (EmbedTrack 2022).

    Two objects that point to one are its children, if anything divides; of more the two with the
    larger shares of votes, and where nothing divides the one with the largest, are linked.

    Parameters
    ----------
    first, second
        The objects of the frame before and of this one.
    config
        Says the least share of votes, and whether objects divide.
    motion
        ``(ndim, *S)``: the offset of each pixel to its object's centre in the frame before.
    """
    pairs = voted(first, second, motion)
    order = np.argsort(-pairs.iou, kind="stable")
    taken = np.zeros(len(second), dtype=bool)
    links = np.zeros(len(first), dtype=np.intp)
    most = CHILDREN if config.divides else 1
    chosen = []
    for pair in order[pairs.iou[order] >= config.min_overlap].tolist():
        source, target = pairs.source[pair], pairs.target[pair]
        if taken[target]:
            continue
        taken[target] = True  # an object has one vote: it goes to no second choice
        if links[source] < most:
            links[source] += 1
            chosen.append(pair)
    at = np.array(chosen, dtype=np.intp)
    source, target = pairs.source[at], pairs.target[at]
    sure = _confidence(pairs, at)
    drift = drift_of(first, second, source, target)
    return FrameLinks(source, target, sure, drift)


def voted(first: Observed, second: Observed, motion: NDArray[np.floating]) -> Pairs:
    """Return the pairs of which pixels of the second point into the first.

    Their ``iou`` is the share of the second's pixels that do.
    """
    pixels, owner = second.pixels, second.owner
    step = np.rint(motion[(slice(None), *pixels)].astype(np.float64))
    place = pixels + np.nan_to_num(step).astype(np.int64)
    inside = np.ones(len(owner), dtype=bool)
    for along, length in zip(place, first.image.shape, strict=True):
        inside &= (along >= 0) & (along < length)
    owner, place = owner[inside], place[:, inside]
    there = first.image[tuple(place)]
    hit = there > 0
    width = max(1, len(second))
    keys = (there[hit] - 1).astype(np.int64) * width + owner[hit]
    key, shared = counted(keys, len(first) * width)
    source, target = np.divmod(key, width)
    return Pairs(
        source.astype(np.intp), target.astype(np.intp), shared, shared / second.sizes[target]
    )


def _confidence(pairs: Pairs, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the share of votes of each link less that of the object's next best."""
    others = pairs.iou.copy()
    others[chosen] = 0.0
    next_best = np.zeros(int(pairs.target.max(initial=-1)) + 1)
    np.maximum.at(next_best, pairs.target, others)
    sure = pairs.iou[chosen] - next_best[pairs.target[chosen]]
    return np.asarray(np.clip(sure, 0, 1), dtype=np.float64)
