"""Painting of leaves into a picture, lowest first: shadow, blade, label."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.noise import blend, box_blur, step
from napari_discembed.datasets.synthetic.rosettes.plant import Leaf
from napari_discembed.datasets.synthetic.rosettes.shading import (
    Light,
    Place,
    Textures,
    leaf_colours,
)
from napari_discembed.datasets.synthetic.rosettes.traits import Traits


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture in work.

    Attributes
    ----------
    image
        ``(N, N, 3)``, 0 dark to 1 bright.
    labels
        ``(N, N)``: 0 background, or the number of the leaf that is seen.
    """

    image: Pixels
    labels: NDArray[np.int32]


def paint_leaf(
    rng: np.random.Generator,
    canvas: Canvas,
    leaf: Leaf,
    number: int,
    traits: Traits,
    light: Light,
    textures: Textures,
) -> None:
    """Paint a leaf over what is there; a pixel is its when it covers more than half of it."""
    window = _window(leaf, canvas.labels.shape[0])
    if window is None:
        return
    place = _place(leaf, window)
    alpha = np.clip(place.inside + 0.5, 0, 1)
    _cast_shadow(canvas.image, window, alpha, leaf.height, light)
    colours = leaf_colours(rng, leaf, place, traits, light, textures)
    _fold_over(leaf, place, colours, traits, light)
    blend(canvas.image[window], colours, alpha)
    canvas.labels[window][alpha > 0.5] = number


def _window(leaf: Leaf, side: int) -> tuple[slice, slice] | None:
    """Return the part of the picture that the leaf lies in, or None if it lies in none."""
    u = np.linspace(0, 1, 12)
    half = leaf.outline.widest
    slices = []
    for start, along, cross in (
        (leaf.base[0], math.sin(leaf.angle), math.cos(leaf.angle)),
        (leaf.base[1], math.cos(leaf.angle), -math.sin(leaf.angle)),
    ):
        middle = start + leaf.length * (u * along + leaf.bend * u * u * cross)
        pad = leaf.length * half * abs(cross) + 0.02 * leaf.length + 3
        low, high = max(0, int(middle.min() - pad)), min(side, int(middle.max() + pad) + 1)
        if high - low < 3:
            return None
        slices.append(slice(low, high))
    return slices[0], slices[1]


def _place(leaf: Leaf, window: tuple[slice, slice]) -> Place:
    """Return where on the leaf the pixels of a window are."""
    y = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - leaf.base[0]
    x = np.arange(window[1].start, window[1].stop, dtype=np.float32)[None] - leaf.base[1]
    cos, sin = (np.float32(f(leaf.angle) / leaf.length) for f in (math.cos, math.sin))
    u = (x * cos + y * sin).astype(np.float32)
    v = (y * cos - x * sin - leaf.bend * u * u).astype(np.float32)
    half, inside = leaf.outline.sides(u, v)
    return Place(u, v, half, inside * np.float32(leaf.length))


def _fold_over(leaf: Leaf, place: Place, colours: Pixels, traits: Traits, light: Light) -> None:
    """Fold a side of the blade over, in place: its underside is seen, with its own shadow."""
    side, remaining = leaf.outline.folded, leaf.outline.remaining
    if side == 0:
        return
    at = np.clip(place.u * (len(remaining) - 1), 0, len(remaining) - 1).astype(np.int32)
    # The outline ends at the fold; what was beyond it lies mirrored on this side of it.
    original = place.half / remaining[at]
    over = (side * place.v - (2 * place.half - original)) * leaf.length
    folded = np.clip(8 * (1 - remaining[at]), 0, 1)
    flap = np.clip(over + 0.5, 0, 1) * np.clip(4 * folded, 0, 1)
    dark = np.clip(1 - np.abs(over + 2) / 3, 0, 1) * (over < 0) * folded
    colours *= (1 - 0.4 * light.shadow * dark)[..., None]
    shine = 0.85 + 0.25 * step(side * place.v, 0.2)
    blend(colours, traits.underside * shine[..., None], flap.astype(np.float32))


def _cast_shadow(
    image: Pixels, window: tuple[slice, slice], alpha: Pixels, height: float, light: Light
) -> None:
    """Darken what lies under a leaf: away from the lamp, and softly all around it."""
    soft = min(12.0, max(1.0, light.soft * height))
    shift = -light.towards[1:] / light.towards[0] * height
    pad = int(min(40, 2 * soft + np.abs(shift).max() + 3))
    side = image.shape[0]
    low = [max(0, w.start - pad) for w in window]
    high = [min(side, w.stop + pad) for w in window]
    around = np.zeros([b - a for a, b in zip(low, high, strict=True)], dtype=np.float32)
    at = [w.start - a for w, a in zip(window, low, strict=True)]
    around[at[0] : at[0] + alpha.shape[0], at[1] : at[1] + alpha.shape[1]] = alpha
    near = box_blur(around, soft)
    cast = ndimage.shift(near, np.round(shift), order=0)
    dark = light.shadow * ((1 - light.ambient) * cast + light.ambient * 0.8 * near)
    image[low[0] : high[0], low[1] : high[1]] *= (1 - dark)[..., None]
