"""Intensities as a network sees them: channels matched, weighted, of range [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError

PERCENTILES = (1.0, 99.8)
SAMPLE = 1_000_000
CLIP = (-1.0, 3.0)
MEDIAN_OF_NORMAL = 0.6745
"""Median absolute value of a standard normal distribution."""
NOISE_SPAN = 6.5
"""Standard deviations of noise that :data:`PERCENTILES` are apart at most where it is all there is:
5.2 of a normal distribution, 5.5 of few photons. In `dsb2018/train` they are 14 apart at least."""
NOISE_TAILS = 1.2
"""How much wider than the percentiles all intensities are at least where that is noise, or noise
with objects; those of a fine pattern, such as stripes, are not."""
NOISE_RANGE = 16.0
"""Standard deviations of noise that become the range [0, 1] there (benchmarks/LOG.md, 80)."""
LUMINANCE = (0.299, 0.587, 0.114)


def intensity_range(channels: NDArray[Any]) -> list[tuple[float, float]]:
    """Return the low and high percentile of each channel, of a sample where there are many.

    Where objects are few and small, both percentiles are of noise alone, which would be stretched
    until a network sees objects in it: there the range is as wide as :data:`NOISE_RANGE` times the
    noise.

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
    for channel, sample in zip(channels, subsample(channels), strict=True):
        few = np.asarray(sample, dtype=np.float64)
        check_finite(few)
        low, high = np.percentile(few, PERCENTILES)
        noise = noise_level(channel)
        if high <= low:  # few bright pixels on what is otherwise constant
            low, high = few.min(), few.max()
        elif high - low < NOISE_SPAN * noise and np.ptp(few) > NOISE_TAILS * (high - low):
            high = low + NOISE_RANGE * noise
        ranges.append((float(low), float(high)))
    return ranges


def noise_level(channel: NDArray[Any]) -> float:
    """Return the standard deviation of the noise from pixel to pixel.

    From the median absolute difference of neighbours along the last axis, which edges of objects
    hardly change (Donoho 1995, as for wavelet coefficients).

    Parameters
    ----------
    channel
        ``(*S)``, any real dtype; of a large one some rows are read.
    """
    rows = channel.reshape(-1, channel.shape[-1]) if channel.ndim > 2 else channel
    step = max(1, rows.size // SAMPLE)
    some = np.asarray(rows[::step], dtype=np.float64)
    if some.shape[-1] < 2:
        return 0.0
    difference = np.abs(np.diff(some, axis=-1))
    return float(np.median(difference) / (MEDIAN_OF_NORMAL * math.sqrt(2)))


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
    channel_weights
        Weight of each raw channel in the grey image that is shown in their place; None where the
        channels are shown as they are.
    """

    n_channels: int
    ranges: Sequence[tuple[float, float]]
    channel_weights: NDArray[np.float32] | None = None

    @classmethod
    def measure(
        cls, channels: NDArray[Any], n_channels: int, channel_weights: Sequence[float] | None = None
    ) -> Intensities:
        """Measure raw channels.

        Parameters
        ----------
        channels
            ``(C, *S)``, any real dtype; may be a memory map.
        n_channels
            What the network takes.
        channel_weights
            Weight of each channel of range [0, 1] in a grey image; None for no mixing.

        Raises
        ------
        InputError
            If pixels are NaN or infinite, or the channels do not fit the network or the weights.
        """
        few = subsample(channels)
        if channel_weights is None:
            few = match_channels(few, n_channels)
            return cls(n_channels, intensity_range(few[:1] if channels.shape[0] == 1 else few))
        few = match_channels(few, len(channel_weights))
        spans = [high - low for low, high in intensity_range(few)]
        raw = [
            w / span if span > 0 else 0.0 for w, span in zip(channel_weights, spans, strict=True)
        ]
        weights = np.array(raw, dtype=np.float32)
        return cls(n_channels, intensity_range(_weighted(few, weights)), weights)

    def apply(self, channels: NDArray[Any]) -> NDArray[np.float32]:
        """Return ``(C, *S)`` of about [0, 1]; C is 1 for a grey image, mixed or as it came."""
        if self.channel_weights is not None:
            channels = _weighted(
                match_channels(channels, len(self.channel_weights)), self.channel_weights
            )
        elif channels.shape[0] > 1:
            channels = match_channels(channels, self.n_channels)
        return rescale_intensity(channels, self.ranges)


def _weighted(channels: NDArray[Any], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    grey = np.tensordot(weights, np.asarray(channels), axes=1)
    return grey[None].astype(np.float32, copy=False)


def normalise(
    channels: NDArray[Any],
    n_channels: int | None = None,
    channel_weights: Sequence[float] | None = None,
) -> NDArray[np.float32]:
    """Bring a whole image to the channels of a network, and its pixels to about [0, 1].

    Parameters
    ----------
    channels
        ``(C, *S)``, any real dtype.
    n_channels
        Of the network; None for those that the image has.
    channel_weights
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
        Intensities.measure(channels, n_channels, channel_weights).apply(channels), n_channels
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
