"""The network: a U-Net with heads for embedding, foreground and seediness."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from napari_discembed.config import ModelConfig
from napari_discembed.errors import InputError
from napari_discembed.models.unet import UNet

COORDINATE_PERIOD = 16.0
"""Object diameters that an input coordinate takes to grow by one."""

FAINT_GAIN = 20.0
"""How much steeper the lifted copy of an image rises at 0 than at its end, roughly."""


class Output(NamedTuple):
    """What the network says of a batch.

    Attributes
    ----------
    embedding
        ``(B, E, *S)`` float32, in embedding units.
    foreground
        ``(B, K, *S)`` logits of the foreground classes.
    seediness
        ``(B, 1, *S)`` logits; None where the network has no such head.
    """

    embedding: Tensor
    foreground: Tensor
    seediness: Tensor | None


class EmbeddingNet(nn.Module):
    """Map each pixel to a point in embedding space.

    With ``coordinates="semiconv"`` (Novotny 2018) the pixel's own position is added to the first
    ``ndim`` dimensions of the output, ``units_per_diameter / diameter`` units a pixel, so that
    the convolutions only need to say where a pixel's object is from here. With ``"input"`` the
    position is given as further input channels (De Brabandere 2017, section 4).

    Parameters
    ----------
    config
        The network and its embedding space.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        extra = config.ndim if config.coordinates == "input" else 0
        shown = config.in_channels * (2 if config.faint else 1)
        self.unet = UNet(ndim=config.ndim, in_channels=shown + extra, features=config.features)
        conv = nn.Conv2d if config.ndim == 2 else nn.Conv3d
        n_outputs = config.embedding_dim + config.classes + int(config.seediness)
        self.head = conv(config.features[0], n_outputs, 1)
        self._initialise_head()

    def _initialise_head(self) -> None:
        """Start with offsets near zero, or, without coordinates, with points spread apart."""
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)  # type: ignore[arg-type]
        if self.config.coordinates != "semiconv":
            nn.init.normal_(self.head.weight[: self.config.embedding_dim], std=0.1)

    @property
    def stride(self) -> int:
        """Sizes of the input must be multiples of it."""
        return self.unet.stride

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output."""
        return self.unet.receptive_radius

    def forward(self, images: Tensor, origin: Tensor | None = None) -> Output:
        """Embed a batch.

        Parameters
        ----------
        images
            ``(B, C, *S)``, normalised; sizes are multiples of :attr:`stride`.
        origin
            ``(B, ndim)``: position of each patch's first pixel in its image; None for zeros.

        Raises
        ------
        InputError
            If the channels or the sizes do not fit.
        """
        self._check(images)
        positions = None
        if self.config.coordinates != "none":
            positions = _positions(images.shape[2:], origin, images.device)
        if self.config.faint:
            images = torch.cat([images, _lifted(images)], dim=1)
        if self.config.coordinates == "input" and positions is not None:
            scaled = positions / (COORDINATE_PERIOD * self.config.diameter)
            scaled = scaled.expand(images.shape[0], *scaled.shape[1:])
            images = torch.cat([images, scaled.to(images.dtype)], dim=1)
        if self.config.ndim == 2:
            images = images.contiguous(memory_format=torch.channels_last)
        out = self.head(self.unet(images)).float()
        dim, classes = self.config.embedding_dim, self.config.classes
        embedding = out[:, :dim]
        if self.config.coordinates == "semiconv" and positions is not None:
            embedding = _add_positions(
                embedding, positions * (self.config.units_per_diameter / self.config.diameter)
            )
        seediness = out[:, dim + classes :] if self.config.seediness else None
        return Output(embedding, out[:, dim : dim + classes], seediness)

    def _check(self, images: Tensor) -> None:
        config = self.config
        if images.ndim != config.ndim + 2 or images.shape[1] != config.in_channels:
            raise InputError(
                f"Expected a batch of shape (B, {config.in_channels}, {config.ndim} spatial "
                f"axes), got {tuple(images.shape)}."
            )
        if any(n % self.stride for n in images.shape[2:]):
            raise InputError(
                f"Expected spatial sizes that are multiples of {self.stride}, got "
                f"{tuple(images.shape[2:])}. Pad the image."
            )


def _lifted(images: Tensor) -> Tensor:
    """Return the image on a scale that is linear near 0 and logarithmic beyond."""
    return torch.asinh(FAINT_GAIN * images) / math.asinh(FAINT_GAIN)


def _positions(shape: torch.Size, origin: Tensor | None, device: torch.device) -> Tensor:
    """Return ``(B or 1, ndim, *S)`` float32: the index of each pixel in its image."""
    axes = [torch.arange(n, device=device, dtype=torch.float32) for n in shape]
    positions = torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]
    if origin is None:
        return positions
    shift = origin.to(device=device, dtype=torch.float32)
    return positions + shift.reshape(*shift.shape, *(1 for _ in shape))


def _add_positions(embedding: Tensor, positions: Tensor) -> Tensor:
    ndim = positions.shape[1]
    if embedding.shape[1] == ndim:
        return embedding + positions
    return torch.cat([embedding[:, :ndim] + positions, embedding[:, ndim:]], dim=1)
