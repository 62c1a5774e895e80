"""The graph of a grid that is held as a whole, for the merge tree, made block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.blocks import row_blocks
from napari_discembed.clustering.components import neighbour_windows


@dataclass(frozen=True, slots=True, eq=False)
class GridPlaces:
    """The positions of nodes on a grid, which few are asked for."""

    nodes: NDArray[np.int32]
    shape: tuple[int, ...]
    width: float

    def __getitem__(self, index: NDArray[np.integer], /) -> NDArray[np.float64]:
        coordinates = np.unravel_index(self.nodes[index], self.shape)
        return np.stack(coordinates, axis=1).astype(np.float64) * self.width


@dataclass(frozen=True, slots=True, eq=False)
class GridEdges:
    """The pairs of nodes that are neighbours on a grid, diagonals included, block by block.

    Attributes
    ----------
    number
        The number of the node in each bin, -1 where there is none.
    """

    number: NDArray[np.int32]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        """Yield pairs ``(K, 2)``: they are made anew each time, as all would be large."""
        for here, there in neighbour_windows(self.number.shape):
            first, second = self.number[here], self.number[there]
            for rows in row_blocks(first):
                a, b = first[rows].ravel(), second[rows].ravel()
                both = (a >= 0) & (b >= 0)
                yield np.stack([a[both], b[both]], axis=1)
