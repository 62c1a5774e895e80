"""Movies of cells that grow, divide, move and touch, in fluorescence or phase contrast."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage
from scipy.spatial import cKDTree

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Pixels, camera, clouds, depth
from napari_discembed.datasets.synthetic.movie import Movie, movie_of

HARMONICS = (2, 3, 4)
LEAST = 25
"""Pixels of a cell that is seen."""
RELAXATIONS = 12
"""How often cells that overlap push one another away, in each frame."""


class DividingConfig(Config):
    """A movie of dividing cells."""

    size: int = Field(320, ge=64, le=4096, title="Size", description="Side, in pixels.")
    frames: int = Field(20, ge=2, le=1000, title="Frames", description="Of the movie.")
    fewest: int = Field(30, ge=1, title="Fewest", description="Cells in the first frame.")
    most: int = Field(75, ge=1, title="Most", description="Cells in the first frame.")
    diameter: tuple[float, float] = Field(
        (14.0, 20.0), title="Diameter", description="Smallest and largest of a new cell, in pixels."
    )
    cycle: tuple[float, float] = Field(
        (14.0, 30.0), title="Cycle", description="Frames from division to division, range."
    )
    motion: float = Field(
        0.08, ge=0, le=2, title="Motion", description="Of a cell in a frame, in its diameters."
    )
    look: Literal["fluorescence", "phase"] | None = Field(
        None, title="Look", description="Kind of microscope; empty: any."
    )


@dataclass(slots=True)
class _Cell:
    """A cell as it is now; places are ``(y, x)`` in pixels."""

    number: int
    place: NDArray[np.float64]
    speed: NDArray[np.float64]
    angle: float
    area: float
    born: float
    cycle: float
    wobble: NDArray[np.float64]

    @property
    def ripeness(self) -> float:
        """0 just divided, 1 about to divide."""
        return min(1.0, max(0.0, self.area / self.born - 1))

    @property
    def radii(self) -> tuple[float, float]:
        """Half the length and half the width."""
        ratio = 1.15 + 0.75 * self.ripeness
        radius = math.sqrt(self.area / math.pi)
        return radius * math.sqrt(ratio), radius / math.sqrt(ratio)


@dataclass(slots=True)
class _Dish:
    rng: np.random.Generator
    config: DividingConfig
    cells: list[_Cell] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)
    made: int = 0

    def seed(self) -> None:
        """Put the first cells down, in clumps."""
        rng, config = self.rng, self.config
        diameter = rng.uniform(*config.diameter)
        n = int(rng.integers(config.fewest, max(config.fewest, config.most) + 1))
        middles = rng.uniform(0.1, 0.9, (max(1, n // 8), 2)) * config.size
        for _ in range(n):
            place = middles[int(rng.integers(len(middles)))] + rng.normal(0, 2 * diameter, 2)
            born = math.pi / 4 * diameter**2 * math.exp(rng.normal(0, 0.1))
            cell = self._new(np.clip(place, 0, config.size), born, rng.uniform(0, math.pi))
            cell.area = born * (1 + rng.random())
        for _ in range(5):
            self._push_apart()

    def step(self) -> None:
        """Let a frame's time go by."""
        rng, motion = self.rng, self.config.motion
        for cell in list(self.cells):
            size = math.sqrt(cell.area)
            cell.speed = 0.7 * cell.speed + rng.normal(0, motion * size, 2)
            cell.place = cell.place + cell.speed
            cell.angle += float(rng.normal(0, 0.05))
            cell.area *= 2 ** (1 / cell.cycle)
            if cell.area >= 2 * cell.born:
                self._divide(cell)
        self._push_apart()
        margin = self.config.diameter[1]
        inside = (-margin, self.config.size + margin)
        self.cells = [
            c for c in self.cells if inside[0] < c.place.min() <= c.place.max() < inside[1]
        ]

    def _new(self, place: NDArray[np.float64], born: float, angle: float) -> _Cell:
        self.made += 1
        wobble = self.rng.normal(0, 0.05, (len(HARMONICS), 2))
        cycle = float(self.rng.uniform(*self.config.cycle))
        cell = _Cell(self.made, place, np.zeros(2), angle, born, born, cycle, wobble)
        self.cells.append(cell)
        return cell

    def _divide(self, mother: _Cell) -> None:
        self.cells.remove(mother)
        along = np.array([math.sin(mother.angle), math.cos(mother.angle)]) * mother.radii[0] / 2
        share = float(np.clip(self.rng.normal(0.5, 0.03), 0.4, 0.6))
        for side, part in ((1, share), (-1, 1 - share)):
            turned = mother.angle + float(self.rng.normal(0, 0.2))
            child = self._new(mother.place + side * along, mother.area * part, turned)
            child.speed = mother.speed / 2
            self.parents[child.number] = mother.number

    def _push_apart(self) -> None:
        """Move cells that overlap away from each other, as discs of their areas."""
        if len(self.cells) < 2:
            return
        places = np.array([cell.place for cell in self.cells])
        radius = np.sqrt(np.array([cell.area for cell in self.cells]) / math.pi)
        for _ in range(RELAXATIONS):
            pairs = cKDTree(places).query_pairs(2 * float(radius.max()), output_type="ndarray")
            a, b = pairs.T
            away = places[b] - places[a]
            distance = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
            push = np.maximum(0, 0.95 * (radius[a] + radius[b]) - distance) / 4
            move = away / distance[:, None] * push[:, None]
            np.add.at(places, b, move)
            np.add.at(places, a, -move)
        for cell, place in zip(self.cells, places, strict=True):
            cell.place = place

    def labels(self) -> NDArray[np.int32]:
        """Return who is seen at each pixel: of those that reach there, the most central."""
        n = self.config.size
        labels = np.zeros((n, n), dtype=np.int32)
        nearest = np.ones((n, n), dtype=np.float32)
        for cell in self.cells:
            window = _window(cell, n)
            depth_there = _reach(cell, window)
            closer = depth_there < nearest[window]
            nearest[window][closer] = depth_there[closer]
            labels[window][closer] = cell.number
        return labels


def draw_dividing(rng: np.random.Generator, config: DividingConfig | None = None) -> Movie:
    """Grow cells through time and look at them.

    Parameters
    ----------
    rng
        Decides everything.
    config
        Ranges to draw from.
    """
    config = config or DividingConfig()
    dish = _Dish(rng, config)
    dish.seed()
    labels = [dish.labels()]
    for _ in range(config.frames - 1):
        dish.step()
        labels.append(dish.labels())
    looks = ("fluorescence", "phase")
    look = config.look or looks[int(rng.integers(2))]
    light = rng.uniform(0.35, 1.0, dish.made + 1).astype(np.float32)
    ground = clouds(rng, labels[0].shape, config.size / 3, 1)
    blur, noise = rng.uniform(0.4, 1.1), rng.uniform(0.005, 0.04)
    draw = _fluorescence if look == "fluorescence" else _phase
    pictures = [
        camera(rng, draw(rng, frame, light, ground), blur=blur, noise=noise) for frame in labels
    ]
    return movie_of(np.stack(pictures), np.stack(labels), dish.parents, "dividing", LEAST)


def _window(cell: _Cell, n: int) -> tuple[slice, slice]:
    reach = 1.3 * cell.radii[0] + 1
    low = [min(n, max(0, math.floor(c - reach))) for c in cell.place]
    high = [min(n, max(0, math.ceil(c + reach))) for c in cell.place]
    return slice(low[0], high[0]), slice(low[1], high[1])


def _reach(cell: _Cell, window: tuple[slice, slice]) -> Pixels:
    """Return how far out each pixel of a window is: 0 in the middle, 1 at the outline."""
    y, x = np.mgrid[window].astype(np.float32)
    y, x = y - cell.place[0], x - cell.place[1]
    turn = cell.angle
    a, b = cell.radii
    u = (x * math.cos(turn) + y * math.sin(turn)) / a
    v = (-x * math.sin(turn) + y * math.cos(turn)) / b
    angle = np.arctan2(v, u)
    outline = np.ones_like(angle)
    for k, (cosine, sine) in zip(HARMONICS, cell.wobble, strict=True):
        outline += cosine * np.cos(k * angle) + sine * np.sin(k * angle)
    return np.asarray(np.hypot(u, v) / outline, dtype=np.float32)


def _fluorescence(
    rng: np.random.Generator, labels: NDArray[np.int32], light: Pixels, ground: Pixels
) -> Pixels:
    texture = 1 + 0.15 * clouds(rng, labels.shape, 5.0)
    dome = 0.5 + 0.5 * np.sqrt(depth(labels))
    image = np.where(labels > 0, light[labels] * np.clip(texture, 0.3, 2) * dome, 0)
    haze = ndimage.gaussian_filter(image, 8.0) * 0.2
    return np.asarray(0.8 * image + haze + 0.05 * (1 + 0.3 * ground), dtype=np.float32)


def _phase(
    rng: np.random.Generator, labels: NDArray[np.int32], light: Pixels, ground: Pixels
) -> Pixels:
    inside = (labels > 0).astype(np.float32)
    deep = depth(labels)
    halo = ndimage.gaussian_filter(inside, 4.0) * (1 - inside)
    rim = inside * np.clip(1 - 4 * deep, 0, 1)
    body = inside * (0.08 + 0.12 * light[labels]) + 0.03 * inside * clouds(rng, labels.shape, 4.0)
    image = 0.5 + 0.04 * ground - body + 0.3 * halo - 0.15 * rim
    return np.asarray(image, dtype=np.float32)
