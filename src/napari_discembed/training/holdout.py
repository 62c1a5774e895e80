"""Holdout: labelled objects, or whole images, that are not trained on, but scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from napari_discembed.datasets.targets import UNLABELLED
from napari_discembed.types import IntArray

FEWEST_TO_SPLIT = 5
"""Labelled objects below which all are trained on; and images with every object labelled below
which none is held back as a whole."""
LARGEST_HOLDOUT = 20
SLIVER = 4.0
"""How many times smaller than the median object a sliver is."""


@dataclass(frozen=True, slots=True, eq=False)
class HoldoutObject:
    """A labelled object that is not trained on, but scored.

    Attributes
    ----------
    image
        Number of the image that it is in.
    window
        The part of the image around it.
    targets
        ``(*window)``: of that part; the object itself is 1, others 2, background 0, unlabelled
        pixels -1.
    """

    image: int
    window: tuple[slice, ...]
    targets: IntArray


def images_to_hold_back(targets: Sequence[IntArray], share: float, seed: int = 0) -> list[int]:
    """Choose whole images to hold back, where there are enough with every object labelled.

    Objects alone tell what is missed; a whole image tells what is found too much as well.

    Parameters
    ----------
    targets
        ``(*S)`` an image: -1 unlabelled, 0 background, above an object.
    share
        Of the images, in [0, 1).
    seed
        Decides which, among those with as many objects as half of them have, since few tell little.

    Returns
    -------
    Their numbers, in order; none where an image has unlabelled pixels, or there are fewer than
    :data:`FEWEST_TO_SPLIT`.
    """
    if share == 0 or len(targets) < FEWEST_TO_SPLIT or any((t < 0).any() for t in targets):
        return []
    objects = np.array([len(np.unique(target[target > 0])) for target in targets])
    rich = np.flatnonzero((objects > 0) & (objects >= np.median(objects)))
    count = min(LARGEST_HOLDOUT, len(rich) - 1, max(1, round(share * len(targets))))
    return sorted(np.random.default_rng(seed).choice(rich, max(0, count), replace=False).tolist())


def split_holdout(
    targets: Sequence[IntArray], share: float, seed: int = 0
) -> tuple[list[IntArray], list[HoldoutObject]]:
    """Hold some labelled objects back, where there are enough; none that is much too small.

    Parameters
    ----------
    targets
        ``(*S)`` an image: -1 unlabelled, 0 background, above an object.
    share
        Of all labelled objects, in [0, 1).
    seed
        Decides which.

    Returns
    -------
    The targets with those objects unlabelled, and the objects; none where fewer than
    :data:`FEWEST_TO_SPLIT` are labelled.
    """
    sizes = {
        (i, int(number)): int(size)
        for i, target in enumerate(targets)
        for number, size in zip(*np.unique(target[target > 0], return_counts=True), strict=True)
    }
    if share == 0 or len(sizes) < FEWEST_TO_SPLIT:
        return list(targets), []
    # Slivers at the border of an image are found by no network, however good.
    smallest = np.median(list(sizes.values())) / SLIVER
    whole = [which for which, size in sizes.items() if size >= smallest]
    count = min(LARGEST_HOLDOUT, len(whole), max(1, round(share * len(sizes))))
    chosen = np.random.default_rng(seed).choice(len(whole), count, replace=False)
    kept, held = [target.copy() for target in targets], []
    for i, number in (whole[c] for c in chosen):
        held.append(_holdout_object(i, targets[i], number))
        kept[i][targets[i] == number] = UNLABELLED
    return kept, held


def _holdout_object(image: int, targets: IntArray, number: int) -> HoldoutObject:
    """Cut out an object with twice its largest side around it."""
    own = targets == number
    box = ndimage.find_objects(own.astype(np.uint8))[0]
    room = 2 * max(b.stop - b.start for b in box)
    window = tuple(
        slice(max(0, b.start - room), min(n, b.stop + room))
        for b, n in zip(box, own.shape, strict=True)
    )
    part = targets[window]
    others = np.where(part > 0, 2, part)
    return HoldoutObject(image, window, np.where(own[window], 1, others))
