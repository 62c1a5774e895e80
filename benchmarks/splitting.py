"""Merge pairs of objects that touch, split each by key, and say how many come apart well.

    python benchmarks/splitting.py FOLDER [--model generalist] [--count 25]

FOLDER has `images` and `labels` with files of the same stem. Well is an overlap (intersection over
union) of at least 0.75 with both true objects. Single objects are tried, too, which should stay whole.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.io import imread

from napari_discembed import pipeline
from napari_discembed.interaction.splitting import split_in_two
from napari_discembed.models import load_model
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image

Labels = NDArray[np.int64]
WELL = 0.75
NEAR = 3
"""Pixels between objects that touch, at most."""
OF_AN_IMAGE = 10
SMALLEST = 30


def touching(labels: Labels) -> list[tuple[int, int]]:
    """Return the pairs of objects that touch."""
    pairs = set()
    for turned in (labels, labels.T):
        for step in range(1, NEAR + 1):
            a, b = turned[:-step], turned[step:]
            meet = (a > 0) & (b > 0) & (a != b)
            pairs |= {
                (min(p), max(p)) for p in zip(a[meet].tolist(), b[meet].tolist(), strict=True)
            }
    return sorted(pairs)


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    """Return intersection over union."""
    return float((a & b).sum() / (a | b).sum())


def main() -> int:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="generalist")
    parser.add_argument("--count", type=int, default=25)
    options = parser.parse_args()
    model = load_model(options.model)
    files = sorted((options.folder / "images").iterdir())
    chosen = np.random.default_rng(0).permutation(len(files))[: options.count]
    pairs = cut = good = singles = broken = 0
    for path in (files[i] for i in chosen):
        pixels = imread(path)
        grey = pixels if pixels.ndim == 2 else pixels[..., :3].mean(axis=-1)
        labels = imread(next((options.folder / "labels").glob(f"{path.stem}*"))).astype(np.int64)
        embedding = run(pipeline.embed(Image(grey, Axes("YX")), model))
        for first, second in touching(labels)[:OF_AN_IMAGE]:
            pairs += 1
            one = np.where(labels == second, first, labels)
            new = split_in_two(one, first, embedding)
            if new is None:
                continue
            cut += 1
            parts = [new == p for p in np.unique(new[one == first])]
            truths = (labels == first, labels == second)
            good += min(max(overlap(p, t) for p in parts) for t in truths) >= WELL
        for number, size in zip(*np.unique(labels, return_counts=True), strict=True):
            if number and size >= SMALLEST:
                singles += 1
                broken += split_in_two(labels, int(number), embedding) is not None
    print(f"{pairs} merged pairs: {cut} cut, {good} well. {singles} single objects: {broken} cut.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
