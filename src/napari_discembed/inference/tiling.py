"""Where tiles lie: cores that cover the image once, each in a window with a halo around it.

Everything is in pixels of the network's grid, padded at its far end to a multiple of the
network's stride. ``*S`` are the spatial axes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Box: TypeAlias = tuple[slice, ...]
"""A half-open range of pixels along each spatial axis."""


def round_up(n: float, multiple: int) -> int:
    """Return the smallest multiple that is not below n."""
    return math.ceil(n / multiple) * multiple


def sides(box: Box) -> tuple[int, ...]:
    """Return the lengths of a box."""
    return tuple(s.stop - s.start for s in box)


@dataclass(frozen=True, slots=True)
class Grid:
    """The pixels to cover, and what the network asks of a tile.

    Attributes
    ----------
    shape
        Of the image on the network's grid, ``*S``.
    stride
        Windows begin and end at multiples of it, so that pooling sees the same pixels together
        in every tile.
    radius
        Of the receptive field: how far a pixel's embedding looks, in pixels.
    """

    shape: tuple[int, ...]
    stride: int
    radius: int

    @property
    def padded(self) -> tuple[int, ...]:
        """The shape, each axis rounded up to the stride."""
        return tuple(round_up(n, self.stride) for n in self.shape)

    @property
    def halo(self) -> int:
        """The radius, rounded up to the stride."""
        return round_up(self.radius, self.stride)


@dataclass(frozen=True, slots=True)
class Tile:
    """A piece of the grid.

    Attributes
    ----------
    core
        The pixels whose embedding this tile gives; the cores of a plan cover the padded grid
        once.
    grid
        That it is a piece of.
    """

    core: Box
    grid: Grid

    @property
    def window(self) -> Box:
        """The core with its halo, clipped at the padded grid.

        Clipping puts the network's zero padding where it is in the whole image too.
        """
        halo = self.grid.halo
        return tuple(
            slice(max(0, c.start - halo), min(n, c.stop + halo))
            for c, n in zip(self.core, self.grid.padded, strict=True)
        )

    @property
    def target(self) -> Box:
        """The core without the padding: where its result goes on the grid."""
        return tuple(
            slice(c.start, min(c.stop, n)) for c, n in zip(self.core, self.grid.shape, strict=True)
        )

    @property
    def crop(self) -> Box:
        """The target within the window."""
        return tuple(
            slice(t.start - w.start, t.stop - w.start)
            for t, w in zip(self.target, self.window, strict=True)
        )

    def halves(self) -> list[Tile]:
        """Cut the core in two across its longest side; itself where it is one stride wide."""
        lengths = sides(self.core)
        axis = lengths.index(max(lengths))
        if lengths[axis] <= self.grid.stride:
            return [self]
        whole = self.core[axis]
        middle = whole.start + round_up(lengths[axis] / 2, self.grid.stride)
        parts = (slice(whole.start, middle), slice(middle, whole.stop))
        return [
            replace(self, core=(*self.core[:axis], part, *self.core[axis + 1 :])) for part in parts
        ]


def core_sides(grid: Grid, size: int) -> tuple[int, ...]:
    """Return the sides of a core of about ``size ** 2`` pixels, in 2-D and 3-D alike.

    An axis shorter than its share is taken whole and leaves more to the others: a whole axis
    needs no halo. Sides are multiples of the stride, and nearly equal over the image.
    """
    budget, found = float(size) ** 2, dict[int, int]()
    by_length = sorted(range(len(grid.shape)), key=lambda axis: grid.padded[axis])
    for i, axis in enumerate(by_length):
        length = grid.padded[axis]
        share = max(float(grid.stride), budget ** (1 / (len(by_length) - i)))
        pieces = math.ceil(length / (share + 1e-6))
        found[axis] = round_up(length / pieces, grid.stride)
        budget /= found[axis] if pieces == 1 else share
    return tuple(found[axis] for axis in range(len(grid.shape)))


def plan(grid: Grid, size: int, within: Box | None = None) -> list[Tile]:
    """Cover the grid, or a box of it, with tiles.

    Those whose windows have the same shape come one after another.

    Parameters
    ----------
    grid
        What to cover.
    size
        Side of a 2-D core in pixels; a 3-D one has as many voxels.
    within
        Of the padded grid, begins and ends at multiples of the stride; None for all of it.

    Returns
    -------
    Tiles whose cores cover the padded grid, or the box, each pixel once.
    """
    box = within or tuple(slice(0, n) for n in grid.padded)
    part = replace(grid, shape=sides(box))
    axes = [
        [slice(start, min(start + side, b.stop)) for start in range(b.start, b.stop, side)]
        for b, side in zip(box, core_sides(part, size), strict=True)
    ]
    tiles = [Tile(core, grid) for core in itertools.product(*axes)]
    return sorted(tiles, key=lambda tile: sides(tile.window), reverse=True)


def clipped(box: Box, shape: Sequence[int]) -> Box:
    """Return the part of a box that is within a shape."""
    return tuple(slice(b.start, min(b.stop, n)) for b, n in zip(box, shape, strict=True))


def aligned(box: Box, grid: Grid) -> Box:
    """Return the smallest box around one, of multiples of the stride, on the padded grid."""
    return tuple(
        slice(b.start // grid.stride * grid.stride, min(round_up(b.stop, grid.stride), n))
        for b, n in zip(box, grid.padded, strict=True)
    )


def batches(tiles: list[Tile], size: int) -> list[list[Tile]]:
    """Group tiles whose windows have the same shape, at most `size` together."""
    return [
        list(batch)
        for _, group in itertools.groupby(tiles, key=lambda tile: sides(tile.window))
        for batch in _chunks(list(group), size)
    ]


def _chunks(tiles: list[Tile], size: int) -> list[list[Tile]]:
    return [tiles[i : i + size] for i in range(0, len(tiles), size)]


def padded_indices(window: slice, n: int, padded: int) -> NDArray[np.intp]:
    """Return which of an axis' `n` pixels stand at the padded positions of a window.

    Past the end the axis is mirrored about its last pixel, or repeats that pixel where it is
    shorter than the padding.
    """
    at = np.arange(window.start, window.stop)
    beyond = 2 * (n - 1) - at if padded - n < n else np.full_like(at, n - 1)
    return np.where(at < n, at, beyond)
