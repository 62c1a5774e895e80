"""Rebuild the shipped ``generalist`` weights.

    python benchmarks/train_generalist.py --data DIR --output generalist.safetensors

``DIR`` holds ``dsb2018/train`` (CC0); everything else it learns from is drawn by the package's
own generators. The same seed on the same machine gives the same weights.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import torch

from napari_discembed.config import AugmentConfig, ModelConfig, TrainConfig
from napari_discembed.datasets.patches import TrainingImage, TrainingSet
from napari_discembed.datasets.readers import dsb2018
from napari_discembed.datasets.synthetic import generate
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet, Model, ModelCard, load_model_file, save_model
from napari_discembed.preprocess import estimate_diameter
from napari_discembed.progress import Progress, run
from napari_discembed.training import fit
from napari_discembed.training.prepare import label_states, training_set
from napari_discembed.types import Image, IntArray

NETWORK = ModelConfig(in_channels=3, features=(16, 32, 64, 128), embedding_dim=2)
RECIPE = TrainConfig(
    batch_size=8,
    patch_size=128,
    learning_rate=3e-3,
    ema_decay=0.998,
    augment=AugmentConfig(scale=1.6, invert=0.15, blur=1.5, noise=0.1),
    checkpoint_every=60,
)


def images_of(
    data: Path, synthetic: dict[str, int], seed: int
) -> Iterator[tuple[Image, IntArray, bool]]:
    """Yield images, labels, and whether to learn them at their own scale too."""
    for pair in dsb2018(data / "dsb2018", "train"):
        yield read_image(pair.image), read_labels(pair.labels), True
    for kind, count in synthetic.items():
        for i, sample in enumerate(generate(kind, count, seed)):
            axes = "YX" if sample.image.ndim == 2 else "YXC"
            yield Image(sample.image, axes, name=f"{kind} {i}"), sample.labels, False


def dataset(data: Path, synthetic: dict[str, int], seed: int) -> TrainingSet:
    """Bring all images to the network's diameter, the nuclei also as they are.

    A user who gives no diameter meets the network at the image's own scale, one who paints
    objects at the network's: it should know both.
    """
    items: list[TrainingImage] = []
    for image, labels, own_scale in images_of(data, synthetic, seed):
        states = label_states([image], [labels], complete=True)
        if not (states[0] > 0).any():
            continue
        diameters = {estimate_diameter(states[0])} | ({NETWORK.diameter} if own_scale else set())
        for diameter in sorted(diameters):
            items += training_set([image], states, NETWORK, diameter).items
    return TrainingSet(items)


def main() -> int:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--output", type=Path, default=Path("generalist.safetensors"))
    parser.add_argument("--seconds", type=float, default=2400)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--synthetic",
        type=int,
        nargs=3,
        default=(150, 150, 50),
        metavar=("CELLS", "ROSETTES", "STICKS"),
        help="drawn pictures",
    )
    parser.add_argument("--start", type=Path, help="weights to start from")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--device", default="auto")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    config = RECIPE.model_copy(
        update={"seconds": options.seconds, "seed": options.seed, "device": options.device}
    )
    torch.manual_seed(options.seed)
    synthetic = dict(zip(("cells", "rosettes", "sticks"), options.synthetic, strict=True))
    items = dataset(options.data, synthetic, options.seed)
    print(f"{len(items.items)} training images", flush=True)
    last = -1

    def show(progress: Progress) -> None:
        nonlocal last
        percent = int(100 * (progress.fraction or 0))
        if percent > last:
            last = percent
            figures = ", ".join(f"{k} {v:.3f}" for k, v in progress.values.items())
            print(f"{percent:3d}% {progress.message} {figures}", flush=True)

    torch.set_num_threads(options.threads)
    net = load_model_file(options.start).net if options.start else EmbeddingNet(NETWORK)
    job = fit(
        net,
        items,
        config,
        objective=Objective(NETWORK, config),
        state=options.output.with_suffix(".state.safetensors"),
        resume=options.resume,
    )
    result = run(job, show)
    card = ModelCard(
        name=options.output.stem,
        description="A general start: nuclei of many stains, drawn cells, leaves and sticks.",
        config=NETWORK,
        training={
            "data": "dsb2018/train (BBBC038, CC0) and drawn " + ", ".join(synthetic),
            "drawn": synthetic,
            "steps": result.history.steps[-1]["step"],
            "seconds": result.history.steps[-1]["seconds"],
            "recipe": config.model_dump(mode="json"),
            "command": "python benchmarks/train_generalist.py --data DIR",
        },
    )
    print(save_model(options.output, Model(result.net, card)).weights_sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
