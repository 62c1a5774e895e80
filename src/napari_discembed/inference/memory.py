"""What a recurrent network remembers of a movie, frame by frame, on the whole grid.

It is kept of the whole image and not of tiles: each tile of a frame begins from what the whole
image remembers there and around, and gives what is remembered in its core. Given the memory, a
tile's core depends on what is within the receptive field alone; so tiles agree with the whole image
however many frames there are, although what is remembered spreads from frame to frame.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from napari_discembed import scratch
from napari_discembed.inference.tiling import Box, Grid, Tile
from napari_discembed.models import EmbeddingNet, Model
from napari_discembed.models.backbones import Memory

States = list[NDArray[np.float32]]


class FrameMemory:
    """What is remembered of the frames of one movie before the next one.

    A frame counts as seen once all its tiles are: one that was broken off changes nothing.

    Parameters
    ----------
    restart
        Frames after which all is forgotten; 0: never.

    Attributes
    ----------
    next_frame
        Number of the frame that comes next.
    """

    def __init__(self, restart: int = 0) -> None:
        self.restart = restart
        self.next_frame = 0
        self._before: States | None = None
        self._after: States | None = None

    def window_start(self, number: int) -> int:
        """Return the first of the frames that a frame's embedding depends on."""
        return number - number % self.restart if self.restart else 0

    def forget(self, next_frame: int) -> None:
        """Begin anew at a frame."""
        self.next_frame, self._before, self._after = next_frame, None, None

    def begin(self, net: EmbeddingNet, grid: Grid) -> None:
        """Make room for what is remembered after the next frame."""
        if self.window_start(self.next_frame) == self.next_frame:
            self._before = None
        shapes = net.memory_shapes(grid.padded)
        self._after = [scratch.zeros(shape, np.float32) for shape in shapes]

    def read(self, tiles: list[Tile]) -> Memory | None:
        """Return what is remembered in the windows of tiles; None where there is nothing."""
        if self._before is None:
            return None
        return [
            torch.from_numpy(np.stack([s[_scaled(t.window, s, t.grid)] for t in tiles]))
            for s in self._before
        ]

    def write(self, tiles: list[Tile], memory: Memory) -> None:
        """Remember what tiles of the next frame gave."""
        if self._after is None:
            raise RuntimeError("begin() comes before write()")
        for whole, states in zip(self._after, memory, strict=True):
            found = states.float().cpu().numpy()
            for tile, own in zip(tiles, found, strict=True):
                inner = tuple(
                    slice(c.start - w.start, c.stop - w.start)
                    for c, w in zip(tile.core, tile.window, strict=True)
                )
                part = own[_scaled(inner, whole, tile.grid)]
                whole[_scaled(tile.core, whole, tile.grid)] = part
            scratch.let_go(whole)

    def end(self) -> None:
        """Count the frame as seen."""
        self._before, self._after = self._after, None
        self.next_frame += 1


def memory_of(model: Model) -> FrameMemory | None:
    """Return an empty memory for a movie; None for a model that remembers nothing."""
    return FrameMemory(model.net.restart) if model.net.is_recurrent else None


def _scaled(box: Box, states: NDArray[np.float32], grid: Grid) -> Box:
    """Return where the pixels of a box are in the states of a scale, channels first."""
    step = grid.padded[0] // states.shape[1]
    return (slice(None), *(slice(b.start // step, b.stop // step) for b in box))
