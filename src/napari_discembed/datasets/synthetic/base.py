"""What the generators share: samples, textures, cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import relabel_sequential

from napari_discembed.types import IntArray

Pixels = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A drawn picture and its truth.

    Attributes
    ----------
    image
        ``(Y, X)`` or ``(Y, X, 3)`` uint8.
    labels
        ``(Y, X)`` uint16: 0 background, the objects 1 to N. An object that others cut into
        parts keeps one number.
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint16]


def clouds(
    rng: np.random.Generator, shape: tuple[int, ...], size: float, octaves: int = 3
) -> Pixels:
    """Return smooth random variation in about [-1, 1], of features of a size in pixels."""
    total = np.zeros(shape, dtype=np.float32)
    for octave in range(octaves):
        step = max(1.0, size / 2**octave)
        coarse = [int(np.ceil(n / step)) + 3 for n in shape]
        noise = rng.standard_normal(coarse).astype(np.float32)
        factors = [(c - 1) * step / (c - 1) for c in coarse]
        layer = ndimage.zoom(noise, factors, order=1)[tuple(slice(0, n) for n in shape)]
        total += layer * np.float32(0.5**octave)
    return total / np.float32(max(1e-6, 1.5 * total.std()))


def per_cell(
    rng: np.random.Generator, labels: NDArray[np.int32], low: float, high: float
) -> Pixels:
    """Return an image in which each cell has its own random value."""
    table = rng.uniform(low, high, int(labels.max(initial=0)) + 1).astype(np.float32)
    table[0] = 0
    return table[labels]


def depth(labels: NDArray[np.int32]) -> Pixels:
    """Return how deep inside its cell each pixel is, 0 at the border, about 1 in the middle."""
    padded = np.pad(labels, 1, mode="edge")
    edge = np.zeros(labels.shape, dtype=bool)
    for axis, shift in ((0, 1), (0, -1), (1, 1), (1, -1)):
        edge |= np.roll(padded, shift, axis)[1:-1, 1:-1] != labels
    deep = ndimage.distance_transform_edt(~edge & (labels > 0)).astype(np.float32)
    largest = ndimage.maximum(deep, labels, np.arange(int(labels.max(initial=0)) + 1))
    return deep / np.maximum(np.asarray(largest, dtype=np.float32), 1)[labels]


def camera(
    rng: np.random.Generator, image: Pixels, *, blur: float, noise: float
) -> NDArray[np.uint8]:
    """Blur and digitise an image in [0, 1], with noise that grows with the light."""
    sigma = (blur, blur, 0)[: image.ndim]
    seen = ndimage.gaussian_filter(image, sigma) if blur > 0 else image
    spread = noise * np.sqrt(0.2 + np.clip(seen, 0, 1))
    seen = seen + rng.standard_normal(seen.shape, dtype=np.float32) * spread
    digital: NDArray[np.uint8] = (np.clip(seen, 0, 1) * 255).round().astype(np.uint8)
    return digital


def visible(labels: IntArray, least: int) -> NDArray[np.uint16]:
    """Drop objects of which fewer pixels than `least` are left, and number the rest 1 to N."""
    sizes = np.bincount(labels.ravel())
    kept = np.where(sizes >= least, np.arange(len(sizes)), 0)
    kept[0] = 0
    return relabel_sequential(kept[labels])[0].astype(np.uint16)
