"""A whole training step beside the bare network's forward and backward pass.

    python benchmarks/training_step.py

Batch 4 x 256 x 256, E = 8, about 60 instances an image; the step draws and augments its patches,
computes all losses, clips, updates and averages the weights.
"""

from __future__ import annotations

import sys

import torch

from common import NETWORK, REPEATS, batch, clock, medians
from napari_discembed.config import TrainConfig
from napari_discembed.datasets.patches import TrainingImage, TrainingSet
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet
from napari_discembed.training import fit


def bare() -> float:
    """Return the median seconds of the network's forward and backward pass."""
    images, _ = batch()
    net = EmbeddingNet(NETWORK)

    def step() -> tuple[float]:
        started = clock()
        out = net(images)
        torch.autograd.backward(list(out), [torch.ones_like(v) for v in out])
        return (clock() - started,)

    return medians(step)[0]


def whole() -> float:
    """Return the median seconds of a training step."""
    images, labels = batch(side=512, instances=240)
    items = [
        TrainingImage(i.numpy(), x.numpy().astype("int32"))
        for i, x in zip(images, labels, strict=True)
    ]
    config = TrainConfig(steps=REPEATS + 3, batch_size=4, patch_size=256)
    job = fit(
        EmbeddingNet(NETWORK), TrainingSet(items), config, objective=Objective(NETWORK, config)
    )
    next(job), next(job)

    def step() -> tuple[float]:
        started = clock()
        next(job)
        return (clock() - started,)

    return medians(step)[0]


def main() -> int:
    """Print the table."""
    network, step = bare(), whole()
    print("| bare network | whole step | ratio | wanted |\n|---|---|---|---|")
    print(f"| {network * 1e3:.0f} ms | {step * 1e3:.0f} ms | {step / network:.2f} | <= 1.3 |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
