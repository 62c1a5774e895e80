"""Small networks with lively outputs: fresh ones say nearly the same of every pixel."""

from collections.abc import Callable

import pytest
import torch

from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard


def enliven(net: EmbeddingNet) -> None:
    """Give the batch norms statistics that matter, and each output a spread of about one."""
    config = net.config
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.2, 1.0)
            torch.nn.init.constant_(module.bias, 0.3)
    with torch.no_grad():
        channels = net.backbone.encoder[0][0].in_channels
        features = net.eval().backbone(torch.rand(1, channels, *(32,) * config.ndim))
        for head in net.heads.values():
            layer = head.projection
            torch.nn.init.normal_(layer.weight, std=0.5)
            out = layer(features).transpose(0, 1).flatten(1)
            scale = out.std(dim=1).clamp(min=1e-6)
            layer.weight /= scale.reshape(-1, 1, *(1,) * config.ndim)
            layer.bias.copy_((layer.bias - out.mean(dim=1)) / scale)
    net.train()


@pytest.fixture
def make_net() -> Callable[..., EmbeddingNet]:
    def make(**config: object) -> EmbeddingNet:
        torch.manual_seed(0)
        defaults = {"in_channels": 1, "features": (4, 6, 8), "embedding_dim": 2}
        net = EmbeddingNet(NetworkConfig.model_validate({**defaults, **config}))
        enliven(net)
        return net

    return make


@pytest.fixture
def make_model(make_net: Callable[..., EmbeddingNet]) -> Callable[..., Model]:
    def make(card: dict[str, object] | None = None, **config: object) -> Model:
        net = make_net(**config)
        return Model(net, ModelCard(name="lively", config=net.config, **(card or {})))

    return make
