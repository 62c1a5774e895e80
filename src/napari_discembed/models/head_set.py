"""The heads of a network, by name."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from napari_discembed.config.network import NetworkConfig
from napari_discembed.models import motion_head  # noqa: F401 - makes its kind known
from napari_discembed.models.heads import Head


def build_heads(network: NetworkConfig, in_channels: int) -> nn.ModuleDict:
    """Return the heads of a network, by name."""
    return nn.ModuleDict(
        {
            name: Head.kinds[config.kind].of(config, network, in_channels)
            for name, config in network.heads.items()
        }
    )


def project(heads: Mapping[str, Head], features: Tensor) -> dict[str, Tensor]:
    """Return ``(B, channels, *S)`` float32 of each head: all their projections in one pass.

    Features of full resolution are the largest tensors of a network, and are read once.
    """
    layers = [head.projection for head in heads.values()]
    weight = torch.cat([layer.weight for layer in layers])
    bias = torch.cat([layer.bias for layer in layers if layer.bias is not None])
    conv = F.conv2d if weight.ndim == 4 else F.conv3d
    projected = conv(features, weight, bias).float()
    parts = torch.split(projected, [head.channels for head in heads.values()], dim=1)
    return dict(zip(heads, parts, strict=True))
