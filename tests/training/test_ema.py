"""Averages of weights."""

from __future__ import annotations

import torch

from napari_discembed.models import EmbeddingNet
from napari_discembed.training.ema import Average

from .tiny import MODEL


def test_the_average_forgets_its_start_early() -> None:
    net = EmbeddingNet(MODEL)
    average = Average(net, decay=0.999)
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(1.0)
    for _ in range(100):
        average.update(net)
    assert all((p - 1).abs().max() < 1e-3 for p in average.net.parameters())
