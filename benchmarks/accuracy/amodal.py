"""Whole leaves, hidden parts too (amodal masks): a network on crops against the convex hull.

    python benchmarks/accuracy/amodal.py [--plants 60] [--steps 600]

Of drawn plants what lies under other leaves is known. The network of `outline_refiner.py` is taught
the whole leaf in a wider crop around what `rosette` found of it, and measured on plants of other
seeds: the overlap (IoU) of hidden parts, which must lie under other objects, and of whole leaves,
for leaves of which a tenth or more is hidden. Tried and not shipped (LOG 143).
"""

from __future__ import annotations

import argparse
import copy
import sys
from collections.abc import Iterator
from dataclasses import replace
from unittest import mock

import numpy as np
import report
import torch
from numpy.typing import NDArray
from outline_crops import CHANNELS, REACH, SIDE, ObjectCrops
from outline_refiner import OutlineLesson, Refiner, teach_refiner
from skimage.morphology import convex_hull_image

from napari_discembed import clustering, load_model
from napari_discembed.datasets.synthetic import generate
from napari_discembed.datasets.synthetic.rosettes import scene
from napari_discembed.datasets.synthetic.rosettes.painting import Canvas, paint_leaf
from napari_discembed.metrics import overlaps
from napari_discembed.pipeline import embed
from napari_discembed.progress import run
from napari_discembed.types import Embedding, IntArray

AROUND = 2.0
HIDDEN = 0.1
RIGHT = 0.5
OFTEN = 4
"""How much oftener leaves are taught of which a part is hidden."""

Mask = NDArray[np.bool_]
Found = tuple[Embedding, IntArray, IntArray, dict[int, Mask]]
"""An embedding, what was found, the visible truth, and the whole leaf of each true number."""


def plants(count: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], IntArray, dict[int, Mask]]]:
    """Yield pictures, visible labels, and the whole of each leaf by its number."""
    painted: list[Mask] = []

    def noting(rng: np.random.Generator, canvas: Canvas, *leaf: object) -> None:
        alone = Canvas(canvas.image.copy(), np.zeros_like(canvas.labels))
        paint_leaf(copy.deepcopy(rng), alone, *leaf)  # type: ignore[arg-type]
        painted.append(alone.labels > 0)
        paint_leaf(rng, canvas, *leaf)  # type: ignore[arg-type]

    with mock.patch.object(scene, "paint_leaf", noting):
        for sample in generate("rosettes", count, seed):
            yield sample.image, sample.labels, _by_number(sample.labels, painted)
            painted.clear()


def _by_number(labels: IntArray, painted: list[Mask]) -> dict[int, Mask]:
    """Return each leaf by the number that most of what is seen of it has."""
    whole: dict[int, Mask] = {}
    later = np.zeros(labels.shape, dtype=bool)
    for leaf in reversed(painted):
        seen = labels[leaf & ~later]
        later |= leaf
        if (seen > 0).any():
            whole.setdefault(int(np.bincount(seen[seen > 0]).argmax()), leaf)
    return whole


def found(count: int, seed: int) -> Iterator[Found]:
    """Yield what `rosette` finds of plants."""
    model = replace(load_model("rosette"), judge=None)
    for image, labels, whole in plants(count, seed):
        embedding = run(embed(image, model))
        yield embedding, clustering.group(embedding, model.card.clustering).labels, labels, whole


def matched(
    crops: ObjectCrops, labels: IntArray, truth: IntArray, whole: dict[int, Mask]
) -> Iterator[tuple[int, int]]:
    """Yield which crop is which leaf, for the leaves that are right and known as a whole."""
    table = overlaps(truth, labels)
    numbers, leaves = (np.unique(x[x > 0]) for x in (labels, truth))
    for i in np.flatnonzero(table.iou > RIGHT):
        number, leaf = numbers[table.predicted[i]], int(leaves[table.true[i]])
        if leaf in whole and number in crops.numbers:
            yield int(np.searchsorted(crops.numbers, number)), leaf


def hidden_share(truth: IntArray, leaf: int, whole: Mask) -> float:
    """Return the share of a leaf that is not seen."""
    return float((whole & (truth != leaf)).sum() / whole.sum())


def lessons(plant: Found) -> Iterator[OutlineLesson]:
    """Yield the leaves of a plant, those with hidden parts more often."""
    embedding, labels, truth, whole = plant
    crops = ObjectCrops(labels, embedding, AROUND)
    for index, leaf in matched(crops, labels, truth, whole):
        field = [crops.field(index)]
        shown = crops(np.array([index]), field).half()
        wanted = crops.of_truth(np.array([index]), whole[leaf].astype(np.int32), np.array([1]))
        often = OFTEN if hidden_share(truth, leaf, whole[leaf]) > HIDDEN else 1
        shape = (often, len(CHANNELS), SIDE, SIDE)
        yield OutlineLesson(shown.expand(shape), wanted.half().expand(often, SIDE, SIDE))


def measured(refiner: Refiner, plant: Found) -> Iterator[list[float]]:
    """Yield the overlaps of each leaf that is hidden in part: hidden by way, then whole by way."""
    embedding, labels, truth, whole = plant
    crops = ObjectCrops(labels, embedding, AROUND)
    for index, leaf in matched(crops, labels, truth, whole):
        if hidden_share(truth, leaf, whole[leaf]) < HIDDEN:
            continue
        own = labels == crops.numbers[index]
        under = (labels > 0) & ~own
        field = crops.field(index)
        with torch.inference_mode():
            added = refiner(crops(np.array([index]), [field])).numpy()[0]
        depth = np.clip(field.distance, -REACH, REACH)
        depth += crops.sampled_from_crop(index, field, added)
        drawn = np.zeros(labels.shape, dtype=bool)
        rows, columns = np.nonzero(depth > 0)
        rows, columns = rows + field.corner[0], columns + field.corner[1]
        inside = (rows >= 0) & (columns >= 0)
        inside &= (rows < labels.shape[0]) & (columns < labels.shape[1])
        drawn[rows[inside], columns[inside]] = True
        ways = [np.zeros_like(own), convex_hull_image(own) & under, drawn & under]
        unseen = whole[leaf] & (truth != leaf)
        yield [_iou(w, unseen) for w in ways] + [_iou(w | own, whole[leaf]) for w in ways]


def _iou(first: Mask, second: Mask) -> float:
    return float((first & second).sum() / max(1, (first | second).sum()))


def main() -> int:
    """Teach, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plants", type=int, default=60)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    taught = [one for plant in found(options.plants, 7001) for one in lessons(plant)]
    torch.manual_seed(3)
    refiner = run(teach_refiner(Refiner(), taught, steps=options.steps))
    rows = [row for plant in found(25, 8001) for row in measured(refiner, plant)]
    means = np.mean(rows, axis=0)
    ways = ("visible", "convex hull", "network")
    table = [[w, f"{means[i]:.3f}", f"{means[i + 3]:.3f}"] for i, w in enumerate(ways)]
    print(report.table(["mask", "IoU of hidden parts", "IoU of whole leaves"], table))
    print(f"\n{len(rows)} leaves of which a tenth or more is hidden.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
