"""The image as the network sees it, read window by window: normalised, resampled, padded.

What comes out of a window does not depend on the window, so that tiles agree; and no float copy
of the whole image is ever made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.imaging import Intensities, Resampling, check_finite, match_channels
from napari_discembed.imaging.intensity import subsample
from napari_discembed.inference.tiling import Box, Grid, padded_indices, sides

LARGEST_READ = 2**24
"""Pixels of the image read at once: a window that needs more is put together from parts."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An image that is read on the network's grid.

    Attributes
    ----------
    channels
        ``(C, *S)`` in any real dtype; may be a memory map.
    n_channels
        What the network takes.
    resampling
        From the image's grid to the network's.
    intensities
        How its pixels become those that the network sees; None where they are so already.
    origin
        Where in the image the channels begin, if they are a part of it; None for its corner.
    """

    channels: NDArray[Any]
    n_channels: int
    resampling: Resampling
    intensities: Intensities | None = None
    origin: tuple[int, ...] | None = None

    @classmethod
    def of_image(
        cls,
        channels: NDArray[Any],
        n_channels: int,
        shape: tuple[int, ...],
        channel_weights: Sequence[float] | None = None,
    ) -> Source:
        """Measure the intensities of raw channels, to be resampled to a shape.

        Raises
        ------
        InputError
            If pixels are NaN or infinite, or the channels do not fit the network or the weights.
        """
        rows = max(1, LARGEST_READ // max(1, channels[:, :1].size))
        for start in range(0, channels.shape[1], rows):
            check_finite(channels[:, start : start + rows])
        intensities = Intensities.measure(channels, n_channels, channel_weights)
        return cls(channels, n_channels, Resampling(channels.shape[1:], shape), intensities)

    @classmethod
    def on_disk(
        cls,
        channels: NDArray[Any],
        n_channels: int,
        shape: tuple[int, ...],
        channel_weights: Sequence[float] | None = None,
    ) -> Source:
        """Measure the intensities of channels that are too large to be read at once.

        As :meth:`of_image`, but that pixels are looked at for NaN where they are read.
        """
        few = np.asarray(subsample(channels))
        intensities = Intensities.measure(few, n_channels, channel_weights)
        return cls(channels, n_channels, Resampling(channels.shape[1:], shape), intensities)

    def held(self, windows: Sequence[Box], grid: Grid) -> Source:
        """Return the source with the pixels in memory that some windows depend on.

        Raises
        ------
        InputError
            If pixels are NaN or infinite.
        """
        boxes = [self.resampling.source(self._on_grid(window, grid)[0]) for window in windows]
        box = tuple(
            slice(min(s.start for s in along), max(s.stop for s in along))
            for along in zip(*boxes, strict=True)
        )
        part = np.asarray(self.channels[(slice(None), *box)])
        check_finite(part)
        return replace(self, channels=part, origin=tuple(s.start for s in box))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the network's grid, ``*S``."""
        return self.resampling.target

    def read(self, window: Box, grid: Grid) -> NDArray[np.float32]:
        """Return ``(n_channels, *window)`` at a window of the padded grid."""
        box, indices = self._on_grid(window, grid)
        block = self._resampled(box)
        for axis, (at, part) in enumerate(zip(indices, box, strict=True), start=1):
            if len(at) != part.stop - part.start:  # the window reaches into the padding
                block = block.take(at - part.start, axis=axis)
        # One grey channel is repeated here and not sooner: to resample it once is enough.
        return np.ascontiguousarray(match_channels(block, self.n_channels))

    def _on_grid(self, window: Box, grid: Grid) -> tuple[Box, list[NDArray[np.intp]]]:
        """Return the box of the grid that a window of the padded one shows, and what of it."""
        indices = [
            padded_indices(w, n, padded)
            for w, n, padded in zip(window, self.shape, grid.padded, strict=True)
        ]
        return tuple(slice(int(i.min()), int(i.max()) + 1) for i in indices), indices

    def _resampled(self, box: Box) -> NDArray[np.float32]:
        """Return the channels at a box of the grid, without padding."""
        span, lengths = self.resampling.source(box), sides(box)
        if math.prod(sides(span)) > LARGEST_READ and max(lengths) > 1:
            axis = lengths.index(max(lengths))
            middle = (box[axis].start + box[axis].stop) // 2
            parts = (slice(box[axis].start, middle), slice(middle, box[axis].stop))
            blocks = [self._resampled((*box[:axis], part, *box[axis + 1 :])) for part in parts]
            return np.concatenate(blocks, axis=axis + 1)
        return self.resampling.sample(self._normalised(span), box)

    def _normalised(self, box: Box) -> NDArray[np.float32]:
        if self.origin is not None:
            pairs = zip(box, self.origin, strict=True)
            box = tuple(slice(b.start - o, b.stop - o) for b, o in pairs)
        block = np.asarray(self.channels[(slice(None), *box)])
        if self.intensities is not None:
            return self.intensities.apply(block)
        return match_channels(block, self.n_channels).astype(np.float32, copy=False)
