"""The network: a backbone and its heads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models.backbones import Backbone, Hourglass, Memory, build_backbone
from napari_discembed.models.head_set import build_heads, project
from napari_discembed.models.heads import Head
from napari_discembed.types import EmbeddingSpace

COORDINATE_PERIOD = 16.0
"""Object diameters that an input coordinate takes to grow by one."""

ASINH_GAIN = 20.0
"""How much steeper the logarithmic copy of an image rises at 0 than at its end, roughly."""


class Passed(NamedTuple):
    """What a network says of frames in a row.

    Attributes
    ----------
    outputs
        ``(T * B, channels, *S)`` float32 of each head, by name.
    memory
        After the last frame; None where the network has none.
    earlier
        The outputs of the hourglasses before the last one, for training; else empty.
    """

    outputs: dict[str, Tensor]
    memory: Memory | None
    earlier: list[dict[str, Tensor]]


class EmbeddingNet(nn.Module):
    """Map each pixel to a point in embedding space, and to what the other heads say of it.

    With ``coordinates="input"`` the position of each pixel is given as further input channels
    (De Brabandere 2017, section 4).

    Parameters
    ----------
    config
        The backbone, the heads and the embedding space.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        extra = config.ndim if config.embedding.coordinates == "input" else 0
        shown = config.in_channels * (2 if config.asinh_channel else 1)
        self.backbone = build_backbone(
            config.backbone,
            ndim=config.ndim,
            in_channels=shown + extra,
            shown=config.embedding.dim,
        )
        before = len(self.backbone.stages) - 1 if isinstance(self.backbone, Hourglass) else 0
        self.heads = build_heads(config, self._backbone.out_channels)
        self.earlier_heads = nn.ModuleList(
            build_heads(config, self._backbone.out_channels) for _ in range(before)
        )

    @property
    def _backbone(self) -> Backbone:
        return cast("Backbone", self.backbone)

    @property
    def stride(self) -> int:
        """Sizes of the input must be multiples of it."""
        return self._backbone.stride

    @property
    def first_layers(self) -> tuple[str, ...]:
        """Names of the filters that see the image."""
        return tuple(f"backbone.{name}" for name in self._backbone.first_layers)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the parameters by the share of the learning rate that is theirs, for optimisers.

        The share is in each group as ``share``.
        """
        rates = self._backbone.learning_rates
        by_share: dict[float, list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            own = [s for start, s in rates.items() if name.startswith(f"backbone.{start}")]
            by_share.setdefault(own[0] if own else 1.0, []).append(parameter)
        return [{"params": found, "share": share} for share, found in by_share.items()]

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output."""
        return self._backbone.receptive_radius

    @property
    def is_recurrent(self) -> bool:
        """Whether it remembers the frames of a movie that it has seen."""
        return isinstance(self.backbone, Hourglass)

    @property
    def restart(self) -> int:
        """Frames after which what is remembered is dropped; 0: never."""
        return self.backbone.restart if isinstance(self.backbone, Hourglass) else 0

    def memory_shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the shapes ``(C, *S)`` of what is remembered of an image of a shape ``*S``."""
        if not isinstance(self.backbone, Hourglass):
            return []
        return self.backbone.memory_shapes(shape)

    @property
    def space(self) -> EmbeddingSpace:
        """What the embedding lies in."""
        return self.config.embedding_space

    def named_heads(self) -> dict[str, Head]:
        """Return the heads by name."""
        return dict(_named(self.heads))

    def forward(self, images: Tensor, origin: Tensor | None = None) -> dict[str, Tensor]:
        """Return the output ``(B, channels, *S)`` float32 of each head, by name.

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
        return self.passed(images, origin).outputs

    def passed(
        self,
        images: Tensor,
        origin: Tensor | None = None,
        memory: Memory | None = None,
        frames: int = 1,
    ) -> Passed:
        """Return what :meth:`forward` does, with what a recurrent network remembers.

        Parameters
        ----------
        images, origin
            As for :meth:`forward`; of several frames the first of each movie, then the second, and
            so on, ``T * B`` in all.
        memory
            After the frames before; None where there are none.
        frames
            T.
        """
        self._check(images)
        return self._passed(images, origin, memory, frames)

    def outputs(self, images: Tensor, origin: Tensor | None = None) -> dict[str, Tensor]:
        """Return what :meth:`forward` does, of images that are known to fit.

        Nothing here depends on the sizes in Python, so that it can be traced for all of them.
        """
        return self._passed(images, origin).outputs

    def _passed(
        self,
        images: Tensor,
        origin: Tensor | None,
        memory: Memory | None = None,
        frames: int = 1,
    ) -> Passed:
        coordinates, positions = self.config.embedding.coordinates, None
        if coordinates != "none":
            positions = _positions(images.shape[2:], origin, images.device)
        if self.config.asinh_channel:
            images = torch.cat([images, _asinh(images)], dim=1)
        if coordinates == "input" and positions is not None:
            scaled = positions / (COORDINATE_PERIOD * self.config.diameter)
            scaled = scaled.expand(images.shape[0], *scaled.shape[1:])
            images = torch.cat([images, scaled.to(images.dtype)], dim=1)
        if self.config.ndim == 2:
            images = images.contiguous(memory_format=torch.channels_last)
        earlier: list[dict[str, Tensor]] = []

        def show(number: int, features: Tensor) -> Tensor:
            """Return the first's points, without the places, which have no bounds."""
            heads = dict(_named(cast("nn.ModuleDict", self.earlier_heads[number])))
            if not self.training:
                heads = {"embedding": heads["embedding"]}
            projected = project(heads, features)
            if self.training:
                earlier.append(_completed(heads, projected, positions))
            points = projected["embedding"].movedim(1, 0)
            shown: Tensor = self.space.normalise(points).movedim(0, 1)
            return shown

        if isinstance(self.backbone, Hourglass):
            features, memory = self.backbone(images, show, memory, frames)
        else:
            features = self.backbone(images)
        heads = self.named_heads()
        outputs = _completed(heads, project(heads, features), positions)
        return Passed(outputs, memory, earlier)

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


def _named(heads: nn.ModuleDict) -> Iterator[tuple[str, Head]]:
    for name, head in heads.items():
        yield name, cast("Head", head)


def _completed(
    heads: Mapping[str, Head], projected: Mapping[str, Tensor], positions: Tensor | None
) -> dict[str, Tensor]:
    return {name: head.complete(projected[name], positions) for name, head in heads.items()}


def _asinh(images: Tensor) -> Tensor:
    """Return the image on a scale that is linear near 0 and logarithmic beyond."""
    return torch.asinh(ASINH_GAIN * images) / math.asinh(ASINH_GAIN)


def _positions(shape: torch.Size, origin: Tensor | None, device: torch.device) -> Tensor:
    """Return ``(B or 1, ndim, *S)`` float32: the index of each pixel in its image."""
    axes = [torch.arange(n, device=device, dtype=torch.float32) for n in shape]
    positions = torch.stack(torch.meshgrid(*axes, indexing="ij"))[None]
    if origin is None:
        return positions
    shift = origin.to(device=device, dtype=torch.float32)
    return positions + shift.reshape(*shift.shape, *(1 for _ in shape))
