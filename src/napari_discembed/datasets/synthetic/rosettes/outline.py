"""Outlines of leaves: half their width along the midrib, stalk and blade in one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_discembed.datasets.synthetic.base import Pixels
from napari_discembed.datasets.synthetic.rosettes.traits import Traits

SAMPLES = 512


@dataclass(frozen=True, slots=True)
class Outline:
    """Half the width of a leaf at even steps from its base to its tip, in leaf lengths.

    Attributes
    ----------
    left, right
        ``(SAMPLES,)`` for either side of the midrib.
    stalk
        Where the blade begins.
    stalk_width
        Half the width of the stalk.
    folded
        Side that is folded over: -1 right, 1 left, 0 none.
    remaining
        ``(SAMPLES,)`` share of the folded side's width up to the fold, where the outline ends.
    """

    left: Pixels
    right: Pixels
    stalk: float
    stalk_width: float
    folded: int
    remaining: Pixels

    @property
    def widest(self) -> float:
        """Largest half width."""
        return float(max(self.left.max(), self.right.max()))

    def sides(self, u: Pixels, v: Pixels) -> tuple[Pixels, Pixels]:
        """Return half the width and the distance inwards from the edge, in leaf lengths.

        Parameters
        ----------
        u, v
            Place along and across the midrib, in leaf lengths.
        """
        at = np.clip(u * (SAMPLES - 1), 0, SAMPLES - 1).astype(np.int32)
        tables = np.stack([self.right, self.left])
        steep = np.sqrt(1 + (np.gradient(tables, axis=1) * SAMPLES) ** 2).astype(np.float32)
        at += np.where(v > 0, SAMPLES, 0)
        half = tables.ravel()[at]
        over = np.maximum(np.maximum(u - 1, -u), 0)
        inside = (half - np.abs(v)) / steep.ravel()[at]
        inside = np.where(over > 0, np.minimum(inside, -over), inside)
        return half, inside


def draw_outline(
    rng: np.random.Generator,
    traits: Traits,
    *,
    stalk: float,
    youth: float,
    narrow: float,
    cotyledon: bool,
) -> Outline:
    """Draw the outline of a leaf.

    Parameters
    ----------
    rng
        Decides everything.
    traits
        Of its plant.
    stalk
        Share of the leaf that is stalk.
    youth
        0 for a grown leaf, 1 for the newest: rounder, smoother.
    narrow
        Share of its width that is seen from above.
    cotyledon
        Whether it is a seed leaf: round and smooth.
    """
    u = np.linspace(0, 1, SAMPLES)
    t = np.clip((u - stalk) / (1 - stalk), 0, 1)
    base = traits.base * np.exp(rng.normal(0, 0.12))
    tip = traits.tip * np.exp(rng.normal(0, 0.08))
    aspect = traits.aspect * np.exp(rng.normal(0, 0.1))
    # Young leaves are broad for their length: the blade begins almost at the middle.
    base, aspect = base * (1 - 0.5 * youth), aspect * (1 + 0.4 * youth)
    if cotyledon:
        base, tip, aspect = rng.uniform(0.42, 0.6), 0.45, rng.uniform(0.75, 1.0)
    peak = base / (base + tip)
    blade = t**base * (1 - t) ** tip / (peak**base * (1 - peak) ** tip)
    blade = blade * min(aspect, 1.1) / 2 * (1 - stalk) * narrow
    width = max(traits.stalk * rng.uniform(0.8, 1.2), 0.006) * (1 + 0.8 * youth)
    petiole = width * (1 + 0.6 * np.exp(-u / 0.08)) * np.clip(1 - t / 0.8, 0, 1)
    depth = traits.teeth[0] * (0.0 if cotyledon else 1 - 0.5 * youth)
    sides = [
        ((blade * _teeth(rng, t, depth, traits)) ** 3 + petiole**3) ** (1 / 3) for _ in range(2)
    ]
    left, right = (side.astype(np.float32) for side in sides)
    side = int(rng.choice([-1, 1])) if rng.random() < 0.1 and not cotyledon else 0
    bump = np.exp(-(((t - rng.uniform(0.3, 0.9)) / rng.uniform(0.15, 0.4)) ** 2))
    remaining = (1 - abs(side) * rng.uniform(0.15, 0.5) * bump).astype(np.float32)
    left, right = (left * remaining, right) if side > 0 else (left, right * remaining)
    return Outline(left, right, stalk, width, side, remaining)


def _teeth(rng: np.random.Generator, t: np.ndarray, depth: float, traits: Traits) -> np.ndarray:
    """Return the factor of the width by teeth and by a slight irregularity."""
    _, number, reach = traits.teeth
    number *= rng.uniform(0.85, 1.15)
    warped = t + rng.uniform(0.01, 0.05) * np.sin(rng.uniform(4, 12) * t + rng.uniform(0, 6))
    # Round bulges with sharp notches between: crenate; the deepest are near the base.
    notch = 1 - np.abs(np.sin(np.pi * (number * warped + rng.random())))
    uneven = 0.75 + 0.4 * np.sin(rng.uniform(8, 25) * t + rng.uniform(0, 6))
    where = np.clip((reach - t) / 0.25, 0, 1) * uneven
    wobble = 1 + rng.uniform(0, 0.05) * np.sin(rng.uniform(5, 14) * t + rng.uniform(0, 6))
    factor: np.ndarray = (1 - depth * notch * where) * wobble
    return factor
