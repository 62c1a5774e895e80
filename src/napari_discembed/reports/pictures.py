"""Pictures of a result: objects outlined and numbered over the image."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import scipy
import skimage
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from napari_discembed.files import atomic_path
from napari_discembed.imaging import renumbered
from napari_discembed.types import Image, IntArray

Pixel = TypeVar("Pixel", bound=np.generic)
MAGNIFICATION = 3
LARGEST = 1000
"""Pixels along the longer side of a picture in a report."""
MOST_NUMBERS = 300
"""Objects up to which each has its number in a picture."""
QUALITY = 85
BRIGHT = (1.0, 0.85, 0.0)
"""Colour of the outlines in a report: stands out from leaves, soil and dark grounds alike."""


def write_overlay(
    path: Path, grey: NDArray[np.floating], labels: IntArray, painted: IntArray | None = None
) -> None:
    """Draw the objects over an image and write it as PNG.

    Parameters
    ----------
    path
        Of the picture.
    grey
        ``(Y, X)`` in [0, 1].
    labels
        ``(Y, X)``: the objects; each gets a colour, an outline and its number.
    painted
        ``(Y, X)``, optional: what a person painted, outlined in white.
    """
    large_grey, large = _enlarge(grey), _enlarge(labels)
    tinted = skimage.color.label2rgb(large, large_grey, alpha=0.3, bg_label=0)
    border = skimage.segmentation.find_boundaries(large, mode="inner")
    tinted[border] = skimage.color.label2rgb(large, bg_label=0)[border]
    if painted is not None:
        tinted[skimage.segmentation.find_boundaries(_enlarge(painted), mode="outer")] = 1.0
    with atomic_path(path) as partial:
        _numbered(tinted, large).save(partial, format="PNG")


def jpeg_of(
    labels: IntArray,
    colours: NDArray[np.uint8] | None,
    classes: IntArray | None = None,
    outlines: Sequence[tuple[float, float, float]] = (),
) -> bytes:
    """Return a picture of objects as a JPEG file, at most :data:`LARGEST` pixels wide and high.

    Parameters
    ----------
    labels
        ``(Y, X)``.
    colours
        ``(Y, X, 3)``: what they lie on; None for objects in colours of their own.
    classes
        ``(N,)``: of the object of each number, from 1; None for one class.
    outlines
        Red, green and blue in [0, 1] of each class.
    """
    zoom = LARGEST / max(labels.shape)
    size = (round(labels.shape[1] * zoom) or 1, round(labels.shape[0] * zoom) or 1)
    rows = np.minimum((np.arange(size[1]) / zoom).astype(np.intp), labels.shape[0] - 1)
    columns = np.minimum((np.arange(size[0]) / zoom).astype(np.intp), labels.shape[1] - 1)
    large, numbers = renumbered(labels[np.ix_(rows, columns)])  # regions go up to the largest
    if colours is None:
        ground = skimage.color.label2rgb(large, bg_label=0) * 0.6
    else:
        how = Picture.Resampling.BILINEAR if zoom < 1 else Picture.Resampling.NEAREST
        ground = np.asarray(Picture.fromarray(colours).resize(size, how)) / 255
    file = io.BytesIO()
    drawn = ground.copy()
    edge = skimage.segmentation.find_boundaries(large, mode="thick")
    drawn[edge] = BRIGHT
    if classes is not None and len(classes) and outlines:
        owner = numbers[scipy.ndimage.maximum_filter(large, 3)[edge]]
        drawn[edge] = np.array([BRIGHT, *outlines])[classes[np.maximum(owner, 1) - 1]]
    _numbered(drawn, large, numbers).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def colours_of(image: Image) -> NDArray[np.uint8]:
    """Return a plane ``(Y, X)`` with channels as ``(Y, X, 3)`` colours.

    Colour pictures of 8 bits stay as they are; else each channel is stretched from black to its
    brightest, the first three as red, green and blue, a single one as grey.
    """
    channels = image.channels_first(3)[:3]
    if not (image.axes.has_colour_last and channels.dtype == np.uint8):
        low, high = np.nanpercentile(channels, (0.5, 99.5), axis=(1, 2), keepdims=True)
        shares = (channels - low) / np.maximum(high - low, 1e-12)
        channels = (np.nan_to_num(shares).clip(0, 1) * 255).round().astype(np.uint8)
    if len(channels) == 2:
        channels = np.concatenate([channels, np.zeros_like(channels[:1])])
    return np.ascontiguousarray(
        np.broadcast_to(channels, (3, *channels.shape[1:])).transpose(1, 2, 0)
    )


def _numbered(
    colours: NDArray[np.floating], labels: IntArray, numbers: IntArray | None = None
) -> Picture.Image:
    """Return a picture with the number of each object on it, where they are not too many."""
    picture = Picture.fromarray((colours * 255).round().astype(np.uint8))
    pen, regions = ImageDraw.Draw(picture), skimage.measure.regionprops(labels)
    for region in regions if len(regions) <= MOST_NUMBERS else ():
        y, x = region.centroid
        pen.text(
            (x, y),
            str(region.label if numbers is None else numbers[region.label]),
            fill="white",
            anchor="mm",
            font_size=20,
            stroke_width=2,
            stroke_fill="black",
        )
    return picture


def _enlarge(pixels: NDArray[Pixel]) -> NDArray[Pixel]:
    return pixels.repeat(MAGNIFICATION, axis=0).repeat(MAGNIFICATION, axis=1)
