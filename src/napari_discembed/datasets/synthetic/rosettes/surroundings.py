"""Surroundings of rosettes: pots, trays, cloths, labels."""

from __future__ import annotations

import math

import numpy as np

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.ground import (
    GRIT,
    draw_mesh,
    draw_soil,
    scatter_stones,
)
from napari_discembed.datasets.synthetic.rosettes.noise import (
    between,
    blend,
    box_blur,
    fractal_noise,
    lambert,
    rgb,
    smooth_noise,
    step,
)
from napari_discembed.datasets.synthetic.rosettes.shading import Light

PLASTICS = (
    (rgb(0.72, 0.33, 0.22), rgb(0.85, 0.45, 0.3)),  # terracotta
    (rgb(0.28, 0.34, 0.4), rgb(0.42, 0.5, 0.55)),  # blue-grey
    (rgb(0.05, 0.05, 0.06), rgb(0.2, 0.2, 0.21)),  # black
    (rgb(0.75, 0.75, 0.73), rgb(0.93, 0.93, 0.93)),  # white
    (rgb(0.4, 0.4, 0.4), rgb(0.62, 0.6, 0.6)),  # grey
    (rgb(0.1, 0.25, 0.45), rgb(0.3, 0.45, 0.7)),  # blue
    (rgb(0.12, 0.3, 0.2), rgb(0.3, 0.45, 0.3)),  # green
)
_FREQUENCY = (0.24, 0.2, 0.18, 0.12, 0.16, 0.06, 0.04)


def draw_background(
    rng: np.random.Generator, side: int, mm: float, light: Light, centre: tuple[float, float]
) -> Pixels:
    """Draw all that is not plant.

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
    centre
        ``(y, x)`` of the plant, in pixels.
    """
    chance = rng.random()
    if chance < 0.07:
        return _cloth(rng, side, mm, light)
    soil = draw_mesh(rng, side, mm, light) if chance < 0.2 else draw_soil(rng, side, mm, light)
    if rng.random() < 0.72:
        soil = _pot(rng, soil, mm, light, centre)
    if rng.random() < 0.12:
        _tag(rng, soil, mm)
    return soil


def _plastic(rng: np.random.Generator) -> Pixels:
    pair = PLASTICS[int(rng.choice(len(PLASTICS), p=_FREQUENCY))]
    return between(rng, *pair)


def _cloth(rng: np.random.Generator, side: int, mm: float, light: Light) -> Pixels:
    """Return a plain cloth or board."""
    y, x = np.mgrid[:side, :side].astype(np.float32)
    thread = 2 * math.pi / max(2.5, rng.uniform(0.4, 1.0) * mm)
    weave = np.sin(thread * x) * np.sin(thread * y) * rng.uniform(0, 0.5)
    folds = rng.uniform(0, 3) * mm * smooth_noise(rng, (side, side), 25 * mm)
    shade = lambert((weave + folds).astype(np.float32), light.towards, light.ambient)
    spots = 1 + 0.05 * smooth_noise(rng, (side, side), 1.3)
    return (_plastic(rng) * (shade * spots)[..., None]).astype(np.float32)


def _tray(rng: np.random.Generator, side: int, mm: float, light: Light) -> Pixels:
    """Return the tray that pots stand on: ridges, dirt, an end beyond which there is a table."""
    shape = (side, side)
    if rng.random() < 0.2:
        return _cloth(rng, side, mm, light)
    turn = rng.normal(0, 0.04) + rng.choice([0, math.pi / 2])
    y, x = np.mgrid[:side, :side].astype(np.float32)
    along = x * math.cos(turn) + y * math.sin(turn)
    height = np.zeros(shape, dtype=np.float32)
    for _ in range(int(rng.integers(0, 6))):
        at, width = rng.uniform(0, side), rng.uniform(0.6, 4) * mm
        height += rng.choice([-1, 1]) * rng.uniform(0.4, 1.2) * width * step(along - at, width)
    shade = lambert(height + 0.1 * smooth_noise(rng, shape, 2.5), light.towards, light.ambient)
    stain = 1 + 0.05 * fractal_noise(rng, shape, 12 * mm, 3)
    image = (_plastic(rng) * (shade * stain)[..., None]).astype(np.float32)
    if rng.random() < 0.5:
        scatter_stones(rng, image, light, GRIT, 0.5 * mm, rng.uniform(0.001, 0.015))
    if rng.random() < 0.3:  # the table beyond
        table = _plastic(rng) * (1 + 0.15 * smooth_noise(rng, shape, 1.5))[..., None]
        edge = rng.choice([0.04, 0.1, 0.9, 0.96]) * side
        beyond = step((along - edge) * (1 if edge > side / 2 else -1), 1.5)
        blend(image, table.astype(np.float32), beyond)
    return image


def _pot(
    rng: np.random.Generator, soil: Pixels, mm: float, light: Light, centre: tuple[float, float]
) -> Pixels:
    """Put the ground into a pot on a tray, with its rim, the rim's shadow and neighbours."""
    side = soil.shape[0]
    tray = _tray(rng, side, mm, light)
    radius = rng.uniform(22, 38) * mm
    middle = np.array(centre) + rng.normal(0, 0.2, 2) * radius
    y, x = np.mgrid[:side, :side].astype(np.float32)
    rim, width = _plastic(rng) if rng.random() < 0.4 else rgb(0.13, 0.13, 0.14), rng.uniform(0.6, 3)
    width = max(1.5, width * mm)
    square = rng.random() < 0.45
    turn, apart = rng.normal(0, 0.04), radius * rng.uniform(2.1, 2.6)
    a, b = y - middle[0], x - middle[1]
    a, b = a * math.cos(turn) - b * math.sin(turn), a * math.sin(turn) + b * math.cos(turn)
    if rng.random() < 0.6:  # neighbours in rows
        a, b = ((c + apart / 2) % apart - apart / 2 for c in (a, b))
    if square:
        corner = rng.uniform(0.1, 0.35) * radius
        p, q = (np.maximum(np.abs(c) - (radius - corner), 0) for c in (a, b))
        flat = np.minimum(np.maximum(np.abs(a), np.abs(b)) - (radius - corner), 0)
        away = np.hypot(p, q) + flat - corner
    else:
        away = np.hypot(a, b) - radius
    away = away + 0.1 * mm * smooth_noise(rng, (side, side), 8 * mm)
    dome = width * np.clip(1 - (away / width - 0.5) ** 2, 0, 1)
    shade = lambert(dome.astype(np.float32), light.towards, light.ambient)
    ring = step(away, 1.2) * step(width - away, 1.2)
    outside = step(away - width / 2, 1.0)
    tall = rng.uniform(2, 7) * mm
    # The rim darkens the soil beside it and, on the side away from the lamp, the tray.
    tray *= (1 - 0.5 * light.shadow * np.exp(-np.clip(away - width, 0, None) / tall))[..., None]
    soil = (
        soil * (1 - 0.6 * light.shadow * np.exp(np.clip(away, None, 0) / (0.4 * tall)))[..., None]
    )
    image: Pixels = soil + (tray - soil) * outside[..., None]
    blend(image, rim * np.clip(shade, 0, 1.6)[..., None], ring)
    return image.astype(np.float32)


def _tag(rng: np.random.Generator, image: Pixels, mm: float) -> None:
    """Stick a label into the soil."""
    side = image.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32)
    turn, at = rng.uniform(0, 2 * math.pi), rng.uniform(0, side, 2)
    along = (x - at[1]) * math.cos(turn) + (y - at[0]) * math.sin(turn)
    cross = (y - at[0]) * math.cos(turn) - (x - at[1]) * math.sin(turn)
    length, width = rng.uniform(10, 40) * mm, rng.uniform(2, 6) * mm
    alpha = step(length - np.abs(along), 1.2) * step(width - np.abs(cross), 1.2)
    shadow = box_blur(np.roll(alpha, (2, 2), (0, 1)), 2)
    image *= (1 - 0.5 * shadow)[..., None]
    shade = 0.9 + 0.1 * along / length
    writing = fractal_noise(rng, (side, side), 2.5, 1) > 1.2
    ink = (
        1 - 0.5 * writing * (np.abs(cross) < 0.5 * width) * (np.abs(along) < 0.6 * length)
    ) * shade
    colour = between(rng, rgb(0.8, 0.8, 0.78), rgb(0.97, 0.97, 0.95))
    if rng.random() < 0.2:
        colour = rgb(0.9, 0.8, 0.2)
    blend(image, colour * ink[..., None].astype(np.float32), alpha)
