"""Arrays on disk, sliced and transposed without reading them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

NEW = -1
"""Stands for an axis of length one that the array on disk has not."""

Index: TypeAlias = "int | slice"


@dataclass(frozen=True, slots=True, eq=False)
class LazyArray:
    """A view of an array on disk, which is read when numpy asks for it.

    Integers, slices of positive steps, ``None`` and ``...`` give another view; ``np.asarray`` reads
    what the view shows and nothing else.

    Attributes
    ----------
    base
        Has ``shape`` and ``dtype``, and takes a tuple of integers and slices, as arrays of zarr do.
    index
        What is taken along each axis of the base.
    order
        The axes of the base that are left, in the order of the view; :data:`NEW` for a new one.
    """

    base: Any
    index: tuple[Index, ...]
    order: tuple[int, ...]

    @classmethod
    def of(cls, base: Any) -> LazyArray:  # noqa: ANN401 - an array of any library
        """Return the view of a whole array."""
        whole = tuple(slice(0, n, 1) for n in base.shape)
        return cls(base, whole, tuple(range(len(base.shape))))

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(1 if axis == NEW else len(self._range(axis)) for axis in self.order)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the elements."""
        return np.dtype(self.base.dtype)

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        return len(self.order)

    @property
    def size(self) -> int:
        """How many elements there are."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes that the view takes once it is read."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        """Return the length of the first axis."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401 - whatever numpy takes
        """Return a view; what no view can show is read."""
        keys = key if isinstance(key, tuple) else (key,)
        plain = (int, np.integer, slice, type(None), type(Ellipsis))
        if not all(isinstance(k, plain) and not isinstance(k, bool) for k in keys) or any(
            isinstance(k, slice) and (k.step or 1) < 0 for k in keys
        ):
            return np.asarray(self)[key]
        return self._viewed(_without_ellipsis(keys, self.ndim))

    def _viewed(self, keys: Sequence[Index | None]) -> LazyArray:
        index, order, left = list(self.index), list[int](), list(self.order)
        for key in keys:
            if key is None:
                order.append(NEW)
                continue
            axis = left.pop(0)
            along = range(1) if axis == NEW else self._range(axis)
            taken = along[key]  # raises IndexError beyond the end
            if isinstance(taken, range):
                order.append(axis if axis != NEW or len(taken) == 1 else NEW)
                if axis != NEW:
                    index[axis] = slice(taken.start, max(taken.start, taken.stop), taken.step)
            elif axis != NEW:
                index[axis] = taken
        return replace(self, index=tuple(index), order=(*order, *left))

    def transpose(self, *axes: Any) -> LazyArray:  # noqa: ANN401 - as numpy's takes them
        """Return the view with its axes in another order; reversed if none is given."""
        flat = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        wanted = list(flat) or list(reversed(range(self.ndim)))
        return replace(self, order=tuple(self.order[axis] for axis in wanted))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Read what the view shows."""
        pixels = np.asarray(self.base[self.index])
        kept = [axis for axis, k in enumerate(self.index) if isinstance(k, slice)]
        pixels = pixels.transpose([kept.index(axis) for axis in self.order if axis != NEW])
        for place, axis in enumerate(self.order):
            if axis == NEW:
                pixels = np.expand_dims(pixels, place)
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def _range(self, axis: int) -> range:
        taken = self.index[axis]
        return (
            range(*taken.indices(self.base.shape[axis])) if isinstance(taken, slice) else range(1)
        )


def on_disk(pixels: Any) -> Any:  # noqa: ANN401 - an array of any library
    """Return an array that can be sliced and transposed unread."""
    return pixels if isinstance(pixels, np.ndarray | LazyArray) else LazyArray.of(pixels)


def _without_ellipsis(keys: tuple[Any, ...], ndim: int) -> list[Index | None]:
    """Return an index with whole slices in the place of ``...``."""
    if Ellipsis not in keys:
        keys = (*keys, Ellipsis)
    at = keys.index(Ellipsis)
    used = sum(k is not None and k is not Ellipsis for k in keys)
    if used > ndim:
        msg = f"too many indices: {used} for {ndim} axes"
        raise IndexError(msg)
    return [*keys[:at], *[slice(None)] * (ndim - used), *keys[at + 1 :]]
