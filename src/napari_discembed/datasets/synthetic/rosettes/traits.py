"""Traits: what the leaves of one plant have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.noise import between, rgb

Species: TypeAlias = Literal["arabidopsis", "crenate", "tobacco", "lobed", "round"]
SPECIES: tuple[Species, ...] = ("arabidopsis", "crenate", "tobacco", "lobed", "round")
_FREQUENCY = (0.32, 0.32, 0.1, 0.1, 0.16)


@dataclass(frozen=True, slots=True)
class Traits:
    """What the leaves of one plant have in common.

    Attributes
    ----------
    aspect
        Width of a blade over its length.
    petiole
        Share of a grown leaf that is stalk.
    stalk
        Half the width of the stalk over the leaf's length.
    base, tip
        Exponents of the outline: large is drawn out, small is round.
    teeth
        Depth, number along a side, and how far from the base towards the tip they reach.
    colour, underside
        Of a grown leaf in plain light.
    hair, gloss, vein, relief, rim, quilt
        Strengths of hairs, glare, light veins, blisters, light margin, and how fast the
        blisters follow one another.
    fold, arch, wave
        Slopes: across the midrib, along the leaf, of the margin.
    young
        How pale and grey the youngest leaves are.
    variety
        How much the colours of the leaves differ.
    """

    aspect: float
    petiole: float
    stalk: float
    base: float
    tip: float
    teeth: tuple[float, float, float]
    colour: Pixels
    underside: Pixels
    hair: float
    gloss: float
    vein: float
    relief: float
    rim: float
    quilt: float
    fold: float
    arch: float
    wave: float
    young: float
    variety: float


def draw_traits(rng: np.random.Generator, species: Species | None) -> Traits:
    """Draw the traits of a plant of a species, or of any."""
    kind = species or SPECIES[int(rng.choice(len(SPECIES), p=_FREQUENCY))]
    u = rng.uniform
    aspect, petiole, base, tip = {
        "arabidopsis": (u(0.42, 0.72), u(0.3, 0.52), u(0.6, 1.5), u(0.42, 0.62)),
        "crenate": (u(0.55, 0.85), u(0.35, 0.55), u(0.7, 1.5), u(0.4, 0.5)),
        "tobacco": (u(0.5, 0.75), u(0.05, 0.2), u(0.6, 1.1), u(0.6, 0.9)),
        "lobed": (u(0.4, 0.6), u(0.2, 0.4), u(0.8, 1.6), u(0.45, 0.7)),
        "round": (u(0.8, 1.02), u(0.35, 0.6), u(0.42, 0.6), u(0.4, 0.5)),
    }[kind]
    teeth = {
        "arabidopsis": (u(0, 0.09), u(4, 14), u(0.4, 1.0)),
        "crenate": (u(0.08, 0.22), u(4, 7), u(0.5, 1.0)),
        "tobacco": (u(0, 0.04), u(3, 8), 1.0),
        "lobed": (u(0.25, 0.55), u(3, 6), u(0.6, 0.9)),
        "round": (u(0, 0.07), u(4, 9), 0.8),
    }[kind]
    colour = _colour(rng)
    pale = between(rng, rgb(0.95, 0.95, 1.2), rgb(1.15, 1.08, 1.6)) * colour
    return Traits(
        aspect=aspect,
        petiole=petiole,
        stalk=u(0.008, 0.02),
        base=base,
        tip=tip,
        teeth=teeth,
        colour=colour,
        underside=pale * 0.8 + 0.2 * pale.mean(),
        hair=u(0, 1) ** 2.5,
        gloss=u(0, 0.35) ** 1.5,
        vein=u(0, 0.13) ** 1.2,
        relief=u(0.04, 0.32),
        rim=u(-0.03, 0.2),
        quilt=u(4, 9),
        fold=u(0, 0.55),
        arch=u(0.05, 0.5),
        wave=u(0, 0.35) ** 1.5,
        young=u(0.1, 1),
        variety=u(0.03, 0.13),
    )


def _colour(rng: np.random.Generator) -> Pixels:
    """Draw the colour of a plant: mostly a fresh green."""
    pairs = (
        (0.46, rgb(0.3, 0.62, 0.16), rgb(0.46, 0.8, 0.24)),  # fresh
        (0.2, rgb(0.34, 0.5, 0.22), rgb(0.48, 0.62, 0.27)),  # olive
        (0.14, rgb(0.17, 0.36, 0.13), rgb(0.28, 0.5, 0.2)),  # dark
        (0.1, rgb(0.55, 0.68, 0.24), rgb(0.68, 0.76, 0.36)),  # yellow-green
        (0.06, rgb(0.22, 0.42, 0.33), rgb(0.4, 0.58, 0.47)),  # bluish
        (0.04, rgb(0.34, 0.2, 0.27), rgb(0.42, 0.36, 0.28)),  # purple-tinged
    )
    chosen = int(rng.choice(len(pairs), p=[p for p, _, _ in pairs]))
    colour = between(rng, *pairs[chosen][1:]) * rng.normal(1, 0.05, 3)
    return colour.astype(np.float32)
