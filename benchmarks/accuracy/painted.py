"""Fine-tune on a few painted objects of one real picture, and score on others.

    python benchmarks/accuracy/painted.py FOLDER --model rosette [--objects 10] [--seconds 60]

``FOLDER`` holds image and label files as ``discembed evaluate`` takes them (CVPPP's too). Each seed
paints neighbouring objects of another picture and four strokes of background, as ``run.py few``
does, and fine-tunes by the clock; ``--objects 0`` paints the whole picture. The pictures to score
on are every so many of the others, the same for the start; no diameter is given. Where the model has
a judge of masks, a second row has what its choice among candidates gives.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import report
import torch
from sections import paint
from stages import pairs_of
from task import UNLABELLED

from napari_discembed import finetune, load_model, metrics
from napari_discembed.config import LearnedConfig
from napari_discembed.datasets.readers import Pair
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.models import Model
from napari_discembed.pipeline import cluster, embed
from napari_discembed.progress import run
from napari_discembed.types import IntArray

BACKGROUND = 65_535


def painted(truth: IntArray, count: int, rng: np.random.Generator) -> IntArray:
    """Return labels as a person paints them: 0 unpainted, and a number for background."""
    states = paint(truth, count, rng) if count else truth.astype(np.int32)
    return np.select([states == UNLABELLED, states == 0], [0, BACKGROUND], states).astype(np.uint16)


def scores(model: Model, pairs: list[Pair]) -> dict[str, metrics.Scores]:
    """Return how good a model is on some pictures, by each way of grouping."""
    found: dict[str, list[metrics.Scores]] = {}
    for pair in pairs:
        truth = read_labels(pair.labels)
        embedding = run(embed(read_image(pair.image), model))
        ways = {"": model.card.recommended(embedding)}
        if embedding.candidates is not None:
            ways[", as learnt"] = model.card.learned or LearnedConfig()
        for way, config in ways.items():
            labels = cluster(embedding, config).labels
            found.setdefault(way, []).append(metrics.score(truth, labels))
    return {way: metrics.aggregate(some) for way, some in found.items()}


def rows(name: str, found: dict[str, metrics.Scores], steps: object) -> list[list[str]]:
    """Return a row of the table for each way."""
    return [
        [
            f"{name}{way}",
            *(f"{f:.3f}" for f in (s.ap50, s.mean_ap, s.sbd)),
            f"{s.abs_dic:.2f}",
            str(steps),
        ]
        for way, s in found.items()
    ]


def main() -> int:
    """Fine-tune, score, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="rosette")
    parser.add_argument("--objects", type=int, default=10, help="painted; 0 for all of a picture")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--every", type=int, default=3, help="test every so many of the pictures")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    start, pairs = load_model(options.model), pairs_of(options.folder, 1)
    test = pairs[:: options.every]
    taught = [pair for pair in pairs if pair not in test]
    body = rows(f"{start.name}, as it is", scores(start, test), "-")
    found = []
    for seed in range(options.seeds):
        rng = np.random.default_rng(seed)
        pair = taught[int(rng.integers(len(taught)))]
        labels = painted(read_labels(pair.labels), options.objects, rng)
        model = finetune(
            read_image(pair.image), labels, start, seconds=options.seconds,
            background_label=BACKGROUND, progress=False,
        )  # fmt: skip
        found.append(scores(model, test))
        body += rows(f"seed {seed}: {pair.name}", found[-1], model.card.training.get("steps"))
        print(body[-len(found[-1]) :], flush=True)
    mean = {way: metrics.aggregate([one[way] for one in found]) for way in found[0]}
    print(
        report.table(["", "AP50", "mean AP", "SBD", "DiC", "steps"], body + rows("mean", mean, ""))
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
