"""Backbones: what gives each pixel its features."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from napari_discembed.config.network import BackboneConfig
from napari_discembed.models.backbones.unet import UNet

__all__ = ["Backbone", "UNet", "build_backbone"]


class Backbone(Protocol):
    """Map an image to features of each pixel, within a finite receptive field."""

    @property
    def out_channels(self) -> int:
        """Features of each pixel."""
        ...

    @property
    def stride(self) -> int:
        """Sizes of the input must be multiples of it."""
        ...

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output."""
        ...

    def __call__(self, x: Tensor) -> Tensor:
        """Map ``(B, C, *S)`` to ``(B, out_channels, *S)``."""
        ...


_BACKBONES: dict[str, type[nn.Module]] = {"unet": UNet}


def build_backbone(config: BackboneConfig, *, ndim: int, in_channels: int) -> nn.Module:
    """Return the backbone of a config: a module that is a :class:`Backbone`."""
    settings = config.model_dump(exclude={"kind"})
    return _BACKBONES[config.kind](ndim=ndim, in_channels=in_channels, **settings)
