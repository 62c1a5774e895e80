"""Bring an image to what a network was trained on: its range, its scale, its channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops_table

from napari_discembed.errors import InputError, TrainingDataError
from napari_discembed.types import IntArray

PERCENTILES = (1.0, 99.8)
SAMPLE = 1_000_000
CLIP = (-1.0, 3.0)
BLUR_REACH = 4.0
LUMINANCE = (0.299, 0.587, 0.114)


def intensity_range(channels: NDArray[Any]) -> list[tuple[float, float]]:
    """Return the low and high percentile of each channel, of a sample where there are many.

    Parameters
    ----------
    channels
        ``(C, *S)``, any real dtype; may be a memory map.

    Raises
    ------
    InputError
        If pixels are not finite or there are none.
    """
    if not channels.size:
        raise InputError(f"Expected an image with pixels, got shape {channels.shape}.")
    ranges = []
    for channel in subsample(channels):
        sample = np.asarray(channel, dtype=np.float64)
        check_finite(sample)
        low, high = np.percentile(sample, PERCENTILES)
        if high <= low:  # few bright pixels on what is otherwise constant
            low, high = sample.min(), sample.max()
        ranges.append((float(low), float(high)))
    return ranges


def subsample(channels: NDArray[Any]) -> NDArray[Any]:
    """Return a view of at most about a million regularly spaced pixels of each channel."""
    step = max(1, math.ceil((math.prod(channels.shape[1:]) / SAMPLE) ** (1 / (channels.ndim - 1))))
    return channels[(slice(None), *(slice(None, None, step) for _ in channels.shape[1:]))]


def check_finite(pixels: NDArray[Any]) -> None:
    """Refuse pixels that are NaN or infinite.

    Raises
    ------
    InputError
        If there are any.
    """
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        bad = int(pixels.size - np.isfinite(pixels).sum())
        raise InputError(
            f"Expected finite pixels, got {bad} that are NaN or infinite of {pixels.size}. "
            "Replace them, for example with numpy.nan_to_num."
        )


def rescale_intensity(
    channels: NDArray[Any], ranges: Sequence[tuple[float, float]]
) -> NDArray[np.float32]:
    """Map each channel's range to [0, 1], clipped a little beyond; a constant becomes zeros."""
    scaled = np.zeros(channels.shape, dtype=np.float32)
    for out, channel, (low, high) in zip(scaled, channels, ranges, strict=True):
        if high > low:
            np.subtract(channel, low, out=out, dtype=np.float32, casting="unsafe")
            np.divide(out, high - low, out=out)
            np.clip(out, *CLIP, out=out)
    return scaled


@dataclass(frozen=True, slots=True, eq=False)
class Intensities:
    """How the raw pixels of an image become what a network sees, all of them or any part.

    Attributes
    ----------
    n_channels
        What the network takes.
    ranges
        Low and high intensity of each channel, which become 0 and 1.
    mix
        Weight of each raw channel in the grey image that is shown in their place; None where the
        channels are shown as they are.
    """

    n_channels: int
    ranges: Sequence[tuple[float, float]]
    mix: NDArray[np.float32] | None = None

    @classmethod
    def measure(
        cls, channels: NDArray[Any], n_channels: int, mix: Sequence[float] | None = None
    ) -> Intensities:
        """Measure raw channels.

        Parameters
        ----------
        channels
            ``(C, *S)``, any real dtype; may be a memory map.
        n_channels
            What the network takes.
        mix
            Weight of each channel of range [0, 1] in a grey image; None for no mixing.

        Raises
        ------
        InputError
            If pixels are NaN or infinite, or the channels do not fit the network or the mix.
        """
        few = subsample(channels)
        if mix is None:
            few = match_channels(few, n_channels)
            return cls(n_channels, intensity_range(few[:1] if channels.shape[0] == 1 else few))
        few = match_channels(few, len(mix))
        spans = [high - low for low, high in intensity_range(few)]
        raw = [w / span if span > 0 else 0.0 for w, span in zip(mix, spans, strict=True)]
        weights = np.array(raw, dtype=np.float32)
        return cls(n_channels, intensity_range(_mixed(few, weights)), weights)

    def apply(self, channels: NDArray[Any]) -> NDArray[np.float32]:
        """Return ``(C, *S)`` of about [0, 1]; C is 1 for a grey image, mixed or as it came."""
        if self.mix is not None:
            channels = _mixed(match_channels(channels, len(self.mix)), self.mix)
        elif channels.shape[0] > 1:
            channels = match_channels(channels, self.n_channels)
        return rescale_intensity(channels, self.ranges)


def _mixed(channels: NDArray[Any], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    grey = np.tensordot(weights, np.asarray(channels), axes=1)
    return grey[None].astype(np.float32, copy=False)


def normalise(
    channels: NDArray[Any], n_channels: int | None = None, mix: Sequence[float] | None = None
) -> NDArray[np.float32]:
    """Bring a whole image to the channels of a network, and its pixels to about [0, 1].

    Parameters
    ----------
    channels
        ``(C, *S)``, any real dtype.
    n_channels
        Of the network; None for those that the image has.
    mix
        As for :meth:`Intensities.measure`.

    Returns
    -------
    ``(n_channels, *S)`` float32: of each channel the 1st percentile is 0, the 99.8th is 1; a
    constant channel is 0.

    Raises
    ------
    InputError
        If pixels are NaN or infinite, or the channels do not fit.
    """
    n_channels = n_channels or channels.shape[0]
    check_finite(channels)
    return match_channels(
        Intensities.measure(channels, n_channels, mix).apply(channels), n_channels
    )


def match_channels(channels: NDArray[Any], n: int) -> NDArray[Any]:
    """Bring an image to the number of channels that a network takes.

    Grey is repeated; RGB becomes grey by luminance for a single channel.

    Parameters
    ----------
    channels
        ``(C, *S)``.
    n
        Channels of the network.

    Raises
    ------
    InputError
        If the channels fit in none of these ways.
    """
    have = channels.shape[0]
    if have == n:
        return channels
    if have == 1:
        return np.broadcast_to(channels, (n, *channels.shape[1:]))
    if have == 3 and n == 1:
        return np.tensordot(np.array(LUMINANCE, dtype=np.float32), channels, axes=1)[None]
    raise InputError(
        f"Expected an image of {n} channels, got {have}. Pick the channels the model was trained "
        "on, or fine-tune the model on images like this one."
    )


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
        If the diameter is not a positive number.
    """
    if not (math.isfinite(diameter) and diameter > 0):
        raise InputError(f"Expected an object diameter above 0 pixels, got {diameter}.")
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
                channel = ndimage.gaussian_filter(  # noqa: PLW2901
                    channel, self.sigmas, mode="nearest", truncate=BLUR_REACH
                )
            ndimage.affine_transform(
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
    index = [
        np.minimum(((np.arange(m) + 0.5) * n / m).astype(np.intp), n - 1)
        for n, m in zip(labels.shape, shape, strict=True)
    ]
    return labels[np.ix_(*index)]


def window_around(centre: Sequence[float], shape: Sequence[int], side: int) -> tuple[slice, ...]:
    """Return the window of a side around a point of an image, moved to lie inside it."""
    starts = [
        min(max(0, math.floor(c - side / 2)), max(0, n - side))
        for c, n in zip(centre, shape, strict=True)
    ]
    return tuple(slice(a, min(a + side, n)) for a, n in zip(starts, shape, strict=True))


def renumbered(labels: IntArray) -> tuple[IntArray, IntArray]:
    """Return labels whose largest number is not above their pixels, for what has memory by it.

    Parameters
    ----------
    labels
        ``(*S)``, not below 0.

    Returns
    -------
    Labels, ``(*S)``, and the number that each had before: ``numbers[new] == old``.
    """
    top = int(labels.max(initial=0))
    if top <= labels.size:
        return labels, np.arange(top + 1)
    numbers = np.union1d(0, labels)
    return np.searchsorted(numbers, labels), numbers


def object_sizes(labels: IntArray) -> NDArray[np.int64]:
    """Return ``(N,)``: the pixels of each object, in the order of their numbers."""
    compact, _ = renumbered(np.maximum(labels, 0))
    sizes = np.bincount(compact.ravel())[1:]
    found: NDArray[np.int64] = sizes[sizes > 0]
    return found


def estimate_diameter(labels: IntArray) -> float:
    """Return the median diameter of the objects: of a disc or ball of their size, in pixels.

    Objects cut by the border are left out where there are others.

    Parameters
    ----------
    labels
        ``(*S)``: objects above 0.

    Raises
    ------
    TrainingDataError
        If there is no object.
    """
    objects, _ = renumbered(np.maximum(labels, 0))
    table = regionprops_table(objects, properties=("area", "bbox"))
    if not len(table["area"]):
        raise TrainingDataError(
            "Expected at least one painted object to measure, got none. Paint one, or say the "
            "diameter."
        )
    ndim = labels.ndim
    inside = np.ones(len(table["area"]), dtype=bool)
    for axis, length in enumerate(labels.shape):
        inside &= table[f"bbox-{axis}"] > 0
        inside &= table[f"bbox-{axis + ndim}"] < length
    sizes = table["area"][inside] if inside.any() else table["area"]
    return equivalent_diameter(float(np.median(sizes)), ndim)


def equivalent_diameter(size: float, ndim: int) -> float:
    """Return the diameter of a disc (2-D) or ball (3-D) of an area or volume."""
    return float(
        2 * (size / math.pi) ** 0.5 if ndim == 2 else 2 * (size * 0.75 / math.pi) ** (1 / 3)
    )
