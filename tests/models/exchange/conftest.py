"""Small models of each kind, for export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from napari_discembed.config import NetworkConfig
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.models.backbones import efficientnet

NETWORKS: dict[str, dict[str, Any]] = {
    "unet": {"in_channels": 3, "features": (4, 6)},
    "volumes": {"ndim": 3, "in_channels": 1, "features": (4, 6), "embedding_dim": 3},
    "several": {
        "in_channels": 2, "features": (4, 6), "coordinates": "input", "embedding_dim": 4,
        "classes": 2, "seediness": False, "asinh_channel": True, "space_kind": "cosine",
    },
    "efficientnet": {
        "in_channels": 3, "embedding_dim": 4,
        "backbone": {"kind": "efficientnet", "features": (4, 4, 4, 4)},
    },
}  # fmt: skip
"""A network of each backbone, in 2-D and 3-D, and one with the rarer settings."""


@pytest.fixture(scope="session", params=sorted(NETWORKS))
def model(request: pytest.FixtureRequest) -> Model:
    """Return a model of each kind, with random weights."""
    return _model(request.param)


@pytest.fixture(scope="session")
def small() -> Model:
    """Return the model that is exported soonest."""
    return _model("unet")


@pytest.fixture(scope="session")
def make_model() -> Callable[[str], Model]:
    """Return a maker of models by the names of :data:`NETWORKS`."""
    return _model


def _model(name: str) -> Model:
    config = NetworkConfig.of(**NETWORKS[name])
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        # Every block once is enough to see that all are exported, and takes a third of the time.
        patch.setattr(
            efficientnet, "STAGES", tuple(s._replace(repeats=1) for s in efficientnet.STAGES)
        )
        net = EmbeddingNet(config).eval()
    for module in net.modules():  # statistics that do something
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2)
    return Model(net, ModelCard(name=f"{name} ä", description="For tests.", config=config))
