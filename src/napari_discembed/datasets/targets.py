"""Targets: training labels of three states, object, background and unlabelled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import relabel_sequential

from napari_discembed.errors import TrainingDataError
from napari_discembed.imaging import equivalent_diameter, renumbered
from napari_discembed.types import IntArray

OUTSIDE = -2
"""Beyond the image, in a patch: takes no part in anything."""

UNLABELLED = -1
BACKGROUND = 0
SMALLEST_DIAMETER = 4.0


def to_targets(
    labels: IntArray, *, complete: bool = False, background_label: int | None = None
) -> NDArray[np.int32]:
    """Return the targets of labels: object, background and unlabelled pixels told apart.

    Parameters
    ----------
    labels
        ``(*S)``, 0 or above: a number for each labelled object.
    complete
        Whether 0 means background; else it means unlabelled.
    background_label
        The number that a scribble of background was painted with, if any.

    Returns
    -------
    ``(*S)`` int32: -1 unlabelled, 0 background, the objects 1 to N.
    """
    scribble = labels == background_label if background_label is not None else None
    objects = labels if scribble is None else np.where(scribble, 0, labels)
    # A copy, since scikit-image takes no read-only array, such as a memory-mapped file.
    # The largest number may be anything: memory goes by it.
    compact = renumbered(objects)[0]
    targets: NDArray[np.int32] = relabel_sequential(np.array(compact))[0].astype(np.int32)
    if not complete:
        targets[objects == 0] = UNLABELLED
    if scribble is not None:
        targets[scribble] = BACKGROUND
    return targets


def check_trainable(targets: Sequence[IntArray], names: Sequence[str]) -> None:
    """Refuse targets that nothing can be learnt from, saying why.

    Parameters
    ----------
    targets
        One ``(*S)`` array an image, as :func:`to_targets` makes them, at the network's scale.
    names
        Of the images.

    Raises
    ------
    TrainingDataError
        If no image has an object, the objects fill the images, or all are too small.
    """
    sizes = [np.bincount(s[s > 0]) for s in targets]
    sizes = [s[s > 0] for s in sizes]
    where = names[0] if len(names) == 1 else f"the {len(names)} images"
    if not any(len(s) for s in sizes):
        raise TrainingDataError(
            f"No object is painted in {where}: paint a few whole objects, each with its own number."
        )
    if all(len(s) == 1 and s[0] == target.size for s, target in zip(sizes, targets, strict=True)):
        raise TrainingDataError(
            f"All of {where} is one object: paint each object with its own number, and leave "
            "the background unpainted."
        )
    largest = max(
        equivalent_diameter(float(s.max()), target.ndim)
        for s, target in zip(sizes, targets, strict=True)
        if len(s)
    )
    if largest < SMALLEST_DIAMETER:
        raise TrainingDataError(
            f"All objects in {where} are smaller than {SMALLEST_DIAMETER:.0f} pixels at the "
            f"network's scale (the largest is {largest:.1f} across): paint whole objects, or "
            "state a smaller object diameter."
        )
