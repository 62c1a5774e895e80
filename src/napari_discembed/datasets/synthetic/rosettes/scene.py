"""A scene: one or more rosettes on a ground, and their photograph."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Sample, visible
from napari_discembed.datasets.synthetic.rosettes.camera import photograph
from napari_discembed.datasets.synthetic.rosettes.painting import Canvas, paint_leaf
from napari_discembed.datasets.synthetic.rosettes.plant import grow
from napari_discembed.datasets.synthetic.rosettes.shading import (
    Light,
    draw_light,
    draw_textures,
)
from napari_discembed.datasets.synthetic.rosettes.surroundings import draw_background
from napari_discembed.datasets.synthetic.rosettes.traits import Species, draw_traits


class RosettesConfig(Config):
    """A picture of a rosette."""

    size: int = Field(256, ge=64, le=2048, title="Size", description="Side, in pixels.")
    fewest: int = Field(3, ge=1, le=60, title="Fewest", description="Leaves of a plant.")
    most: int = Field(25, ge=1, le=60, title="Most", description="Leaves of a plant.")
    species: Species | None = Field(None, title="Species", description="Leaf shape; empty: any.")
    neighbours: float = Field(
        0.12, ge=0, le=1, title="Neighbours", description="Chance of more plants than one."
    )
    aside: float = Field(
        0.2, ge=0, le=1, title="Aside", description="Chance that the plant is not in the middle."
    )
    blur: tuple[float, float] = Field((0.3, 1.1), title="Blur", description="Range, in pixels.")
    noise: tuple[float, float] = Field((0.005, 0.04), title="Noise", description="Range.")


def draw_rosettes(rng: np.random.Generator, config: RosettesConfig | None = None) -> Sample:
    """Grow a plant in a pot and photograph it from above.

    Parameters
    ----------
    rng
        Decides everything.
    config
        Ranges to draw from.
    """
    config = config or RosettesConfig()
    side = config.size
    count = int(rng.integers(config.fewest, config.most + 1))
    many = rng.random() < config.neighbours
    # Young plants are small, and fill less of the picture.
    filled = rng.uniform(0.25, 0.75) + 0.3 * min(1.0, count / 18)
    reach = max(30.0, side * filled / 2 * (0.55 if many else 1.0))
    grown_mm = (10 + 1.6 * min(count, 20)) * rng.uniform(0.7, 1.3)
    mm = float(np.clip(reach / grown_mm, 1.2, 9.0))
    centre = _centre(rng, side, rng.random() < config.aside)
    light = draw_light(rng)
    image = draw_background(rng, side, mm, light, centre)
    canvas = Canvas(image, np.zeros((side, side), dtype=np.int32))
    centres = [centre]
    if many:
        turn = rng.uniform(0, 2 * math.pi)
        for k in range(int(rng.integers(1, 4))):
            away, angle = 2 * reach * rng.uniform(0.8, 1.2), turn + k * math.pi / 2
            centres.append((centre[0] + away * math.sin(angle), centre[1] + away * math.cos(angle)))
    for at in centres:
        _add_plant(rng, canvas, config, count, at, reach, light)
        count = int(rng.integers(config.fewest, config.most + 1))
    seen = photograph(rng, canvas.image, blur=config.blur, noise=config.noise)
    return Sample(seen, visible(canvas.labels, 12))


def _centre(rng: np.random.Generator, side: int, aside: bool) -> tuple[float, float]:
    """Draw where the plant stands."""
    if aside:
        y, x = rng.uniform(0.08, 0.92, 2) * side
    else:
        y, x = side / 2 + rng.normal(0, side / 25, 2)
    return float(y), float(x)


def _add_plant(
    rng: np.random.Generator,
    canvas: Canvas,
    config: RosettesConfig,
    count: int,
    centre: tuple[float, float],
    reach: float,
    light: Light,
) -> None:
    """Grow a plant into the canvas; its leaves get the next numbers."""
    traits = draw_traits(rng, config.species)
    first = int(canvas.labels.max(initial=0)) + 1
    width = reach * (1 - traits.petiole) * traits.aspect
    textures = draw_textures(rng, canvas.labels.shape[0], width, traits.quilt)
    for k, leaf in enumerate(grow(rng, traits, count, centre, reach)):
        paint_leaf(rng, canvas, leaf, first + k, traits, light, textures)
