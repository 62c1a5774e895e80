"""How much each stage after grouping could bring, at most: what the truth mends, kind by kind.

    python benchmarks/accuracy/room.py val --data DIR --model nuclei
    python benchmarks/accuracy/room.py FOLDER --model rosette [--every 3]

Each row has the objects of one bandwidth, mended in one way by the truth: pieces of one object
put together and false objects dropped (*purify* of PEP, 2022), merged objects taken apart (a better
choice in the merge tree), what is missed added (*excavate*), and outlines of those that are right
drawn as the truth has them (*refine*, PointRend). *Candidates* is the best consistent choice among
those that the judge is shown, and *no candidate* the share of true objects that none of them meets
with an overlap of one half: what no choice can find.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import defaultdict
from dataclasses import replace

import numpy as np
import report
import torch
from choosing import add_images_arguments, images, with_true_overlaps
from numpy.typing import NDArray
from scipy import ndimage

from napari_discembed import clustering, embed, load_model, metrics
from napari_discembed.config import LearnedConfig
from napari_discembed.imaging import resample_labels
from napari_discembed.mining import THRESHOLDS, perceive
from napari_discembed.mining.targets import overlaps_with_truth
from napari_discembed.models import Model
from napari_discembed.types import Embedding, IntArray

HALF = 0.5
Shares = NDArray[np.float64]
Flags = NDArray[np.bool_]


def shared(labels: IntArray, truth: IntArray) -> tuple[Shares, Shares, Shares]:
    """Return ``(P, T)`` thrice: pixels in common, over those of the object, and the overlap.

    Both begin with a row or column for the background, in which overlaps are 0.
    """
    common = np.zeros((int(labels.max()) + 1, int(truth.max()) + 1))
    np.add.at(common, (labels.ravel(), truth.ravel()), 1)
    found, true = common.sum(1, keepdims=True), common.sum(0, keepdims=True)
    overlap = common / np.maximum(found + true - common, 1)
    overlap[0], overlap[:, 0] = 0, 0
    return common, common / np.maximum(found, 1), overlap


def put_together(labels: IntArray, truth: IntArray) -> IntArray:
    """Join objects of which the larger part lies in the same true object."""
    _, share, _ = shared(labels, truth)
    home = share[:, 1:].argmax(axis=1) + 1 if truth.max() else np.zeros(len(share), int)
    inside = share[np.arange(len(share)), home] > HALF
    number = np.where(inside, home, int(truth.max()) + np.arange(len(share)))
    number[0] = 0
    return number[labels]


def without_false(labels: IntArray, truth: IntArray) -> IntArray:
    """Drop objects that meet no true one."""
    _, _, overlap = shared(labels, truth)
    return np.where(overlap.max(axis=1)[labels] >= HALF, labels, 0)


def taken_apart(labels: IntArray, truth: IntArray) -> IntArray:
    """Divide objects that hold the larger part of several true ones, each pixel to the nearest."""
    common, _, _ = shared(labels, truth)
    larger = common[:, 1:] > HALF * np.bincount(truth.ravel(), minlength=common.shape[1])[1:]
    result, last = labels.copy(), int(labels.max())
    for one in np.flatnonzero(larger.sum(axis=1) > 1):
        if not one:
            continue
        inside = labels == one
        parts = np.where(inside & np.isin(truth, np.flatnonzero(larger[one]) + 1), truth, 0)
        _, nearest = ndimage.distance_transform_edt(parts == 0, return_indices=True)
        result[inside] = last + parts[tuple(nearest)][inside]
        last += int(truth.max())
    return result


def with_missed(labels: IntArray, truth: IntArray) -> IntArray:
    """Add true objects of which at most one half is found, where nothing is."""
    common, _, _ = shared(labels, truth)
    sizes = np.bincount(truth.ravel(), minlength=common.shape[1])
    missed = common[1:].sum(axis=0) <= HALF * sizes
    missed[0] = False
    return np.where(missed[truth] & (labels == 0), int(labels.max()) + truth, labels)


def with_true_outlines(labels: IntArray, truth: IntArray) -> IntArray:
    """Draw the objects that are right as the truth has them."""
    _, _, overlap = shared(labels, truth)
    match = np.where(overlap.max(axis=0) >= HALF, overlap.argmax(axis=0), 0)
    meets = overlap.max(axis=1) >= HALF
    return np.where(match[truth] > 0, match[truth], np.where(meets[labels], 0, labels))


WAYS = {
    "one bandwidth": lambda labels, _: labels,
    "pieces put together": put_together,
    "false ones dropped": without_false,
    "merged ones taken apart": taken_apart,
    "missed ones added": with_missed,
    "outlines of the right ones": with_true_outlines,
}


def judged_by_truth(embedding: Embedding, truth: IntArray) -> tuple[IntArray, Shares]:
    """Return the best choice of candidates, and how well any meets each true object."""
    candidates = perceive(embedding)
    chosen = with_true_overlaps(replace(embedding, candidates=candidates), truth)
    labels = resample_labels(truth, embedding.shape).astype(np.int64)
    best = np.zeros(int(labels.max()) + 1)
    probability = np.asarray(embedding.foreground_probability)
    for number in np.unique(labels[labels > 0]):
        own = np.where(labels == number, 1, 0)
        best[number] = overlaps_with_truth(candidates, probability, own, THRESHOLDS)[0].max()
    found = best[np.unique(labels[labels > 0])]
    return clustering.group(chosen, LearnedConfig()).labels, found


def set_up(description: str | None) -> tuple[argparse.Namespace, Model]:
    """Return what is asked for, and the model without its judge."""
    parser = argparse.ArgumentParser(description=description)
    add_images_arguments(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")  # of sizes that could not be told
    return options, replace(load_model(options.model), judge=None)


def main() -> int:
    """Embed, group, mend and print."""
    options, model = set_up(__doc__)
    scores: dict[tuple[str, str], list[metrics.Scores]] = defaultdict(list)
    unmet: dict[str, list[Flags]] = defaultdict(list)
    for kind, image, labelled in images(options):
        embedding = embed(image, model, progress=False)
        truth = np.unique(labelled, return_inverse=True)[1].reshape(labelled.shape)
        labels = clustering.group(embedding, model.card.clustering).labels.astype(np.int64)
        found = {way: mend(labels, truth) for way, mend in WAYS.items()}
        found["candidates"], best = judged_by_truth(embedding, truth)
        unmet[kind].append(best < HALF)
        for way, mended in found.items():
            scores[kind, way].append(metrics.score(truth, mended))
    rows = []
    for (kind, way), several in scores.items():
        total = metrics.aggregate(several)
        figures = total.ap50, total.mean_ap, total.average_precision(0.9), total.sbd
        rows.append([kind, way, *(f"{x:.3f}" for x in figures), f"{total.abs_dic:.2f}"])
    print(report.table(["kind", "mended", "AP50", "AP50:95", "AP90", "SBD", "abs DiC"], rows))
    for kind, flags in unmet.items():
        print(f"{kind or 'all'}: no candidate for {np.concatenate(flags).mean():.1%}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
