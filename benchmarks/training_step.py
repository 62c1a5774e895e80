"""A whole training step beside the bare network's forward and backward pass.

    python benchmarks/training_step.py

Batch 4 x 256 x 256, E = 8, about 60 instances an image; the step draws and augments its patches,
computes all losses, clips, updates and averages the weights.
"""

from __future__ import annotations

import sys

import torch

from common import NETWORK, REPEATS, batch, clock, medians
from napari_discembed.config import TrainingConfig
from napari_discembed.datasets.training_set import TrainingImage, TrainingSet
from napari_discembed.models import EmbeddingNet
from napari_discembed.training import fit


def main() -> int:
    """Print the table; both are timed in turn, so that a busy machine troubles both alike."""
    noise, _ = batch()
    net = EmbeddingNet(NETWORK)
    images, labels = batch(side=512, instances=240)
    items = [
        TrainingImage(i.numpy(), x.numpy().astype("int32"))
        for i, x in zip(images, labels, strict=True)
    ]
    config = TrainingConfig(steps=REPEATS + 3, batch_size=4, patch_size=256)
    job = fit(EmbeddingNet(NETWORK), TrainingSet(items), config)

    def both() -> tuple[float, float, float]:
        started = clock()
        out = list(net(noise).values())
        torch.autograd.backward(out, [torch.ones_like(v) for v in out])
        middle = clock()
        next(job)
        bare, step = middle - started, clock() - middle
        return bare, step, step / bare

    bare, step, ratio = medians(both)
    print("| bare network | whole step | ratio | wanted |\n|---|---|---|---|")
    print(f"| {bare * 1e3:.0f} ms | {step * 1e3:.0f} ms | {ratio:.2f} | <= 1.3 |")
    job.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
