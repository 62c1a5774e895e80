"""What outlines that a small network draws anew are worth: taught here, with and without.

    python benchmarks/accuracy/refining.py teach REFINER --data DIR --weights FOLDER
    python benchmarks/accuracy/refining.py REFINER val --data DIR --model nuclei
    python benchmarks/accuracy/refining.py REFINER FOLDER --model nuclei [--every 3]

``DIR`` holds ``dsb2018`` and ``rosettes_mit``; ``FOLDER`` of the first line the networks whose
outlines are mended (`recipes/train_weights.py nuclei_half0`, `without_histo`), of the last one image
and label files as ``discembed evaluate`` takes them. ``REFINER`` is a file. Each network is shown
only what it has not learnt, and finds objects at two foreground thresholds, so that outlines which
are too wide or too narrow are among them.

Measured on the same embeddings, without a diameter. Boundary F1 is the harmonic mean of the share
of found border pixels beside a true border and the reverse, the mean over images.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import report
import torch
from choosing import add_images_arguments, images
from numpy.typing import NDArray
from outline_refiner import (
    OutlineLesson,
    Refiner,
    make_outline_lesson,
    refined_labels,
    teach_refiner,
)
from safetensors.torch import load_file, save_file
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).parents[2] / "recipes"))
from napari_discembed import clustering, load_model, metrics
from napari_discembed.models import Model, load_model_file
from napari_discembed.pipeline import embed
from napari_discembed.progress import run
from napari_discembed.types import IntArray
from train_judge import Pictures, drawn, nuclei, stained_otherwise
from train_weights import NUCLEI, percents, rosettes

THRESHOLDS = (0.35, 0.85)
"""Range of the second foreground threshold."""

TOLERANCE = 1.5
"""Pixels, so that diagonal neighbours count."""


def borders(labels: IntArray) -> NDArray[np.bool_]:
    """Return the pixels of objects that touch another object or the background."""
    low, high = (f(labels, size=3) for f in (ndimage.minimum_filter, ndimage.maximum_filter))
    found: NDArray[np.bool_] = (labels > 0) & (low != high)
    return found


def boundary_f1(truth: IntArray, labels: IntArray) -> float:
    """Return how well borders agree, in [0, 1]."""
    true, found = borders(truth), borders(labels)
    if not true.any() or not found.any():
        return float(true.any() == found.any())
    precision = (ndimage.distance_transform_edt(~true)[found] <= TOLERANCE).mean()
    recall = (ndimage.distance_transform_edt(~found)[true] <= TOLERANCE).mean()
    return float(2 * precision * recall / max(precision + recall, 1e-9))


def lessons(model: Model, pictures: Pictures, kind: str, seed: int = 0) -> list[OutlineLesson]:
    """Return the lessons of pictures that a model has not learnt."""
    rng = np.random.default_rng(seed)
    found: list[OutlineLesson] = []
    for image, truth in pictures:
        embedding = run(embed(image, replace(model, judge=None)))
        known = model.card.clustering
        other = known.changed(foreground_threshold=float(rng.uniform(*THRESHOLDS)))
        for config in (known, other):
            labels = clustering.group(embedding, config).labels
            lesson = make_outline_lesson(labels, embedding, truth, kind, seed=len(found))
            found += [lesson] if len(lesson) else []
    print(f"{kind}, {model.name}: {sum(map(len, found))} objects", flush=True)
    return found


def everything(data: Path, weights: Path) -> list[OutlineLesson]:
    """Return the lessons of all networks."""
    half = load_model_file(weights / "nuclei_half0.safetensors")
    no_histo = load_model_file(weights / "without_histo.safetensors")
    fluo, histo, bright = (
        [kind for kind in NUCLEI if kind.startswith(start)]
        for start in ("fluo", "histo", "brightfield")
    )
    small = [kind for kind in fluo if kind == "fluo_256"]
    large = [kind for kind in fluo if kind not in small]
    return [
        *lessons(half, nuclei(data, small, 1), "fluorescence"),
        *lessons(half, nuclei(data, large, 1), "fluorescence, large images"),
        *lessons(half, nuclei(data, histo, 1), "tissue"),
        *lessons(half, stained_otherwise(nuclei(data, histo, 1), 5), "tissue"),
        *lessons(no_histo, nuclei(data, histo), "tissue"),
        *lessons(half, nuclei(data, bright, 1), "brightfield"),
        *lessons(load_model("generalist"), rosettes(data), "photographs of leaves"),
        *lessons(load_model("rosette"), drawn("rosettes", 40, 9901), "drawn leaves"),
    ]


def teach(options: argparse.Namespace) -> None:
    """Teach a refiner and write it."""
    torch.manual_seed(91)
    taught = everything(options.data, options.weights)
    refiner = run(teach_refiner(Refiner(), taught, steps=options.steps, seed=91), percents())
    save_file(refiner.state_dict(), options.refiner)


def measure(options: argparse.Namespace) -> None:
    """Embed, group, refine and print."""
    model, refiner = replace(load_model(options.model), judge=None), Refiner().eval()
    refiner.load_state_dict(load_file(options.refiner))
    scores: dict[tuple[str, str], list[tuple[metrics.Scores, float]]] = defaultdict(list)
    spent, objects = [0.0, 0.0], 0
    for kind, image, labelled in images(options):
        truth = np.unique(labelled, return_inverse=True)[1].reshape(labelled.shape)
        start = time.perf_counter()
        embedding = run(embed(image, model))
        found = clustering.group(embedding, model.card.clustering).labels
        middle = time.perf_counter()
        refined = run(refined_labels(found, embedding, refiner))
        spent = [spent[0] + middle - start, spent[1] + time.perf_counter() - middle]
        objects += int(found.max(initial=0))
        for way, labels in (("as found", found), ("refined", refined)):
            one = metrics.score(truth, labels), boundary_f1(truth, labels)
            for name in {kind, ""}:
                scores[name, way].append(one)
    head = ["kind", "outlines", "AP50", "AP50:95", "AP80", "AP90", "SBD", "boundary F1"]
    print(report.table(head, [_row(*key, scores[key]) for key in sorted(scores)]))
    print(f"\nFound in {spent[0]:.1f} s, {objects} objects refined in {spent[1]:.1f} s.")


def _row(kind: str, way: str, several: list[tuple[metrics.Scores, float]]) -> list[str]:
    total = metrics.aggregate([s for s, _ in several])
    precisions = total.average_precision(0.8), total.average_precision(0.9)
    figures = total.ap50, total.mean_ap, *precisions, total.sbd, np.mean([b for _, b in several])
    return [kind or "all", way, *(f"{x:.3f}" for x in figures)]


def main() -> int:
    """Teach or measure."""
    warnings.simplefilter("ignore")  # of sizes that could not be told
    teaching = sys.argv[1:2] == ["teach"]
    parser = argparse.ArgumentParser(description=__doc__)
    if teaching:
        parser.add_argument("teach", choices=["teach"])
    parser.add_argument("refiner", type=Path, help="file of its weights")
    if teaching:
        parser.add_argument("--data", type=Path, required=True, help="folder that holds dsb2018")
        parser.add_argument("--weights", type=Path, required=True, help="folder of networks")
        parser.add_argument("--steps", type=int, default=1500)
        parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    else:
        add_images_arguments(parser)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    (teach if teaching else measure)(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
