"""Count drawn objects of 3 px to half the image without a diameter, by the shipped models.

    python benchmarks/sizes.py [--models nuclei,generalist] [--diameters 3,194] [--seed 0]

Prints a row a picture. A count is right, or the model is to say that the size could not be told;
a wrong count without a word is silent, and the exit code is 1 where there is one.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
import warnings
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed.models import load_model
from napari_discembed.pipeline import segment
from napari_discembed.progress import run
from napari_discembed.types import Image

DIAMETERS = (3, 6, 12, 25, 50, 100, 194, 300, 400, 800)
LARGEST_SIDE = 2100
SPACING = 1.4
"""Between the centres of neighbours, in diameters."""


def counts(diameter: int) -> list[int]:
    """Return how many objects are drawn: 1, some, and 28, or as many as find room."""
    room = int(LARGEST_SIDE / (SPACING * diameter)) ** 2
    return sorted({1, min(6, room), min(28, room)})


def draw(kind: str, diameter: int, count: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw discs, or cells: ellipses with a wavy rim, soft edges and a mottled inside."""
    columns = math.ceil(count**0.5)
    step = SPACING * diameter
    side = math.ceil(max(2 * diameter, 64, columns * step))
    margin = (side - columns * step) / 2
    y, x = np.mgrid[:side, :side].astype(np.float32)
    image = np.zeros((side, side), np.float32)
    for i in range(count):
        centre = margin + step * (np.array(divmod(i, columns)) + 0.5)
        centre += rng.uniform(-0.05, 0.05, 2) * diameter
        dy, dx = y - centre[0], x - centre[1]
        radius = np.full_like(dy, diameter / 2)
        if kind == "cell":
            angle, turn, waves = np.arctan2(dy, dx), rng.uniform(0, 2 * np.pi), rng.integers(2, 5)
            radius *= 1 + 0.08 * np.sin(waves * angle + turn)
        inside = np.clip(radius - np.hypot(dy, dx) + 0.5, 0, 1)
        image = np.maximum(image, inside * rng.uniform(0.7, 1.0))
    if kind == "cell":
        mottle = ndimage.gaussian_filter(rng.normal(size=image.shape), max(1, diameter / 12))
        image *= 1 + 0.12 * mottle / mottle.std()
        image = ndimage.gaussian_filter(image, max(0.7, diameter / 40))
    noisy = 20 + 160 * image + rng.normal(0, 4, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def outcome(found: int, count: int, notes: list[str]) -> str:
    """Return whether a count is right, told of as unsure, or wrong without a word."""
    if found == count:
        return "right"
    return "told" if any("could not be told" in note for note in notes) else "silent"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", default="nuclei,generalist")
    parser.add_argument("--diameters", default=",".join(map(str, DIAMETERS)))
    parser.add_argument("--kinds", default="disc,cell")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    totals: Counter[str] = Counter()
    print("| model | drawn | diameter | side | objects | found | embedded at | outcome | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.models.split(","):
        model = load_model(name)
        for diameter in map(int, options.diameters.split(",")):
            for kind in options.kinds.split(","):
                for count in counts(diameter):
                    rng = np.random.default_rng([options.seed, diameter, count])
                    picture = draw(kind, diameter, count, rng)
                    started = time.perf_counter()
                    with warnings.catch_warnings(record=True) as caught:
                        warnings.simplefilter("always")
                        seen = run(segment(Image(picture), model))
                    notes = [str(one.message) for one in caught]
                    came = outcome(seen.count, count, notes)
                    totals[came] += 1
                    print(
                        f"| {name} | {kind} | {diameter} | {len(picture)} | {count} "
                        f"| {seen.count} | {seen.provenance.config['diameter']:.1f} | {came} "
                        f"| {time.perf_counter() - started:.1f} |",
                        flush=True,
                    )
    print(f"\n{dict(totals)}")
    return int(totals["silent"] > 0)


if __name__ == "__main__":
    sys.exit(main())
