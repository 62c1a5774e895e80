"""Start from weights that were trained for another number of channels."""

from __future__ import annotations

import copy

import torch

from napari_discembed.models.network import EmbeddingNet


def adapt_channels(net: EmbeddingNet, in_channels: int) -> EmbeddingNet:
    """Return a copy of a network that takes another number of image channels.

    Each new channel starts with the sum of the old filters over the new number of channels, so
    that a grey image, repeated over the channels, gives the same output as before.

    Parameters
    ----------
    net
        Stays as it is.
    in_channels
        At least 1; where it is the network's own, the copy is exact.
    """
    if in_channels == net.config.in_channels:
        return copy.deepcopy(net)
    adapted = EmbeddingNet(net.config.model_copy(update={"in_channels": in_channels}))
    weights = net.state_dict()
    first = "unet.encoder.0.0.weight"
    old = weights[first]
    image, coordinates = old[:, : net.config.in_channels], old[:, net.config.in_channels :]
    mean = image.sum(dim=1, keepdim=True) / in_channels
    new = [mean.expand(-1, in_channels, *mean.shape[2:]), coordinates]
    weights[first] = torch.cat(new, dim=1).contiguous()
    adapted.load_state_dict(weights)
    return adapted.train(net.training)
