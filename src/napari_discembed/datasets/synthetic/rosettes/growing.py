"""Movies of a rosette that grows: leaves keep their numbers over days, and new ones appear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.movie import Movie, movie_of
from napari_discembed.datasets.synthetic.rosettes.camera import photograph
from napari_discembed.datasets.synthetic.rosettes.painting import Canvas, paint_leaf
from napari_discembed.datasets.synthetic.rosettes.plant import GOLDEN_ANGLE, Leaf, form_leaf
from napari_discembed.datasets.synthetic.rosettes.shading import draw_light, draw_textures
from napari_discembed.datasets.synthetic.rosettes.surroundings import draw_background
from napari_discembed.datasets.synthetic.rosettes.traits import Species, Traits, draw_traits

LEAST = 12
"""Pixels of a leaf that is seen."""


class GrowingConfig(Config):
    """A movie of a growing rosette, a picture a day."""

    size: int = Field(256, ge=64, le=2048, title="Size", description="Side, in pixels.")
    frames: int = Field(10, ge=2, le=200, title="Frames", description="Days.")
    fewest: int = Field(4, ge=1, le=60, title="Fewest", description="Leaves on the first day.")
    most: int = Field(10, ge=1, le=60, title="Most", description="Leaves on the first day.")
    plastochron: tuple[float, float] = Field(
        (0.8, 2.5), title="Plastochron", description="Days from leaf to leaf, range."
    )
    species: Species | None = Field(None, title="Species", description="Leaf shape; empty: any.")
    sway: float = Field(
        0.04, ge=0, le=1, title="Sway", description="How leaves turn from day to day, in radians."
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Plant:
    """What of a plant does not change: ``(N,)`` values of the leaves that it will have."""

    traits: Traits
    centre: tuple[float, float]
    reach: float
    seeds: NDArray[np.integer]
    turn: NDArray[np.float64]
    grown: NDArray[np.float64]
    early: NDArray[np.float64]
    above: NDArray[np.intp]
    middle: float
    slow: float

    def lengths(self, age: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the length of each leaf, and its youth, when so many have appeared."""
        own = age - np.arange(len(self.turn)) + self.early
        growth = 1 / (1 + np.exp(-(own - self.middle) / self.slow))
        start = 1 / (1 + math.exp(self.middle / self.slow))
        share = np.clip((growth - start) / (1 - start), 0, 1)
        length = self.reach * self.grown * (0.12 + 0.88 * share)
        return np.where(own > 0, length, 0.0), 1 - share

    def leaves(self, age: float, sway: NDArray[np.float64]) -> list[tuple[int, Leaf]]:
        """Return the leaves of a day with their numbers, lowest first."""
        length, youth = self.lengths(age)
        found = []
        for i in self.above.tolist():
            if length[i] > 0:
                own = np.random.default_rng(int(self.seeds[i]))  # the same draws each day
                turn = float(self.turn[i] + sway[i])
                size, young = float(length[i]), float(youth[i])
                leaf = form_leaf(own, self.traits, self.centre, turn, size, young, i, self.reach)
                found.append((i + 1, leaf))
        return found


def draw_growing(rng: np.random.Generator, config: GrowingConfig | None = None) -> Movie:
    """Grow a rosette day by day and photograph it from above.

    Parameters
    ----------
    rng
        Decides everything.
    config
        Ranges to draw from.
    """
    config = config or GrowingConfig()
    first = int(rng.integers(config.fewest, max(config.fewest, config.most) + 1))
    days = rng.uniform(*config.plastochron)
    ages = first + np.arange(config.frames) / days
    plant = _draw_plant(rng, config, math.ceil(float(ages[-1])) + 1)
    light = draw_light(rng)
    mm = plant.reach / 30
    textures_seed, ground_seed, paint_seed = rng.integers(2**31, size=3).tolist()
    frames, labels = [], []
    sway = np.zeros(len(plant.turn))
    for age in ages.tolist():
        sway = 0.5 * sway + rng.normal(0, config.sway, len(sway))
        ground = np.random.default_rng(ground_seed)
        image = draw_background(ground, config.size, mm, light, plant.centre)
        canvas = Canvas(image, np.zeros((config.size, config.size), dtype=np.int32))
        width = plant.reach * (1 - plant.traits.petiole) * plant.traits.aspect
        textures = draw_textures(
            np.random.default_rng(textures_seed), config.size, width, plant.traits.quilt
        )
        for number, leaf in plant.leaves(age, sway):
            own = np.random.default_rng((paint_seed, number))
            paint_leaf(own, canvas, leaf, number, plant.traits, light, textures)
        frames.append(photograph(rng, canvas.image, blur=(0.4, 0.8), noise=(0.005, 0.03)))
        labels.append(canvas.labels)
    return movie_of(np.stack(frames), np.stack(labels), {}, "growing", LEAST)


def _draw_plant(rng: np.random.Generator, config: GrowingConfig, count: int) -> _Plant:
    side, order = config.size, np.arange(count)
    turn = order * GOLDEN_ANGLE + rng.normal(0, rng.uniform(0.08, 0.25), count)
    if count >= 2:
        turn[1] = turn[0] + math.pi + rng.normal(0, 0.2)  # the seed leaves stand opposite
    first = rng.uniform(0.3, 0.6)
    grown = first + (1 - first) * (1 - np.exp(-order / rng.uniform(1.5, 4)))
    grown *= np.exp(rng.normal(0, 0.07, count))
    y, x = side / 2 + rng.normal(0, side / 40, 2)
    return _Plant(
        traits=draw_traits(rng, config.species),
        centre=(float(y), float(x)),
        reach=side * rng.uniform(0.36, 0.46),
        seeds=rng.integers(2**31, size=count),
        turn=turn + rng.uniform(0, 2 * math.pi),
        grown=grown / grown.max(),
        early=rng.uniform(0, 0.5, count),
        above=np.argsort(order + rng.normal(0, 0.4, count)),
        middle=rng.uniform(3.0, 5.0),
        slow=rng.uniform(1.0, 1.7),
    )
