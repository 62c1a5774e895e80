"""Frames along time and depth: of an image, of embeddings, of labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

import numpy as np

from napari_discembed.types.axes import NO_AXES, Axes

FrameT = TypeVar("FrameT")
Index = tuple[int, ...]
"""Which frame: a number along each frame axis; empty for a single one."""


@dataclass(frozen=True, slots=True, eq=False)
class Series(Sequence[FrameT], Generic[FrameT]):
    """Frames in C order over their axes, each made when it is asked for.

    Attributes
    ----------
    items
        The frames; may make each one anew at each access.
    axes
        The frame axes: some of ``T`` and ``Z``; empty for a single frame.
    shape
        Lengths of these axes.
    """

    items: Sequence[FrameT]
    axes: Axes = NO_AXES
    shape: Index = ()

    def __len__(self) -> int:
        """Return the number of frames."""
        return math.prod(self.shape)

    @overload
    def __getitem__(self, number: int) -> FrameT: ...
    @overload
    def __getitem__(self, number: slice) -> list[FrameT]: ...
    def __getitem__(self, number: int | slice) -> FrameT | list[FrameT]:
        """Return a frame by its place in C order."""
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        return self.items[number % len(self)]

    def __iter__(self) -> Iterator[FrameT]:
        """Yield each frame, one at a time."""
        return (self[i] for i in range(len(self)))

    @property
    def is_single(self) -> bool:
        """Whether it is one frame without frame axes."""
        return not self.axes

    def number(self, index: Index) -> int:
        """Return the place of a frame in C order."""
        return int(np.ravel_multi_index(index, self.shape)) if self.shape else 0

    def at(self, index: Index) -> FrameT:
        """Return the frame at an index along the frame axes."""
        return self[self.number(index)]

    def indices(self) -> Iterator[Index]:
        """Yield the index of each frame, in C order."""
        yield from np.ndindex(self.shape)
