"""A picture of the result: outlined, numbered objects over the image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw
from skimage.color import label2rgb
from skimage.measure import regionprops
from skimage.segmentation import find_boundaries

from napari_discembed.files import atomic_path
from napari_discembed.types import IntArray

MAGNIFICATION = 3


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
    tinted = label2rgb(large, large_grey, alpha=0.3, bg_label=0)
    solid = label2rgb(large, bg_label=0)
    border = find_boundaries(large, mode="inner")
    tinted[border] = solid[border]
    if painted is not None:
        tinted[find_boundaries(_enlarge(painted), mode="outer")] = 1.0
    picture = Picture.fromarray((tinted * 255).round().astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for region in regionprops(large):
        y, x = region.centroid
        pen.text(
            (x, y),
            str(region.label),
            fill="white",
            anchor="mm",
            font_size=20,
            stroke_width=2,
            stroke_fill="black",
        )
    with atomic_path(path) as partial:
        picture.save(partial, format="PNG")


def _enlarge(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    return pixels.repeat(MAGNIFICATION, axis=0).repeat(MAGNIFICATION, axis=1)
