"""Stain variation: tissue as another laboratory would have stained and scanned it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import hed_from_rgb, rgb_from_hed

DARKEST = 0.02
"""Share of white light that the densest stain lets through."""


def vary_stains(
    image: NDArray[np.uint8], rng: np.random.Generator, amount: float = 0.4
) -> NDArray[np.uint8]:
    """Change how strongly, and in which colours, tissue is stained.

    Optical density is taken apart into haematoxylin, eosin and DAB (Ruifrok 2001). Each gets a
    strength and a background of its own (Tellez 2018), and a colour that differs a little.

    Parameters
    ----------
    image
        ``(Y, X, 3)`` uint8: red, green and blue, seen in white light.
    rng
        Random generator.
    amount
        Strengths are 1 plus or minus that, in [0, 1); colours a third of it.

    Returns
    -------
    ``(Y, X, 3)`` uint8.
    """
    density = -np.log(np.maximum(image / np.float32(255), DARKEST))
    amounts = density @ hed_from_rgb.astype(np.float32)
    strength = rng.uniform(1 - amount, 1 + amount, 3)
    background = rng.uniform(-0.1, 0.1, 3) * amount
    colours = rgb_from_hed * rng.uniform(1 - amount / 3, 1 + amount / 3, (3, 3))
    light = np.exp(-(amounts * strength + background) @ colours)
    return np.rint(255 * np.clip(light, 0, 1)).astype(np.uint8)
