"""What the benchmarks of training share: a batch to learn from, and medians."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch

from napari_discembed.config import NetworkConfig

NETWORK = NetworkConfig.of(embedding_dim=8, coordinates="none")
REPEATS = 5


def batch(
    batch_size: int = 4, side: int = 256, instances: int = 60
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return noise images and labels of discs, about 60 an image."""
    g = torch.Generator().manual_seed(0)
    labels = torch.zeros(batch_size, side, side, dtype=torch.long)
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    for b in range(batch_size):
        for i in range(instances):
            cy, cx = torch.randint(0, side, (2,), generator=g)
            labels[b][(y - cy) ** 2 + (x - cx) ** 2 < 100] = i + 1
    return torch.randn(batch_size, 3, side, side, generator=g), labels


def medians(work: Callable[[], tuple[float, ...]]) -> list[float]:
    """Run some work several times, once unmeasured, and return the median of each figure."""
    work()
    return [
        statistics.median(column) for column in zip(*(work() for _ in range(REPEATS)), strict=True)
    ]


def clock() -> float:
    """Return seconds."""
    return time.perf_counter()
