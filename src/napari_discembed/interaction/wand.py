"""The wand: all pixels that lie near one pixel in embedding space."""

from __future__ import annotations

import numpy as np
import skimage
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types import Embedding

SPATIAL_REACH = 6.0
"""Object diameters around a pixel that are looked at, where the embedding holds coordinates."""


class Wand:
    """Find what belongs to a pixel, fast enough to follow the mouse.

    Parameters
    ----------
    embedding
        Of the image.
    """

    def __init__(self, embedding: Embedding) -> None:
        self.embedding = embedding
        values = np.ascontiguousarray(embedding.values, dtype=np.float32)
        self._values = embedding.space.normalise(values)
        self._foreground = np.asarray(embedding.foreground_probability, dtype=np.float32)
        flat = self._values.reshape(len(self._values), -1)
        self._squares = (
            None if embedding.space.has_coordinates else np.einsum("ep,ep->p", flat, flat)
        )
        self._rows = [
            ((np.arange(n) + 0.5) * g / n).astype(np.intp)
            for n, g in zip(embedding.image_shape, embedding.shape, strict=True)
        ]

    def reach(
        self,
        point: tuple[int, ...],
        bandwidth: float,
        *,
        threshold: float = 0.5,
        connected: bool = True,
    ) -> NDArray[np.bool_]:
        """Return the mask ``(*S)``, on the image's grid, of what lies within the bandwidth.

        The centre is the mean of what lies within the bandwidth of the pixel: one step of mean
        shift, so that a border pixel finds the same object as its middle.

        Parameters
        ----------
        point
            Pixel of the image.
        bandwidth
            Radius in embedding units.
        threshold
            Foreground probability that a pixel needs.
        connected
            Keep only the connected part that holds the pixel.

        Raises
        ------
        InputError
            If the point is outside the image.
        """
        shape = self.embedding.image_shape
        if len(point) != len(shape) or any(
            not 0 <= p < n for p, n in zip(point, shape, strict=True)
        ):
            raise InputError(f"Expected a pixel of the image of shape {shape}, got {point}.")
        at = tuple(int(rows[p]) for rows, p in zip(self._rows, point, strict=True))
        mask = np.zeros(self.embedding.shape, dtype=bool)
        window = self._window(at)
        here = tuple(p - w.start for p, w in zip(at, window, strict=True))
        mask[window] = self._near(window, here, bandwidth, threshold, connected=connected)
        if mask.shape == shape:
            return mask
        return mask[np.ix_(*self._rows)]

    def _window(self, at: tuple[int, ...]) -> tuple[slice, ...]:
        if not self.embedding.space.has_coordinates:
            return tuple(slice(0, n) for n in self.embedding.shape)
        reach = int(SPATIAL_REACH * self.embedding.diameter) + 1
        return tuple(
            slice(max(0, p - reach), min(n, p + reach + 1))
            for p, n in zip(at, self.embedding.shape, strict=True)
        )

    def _near(
        self,
        window: tuple[slice, ...],
        at: tuple[int, ...],
        bandwidth: float,
        threshold: float,
        *,
        connected: bool,
    ) -> NDArray[np.bool_]:
        values = self._values[(slice(None), *window)]
        foreground = self._foreground[window] >= threshold
        near = foreground
        centre = values.reshape(len(values), -1)[:, np.ravel_multi_index(at, foreground.shape)]
        for _ in range(2):
            near = (self._squared_distance(values, centre) <= bandwidth**2) & foreground
            if not near.any():
                return near
            inside = np.flatnonzero(near)
            centre = values.reshape(len(values), -1)[:, inside].mean(axis=1, dtype=np.float64)
            centre = centre.astype(np.float32)
        if not connected:
            return near
        if not near[at]:
            return np.zeros_like(near)
        piece: NDArray[np.bool_] = skimage.segmentation.flood(
            near.view(np.uint8), at, connectivity=1
        )
        return piece

    def _squared_distance(
        self, values: NDArray[np.float32], centre: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return the squared distance of each pixel of a window to a point."""
        if self._squares is None:
            return _squared_distance(values, centre)
        # The window is all there is, and numbers are small: one product is quicker than E
        # differences, and precise enough without coordinates in them.
        product = centre @ values.reshape(len(values), -1)
        distance = self._squares - 2 * product + centre @ centre
        return distance.reshape(values.shape[1:])


def _squared_distance(
    values: NDArray[np.float32], centre: NDArray[np.float32]
) -> NDArray[np.float32]:
    total = np.zeros(values.shape[1:], dtype=np.float32)
    for channel, c in zip(values, centre, strict=True):
        difference = channel - c
        difference *= difference
        total += difference
    return total
