"""Resampling of images and labels between the image's grid and the network's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types import IntArray

BLUR_REACH = 4.0

SMALLEST, LARGEST = 0.5, 1_000_000
"""Diameters of objects, in pixels, that are no slip of the keyboard."""


def zoom_factors(
    diameter: float, model_diameter: float, pixel_size: Sequence[float]
) -> tuple[float, ...]:
    """Return by how much to enlarge each axis, so that objects get the model's diameter.

    Parameters
    ----------
    diameter
        Typical object diameter, in pixels of the last axis.
    model_diameter
        What the model was trained for, in pixels.
    pixel_size
        Of each spatial axis; where they differ, as along the depth of a stack, the axes are
        brought to the same scale.

    Raises
    ------
    InputError
        If the diameter is no number of pixels that an object can have.
    """
    if not (math.isfinite(diameter) and SMALLEST <= diameter <= LARGEST):
        raise InputError(
            f"Expected an object diameter of {SMALLEST} to {LARGEST:,} pixels, got {diameter:g}."
        )
    zoom = model_diameter / diameter
    return tuple(zoom * size / pixel_size[-1] for size in pixel_size)


def zoomed_shape(shape: Sequence[int], factors: Sequence[float]) -> tuple[int, ...]:
    """Return the shape after enlarging each axis, at least one pixel each."""
    return tuple(max(1, round(n * f)) for n, f in zip(shape, factors, strict=True))


@dataclass(frozen=True, slots=True)
class Resampling:
    """A linear resampling of a grid, that can be had whole or window by window.

    Pixel centres are aligned by the outer edges of both grids. Where an axis shrinks, it is
    blurred first, so that nothing aliases.

    Attributes
    ----------
    shape, target
        Of the spatial axes, before and after.
    """

    shape: tuple[int, ...]
    target: tuple[int, ...]

    @property
    def is_identity(self) -> bool:
        """Whether nothing changes."""
        return self.shape == self.target

    @property
    def steps(self) -> tuple[float, ...]:
        """Source pixels that a target pixel spans, along each axis."""
        return tuple(n / m for n, m in zip(self.shape, self.target, strict=True))

    @property
    def sigmas(self) -> tuple[float, ...]:
        """Sigma of the blur along each axis, in source pixels."""
        return tuple(max(0.0, (step - 1) / 2) for step in self.steps)

    def source(self, window: tuple[slice, ...]) -> tuple[slice, ...]:
        """Return the part of the source that a window of the target depends on."""
        if self.is_identity:
            return window
        parts = []
        for n, step, sigma, wanted in zip(self.shape, self.steps, self.sigmas, window, strict=True):
            margin = math.ceil(BLUR_REACH * sigma) + 2
            first = math.floor((wanted.start + 0.5) * step - 0.5) - margin
            last = math.ceil((wanted.stop - 0.5) * step - 0.5) + margin
            parts.append(slice(max(0, first), min(n, last + 1)))
        return tuple(parts)

    def sample(self, part: NDArray[np.float32], window: tuple[slice, ...]) -> NDArray[np.float32]:
        """Return a window of the target.

        Parameters
        ----------
        part
            ``(C, *S)``: of the source, as :meth:`source` says.
        window
            Of the target.
        """
        if self.is_identity:
            return part
        starts = [s.start for s in self.source(window)]
        offset = [
            (w.start + 0.5) * step - 0.5 - start
            for w, step, start in zip(window, self.steps, starts, strict=True)
        ]
        size = tuple(w.stop - w.start for w in window)
        out = np.empty((part.shape[0], *size), dtype=np.float32)
        for channel, result in zip(part, out, strict=True):
            if any(self.sigmas):
                channel = scipy.ndimage.gaussian_filter(  # noqa: PLW2901
                    channel, self.sigmas, mode="nearest", truncate=BLUR_REACH
                )
            scipy.ndimage.affine_transform(
                channel, np.array(self.steps), offset, size, result, order=1, mode="nearest"
            )
        return out


def resample(channels: NDArray[np.float32], shape: Sequence[int]) -> NDArray[np.float32]:
    """Resample an image linearly, blurred first where it shrinks.

    Parameters
    ----------
    channels
        ``(C, *S)``.
    shape
        Of the spatial axes wanted. The image's own returns it as it is.
    """
    resampling = Resampling(channels.shape[1:], tuple(shape))
    return resampling.sample(channels, tuple(slice(0, n) for n in resampling.target))


def resample_labels(labels: IntArray, shape: Sequence[int]) -> IntArray:
    """Resample labels to another shape, each pixel taking the nearest one's."""
    index = [nearest_index(n, m) for n, m in zip(labels.shape, shape, strict=True)]
    return labels[np.ix_(*index)]


def nearest_index(n: int, m: int, part: slice | None = None) -> NDArray[np.intp]:
    """Return which pixel of an axis is nearest to each pixel of another length of that axis.

    Parameters
    ----------
    n, m
        Pixels of the axis, before and after.
    part
        Of the pixels after; None for all.
    """
    at = np.arange(m) if part is None else np.arange(part.start, part.stop)
    return np.minimum(((at + 0.5) * n / m).astype(np.intp), n - 1)


def window_around(centre: Sequence[float], shape: Sequence[int], side: int) -> tuple[slice, ...]:
    """Return the window of a side around a point of an image, moved to lie inside it."""
    starts = [
        min(max(0, math.floor(c - side / 2)), max(0, n - side))
        for c, n in zip(centre, shape, strict=True)
    ]
    return tuple(slice(a, min(a + side, n)) for a, n in zip(starts, shape, strict=True))
