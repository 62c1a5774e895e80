"""Recurrent hourglass against U-Net, on drawn movies of dividing cells.

    python benchmarks/recurrent.py [--seconds 240] [--only BACKBONE] [--size 256] [--movies 12]
                                   [--speed 0.08] [--clip 8] [--motion]

Each network learns the same movies from scratch, for the same time of one core, and tracks fresh
ones: SEG, TRA and F1 of divisions, the mean over the movies. The hourglass once with what it
remembers, once with what it remembers dropped every 8 frames, once each frame alone. At the end the
time that 8 frames of 512x512 take.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from napari_discembed import movies
from napari_discembed.config import FROM_SCRATCH, NetworkConfig, linking_config
from napari_discembed.datasets.synthetic import DividingConfig, draw_dividing
from napari_discembed.datasets.synthetic.movie import Movie
from napari_discembed.finetuning import finetune
from napari_discembed.inference import embed_image, memory_of
from napari_discembed.io.ctc import TRUTH
from napari_discembed.io.ctc_writer import write_ctc
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.types import Axes, Image
from tracking import scored

MEASURES = ("SEG", "TRA", "BC")
NETWORKS = {
    "unet": {"backbone": {"kind": "unet"}},
    "hourglass": {"backbone": {"kind": "hourglass"}},
}
TESTED = 4
RESTART = 8


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--movies", type=int, default=12)
    parser.add_argument("--speed", type=float, default=0.08, help="of cells, diameters a frame")
    parser.add_argument("--clip", type=int, help="frames of a clip")
    parser.add_argument("--motion", action="store_true", help="the hourglass with a motion head")
    parser.add_argument("--only", choices=[*NETWORKS])
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = [options.only] if options.only else [*NETWORKS]
    print("| network | linker | SEG | TRA | divisions F1 |\n|---|---|---|---|---|", flush=True)
    for name in names:
        model = learnt(name, options)
        for how, changed in ways(model):
            evaluate(f"{name}{how}", changed, options)
    for name in names:
        seconds(name)
    return 0


def drawn(seed: int, options: argparse.Namespace) -> Movie:
    """Return a movie of 30 to 60 cells on 256x256 pixels, or as many more as it is larger."""
    cells = round(30 * (options.size / 256) ** 2)
    config = DividingConfig(
        size=options.size,
        fewest=cells,
        most=2 * cells,
        motion=options.speed,
        look="fluorescence",
    )
    return draw_dividing(np.random.default_rng(seed), config)


def learnt(name: str, options: argparse.Namespace) -> Model:
    """Train a network from scratch on drawn movies."""
    made = [drawn(seed, options) for seed in range(options.movies)]
    network = NetworkConfig.of(in_channels=1, **NETWORKS[name])
    if options.motion and name == "hourglass":
        heads = {**network.model_dump()["heads"], "motion": {"kind": "motion"}}
        network = network.with_short(heads=heads)
    began = time.perf_counter()
    model = run(
        finetune(
            [Image(one.frames, Axes("TYX")) for one in made],
            [one.tracks if options.motion else one.tracks.labels for one in made],
            network=network,
            config=FROM_SCRATCH.changed(seconds=options.seconds, clip_frames=options.clip),
            complete=True,
            name=name,
        )
    )
    steps = model.card.training["steps"]
    weights = sum(p.numel() for p in model.net.parameters())
    took = time.perf_counter() - began
    print(f"{name}: {weights} weights, {steps} steps, {took:.0f} s", file=sys.stderr, flush=True)
    return model


def ways(model: Model) -> Iterator[tuple[str, Model]]:
    """Yield what a model remembers, and the model that does."""
    yield "", model
    if model.net.is_recurrent:
        for how, restart in ((f", dropped every {RESTART}", RESTART), (", each frame alone", 1)):
            backbone = {**model.config.backbone.model_dump(), "restart": restart}
            net = EmbeddingNet(model.config.with_short(backbone=backbone))
            net.load_state_dict(model.net.state_dict())
            yield how, Model(net.eval(), model.card)


def evaluate(title: str, model: Model, options: argparse.Namespace) -> None:
    """Track fresh movies, and print the mean of the measures."""
    methods = ["overlap", "lap", "pairs"]
    if "motion" in model.config.heads:
        methods.append("motion")
    for method in methods:
        found = []
        for seed in range(1000, 1000 + TESTED):
            one = drawn(seed, options)
            job = movies.track(Image(one.frames, Axes("TYX")), model, method=linking_config(method))
            with tempfile.TemporaryDirectory() as folder:
                truth = Path(folder) / "01_GT"
                write_ctc(truth / "TRA", one.tracks, TRUTH)
                found.append(scored(truth, run(job), without=[]))
        mean = [np.mean([scores.get(m, np.nan) for scores in found]) for m in MEASURES]
        values = " | ".join(f"{value:.3f}" for value in mean)
        print(f"| {title} | {method} | {values} |", flush=True)


def seconds(name: str) -> None:
    """Print the time of one core that 8 frames of 512x512 take to be embedded."""
    network = NetworkConfig.of(in_channels=1, **NETWORKS[name])
    net = EmbeddingNet(network).eval()
    model = Model(net, ModelCard(name="timed", config=network))
    frames = np.random.default_rng(0).random((9, 512, 512), dtype=np.float32)
    images = [Image(frame, Axes("YX")) for frame in frames]
    memory = memory_of(model)
    for i, image in enumerate(images):
        if i == 1:  # the first is for warming up
            began = time.process_time()
        run(embed_image(model, image, diameter=network.diameter, memory=memory))
    weights = sum(p.numel() for p in net.parameters())
    took = time.process_time() - began
    print(f"{name}: {weights} weights, 8 frames of 512x512 in {took:.2f} s of one core", flush=True)


if __name__ == "__main__":
    sys.exit(main())
