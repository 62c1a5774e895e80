"""Objects of a label image: their numbers, sizes and typical diameter."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import skimage
from numpy.typing import NDArray

from napari_discembed.errors import TrainingDataError
from napari_discembed.types import FloatArray, IntArray


def renumbered(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Return labels whose largest number is not above their pixels, for what has memory by it.

    Parameters
    ----------
    labels
        ``(*S)``, not below 0.

    Returns
    -------
    Labels, ``(*S)``, and the number that each had before: ``numbers[new] == old``.
    """
    top = int(labels.max(initial=0))
    if top <= labels.size:
        return labels, np.arange(top + 1)
    numbers = np.union1d(np.zeros(1, labels.dtype), labels)  # of one type: uint64 has no other
    return np.searchsorted(numbers, labels), numbers


def object_sizes(labels: IntArray) -> NDArray[np.int64]:
    """Return ``(N,)``: the pixels of each object, in the order of their numbers."""
    compact, _ = renumbered(np.maximum(labels, 0) if labels.min(initial=0) < 0 else labels)
    sizes = np.bincount(compact.ravel())[1:]
    found: NDArray[np.int64] = sizes[sizes > 0]
    return found


def count_objects(labels: IntArray) -> int:
    """Return how many objects there are, faster than their sizes can be counted.

    Only where the number changes from one pixel to the next is it looked at.
    """
    flat = labels.ravel()
    if not flat.size:
        return 0
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    numbers = np.append(flat[changes], flat[-1])
    return len(np.unique(numbers[numbers > 0]))


def estimate_diameter(
    labels: IntArray | Sequence[IntArray], *, weighted: bool = False, with_border: bool = False
) -> float:
    """Return the median diameter of the objects: of a disc or ball of their size, in pixels.

    Parameters
    ----------
    labels
        ``(*S)``: objects above 0. Of several label images it is the median over those that have
        objects.
    weighted
        Whether an object counts by its diameter: the debris and pieces that a segmentation has are
        many, yet small.
    with_border
        Whether objects cut by the border count; else they do where there are no others.

    Raises
    ------
    TrainingDataError
        If there is no object.
    """
    several = [labels] if isinstance(labels, np.ndarray) else list(labels)
    found = [_sizes(each, with_border=with_border) for each in several]
    medians = [
        equivalent_diameter(
            _median(sizes, sizes ** (1 / each.ndim) if weighted else None), each.ndim
        )
        for sizes, each in zip(found, several, strict=True)
        if len(sizes)
    ]
    if not medians:
        raise TrainingDataError(
            "Expected at least one painted object to measure, got none. Paint one, or say the "
            "diameter."
        )
    return float(np.median(medians))


def _sizes(labels: IntArray, *, with_border: bool) -> NDArray[np.int64]:
    """Return the pixels of the objects that count."""
    if with_border:
        return object_sizes(labels)
    objects, _ = renumbered(np.maximum(labels, 0))
    table = skimage.measure.regionprops_table(objects, properties=("area", "bbox"))
    inside = np.ones(len(table["area"]), dtype=bool)
    for axis, length in enumerate(labels.shape):
        inside &= table[f"bbox-{axis}"] > 0
        inside &= table[f"bbox-{axis + labels.ndim}"] < length
    sizes: NDArray[np.int64] = table["area"][inside] if inside.any() else table["area"]
    return sizes


def _median(sizes: NDArray[np.int64], weights: FloatArray | None) -> float:
    """Return the median size; with weights, that up to which they make up half of their sum."""
    if weights is None:
        return float(np.median(sizes))
    order = np.argsort(sizes, kind="stable")
    sums = np.cumsum(weights[order])
    return float(sizes[order][int(np.searchsorted(sums, sums[-1] / 2))])


def equivalent_diameter(size: float, ndim: int) -> float:
    """Return the diameter of a disc (2-D) or ball (3-D) of an area or volume."""
    return float(
        2 * (size / math.pi) ** 0.5 if ndim == 2 else 2 * (size * 0.75 / math.pi) ** (1 / 3)
    )
