"""Say where a model loses accuracy on real pictures: scale, foreground, number, or embedding.

    python benchmarks/accuracy/stages.py FOLDER --model rosette [--every 3] [--bandwidth 1 1.3 ...]

``FOLDER`` holds image and label files as ``discembed evaluate`` takes them (CVPPP's too). Each row
is told more of the truth than the one before: nothing, each image's own diameter, its foreground,
and the mean embedding of each object, to the nearest of which each pixel goes. Small objects are
those below 0.4 of their image's median area.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import report
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from napari_discembed import embed, load_model, metrics
from napari_discembed.config import DensityConfig
from napari_discembed.datasets.readers import Pair, cvppp, find_pairs
from napari_discembed.imaging import estimate_diameter, resample_labels
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.models import Model
from napari_discembed.pipeline import cluster
from napari_discembed.types import Embedding, IntArray

SMALL = 0.4
Found = dict[str, list[tuple[IntArray, IntArray]]]


def pairs_of(folder: Path, every: int) -> list[Pair]:
    """Return the pairs of a folder, every so many."""
    found = find_pairs(folder) if not (folder / "A1").is_dir() else list(cvppp(folder))
    return found[::every]


def with_foreground(embedding: Embedding, truth: IntArray) -> Embedding:
    """Return an embedding whose foreground is the truth's."""
    inside = (resample_labels(truth, embedding.shape) > 0)[None].astype(np.float32)
    return replace(embedding, maps={**embedding.maps, "foreground": inside})


def objects_points(
    embedding: Embedding, labels: IntArray
) -> tuple[NDArray[np.float32], NDArray[np.intp], NDArray[np.float64]]:
    """Return the points of all objects' pixels, the object of each, from 0, and the means.

    The labels are on the embedding's grid.
    """
    points = np.asarray(embedding.values, np.float32)[:, labels > 0].T
    _, owners = np.unique(labels[labels > 0], return_inverse=True)
    counts = np.bincount(owners)[:, None]
    means = np.stack([np.bincount(owners, channel) for channel in points.T], axis=1) / counts
    return points, owners, means


def to_nearest_mean(embedding: Embedding, truth: IntArray) -> IntArray:
    """Return labels in which each pixel of the true foreground goes to the nearest true mean."""
    labels = resample_labels(truth, embedding.shape)
    points, _, means = objects_points(embedding, labels)
    result = np.zeros_like(labels)
    result[labels > 0] = np.unique(labels[labels > 0])[cKDTree(means).query(points)[1]]
    return resample_labels(result, truth.shape)


def stages(
    images: list[Pair], model: Model, configs: Sequence[DensityConfig]
) -> Iterator[tuple[str, IntArray, IntArray]]:
    """Yield the name of a stage, the truth, and what is found then."""
    for pair in images:
        image, truth = read_image(pair.image), read_labels(pair.labels)
        first = embed(image, model, progress=False)
        known = embed(image, model, diameter=estimate_diameter(truth), progress=False)
        told = with_foreground(known, truth)
        for config in configs:
            name = f"bandwidth {config.bandwidth or 'of the model'}"
            for stage, one in (("no diameter", first), ("diameter", known), ("foreground", told)):
                yield f"{stage}, {name}", truth, cluster(one, config).labels
        yield "means", truth, to_nearest_mean(known, truth)


def small_recall(found: list[tuple[IntArray, IntArray]]) -> tuple[float, float]:
    """Return the share of small and of other objects that are found at an IoU of 0.5."""
    hits: list[NDArray[np.bool_]] = []
    is_small: list[NDArray[np.bool_]] = []
    for truth, labels in found:
        table = metrics.overlaps(truth, labels)
        hits.append(table.best_for_true(table.iou) >= 0.5)
        is_small.append(table.true_sizes < SMALL * np.median(table.true_sizes))
    hit, small = np.concatenate(hits), np.concatenate(is_small)
    return float(hit[small].mean()), float(hit[~small].mean())


def row(name: str, found: list[tuple[IntArray, IntArray]]) -> list[str]:
    """Return a row of the table."""
    scores = metrics.aggregate([metrics.score(truth, labels) for truth, labels in found])
    small, other = small_recall(found)
    figures = (scores.ap50, scores.mean_ap, scores.sbd, scores.foreground_dice, small, other)
    counts = f"{scores.abs_dic:.2f}", f"{scores.dic:+.2f}"
    return [name, *(f"{figure:.3f}" for figure in figures), *counts]


def main() -> int:
    """Segment, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="rosette")
    parser.add_argument("--every", type=int, default=1, help="take every so many of the images")
    parser.add_argument("--bandwidth", type=float, nargs="*", help="in place of the model's own")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = load_model(options.model)
    own = model.card.clustering
    if not isinstance(own, DensityConfig):
        raise SystemExit(f"Expected a model that recommends the method density, got {own}.")
    configs = [own.model_copy(update={"bandwidth": b}) for b in options.bandwidth or []] or [own]
    found: Found = {}
    for stage, truth, labels in stages(pairs_of(options.folder, options.every), model, configs):
        found.setdefault(stage, []).append((truth, labels))
    head = ["told", "AP50", "mean AP", "SBD", "foreground Dice", "small", "others", "DiC", "signed"]
    print(report.table(head, [row(name, found[name]) for name in sorted(found)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
