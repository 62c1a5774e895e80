"""Four coins, painted by hand, and the outlines of all 24: for ``skimage.data.coins()``."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

BACKGROUND_LABEL = 255


def coins_painted() -> NDArray[np.uint8]:
    """Return ``(303, 384)``: 1 to 4 for four coins, 255 for a scribble of background, else 0."""
    return _read("painted.png")


def coins_reference() -> NDArray[np.uint8]:
    """Return ``(303, 384)``: 1 to 24 for the coins, 0 for background.

    An ellipse was fitted to each coin's outline, and each was checked by eye, enlarged fourfold
    over the photograph.
    """
    return _read("reference.png")


def _read(name: str) -> NDArray[np.uint8]:
    with files(__package__).joinpath(name).open("rb") as file, Picture.open(file) as picture:
        return np.asarray(picture, dtype=np.uint8)
