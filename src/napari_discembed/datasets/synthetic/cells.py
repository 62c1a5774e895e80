"""Cells and nuclei under three kinds of microscope: fluorescence, phase contrast, stained."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import (
    Pixels,
    Sample,
    camera,
    clouds,
    depth,
    per_cell,
    visible,
)
from napari_discembed.datasets.synthetic.tissue import draw_tissue

Look: TypeAlias = Literal["fluorescence", "phase", "stained"]
LOOKS: tuple[Look, ...] = ("fluorescence", "phase", "stained")


class CellsConfig(Config):
    """A picture of cells."""

    size: int = Field(256, ge=32, le=4096, title="Size", description="Side, in pixels.")
    fewest: int = Field(10, ge=0, title="Fewest", description="Cells.")
    most: int = Field(60, ge=1, title="Most", description="Cells.")
    diameter: tuple[float, float] = Field(
        (14.0, 40.0), title="Diameter", description="Smallest and largest typical one, in pixels."
    )
    elongation: float = Field(
        2.0, ge=1, le=10, title="Elongation", description="Largest ratio of length to width."
    )
    touching: float = Field(
        0.5, ge=0, le=1, title="Touching", description="Share of the cells that grow in clumps."
    )
    look: Look | None = Field(None, title="Look", description="Kind of microscope; empty: any.")


def draw_cells(rng: np.random.Generator, config: CellsConfig | None = None) -> Sample:
    """Grow cells and look at them.

    Parameters
    ----------
    rng
        Decides everything.
    config
        Ranges to draw from.
    """
    config = config or CellsConfig()
    labels = _grow(rng, config)
    look = config.look or LOOKS[int(rng.integers(len(LOOKS)))]
    image = {"fluorescence": _fluorescence, "phase": _phase, "stained": draw_tissue}[look](
        rng, labels
    )
    blur, noise = rng.uniform(0.3, 1.4), rng.uniform(0.005, 0.06)
    if look == "stained":  # seen in bright light
        noise /= 3
    return Sample(camera(rng, image, blur=blur, noise=noise), visible(labels, 25))


def _grow(rng: np.random.Generator, config: CellsConfig) -> NDArray[np.int32]:
    """Place cells that touch but hardly overlap; each is a wobbly ellipse."""
    n = config.size
    labels = np.zeros((n, n), dtype=np.int32)
    typical = rng.uniform(*config.diameter)
    placed: list[tuple[float, float]] = []
    for cell in range(1, int(rng.integers(config.fewest, config.most + 1)) + 1):
        radius = typical / 2 * math.exp(rng.normal(0, 0.2))
        centre = rng.uniform(0, n, 2)
        if placed and rng.random() < config.touching:
            away = rng.uniform(0, 2 * math.pi)
            near = placed[int(rng.integers(len(placed)))]
            reach = typical * rng.uniform(0.85, 1.1)
            centre = np.array(near) + reach * np.array([math.sin(away), math.cos(away)])
        ratio = math.sqrt(rng.uniform(1, config.elongation))
        y0, x0, mask = _blob(rng, centre, radius * ratio, radius / ratio, n)
        window = labels[y0 : y0 + mask.shape[0], x0 : x0 + mask.shape[1]]
        if not mask.any() or (window[mask] > 0).mean() > 0.25:
            continue
        window[mask & (window == 0)] = cell
        placed.append((float(centre[0]), float(centre[1])))
    return labels


def _blob(
    rng: np.random.Generator, centre: NDArray[np.float64], a: float, b: float, n: int
) -> tuple[int, int, NDArray[np.bool_]]:
    """Return the corner and the mask of an ellipse whose outline wobbles."""
    reach = 1.3 * max(a, b)
    y0, x0 = (int(max(0, math.floor(c - reach))) for c in centre)
    y1, x1 = (int(min(n, math.ceil(c + reach))) for c in centre)
    y, x = np.mgrid[y0 : max(y0, y1), x0 : max(x0, x1)].astype(np.float32)
    y, x = y - centre[0], x - centre[1]
    turn = rng.uniform(0, math.pi)
    u = x * math.cos(turn) + y * math.sin(turn)
    v = -x * math.sin(turn) + y * math.cos(turn)
    angle = np.arctan2(v / b, u / a)
    outline = np.ones_like(angle)
    for k in (2, 3, 4, 5):
        outline += rng.normal(0, 0.12 / k) * np.cos(k * angle + rng.uniform(0, 2 * math.pi))
    return y0, x0, np.hypot(u / a, v / b) <= outline


def _fluorescence(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    n = labels.shape[0]
    inside = labels > 0
    light = per_cell(rng, labels, 0.25, 1.0) * rng.uniform(0.3, 1.0)
    texture = 1 + rng.uniform(0.05, 0.35) * clouds(rng, labels.shape, rng.uniform(3, 10))
    dome = 0.55 + 0.45 * np.sqrt(depth(labels))
    image = np.where(inside, light * np.clip(texture, 0.2, 2) * dome, 0).astype(np.float32)
    haze = ndimage.gaussian_filter(image, n / 16) * rng.uniform(0, 0.6)
    uneven = 1 + rng.uniform(0, 0.3) * clouds(rng, labels.shape, n / 2, 1)
    return (image + haze + rng.uniform(0.01, 0.12)) * uneven


def _phase(rng: np.random.Generator, labels: NDArray[np.int32]) -> Pixels:
    inside = (labels > 0).astype(np.float32)
    deep = depth(labels)
    halo = ndimage.gaussian_filter(inside, rng.uniform(3, 6)) * (1 - inside)
    rim = inside * np.clip(1 - 4 * deep, 0, 1)
    sign = -1.0 if rng.random() < 0.75 else 0.6
    image = np.full(labels.shape, rng.uniform(0.4, 0.6), dtype=np.float32)
    image += 0.05 * clouds(rng, labels.shape, labels.shape[0] / 3)
    image += sign * rng.uniform(0.08, 0.25) * inside * (0.6 + per_cell(rng, labels, 0, 0.6))
    image += rng.uniform(0.15, 0.45) * halo - rng.uniform(0.1, 0.3) * rim
    image += inside * rng.uniform(0.03, 0.1) * clouds(rng, labels.shape, rng.uniform(2, 6))
    return image
