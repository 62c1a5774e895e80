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

    def update(self, net: EmbeddingNet) -> None:
        """Take in the network's present weights."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        _move(self.net, net, 1 - decay)


def mean_of(net: EmbeddingNet, other: EmbeddingNet, share: float) -> EmbeddingNet:
    """Return a network whose weights are those of two, `share` of them the other's.

    Parameters
    ----------
    net, other
        Of one configuration; both stay as they are.
    share
        In [0, 1].
    """
    mean = copy.deepcopy(other)
    _move(mean, net, 1 - share)
    return mean


@torch.no_grad()
def _move(net: EmbeddingNet, towards: EmbeddingNet, share: float) -> None:
    """Bring each weight a share of the way to another network's; counts are copied."""
    for mine, its in zip(net.state_dict().values(), towards.state_dict().values(), strict=True):
        if mine.is_floating_point():
            mine.lerp_(its.to(mine.dtype), share)
        else:
            mine.copy_(its)
