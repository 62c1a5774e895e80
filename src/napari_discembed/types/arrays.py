"""Names of array types, and the different numbers in an array."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]

LARGEST_COUNT = 2**22
"""Values up to which they are counted in a table of all; above it they are sorted."""


def numbers_in(values: IntArray) -> IntArray:
    """Return the different values of any shape, none below 0, in their order."""
    if int(values.max(initial=0)) > LARGEST_COUNT:
        return np.unique(values)
    return np.flatnonzero(np.bincount(values.ravel()))


def numbered(values: IntArray) -> tuple[IntArray, NDArray[np.intp], NDArray[np.intp]]:
    """Return the different values, the place of each among them, and how often they come.

    As :func:`numpy.unique`, and several times as fast where no value is large.

    Parameters
    ----------
    values
        ``(P,)``, none below 0.
    """
    top = int(values.max(initial=0))
    if top > LARGEST_COUNT:
        return np.unique(values, return_inverse=True, return_counts=True)
    counts = np.bincount(values, minlength=top + 1)
    numbers = np.flatnonzero(counts)
    place = np.zeros(top + 1, dtype=np.intp)
    place[numbers] = np.arange(len(numbers))
    return numbers, place[values], counts[numbers]
