"""Averages of weights, which are steadier than the weights themselves."""

from __future__ import annotations

import copy

import torch

from napari_discembed.models import EmbeddingNet


class Average:
    """Exponential moving average of a network's weights and normalisation statistics.

    The decay warms up, ``min(decay, (1 + n) / (10 + n))`` after n updates, so that the random
    start is forgotten in short trainings too.

    Parameters
    ----------
    net
        To average.
    decay
        In [0, 1); 0 follows the network.
    """

    def __init__(self, net: EmbeddingNet, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.net = copy.deepcopy(net).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, net: EmbeddingNet) -> None:
        """Take in the network's present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for mine, now in zip(
            self.net.state_dict().values(), net.state_dict().values(), strict=True
        ):
            if mine.is_floating_point():
                mine.lerp_(now.to(mine.dtype), 1 - decay)
            else:
                mine.copy_(now)


def mean_of(net: EmbeddingNet, other: EmbeddingNet, share: float) -> EmbeddingNet:
    """Return a network whose weights are those of two, `share` of them the other's.

    Parameters
    ----------
    net, other
        Of one configuration; both stay as they are.
    share
        In [0, 1].
    """
    mean = copy.deepcopy(net)
    for mine, its in zip(mean.state_dict().values(), other.state_dict().values(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(its, share)
    return mean
