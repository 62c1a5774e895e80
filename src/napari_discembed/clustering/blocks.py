"""Blocks of an image, for what is worked out a part at a time."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**20
"""Pixels, points, pairs or numbers that are looked at at once."""

IndicesT = TypeVar("IndicesT", bound=NDArray[np.integer])


def row_blocks(image: NDArray[Any]) -> list[slice]:
    """Return parts of the first axis of an image, each of about :data:`BLOCK` pixels.

    What is looked up by 32 bits needs 64 for a while, and masks and keys are more: none of them is
    as large as the image.
    """
    rows = max(1, BLOCK * len(image) // max(1, image.size))
    return [slice(start, start + rows) for start in range(0, len(image), rows)]


def look_up(table: NDArray[np.integer], index: IndicesT) -> IndicesT:
    """Put ``table[index]`` in the place of an index, and return it."""
    for start in range(0, len(index), BLOCK):
        index[start : start + BLOCK] = table[index[start : start + BLOCK]]
    return index
