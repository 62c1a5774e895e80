"""Smooth random fields, lookups and small helpers of the drawings of rosettes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import ndimage

from napari_discembed.datasets.synthetic.base import Pixels


@lru_cache(maxsize=64)
def _splines(length: int, knots: int) -> Pixels:
    """Return the ``(length, knots)`` values of uniform cubic B-splines."""
    at = np.linspace(0.0, knots - 3.001, length, dtype=np.float32)
    first, f = at.astype(int), at % 1
    pieces = ((1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3)
    basis: Pixels = np.zeros((length, knots), dtype=np.float32)
    for shift, piece in enumerate(pieces):
        basis[np.arange(length), first + shift] = piece / 6
    return basis


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], size: float) -> Pixels:
    """Return a smooth random field of unit variance, of features of a size in pixels.

    Cubic B-splines of random coefficients: unlike a bilinear zoom they have no creases, which a
    light from the side would show.
    """
    rows, columns = (_splines(n, max(5, round(n / size) + 3)) for n in shape)
    knots = rng.standard_normal((rows.shape[1], columns.shape[1]), dtype=np.float32)
    field = (rows @ knots @ columns.T) / np.float32(0.48)
    return field.astype(np.float32, copy=False)


def fractal_noise(
    rng: np.random.Generator, shape: tuple[int, int], size: float, octaves: int = 3
) -> Pixels:
    """Return a sum of smooth fields, each half as large and weaker than the last."""
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        total += smooth_noise(rng, shape, max(1.2, size / 2**octave)) * np.float32(0.6**octave)
    return total / np.float32(np.sqrt(sum(0.36**k for k in range(octaves))))


def rgb(red: float, green: float, blue: float) -> Pixels:
    """Return a colour."""
    return np.array([red, green, blue], dtype=np.float32)


def between(rng: np.random.Generator, first: Pixels, second: Pixels) -> Pixels:
    """Return a random colour on the way from one to another."""
    share = np.float32(rng.random())
    return first * (1 - share) + second * share


def blend(image: Pixels, colour: Pixels, alpha: Pixels) -> None:
    """Paint a colour or colours over an image, in place."""
    image += (colour - image) * alpha[..., None]


def step(values: Pixels, width: float) -> Pixels:
    """Return 0 below 0 and 1 above `width`, with a line between."""
    return np.clip(values / np.float32(max(width, 1e-6)), 0, 1)


def lambert(height: Pixels, light: Pixels, ambient: float) -> Pixels:
    """Return the brightness of a height field; 1 where it lies flat.

    Parameters
    ----------
    height
        In pixels.
    light
        Unit vector ``(z, y, x)`` to the light.
    ambient
        Share of the light that comes from everywhere.
    """
    slope_y, slope_x = np.gradient(height)
    length = np.sqrt(1 + slope_y**2 + slope_x**2)
    towards = (light[0] - light[1] * slope_y - light[2] * slope_x) / length
    direct = np.clip(towards, 0, None) / light[0]
    lit: Pixels = ambient * (0.5 + 0.5 / length) + (1 - ambient) * direct
    return lit.astype(np.float32)


def box_blur(field: Pixels, radius: float) -> Pixels:
    """Blur by two running means, much faster than a Gaussian of the same width."""
    side = 2 * round(radius) + 1
    if side <= 1:
        return field
    once = ndimage.uniform_filter(field, side, mode="constant")
    twice: Pixels = ndimage.uniform_filter(once, side, mode="constant")
    return twice
