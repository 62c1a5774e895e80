"""Rosettes seen from above: overlapping leaves on soil, as a phenotyping camera sees them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage

from napari_discembed.config import Config
from napari_discembed.datasets.synthetic.base import Pixels, Sample, camera, clouds, visible

Species: TypeAlias = Literal["arabidopsis", "tobacco", "lobed", "round"]
SPECIES: tuple[Species, ...] = ("arabidopsis", "tobacco", "lobed", "round")
GOLDEN_ANGLE = math.radians(137.508)
SUPERSAMPLED = 2


class RosettesConfig(Config):
    """A picture of a rosette."""

    size: int = Field(256, ge=64, le=2048, title="Size", description="Side, in pixels.")
    fewest: int = Field(4, ge=1, le=60, title="Fewest", description="Leaves.")
    most: int = Field(25, ge=1, le=60, title="Most", description="Leaves.")
    species: Species | None = Field(None, title="Species", description="Leaf shape; empty: any.")
    blur: tuple[float, float] = Field((0.3, 1.0), title="Blur", description="Range, in pixels.")
    noise: tuple[float, float] = Field((0.005, 0.03), title="Noise", description="Range.")


@dataclass(frozen=True, slots=True)
class _Plant:
    """What the leaves of one plant have in common."""

    width: float
    """Of the blade, over its length."""
    petiole: float
    """Share of the leaf that is stalk."""
    tip: float
    """0 for a round end, 1 for a pointed one."""
    lobes: tuple[float, float]
    """How deep and how many."""
    colour: NDArray[np.float32]
    vein: float
    variegation: float
    gloss: float


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
    n = config.size * SUPERSAMPLED
    image = _ground(rng, n)
    labels = np.zeros((n, n), dtype=np.int32)
    plant = _plant(rng, config.species)
    count = int(rng.integers(config.fewest, config.most + 1))
    centre = n / 2 + rng.normal(0, n / 30, 2)
    reach = n * rng.uniform(0.22, 0.46)
    start, light = rng.uniform(0, 2 * math.pi), rng.uniform(0, 2 * math.pi)
    for leaf in range(count):
        # The oldest leaf first, so that younger and smaller ones lie on top.
        age = 1 - leaf / count
        angle = start + leaf * GOLDEN_ANGLE + rng.normal(0, 0.15)
        length = reach * (0.25 + 0.75 * age**0.7) * rng.uniform(0.8, 1.1)
        _leaf(rng, image, labels, leaf + 1, centre, angle, length, light, plant)
    image = _light(rng, image)
    # Every second pixel after a blur is a camera of half the resolution.
    image = ndimage.gaussian_filter(image, (0.8, 0.8, 0))[::SUPERSAMPLED, ::SUPERSAMPLED]
    labels = labels[::SUPERSAMPLED, ::SUPERSAMPLED]
    seen = camera(rng, image, blur=rng.uniform(*config.blur), noise=rng.uniform(*config.noise))
    return Sample(seen, visible(labels, 12))


def _rgb(red: float, green: float, blue: float) -> Pixels:
    return np.array([red, green, blue], dtype=np.float32)


def _plant(rng: np.random.Generator, species: Species | None) -> _Plant:
    species = species or SPECIES[int(rng.integers(len(SPECIES)))]
    width, petiole, tip, lobes = {
        "arabidopsis": (rng.uniform(0.3, 0.5), rng.uniform(0.25, 0.5), 0.2, (0.0, 0.0)),
        "tobacco": (rng.uniform(0.45, 0.7), rng.uniform(0.05, 0.15), 0.6, (0.0, 0.0)),
        "lobed": (
            rng.uniform(0.3, 0.5),
            rng.uniform(0.15, 0.35),
            0.4,
            (rng.uniform(0.08, 0.25), float(rng.integers(4, 9))),
        ),
        "round": (rng.uniform(0.6, 0.9), rng.uniform(0.3, 0.5), 0.0, (0.0, 0.0)),
    }[species]
    green = np.array([rng.uniform(0.2, 0.42), rng.uniform(0.42, 0.68), rng.uniform(0.1, 0.28)])
    if rng.random() < 0.12:  # purple-leaved
        green = np.array([rng.uniform(0.35, 0.5), rng.uniform(0.18, 0.3), rng.uniform(0.25, 0.4)])
    return _Plant(
        width=width,
        petiole=petiole,
        tip=float(np.clip(tip + rng.normal(0, 0.2), 0, 1)),
        lobes=lobes,
        colour=green.astype(np.float32),
        vein=rng.uniform(0.03, 0.16),
        variegation=rng.uniform(0.15, 0.4) if rng.random() < 0.15 else 0.0,
        gloss=rng.uniform(0, 0.25),
    )


def _leaf(
    rng: np.random.Generator,
    image: Pixels,
    labels: NDArray[np.int32],
    number: int,
    centre: NDArray[np.float64],
    angle: float,
    length: float,
    light: float,
    plant: _Plant,
) -> None:
    """Draw one leaf, with its shadow on what lies under it."""
    n = labels.shape[0]
    pad = 0.08 * length + 8
    tip = centre + length * np.array([math.sin(angle), math.cos(angle)])
    half = plant.width * length * 0.6 + pad
    low = np.maximum(np.floor(np.minimum(centre, tip) - half), 0).astype(int)
    high = np.minimum(np.ceil(np.maximum(centre, tip) + half), n).astype(int)
    if (high <= low).any():
        return
    window = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    y, x = np.mgrid[window].astype(np.float32)
    y, x = y - np.float32(centre[0]), x - np.float32(centre[1])
    bend = rng.normal(0, 0.12)
    u = (x * math.cos(angle) + y * math.sin(angle)) / length
    v = (-x * math.sin(angle) + y * math.cos(angle)) / length - bend * u * (1 - u)
    outline = _outline(rng, u, v, plant)
    mask = np.abs(v) <= outline
    shadow = ndimage.gaussian_filter(
        ndimage.shift(
            mask.astype(np.float32),
            (0.03 * length * math.sin(light), 0.03 * length * math.cos(light)),
            order=0,
        ),
        0.02 * length + 1,
    )
    image[window] *= (1 - 0.45 * shadow * ~mask)[..., None]
    image[window][mask] = _blade(rng, u, v, outline, angle, light, plant)[mask]
    labels[window][mask] = number


def _outline(rng: np.random.Generator, u: Pixels, v: Pixels, plant: _Plant) -> Pixels:
    """Return half the width of the leaf at each place along it, in leaf lengths."""
    stalk = plant.petiole
    along = np.clip((u - stalk) / (1 - stalk), 0, 1)
    # sin^p is round for small p, and its skew moves the widest place.
    skewed = np.sin(math.pi * along ** (0.8 + 0.5 * rng.random())).clip(0)
    rounded = skewed ** (0.5 + 0.4 * plant.tip)
    blade = plant.width / 2 * rounded
    depth, lobes = plant.lobes
    if depth:
        teeth = np.cos(2 * math.pi * lobes * along + np.where(v > 0, 0.0, 0.7))
        blade = blade * (1 - depth * (1 + teeth) / 2 * (1 - along))
    wobble = 1 + 0.05 * np.sin(rng.uniform(8, 16) * u + rng.uniform(0, 6))
    petiole = np.where((u > 0) & (u < stalk + 0.1), 0.022 + 0.01 * plant.width, 0)
    half: Pixels = np.where((u >= 0) & (u <= 1), np.maximum(blade * wobble, petiole), -1.0)
    return half.astype(np.float32)


def _blade(
    rng: np.random.Generator,
    u: Pixels,
    v: Pixels,
    outline: Pixels,
    angle: float,
    light: float,
    plant: _Plant,
) -> Pixels:
    """Return the colours of a leaf: shading of its curvature, midrib, veins, patches."""
    across = v / np.maximum(outline, 1e-3)
    shape = u.shape
    colour = plant.colour * rng.uniform(0.75, 1.2) * rng.normal(1, 0.05, 3).astype(np.float32)
    # Each half of the blade is tilted towards or away from the light.
    tilt = math.sin(light - angle)
    shade = 1 + 0.22 * tilt * across - 0.18 * across**2 + 0.12 * (u - 0.5)
    shade = shade + 0.08 * clouds(rng, shape, max(6.0, shape[0] / 6), 2)
    midrib = np.exp(-((v / 0.012) ** 2)) * (1 - 0.5 * np.clip(u, 0, 1))
    side = np.abs(np.sin(math.pi * (9 * u - 4 * np.abs(across))))
    veins = np.exp(-((side / 0.12) ** 2)) * (np.abs(across) < 0.9)
    pixels = colour * shade[..., None]
    pixels = pixels + plant.vein * (midrib + 0.35 * veins)[..., None] * _rgb(1, 1, 0.7)
    gloss = np.exp(-(((across - 0.4 * tilt) / 0.25) ** 2)) * plant.gloss
    pixels = pixels + gloss[..., None] * _rgb(0.6, 0.7, 0.7)
    if plant.variegation:
        patches = clouds(rng, shape, max(5.0, shape[0] / 8)) > 0.6
        pixels = pixels + plant.variegation * patches[..., None]
    if rng.random() < 0.1:  # an ageing leaf
        pixels = pixels * _rgb(1.35, 1.05, 0.7)
    rim = np.clip((1 - np.abs(across)) * 8, 0, 1)
    return (pixels * (0.75 + 0.25 * rim)[..., None]).astype(np.float32)


def _ground(rng: np.random.Generator, n: int) -> Pixels:
    """Return soil in a pot on a tray, with stones, perlite and moss."""
    soil = np.array([rng.uniform(0.12, 0.4), 0, 0], dtype=np.float32)
    soil[1] = soil[0] * rng.uniform(0.72, 0.9)
    soil[2] = soil[1] * rng.uniform(0.6, 0.9)
    grain = 1 + 0.35 * clouds(rng, (n, n), 5, 2) + 0.2 * clouds(rng, (n, n), 40)
    image = np.clip(grain, 0.2, 2.2)[..., None] * soil
    image = _specks(rng, image, n)
    if rng.random() < 0.4:
        moss = np.clip(clouds(rng, (n, n), n / 6) - rng.uniform(0.2, 0.9), 0, 1)
        moss = (moss * np.clip(1 + 0.5 * clouds(rng, (n, n), 4), 0, 2))[..., None]
        green = _rgb(rng.uniform(0.15, 0.3), rng.uniform(0.28, 0.42), 0.1)
        image = image * (1 - np.clip(moss, 0, 1)) + green * np.clip(moss, 0, 1)
    if rng.random() < 0.6:
        image = _pot(rng, image, n)
    return image.astype(np.float32)


def _specks(rng: np.random.Generator, image: Pixels, n: int) -> Pixels:
    """Scatter stones and perlite."""
    specks = np.zeros((n, n), dtype=np.float32)
    count = int(rng.integers(0, 250))
    at = rng.integers(0, n, (2, count))
    specks[at[0], at[1]] = rng.uniform(0.3, 1.0, count)
    size = rng.uniform(1.0, 3.0)
    spots = ndimage.gaussian_filter(ndimage.grey_dilation(specks, size=int(2 * size) + 1), 0.7)
    bright = np.float32(rng.uniform(0.5, 0.9))
    mixed: Pixels = image * (1 - spots[..., None]) + bright * spots[..., None]
    return mixed


def _pot(rng: np.random.Generator, image: Pixels, n: int) -> Pixels:
    """Put the soil into a round or square pot that stands on a tray."""
    y, x = np.mgrid[:n, :n].astype(np.float32) / n - 0.5
    y, x = y + rng.normal(0, 0.02), x + rng.normal(0, 0.02)
    away = np.hypot(y, x) if rng.random() < 0.5 else np.maximum(np.abs(y), np.abs(x))
    radius = rng.uniform(0.42, 0.6)
    tray = rng.uniform(0.05, 0.9) * rng.normal(1, 0.08, 3)
    rim = np.float32(rng.uniform(0.05, 0.8))
    image = np.where((away > radius)[..., None], rim, image)
    inner = np.clip((radius - away) / 0.04, 0, 1)  # the rim's shadow
    image = np.where((away <= radius)[..., None], image * (0.6 + 0.4 * inner)[..., None], image)
    outside = (away > radius + rng.uniform(0.02, 0.06))[..., None]
    textured = tray * (1 + 0.05 * clouds(rng, (n, n), 30))[..., None]
    potted: Pixels = np.where(outside, textured, image)
    return potted


def _light(rng: np.random.Generator, image: Pixels) -> Pixels:
    """Light the scene from a side, with the camera's white balance and exposure."""
    n = image.shape[0]
    y, x = np.mgrid[:n, :n].astype(np.float32) / n - 0.5
    angle = rng.uniform(0, 2 * math.pi)
    slope = 1 + rng.uniform(0, 0.35) * (y * math.sin(angle) + x * math.cos(angle))
    balance = rng.normal(1, 0.06, 3).astype(np.float32)
    lit: Pixels = image * slope[..., None] * balance * np.float32(rng.uniform(0.7, 1.4))
    return lit
