"""Stained tissue: what absorbs light, stain by stain, in focus or not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.datasets.synthetic.base import Pixels, clouds, depth, per_cell

HAEMATOXYLIN = np.array([0.65, 0.70, 0.29], dtype=np.float32)
EOSIN = np.array([0.07, 0.99, 0.11], dtype=np.float32)
"""Optical density of the stains in red, green and blue (Ruifrok 2001)."""

SLICES = 3
"""Depths at which nuclei lie, each with its own focus."""


def draw_tissue(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    """Return haematoxylin nuclei on a ground of eosin, or of haematoxylin alone.

    Parameters
    ----------
    rng
        Decides everything.
    labels
        ``(Y, X)``: the nuclei.

    Returns
    -------
    ``(Y, X, 3)`` in [0, 1].
    """
    nuclei = _nuclei(rng, labels) + _out_of_focus(rng, labels)
    blue, red = _ground(rng, labels), _ground(rng, labels)
    # From stains of one colour, as Giemsa, to those of two.
    counterstain = rng.choice([0.1, 1.0]) * rng.uniform(0.1, 0.6)
    density = (nuclei + rng.uniform(0, 0.25) * blue)[..., None] * _varied(rng, HAEMATOXYLIN, 0.25)
    density = density + (counterstain * red)[..., None] * _varied(rng, EOSIN, 0.3)
    lamp = rng.uniform(0.85, 1.0, 3) * rng.uniform(0.85, 1.0)
    return (lamp * np.exp(-density)).astype(np.float32)


def _varied(
    rng: np.random.Generator, stain: NDArray[np.float32], amount: float
) -> NDArray[np.floating]:
    return np.clip(stain * rng.uniform(1 - amount, 1 + amount, 3) + rng.uniform(0, 0.1, 3), 0, None)


def _nuclei(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    """Return dense nuclei and pale ones, with their rim and grains of chromatin."""
    inside = labels > 0
    sizes = np.bincount(labels.ravel())[1:]
    across = math.sqrt(float(np.median(sizes[sizes > 0]))) if inside.any() else 20.0
    strength = per_cell(rng, labels, 0.4, 1.6) * rng.uniform(0.5, 1.2)
    pale = per_cell(rng, labels, 0.0, 0.8) * rng.uniform(0, 1)
    grains = clouds(rng, labels.shape, max(1.5, across * rng.uniform(0.06, 0.25)), 2)
    within = 1 - pale * np.clip(4 * depth(labels), 0, 1)
    texture = np.clip(within + rng.uniform(0.1, 0.5) * grains, 0.05, 2)
    density = np.where(inside, strength * texture, 0).astype(np.float32)
    lies = per_cell(rng, labels, 0, SLICES).astype(int)
    total = np.zeros_like(density)
    for level in range(SLICES):
        blur = rng.uniform(0.3, 0.9) if level == 0 else rng.uniform(0.3, 2.5)
        total += ndimage.gaussian_filter(np.where(lies == level, density, 0), blur)
    return total


def _out_of_focus(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    """Return the shadows of nuclei from above and below the slice, which have no label."""
    if rng.random() < 0.4:
        return np.zeros(labels.shape, dtype=np.float32)
    turned = np.rot90(labels, 2)
    some = (per_cell(rng, turned, 0, 1) > 0.7) & (labels == 0)
    blur = rng.uniform(3, 8)
    return rng.uniform(0.1, 0.6) * ndimage.gaussian_filter(some.astype(np.float32), blur)


def _ground(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    """Return the cells' bodies and the fibres between them, with gaps, about 1 where dense."""
    n = max(labels.shape)
    around = ndimage.gaussian_filter((labels > 0).astype(np.float32), rng.uniform(3, n / 16))
    ground = rng.uniform(0.2, 1) * (1 + 0.4 * clouds(rng, labels.shape, rng.uniform(10, n / 3)))
    ground = ground + rng.uniform(0, 0.6) * _fibres(rng, labels.shape)
    if rng.random() < 0.5:
        gaps = clouds(rng, labels.shape, rng.uniform(n / 8, n / 3), 2)
        ground = ground / (1 + np.exp(8 * (gaps - rng.uniform(0.2, 0.8))))
    return np.clip(ground + rng.uniform(0, 1.5) * around, 0, None).astype(np.float32)


def _fibres(rng: np.random.Generator, shape: tuple[int, ...]) -> Pixels:
    """Return wavy lines along one direction, in about [-1, 1]."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn, bend = rng.uniform(0, math.pi), rng.uniform(2, 20)
    wave = bend * clouds(rng, shape, max(shape) / 3, 1)
    across = x * math.cos(turn) + y * math.sin(turn) + wave
    along = y * math.cos(turn) - x * math.sin(turn)
    noise = rng.standard_normal((256, 256)).astype(np.float32)
    smooth = ndimage.gaussian_filter(noise, (1.0, 1.0), mode="wrap")
    where = np.stack([across / rng.uniform(1, 3), along / rng.uniform(10, 30)])
    lines = ndimage.map_coordinates(smooth, where, order=1, mode="grid-wrap")
    return (lines / max(1e-6, 2 * float(lines.std()))).astype(np.float32)
