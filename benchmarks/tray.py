"""Plants of a tray told apart: photographs of single rosettes pasted into trays of 4 x 5 plants.

    python benchmarks/tray.py --data FOLDER [--trays 5] [--side 300] [--predict 2]

``FOLDER`` holds ``photographs`` and ``timelapse``, whose label images lie in
``recipes/data/rosettes_mit``. With the true labels it prints how many plants come out as one group
with all of their leaves and no other's, as the gap varies, and for the grid; with ``--predict N``
also the count of each plant by ``rosette`` on N trays of photographs. A plant is scaled to fill 0.5
to `fill` of its cell and put anywhere in it: at 0.95 plants nearly touch their neighbours.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from skimage.transform import resize

from napari_discembed import count_groups, run
from napari_discembed.config import GroupingConfig
from napari_discembed.metrics import group_objects

RECIPE = Path(__file__).parents[1] / "recipes" / "data" / "rosettes_mit"
ROWS, COLUMNS = 4, 5
GAPS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
Plant = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def plants(data: Path) -> list[Plant]:
    """Return photographs with their labels, cut to a square about the plant."""
    found = []
    for path in sorted(RECIPE.glob("*.png")):
        photograph = next(data.glob(f"*/{path.stem}.*"), None)
        if photograph is not None:
            found.append((iio.imread(photograph)[..., :3], iio.imread(path)))
    return found


def tray(
    all_plants: list[Plant], side: int, fill: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Return the picture, labels, and the plant of each label from 1 (0 for background)."""
    shape = (ROWS * side, COLUMNS * side)
    picture, labels = np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.int64)
    owner, number = [0], 0
    chosen = rng.choice(len(all_plants), ROWS * COLUMNS, replace=False)
    for cell, which in enumerate(chosen):
        photograph, drawn = all_plants[which]
        pixels, leaves = _in_cell(photograph, drawn, side, fill, rng)
        y, x = side * (cell // COLUMNS), side * (cell % COLUMNS)
        picture[y : y + side, x : x + side] = pixels
        names, compact = np.unique(leaves, return_inverse=True)
        compact = compact.reshape(leaves.shape)
        labels[y : y + side, x : x + side] = np.where(compact > 0, compact + number, 0)
        number += len(names) - 1
        owner += [cell + 1] * (len(names) - 1)
    return picture, labels, np.array(owner)


def _in_cell(
    pixels: NDArray[np.uint8],
    leaves: NDArray[np.uint8],
    side: int,
    fill: float,
    rng: np.random.Generator,
) -> Plant:
    """Scale a plant to a share of the cell and move it there; what is beyond is mirrored."""
    inside = np.argwhere(leaves > 0)
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    extent = int((high - low).max())
    window = int(extent / rng.uniform(0.5, fill))
    offset = [int(rng.integers(b - window, a + 1)) for a, b in zip(low, high, strict=True)]
    pad = window
    pixels = np.pad(pixels, ((pad, pad), (pad, pad), (0, 0)), mode="reflect")
    leaves = np.pad(leaves, pad)
    at = tuple(slice(pad + o, pad + o + window) for o in offset)
    small = resize(pixels[at], (side, side), preserve_range=True, anti_aliasing=True)
    few = resize(leaves[at], (side, side), order=0, preserve_range=True, anti_aliasing=False)
    return small.astype(np.uint8), few.astype(np.uint8)


def right(labels: NDArray[np.int64], owner: NDArray[np.int64], config: GroupingConfig) -> int:
    """Return how many plants are a group, with all of their leaves and no other's."""
    groups = group_objects(labels, config)
    own = owner[groups.labels]
    whole = 0
    for plant in np.unique(own):
        theirs = np.unique(groups.number[own == plant])
        whole += len(theirs) == 1 and bool((own[groups.number == theirs[0]] == plant).all())
    return whole


def true_labels(all_plants: list[Plant], n_trays: int, side: int) -> None:
    """Print the share of plants grouped right with the true labels."""
    grid = GroupingConfig(by="grid", rows=ROWS, columns=COLUMNS)
    names = [*(f"{g:g}d" for g in GAPS), "grid"]
    print("plants grouped right, of", n_trays * ROWS * COLUMNS, "with true labels")
    print("fill  " + " ".join(f"{name:>6}" for name in names))
    for fill in (0.7, 0.8, 0.9, 0.95):
        rng = np.random.default_rng(0)
        made = [tray(all_plants, side, fill, rng)[1:] for _ in range(n_trays)]
        configs = [*(GroupingConfig(gap=g) for g in GAPS), grid]
        counts = [sum(right(labels, owner, c) for labels, owner in made) for c in configs]
        print(f"{fill:<5} " + " ".join(f"{count:>6}" for count in counts), flush=True)


def predicted(all_plants: list[Plant], n_trays: int, side: int) -> None:
    """Print the error of the count of each plant, of labels that the model gave."""
    from napari_discembed import jobs

    rng = np.random.default_rng(1)
    errors: dict[str, list[int]] = {}
    for i in range(n_trays):
        picture, _, owner = tray(all_plants, side, 0.8, rng)
        true = np.bincount(owner[1:] - 1, minlength=ROWS * COLUMNS)
        started = time.perf_counter()
        found = run(jobs.segment(picture, "rosette"))
        seconds = time.perf_counter() - started
        counts = count_groups(found, (ROWS, COLUMNS))["count"]
        errors.setdefault("grid", []).extend((counts - true).tolist())
        for gap in GAPS:
            groups = count_groups(found, "touching", f"{gap}d")
            errors.setdefault(f"{gap:g}d", []).extend(_of_cells(groups, side) - true)
        print(f"tray {i + 1}: {seconds:.0f} s, {found.count} leaves of {true.sum()}", flush=True)
    for name, each in errors.items():
        off = np.abs(each)
        print(
            f"{name:>6}: mean |error| {off.mean():.2f}, exact {np.mean(off == 0):.0%}, "
            f"within 1 {np.mean(off <= 1):.0%}"
        )


def _of_cells(groups: dict[str, NDArray[np.int64]], side: int) -> NDArray[np.int64]:
    """Return the count of the largest group whose middle lies in each cell."""
    counts = np.zeros(ROWS * COLUMNS, np.int64)
    y, x = (groups[f"centroid_{a}"] // side for a in "yx")
    np.maximum.at(counts, (y * COLUMNS + x).astype(np.int64), groups["count"])
    return counts


def main() -> None:
    """Make the trays and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trays", type=int, default=5)
    parser.add_argument("--side", type=int, default=300)
    parser.add_argument("--predict", type=int, default=0)
    words = parser.parse_args()
    all_plants = plants(words.data)
    if words.trays:
        true_labels(all_plants, words.trays, words.side)
    if words.predict:
        predicted(all_plants, words.predict, words.side)


if __name__ == "__main__":
    main()
