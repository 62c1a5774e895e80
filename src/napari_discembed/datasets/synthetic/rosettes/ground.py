"""Ground under rosettes: soil, stones, litter, moss, algae, a mesh."""

from __future__ import annotations

import math

import numpy as np
from scipy import ndimage
from skimage.draw import line

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.noise import (
    between,
    blend,
    fractal_noise,
    lambert,
    rgb,
    smooth_noise,
    step,
)
from napari_discembed.datasets.synthetic.rosettes.shading import Light

PERLITE = (rgb(0.85, 0.84, 0.8), rgb(0.75, 0.72, 0.65), rgb(0.92, 0.92, 0.92))
MIXED = (
    rgb(0.85, 0.7, 0.5),
    rgb(0.7, 0.45, 0.25),
    rgb(0.9, 0.85, 0.75),
    rgb(0.6, 0.55, 0.5),
    rgb(0.8, 0.55, 0.4),
)
GRIT = (rgb(0.45, 0.35, 0.25), rgb(0.55, 0.45, 0.3), rgb(0.3, 0.22, 0.16), rgb(0.6, 0.55, 0.5))


def draw_soil(rng: np.random.Generator, side: int, mm: float, light: Light) -> Pixels:
    """Draw the soil of a pot from above.

    Parameters
    ----------
    rng
        Decides everything.
    side
        Of the picture, in pixels.
    mm
        Pixels of a millimetre.
    light
        Over the scene.
    """
    image = _crumbs(rng, side, mm, light)
    chance = rng.random()
    if chance < 0.3:
        palette = MIXED if rng.random() < 0.6 else PERLITE
        density = rng.uniform(0.02, 0.25)
        scatter_stones(rng, image, light, palette, rng.uniform(0.4, 0.9) * mm, density)
    elif chance < 0.75:
        scatter_stones(rng, image, light, GRIT, rng.uniform(0.3, 0.8) * mm, rng.uniform(0.02, 0.1))
    if rng.random() < 0.5:
        _litter(rng, image, mm)
    if rng.random() < 0.65:
        _moss(rng, image, mm, light)
    if rng.random() < 0.25:
        _wet(rng, image, mm)
    return image


def _crumbs(rng: np.random.Generator, side: int, mm: float, light: Light) -> Pixels:
    """Return bare soil: crumbs of several sizes under the lamp."""
    shape = (side, side)
    dark = between(rng, rgb(0.1, 0.08, 0.07), rgb(0.32, 0.25, 0.19))
    dark = dark + np.float32(rng.uniform(0, 0.8)) * (dark.mean() - dark)
    other = dark * rng.uniform(1.15, 1.8) * rgb(1.08, 1.0, 0.92)
    fine = smooth_noise(rng, shape, max(1.2, 0.35 * mm))
    crumbs = fractal_noise(rng, shape, max(2.0, rng.uniform(0.8, 1.8) * mm), 2)
    lumps = smooth_noise(rng, shape, rng.uniform(3, 6) * mm)
    height = 0.4 * crumbs * max(1.0, 0.5 * mm) + 0.5 * lumps * mm + 0.3 * fine
    shade = lambert(height * np.float32(rng.uniform(0.4, 1.2)), light.towards, light.ambient)
    # Holes between crumbs lie in the dark.
    shade = shade * np.clip(1 + 0.16 * crumbs + 0.1 * fine + 0.08 * lumps, 0.3, 1.7)
    share = np.clip(0.3 + 0.2 * smooth_noise(rng, shape, 9 * mm) + 0.25 * fine, 0, 1)[..., None]
    image: Pixels = ((dark + (other - dark) * share) * shade[..., None]).astype(np.float32)
    tones = tuple(dark * t * rgb(1.1, 1, 0.9) for t in (0.6, 0.9, 1.3, 1.8))
    scatter_stones(rng, image, light, tones, rng.uniform(0.25, 0.6) * mm, rng.uniform(0.1, 0.35))
    return image


def scatter_stones(
    rng: np.random.Generator,
    image: Pixels,
    light: Light,
    palette: tuple[Pixels, ...],
    radius: float,
    density: float,
) -> None:
    """Scatter stones, each with a colour, a size and a lit side, in place.

    Parameters
    ----------
    rng
        Decides everything.
    image
        ``(N, N, 3)``.
    light
        Over the scene.
    palette
        Colours to draw from.
    radius
        Typical one, in pixels.
    density
        Share of the ground that they cover, about.
    """
    side = image.shape[0]
    radius = max(radius, 0.8)
    count = int(np.clip(density * side * side / (math.pi * radius**2), 3, 6000))
    seeds = np.ones((side, side), dtype=bool)
    at = rng.integers(0, side, (2, 2 * count))
    # Stones lie in clumps.
    clumps = smooth_noise(rng, (side, side), max(8.0, 12 * radius))[at[0], at[1]]
    at = at[:, np.argsort(rng.normal(0, 0.8, 2 * count) - clumps)[:count]]
    seeds[at[0], at[1]] = False
    near = ndimage.distance_transform_edt(seeds, return_distances=False, return_indices=True)
    y, x = (
        np.arange(side, dtype=np.float32).reshape(s) - near[k]
        for k, s in enumerate(((-1, 1), (1, -1)))
    )
    number = np.zeros((side, side), dtype=np.int32)
    number[at[0], at[1]] = np.arange(count)
    own = number[near[0], near[1]]
    size = (radius * np.exp(np.clip(rng.normal(0, 0.45, count), -1, 0.9))).astype(np.float32)[own]
    turn, flat = rng.uniform(0, math.pi, count), rng.uniform(1.0, 2.0, count)
    cos, sin, flatness = (f.astype(np.float32)[own] for f in (np.cos(turn), np.sin(turn), flat))
    along, cross = x * cos + y * sin, (y * cos - x * sin) * flatness
    rough = 1 + 0.18 * smooth_noise(rng, (side, side), max(1.5, radius))
    away = np.hypot(along, cross) * rough
    alpha = np.clip(size - away + 0.5, 0, 1)
    dome = np.clip(1 - (away / size) ** 2, 0, 1)
    slope = (light.towards[1] * y + light.towards[2] * x) / np.maximum(size, 1)
    shade = np.clip(0.72 + 0.35 * dome + 0.35 * slope, 0.3, 1.4)
    table = np.stack(palette)[rng.integers(0, len(palette), count)]
    table = table * rng.normal(0.85, 0.18, (count, 1)).astype(np.float32)
    # A dark seam below, where the stone touches the soil.
    seam = np.clip(size + 1.5 - away, 0, 1) * (1 - alpha)
    image *= (1 - 0.35 * seam)[..., None]
    blend(image, table[own].astype(np.float32) * shade[..., None], alpha)


def _litter(rng: np.random.Generator, image: Pixels, mm: float) -> None:
    """Scatter fibres and chips."""
    side = image.shape[0]
    ink = np.zeros((side, side), dtype=np.float32)
    for _ in range(int(rng.integers(5, 60))):
        y, x = rng.uniform(0, side, 2)
        turn, length = rng.uniform(0, 2 * math.pi), rng.exponential(1.5 * mm) + 1
        ends = (int(y), int(x), int(y + length * math.sin(turn)), int(x + length * math.cos(turn)))
        rows, columns = line(*ends)
        kept = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
        ink[rows[kept], columns[kept]] = rng.uniform(0.3, 1)
    ink = ndimage.uniform_filter(ink, 2) * 1.6
    blend(image, between(rng, rgb(0.25, 0.15, 0.1), rgb(0.65, 0.55, 0.42)), np.clip(ink, 0, 1))


def _moss(rng: np.random.Generator, image: Pixels, mm: float, light: Light) -> None:
    """Let moss and algae grow: background, however green."""
    shape = image.shape[:2]
    where = fractal_noise(rng, (shape[0], shape[1]), rng.uniform(4, 25) * mm, 3)
    cover = step(where - rng.uniform(-0.7, 1.3), rng.uniform(0.3, 1.8))
    fine = smooth_noise(rng, (shape[0], shape[1]), max(1.3, rng.uniform(0.2, 0.6) * mm))
    green = between(rng, rgb(0.13, 0.24, 0.07), rgb(0.52, 0.62, 0.13))
    chance = rng.random()
    if chance < 0.35:  # a film of algae
        blend(image, green * rgb(0.7, 0.8, 0.8), cover * np.float32(rng.uniform(0.2, 0.65)))
        return
    if chance < 0.65:  # single tufts
        tufted = image.copy()
        bright = green * np.float32(rng.uniform(1.0, 1.7))
        palette = (bright, bright * 0.7, bright * rgb(1.2, 1, 0.6), green * 0.6)
        radius = rng.uniform(0.25, 0.6) * mm
        scatter_stones(rng, tufted, light, palette, radius, rng.uniform(0.3, 1.2))
        image += (tufted - image) * (step(cover, 0.4) * step(fine + 1.2 * cover, 1.0))[..., None]
        return
    shade = lambert(fine * np.float32(rng.uniform(0.5, 1.2)), light.towards, light.ambient)
    patch = smooth_noise(rng, (shape[0], shape[1]), max(2.5, rng.uniform(0.8, 2.5) * mm))
    tufts = step(0.5 * fine + 0.7 * patch + 2.5 * cover - rng.uniform(1.0, 2.4), 1.6)
    bright = np.clip(1 + 0.25 * fine + 0.2 * patch, 0.2, 2) * shade
    colour = green * bright[..., None] * (1 + 0.25 * patch[..., None] * rgb(0.8, 0.3, -0.4))
    blend(image, colour, tufts * step(cover, 0.3) * np.float32(rng.uniform(0.4, 0.95)))


def _wet(rng: np.random.Generator, image: Pixels, mm: float) -> None:
    """Let wet soil be darker and glare."""
    shape = (image.shape[0], image.shape[1])
    wet = step(smooth_noise(rng, shape, 12 * mm) - rng.uniform(-0.5, 1), 1.0)
    image *= (1 - 0.45 * wet)[..., None]
    sparkle = step(smooth_noise(rng, shape, max(1.3, 0.5 * mm)) - rng.uniform(1.4, 2.2), 0.5)
    image += (0.6 * sparkle * wet)[..., None]


def draw_mesh(rng: np.random.Generator, side: int, mm: float, light: Light) -> Pixels:
    """Draw a plastic mesh over soil: rows of round holes, as on pots of a phenotyping facility."""
    pitch = max(5.0, rng.uniform(2.5, 8) * mm)
    turn = rng.normal(0, 0.06) + (math.pi / 4 if rng.random() < 0.15 else 0)
    y, x = np.mgrid[:side, :side].astype(np.float32)
    warp = 0.12 * pitch * smooth_noise(rng, (side, side), side / 3)
    a = (x * math.cos(turn) + y * math.sin(turn) + warp) / pitch
    b = (y * math.cos(turn) - x * math.sin(turn) + warp) / (pitch * rng.uniform(0.8, 1.2))
    away = np.hypot(a - np.floor(a) - 0.5, b - np.floor(b) - 0.5)
    hole = step(rng.uniform(0.28, 0.42) - away, 1.2 / pitch)
    knots = np.cos(2 * math.pi * a) * np.cos(2 * math.pi * b)
    height = (0.25 * pitch * np.clip(away, 0, 0.5) + 0.08 * pitch * knots).astype(np.float32)
    shade = lambert(height, light.towards, light.ambient)
    plastic = between(rng, rgb(0.12, 0.12, 0.13), rgb(0.42, 0.41, 0.45)) * shade[..., None]
    plastic = plastic * (1 + 0.06 * smooth_noise(rng, (side, side), 2.0))[..., None]
    soil = _crumbs(rng, side, mm, light) * np.float32(rng.uniform(0.2, 0.7))
    return (plastic + (soil - plastic) * hole[..., None]).astype(np.float32)
