"""Backbones: what gives each pixel its features."""

from __future__ import annotations

from typing import Protocol

from torch import nn

from napari_discembed.config import HourglassConfig
from napari_discembed.config.backbones import BackboneConfig
from napari_discembed.models.backbones.efficientnet import EfficientUNet
from napari_discembed.models.backbones.hourglass import Hourglass, Memory
from napari_discembed.models.backbones.unet import UNet

__all__ = ["Backbone", "EfficientUNet", "Hourglass", "Memory", "UNet", "build_backbone"]


class Backbone(Protocol):
    """Map an image to features of each pixel, within a finite receptive field.

    Attributes
    ----------
    learning_rates
        Shares of the learning rate, by how the names of weights begin; 1 for the others.
    """

    learning_rates: dict[str, float]

    @property
    def out_channels(self) -> int:
        """Features of each pixel."""
        ...

    @property
    def stride(self) -> int:
        """Sizes of the input must be multiples of it."""
        ...

    @property
    def first_layers(self) -> tuple[str, ...]:
        """Names of the filters that see the image."""
        ...

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output."""
        ...


_BACKBONES: dict[str, type[nn.Module]] = {
    "unet": UNet,
    "efficientnet": EfficientUNet,
    "hourglass": Hourglass,
}


def build_backbone(config: BackboneConfig, *, ndim: int, in_channels: int, shown: int) -> nn.Module:
    """Return the backbone of a config: a module that is a :class:`Backbone`.

    Parameters
    ----------
    config
        Of the backbone.
    ndim
        2 or 3.
    in_channels
        Channels of the image.
    shown
        Channels of the embedding, which hourglasses in a row show each other.

    Returns
    -------
    An :class:`Hourglass`, or a module that maps ``(B, C, *S)`` to ``(B, out_channels, *S)``.
    """
    settings = config.model_dump(exclude={"kind"})
    if isinstance(config, HourglassConfig):
        settings["shown"] = shown
    return _BACKBONES[config.kind](ndim=ndim, in_channels=in_channels, **settings)
