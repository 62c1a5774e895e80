"""Cuttings: labelled objects cut out of pictures, to be pasted elsewhere.

Shapes: ``Y, X`` a picture, ``H, W`` a cutting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.errors import InputError
from napari_discembed.types import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Cutting:
    """A piece of a picture with one object or more.

    Attributes
    ----------
    pixels
        ``(H, W, 3)``, 0 to 1. Around the objects their own colours go on, so that no edge of
        the old ground comes along.
    labels
        ``(H, W)`` int32: 0 outside, or the number of the object.
    offset
        ``(y, x)`` of the piece's middle from the middle of its plant, in pixels.
    """

    pixels: Pixels
    labels: NDArray[np.int32]
    offset: tuple[float, float]


def cut_plants(image: NDArray[np.uint8], labels: IntArray, gap: int = 3) -> list[Cutting]:
    """Cut out plants: objects that touch, or lie less than `gap` pixels apart.

    Parameters
    ----------
    image
        ``(Y, X, 3)`` uint8.
    labels
        ``(Y, X)``: 0 background, objects from 1 on.
    gap
        In pixels.

    Raises
    ------
    InputError
        If they do not fit each other.
    """
    _check(image, labels)
    near = ndimage.binary_dilation(labels > 0, iterations=gap)
    plants, count = ndimage.label(near)
    cuttings = []
    for number in range(1, count + 1):
        own = np.where(plants == number, labels, 0)
        cuttings.append(_cut(image, own, None))
    return cuttings


def cut_leaves(image: NDArray[np.uint8], labels: IntArray) -> list[Cutting]:
    """Cut out every object by itself; what others hide of it is missing.

    Parameters
    ----------
    image
        ``(Y, X, 3)`` uint8.
    labels
        ``(Y, X)``: 0 background, objects from 1 on, all of one plant.

    Raises
    ------
    InputError
        If they do not fit each other.
    """
    _check(image, labels)
    rows, columns = np.nonzero(labels)
    middle = (float(rows.mean()), float(columns.mean())) if len(rows) else (0.0, 0.0)
    numbers = np.unique(labels[labels > 0])
    return [_cut(image, np.where(labels == n, labels, 0), middle) for n in numbers]


def _check(image: NDArray[np.uint8], labels: IntArray) -> None:
    if image.ndim != 3 or image.shape[2] != 3 or image.shape[:2] != labels.shape:
        raise InputError(
            f"Expected an image (Y, X, 3) and labels (Y, X) of one size, got {image.shape} and "
            f"{labels.shape}. Give the labels of that image."
        )


def _cut(image: NDArray[np.uint8], labels: IntArray, middle: tuple[float, float] | None) -> Cutting:
    """Cut the objects of a label image out, with a margin into which their colours go on."""
    margin = 3
    rows, columns = np.nonzero(labels)
    low = [max(0, int(k.min()) - margin) for k in (rows, columns)]
    ends = zip((rows, columns), labels.shape, strict=True)
    high = [min(n, int(k.max()) + margin + 1) for k, n in ends]
    window = (slice(low[0], high[0]), slice(low[1], high[1]))
    pad = [(margin, margin)] * 2
    own = np.pad(labels[window].astype(np.int32), pad)
    pixels = np.pad(image[window].astype(np.float32) / 255, [*pad, (0, 0)], mode="edge")
    # The outermost pixel of an object is mixed with the ground: take the next inner colour.
    core = ndimage.binary_erosion(own > 0)
    core = core if core.any() else own > 0
    near = ndimage.distance_transform_edt(~core, return_distances=False, return_indices=True)
    centre = [(a + b - 1) / 2 for a, b in zip(low, high, strict=True)]
    middle = middle or (centre[0], centre[1])
    return Cutting(pixels[near[0], near[1]], own, (centre[0] - middle[0], centre[1] - middle[1]))
