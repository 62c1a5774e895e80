"""Scattered sticks: later ones lie over earlier ones and may cut them into parts."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Sample, camera, clouds, visible


class SticksConfig(Config):
    """A picture of sticks (De Brabandere 2017, section 4.4)."""

    size: int = Field(256, ge=32, le=4096, title="Size", description="Side, in pixels.")
    fewest: int = Field(8, ge=0, title="Fewest", description="Sticks.")
    most: int = Field(24, ge=1, title="Most", description="Sticks.")
    length: tuple[float, float] = Field(
        (60.0, 160.0), title="Length", description="Shortest and longest, in pixels."
    )
    width: tuple[float, float] = Field(
        (6.0, 12.0), title="Width", description="Thinnest and thickest, in pixels."
    )
    noise: float = Field(0.04, ge=0, le=1, title="Noise", description="Of the camera.")
    blur: float = Field(0.7, ge=0, le=10, title="Blur", description="Of the camera, in pixels.")


def draw_sticks(rng: np.random.Generator, config: SticksConfig | None = None) -> Sample:
    """Throw sticks onto a table and photograph them.

    Parameters
    ----------
    rng
        Decides everything.
    config
        Ranges to draw from.
    """
    config = config or SticksConfig()
    n = config.size
    y, x = np.mgrid[:n, :n].astype(np.float32)
    image = np.full((n, n), rng.uniform(0.1, 0.3), dtype=np.float32)
    image += 0.03 * clouds(rng, (n, n), n / 4)
    labels = np.zeros((n, n), dtype=np.int32)
    for stick in range(1, int(rng.integers(config.fewest, config.most + 1)) + 1):
        cy, cx = rng.uniform(0, n, 2)
        angle = rng.uniform(0, math.pi)
        along = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        across = -(x - cx) * math.sin(angle) + (y - cy) * math.cos(angle)
        half = rng.uniform(*config.length) / 2
        radius = rng.uniform(*config.width) / 2
        # A capsule: how far from the axis, the ends rounded.
        beyond = np.maximum(np.abs(along) - half, 0)
        inside = np.hypot(beyond, across) <= radius
        round_light = 1 - 0.35 * (np.abs(across) / radius) ** 2
        grain = 1 + 0.05 * np.sin(along / rng.uniform(4, 12) + rng.uniform(0, 6))
        shade = rng.uniform(0.45, 0.95)
        shadow = np.hypot(np.maximum(np.abs(along) - half, 0), across - 2) <= radius + 1.5
        image[shadow & ~inside] *= 0.75
        image[inside] = (shade * round_light * grain)[inside]
        labels[inside] = stick
    return Sample(camera(rng, image, blur=config.blur, noise=config.noise), visible(labels, 20))
