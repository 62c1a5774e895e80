"""Train for 20 minutes on drawn sticks or rosettes and score on fresh ones.

    python benchmarks/synthetic.py sticks rosettes --seconds 1200
    python benchmarks/synthetic.py cells sticks --space cosine --embedding-dim 16 --coordinates none

Prints SBD, |DiC| and AP50, for cosine space by each way of grouping that suits directions. Every
figure is of drawn pictures: there is no free set of real leaves with truth. Training and test
pictures come from different seeds.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch

from napari_discembed import finetuning, metrics, pipeline
from napari_discembed.config import (
    FROM_SCRATCH,
    ClusteringConfig,
    HdbscanConfig,
    NetworkConfig,
    suited_config,
)
from napari_discembed.datasets.synthetic import generate
from napari_discembed.models import Model, load_model_file, save_model
from napari_discembed.progress import Progress, run
from napari_discembed.types import Axes, Image, IntArray
from napari_discembed.types.space import EmbeddingSpace

TRAINING_SEED, TEST_SEED = 1, 2


def pictures(kind: str, count: int, seed: int) -> tuple[list[Image], list[IntArray]]:
    """Draw images with their labels."""
    samples = list(generate(kind, count, seed))
    images = [
        Image(s.image, Axes("YX" if s.image.ndim == 2 else "YXC"), name=f"{kind} {i}")
        for i, s in enumerate(samples)
    ]
    return images, [s.labels for s in samples]


def train(kind: str, options: argparse.Namespace) -> Model:
    """Train from scratch, printing the loss every ten per cent."""
    images, labels = pictures(kind, options.train, TRAINING_SEED)
    said = -1

    def show(progress: Progress) -> None:
        nonlocal said
        tenth = int(10 * (progress.fraction or 0))
        if tenth > said:
            said = tenth
            print(
                f"{kind}: {progress.fraction:.0%} {progress.message}", file=sys.stderr, flush=True
            )

    config = FROM_SCRATCH.model_copy(update={"seconds": options.seconds})
    # Sticks are longer than the default network sees; a fifth scale doubles its field. Free
    # dimensions beside the coordinates keep apart what crosses in the middle.
    network = NetworkConfig.of(
        in_channels=images[0].n_channels,
        features=(16, 32, 64, 128, 128),
        embedding_dim=options.embedding_dim,
        coordinates=options.coordinates,
        space_kind=options.space,
    )
    return run(
        finetuning.finetune(
            images, labels, config=config, network=network, complete=True, name=kind
        ),
        show,
    )


def groupings(space: EmbeddingSpace) -> dict[str, ClusteringConfig]:
    """Return the ways of grouping that suit a space, by name."""
    usual = suited_config(space)
    if space.kind == "euclidean":
        return {usual.method: usual}
    return {
        f"{usual.method}, parts apart": usual,
        "hdbscan, coordinates 1": HdbscanConfig(coordinates=1.0),
    }


def score(kind: str, model: Model, count: int) -> dict[str, metrics.Scores]:
    """Segment fresh pictures in each way and pool their scores."""
    images, truths = pictures(kind, count, TEST_SEED)
    scores: dict[str, list[metrics.Scores]] = {}
    for image, truth in zip(images, truths, strict=True):
        embedding = run(pipeline.embed(image, model))
        for way, config in groupings(embedding.space).items():
            labels = pipeline.cluster(embedding, config).labels
            scores.setdefault(way, []).append(metrics.score(truth, labels))
    return {way: metrics.aggregate(of_way) for way, of_way in scores.items()}


def main() -> int:
    """Train, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=["sticks", "rosettes", "cells"])
    parser.add_argument("--seconds", type=float, default=1200)
    parser.add_argument("--train", type=int, default=200, help="training pictures")
    parser.add_argument("--test", type=int, default=50, help="fresh pictures to score on")
    parser.add_argument("--embedding-dim", type=int, default=4)
    parser.add_argument("--coordinates", default="semiconv", choices=["none", "input", "semiconv"])
    parser.add_argument("--space", default="euclidean", choices=["euclidean", "cosine"])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--keep",
        type=Path,
        help="folder to keep the models in, and to take those that are there from",
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| data (drawn) | trained | grouped by | AP50 | SBD | mean absolute DiC |")
    print("|---|---|---|---|---|---|", flush=True)
    for kind in options.kinds:
        kept = options.keep / f"{kind}.safetensors" if options.keep else None
        if kept is not None and kept.is_file():
            model = load_model_file(kept)
        else:
            model = train(kind, options)
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            save_model(kept, model)
        trained = f"{options.seconds:.0f} s, {options.threads} threads"
        for way, scores in score(kind, model, options.test).items():
            print(
                f"| {kind} | {trained} | {way} | {scores.ap50:.3f} | {scores.sbd:.3f} "
                f"| {scores.abs_dic:.2f} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
