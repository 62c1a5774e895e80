"""Arrays for a while: in memory, or where they are large, in files that nobody sees."""

from __future__ import annotations

import math
import mmap
import shutil
import tempfile
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import DTypeLike, NDArray

LARGE = 2**29
"""Bytes from which an array lies on the disk: the system takes its pages back when memory is
short."""

SPARE = 2
"""How many times an array's bytes the disk of temporary files has free at least."""

_MAPS: WeakSet[object] = WeakSet()


def zeros(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of zeros; a large one is a map of a temporary file, which goes with it.

    It is in memory where the disk is too small: a map of a full disk would end the whole process.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE or shutil.disk_usage(tempfile.gettempdir()).free < SPARE * size:
        return np.zeros(shape, dtype)
    with tempfile.TemporaryFile() as file:  # the map holds it open
        array = np.memmap(file, dtype, "w+", shape=shape)
    _MAPS.add(_map_of(array))
    return np.asarray(array)


def let_go(array: NDArray[Any]) -> None:
    """Give the pages of such a file back to the system, which has them still; of others nothing.

    It does so by itself when memory is short; until then they look like memory of the process.
    """
    base = _map_of(array)
    if isinstance(base, mmap.mmap) and base in _MAPS and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def _map_of(array: NDArray[Any]) -> object:
    """Return what holds the memory of an array."""
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    return base
