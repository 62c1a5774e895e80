"""Objects of a label image: their numbers, sizes and typical diameter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops_table

from napari_discembed.errors import TrainingDataError
from napari_discembed.types import IntArray


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
    numbers = np.union1d(0, labels)
    return np.searchsorted(numbers, labels), numbers


def object_sizes(labels: IntArray) -> NDArray[np.int64]:
    """Return ``(N,)``: the pixels of each object, in the order of their numbers."""
    compact, _ = renumbered(np.maximum(labels, 0))
    sizes = np.bincount(compact.ravel())[1:]
    found: NDArray[np.int64] = sizes[sizes > 0]
    return found


def estimate_diameter(labels: IntArray) -> float:
    """Return the median diameter of the objects: of a disc or ball of their size, in pixels.

    Objects cut by the border are left out where there are others.

    Parameters
    ----------
    labels
        ``(*S)``: objects above 0.

    Raises
    ------
    TrainingDataError
        If there is no object.
    """
    objects, _ = renumbered(np.maximum(labels, 0))
    table = regionprops_table(objects, properties=("area", "bbox"))
    if not len(table["area"]):
        raise TrainingDataError(
            "Expected at least one painted object to measure, got none. Paint one, or say the "
            "diameter."
        )
    ndim = labels.ndim
    inside = np.ones(len(table["area"]), dtype=bool)
    for axis, length in enumerate(labels.shape):
        inside &= table[f"bbox-{axis}"] > 0
        inside &= table[f"bbox-{axis + ndim}"] < length
    sizes = table["area"][inside] if inside.any() else table["area"]
    return equivalent_diameter(float(np.median(sizes)), ndim)


def equivalent_diameter(size: float, ndim: int) -> float:
    """Return the diameter of a disc (2-D) or ball (3-D) of an area or volume."""
    return float(
        2 * (size / math.pi) ** 0.5 if ndim == 2 else 2 * (size * 0.75 / math.pi) ** (1 / 3)
    )
