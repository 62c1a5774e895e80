"""Random changes of training patches: geometry and intensity, in 2-D and 3-D alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.config import AugmentationConfig
from napari_discembed.datasets.targets import OUTSIDE


def random_geometry(
    rng: np.random.Generator, config: AugmentationConfig, ndim: int
) -> NDArray[np.float64]:
    """Draw a linear map from patch to image coordinates.

    Rotation and shear are in the YX plane (the last two axes), where a microscope looks the same
    from all sides; scale and mirroring concern all axes.

    Returns
    -------
    ``(ndim, ndim)``: image offset = matrix @ patch offset.
    """
    matrix = np.eye(ndim)
    if not config.enabled:
        return matrix
    angle = math.radians(rng.uniform(-config.rotate, config.rotate))
    shear = rng.uniform(-config.shear, config.shear)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix[-2:, -2:] = turn @ np.array([[1.0, shear], [0.0, 1.0]])
    matrix *= math.exp(rng.uniform(-1, 1) * math.log(config.scale))
    if config.flip:
        matrix *= rng.choice([-1.0, 1.0], size=(1, ndim))
    return matrix


def warp(
    image: NDArray[np.float32],
    maps: Sequence[NDArray[np.integer]],
    centre: Sequence[float],
    matrix: NDArray[np.float64],
    size: int,
) -> tuple[NDArray[np.float32], list[NDArray[np.integer]]]:
    """Cut a patch around a point through a linear map.

    Beyond its borders the image is mirrored; the maps are `OUTSIDE` there, since a mirrored
    object is another one.

    Parameters
    ----------
    image
        ``(C, *S)``, interpolated linearly.
    maps
        ``(*S)`` each, such as labels; the nearest pixel's value is taken.
    centre
        Of the patch, in image pixels.
    matrix
        ``(ndim, ndim)`` from patch to image offsets.
    size
        Side of the patch.
    """
    # Only the window that the patch can reach is looked at, however large the image.
    reach = np.ceil(np.abs(matrix).sum(axis=1) * size / 2).astype(int) + 2
    low = np.floor(centre).astype(int) - reach
    high = np.floor(centre).astype(int) + reach + 1
    index = [_mirrored(a, b, n) for a, b, n in zip(low, high, image.shape[1:], strict=True)]
    offset = np.asarray(centre) - low - matrix @ np.full(len(centre), (size - 1) / 2)
    shape = (size,) * len(centre)
    window = image[np.ix_(np.arange(len(image)), *index)]
    patch = np.empty((image.shape[0], *shape), dtype=np.float32)
    for channel, out in zip(window, patch, strict=True):
        ndimage.affine_transform(channel, matrix, offset, shape, out, order=1, mode="nearest")
    warped = [
        ndimage.affine_transform(
            _padded(m, low, high), matrix, offset, shape, order=0, cval=OUTSIDE
        )
        for m in maps
    ]
    return patch, warped


def _padded(
    values: NDArray[np.integer], low: NDArray[np.int_], high: NDArray[np.int_]
) -> NDArray[np.integer]:
    """Return the window from low to high, `OUTSIDE` where the array does not reach."""
    inside = tuple(slice(max(0, a), max(0, b)) for a, b in zip(low, high, strict=True))
    part = values[inside]
    before = [max(0, -int(a)) for a in low]
    window = np.full(high - low, OUTSIDE, dtype=values.dtype)
    window[tuple(slice(b, b + n) for b, n in zip(before, part.shape, strict=True))] = part
    return window


def _mirrored(start: int, stop: int, length: int) -> NDArray[np.intp]:
    """Return the indices from start to stop, reflected into [0, length)."""
    period = 2 * length
    folded = np.arange(start, stop) % period
    return np.minimum(folded, period - 1 - folded).astype(np.intp)


def vary_intensity(
    patch: NDArray[np.float32],
    rng: np.random.Generator,
    config: AugmentationConfig,
    *,
    frames: bool = False,
) -> NDArray[np.float32]:
    """Change the stain, contrast, colour, brightness, gamma, sharpness and noise of a patch.

    Parameters
    ----------
    patch
        ``(C, *S)``.
    rng
        Decides how.
    config
        How much at most.
    frames
        Whether the first axis after the channels is time: all frames of the ``(C, T, *S)`` patch
        are changed alike, but for their noise.
    """
    if not config.enabled:
        return patch
    draws = rng.random(8)
    if draws[0] < config.invert:
        patch = 1 - patch
    if config.stain and rng.random() < config.stain:
        patch = stained(patch, rng)
    gamma = config.gamma ** (2 * draws[1] - 1)
    # The power keeps the sign, since pixels under the 1st percentile are below zero.
    patch = np.sign(patch) * np.abs(patch) ** np.float32(gamma)
    contrast = config.contrast ** (2 * draws[2] - 1)
    brightness = config.brightness * (2 * draws[3] - 1)
    patch = patch * np.float32(contrast) + np.float32(brightness)
    if config.colour and np.ptp(patch, axis=0).any():
        gains = rng.uniform(1 - config.colour, 1 + config.colour, len(patch))
        patch = patch * gains.astype(np.float32).reshape(-1, *[1] * (patch.ndim - 1))
    if config.blur and draws[4] < 0.3:
        sigma = (0, *[0] * frames, *[config.blur * draws[5]] * (patch.ndim - 1 - frames))
        patch = ndimage.gaussian_filter(patch, sigma, mode="nearest", truncate=3)
    if config.noise and draws[6] < 0.5:
        noise = rng.standard_normal(patch.shape, dtype=np.float32)
        patch = patch + noise * np.float32(config.noise * draws[7])
    return patch.astype(np.float32, copy=False)


def stained(patch: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw a ``(C, *S)`` patch as a stain that absorbs white light where the patch is bright.

    Each channel is dimmed by the law of Beer and Lambert, at a strength of its own.
    """
    depth = np.clip(patch.mean(axis=0), 0, None)
    shape = (-1, *[1] * depth.ndim)
    strength = rng.uniform(0.3, 3.0, len(patch)).astype(np.float32).reshape(shape)
    light = rng.uniform(0.75, 1.0, len(patch)).astype(np.float32).reshape(shape)
    dimmed: NDArray[np.float32] = light * np.exp(-strength * depth)
    return dimmed
