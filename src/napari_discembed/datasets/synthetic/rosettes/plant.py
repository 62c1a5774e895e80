"""Growth of a rosette: where its leaves stand, how old and how large they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from napari_discembed.datasets.synthetic.rosettes.outline import Outline, draw_outline
from napari_discembed.datasets.synthetic.rosettes.traits import Traits

GOLDEN_ANGLE = math.radians(137.508)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as it lies in the picture.

    Attributes
    ----------
    base
        ``(y, x)`` where its stalk begins, in pixels.
    angle
        Direction of its midrib, in radians from the x axis towards y.
    length
        As seen from above, in pixels.
    youth
        0 for a grown leaf, near 1 for the newest.
    height
        Above the soil at its middle, in pixels.
    outline
        Its shape, in leaf lengths.
    bend
        Curvature of the midrib.
    """

    base: tuple[float, float]
    angle: float
    length: float
    youth: float
    height: float
    outline: Outline
    bend: float


def grow(
    rng: np.random.Generator,
    traits: Traits,
    count: int,
    centre: tuple[float, float],
    reach: float,
) -> list[Leaf]:
    """Grow the leaves of a rosette, lowest first.

    Leaf follows leaf by about the golden angle. A leaf's length is that of its grown size, which
    is small for the seed leaves and the first ones, times a sigmoid of its age; so the newest
    leaves are a dense whorl in the middle, on top of the stalks of the others.

    Parameters
    ----------
    rng
        Decides everything.
    traits
        What the leaves have in common.
    count
        Number of leaves.
    centre
        ``(y, x)`` in pixels.
    reach
        Length of the longest leaf, in pixels.
    """
    order = np.arange(count)
    age = count - order + rng.normal(0, 0.25, count)
    middle, slow = rng.uniform(4.0, 8.0), rng.uniform(1.0, 1.9)
    middle = min(middle, 0.55 * count)
    growth = 0.16 + 0.84 / (1 + np.exp(-(age - middle) / slow))
    first = rng.uniform(0.3, 0.6)
    grown = first + (1 - first) * (1 - np.exp(-order / rng.uniform(1.5, 4)))
    length = growth * grown * np.exp(rng.normal(0, 0.09, count))
    length *= reach / length.max()
    turn = order * GOLDEN_ANGLE + rng.normal(0, rng.uniform(0.08, 0.3), count)
    if count >= 2:
        turn[1] = turn[0] + math.pi + rng.normal(0, 0.2)  # the seed leaves stand opposite
    turn += rng.uniform(0, 2 * math.pi)
    youth = np.clip(1 - (growth - 0.16) / (growth.max() - 0.16 + 1e-6), 0, 1)
    leaves = [
        form_leaf(rng, traits, centre, float(turn[i]), float(length[i]), float(youth[i]), i, reach)
        for i in range(count)
    ]
    # Lower leaves were there before, but neighbours in age may lie either way.
    above = order + rng.normal(0, 0.6, count) * (youth < 0.8)
    return [leaves[i] for i in np.argsort(above)]


def form_leaf(
    rng: np.random.Generator,
    traits: Traits,
    centre: tuple[float, float],
    turn: float,
    length: float,
    youth: float,
    index: int,
    reach: float,
) -> Leaf:
    """Form one leaf: the younger, the shorter its stalk and the more upright."""
    cotyledon = index < 2
    stalk = traits.petiole * (1 - youth) ** 1.1 * rng.uniform(0.8, 1.15)
    if cotyledon:
        stalk = rng.uniform(0.5, 0.7)
    upright = rng.uniform(0, 0.4) * youth + abs(rng.normal(0, 0.07))
    fold = 1 - rng.uniform(0, 0.4) * youth * traits.fold - abs(rng.normal(0, 0.06))
    outline = draw_outline(
        rng, traits, stalk=min(stalk, 0.75), youth=youth, narrow=fold, cotyledon=cotyledon
    )
    away = reach * rng.normal(0, 0.012, 2)
    # The newest close over the middle.
    back = 0.4 * length * youth**3 * rng.uniform(0, 1)
    away -= back * np.array([math.sin(turn), math.cos(turn)])
    return Leaf(
        base=(centre[0] + float(away[0]), centre[1] + float(away[1])),
        angle=turn,
        length=length * (1 - upright),
        youth=youth,
        height=reach * (0.03 + 0.1 * rng.random() + 0.12 * youth),
        outline=outline,
        bend=rng.normal(0, 0.07),
    )
