"""What the loss costs beside the network: batch 4 x 256 x 256, E = 8, 60 instances an image.

python benchmarks/loss_speed.py
"""

from __future__ import annotations

import sys

import torch

from common import NETWORK, batch, clock, medians
from napari_discembed.config import TrainingConfig
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet


def main() -> int:
    """Print the table."""
    images, labels = batch()
    net = EmbeddingNet(NETWORK)
    objective = Objective(net.named_heads(), net.space, TrainingConfig())

    def step() -> tuple[float, float]:
        started = clock()
        out = net(images)
        middle = clock()
        ends = {name: value.detach().requires_grad_() for name, value in out.items()}
        before = clock()
        torch.autograd.backward(objective(ends, labels)[0])
        after = clock()
        torch.autograd.backward(list(out.values()), [value.grad for value in ends.values()])
        network = middle - started + clock() - after
        return network, after - before

    network, loss = medians(step)
    print("| network forward + backward | loss forward + backward | share of the step | wanted |")
    print("|---|---|---|---|")
    print(
        f"| {network * 1e3:.0f} ms | {loss * 1e3:.0f} ms | {loss / (loss + network):.1%} | <= 25% |"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
