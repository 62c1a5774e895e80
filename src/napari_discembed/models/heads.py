"""Heads: what a network says of each pixel, each with its channels, activation and loss.

A new head is a config with its own ``kind`` (:mod:`napari_discembed.config.network`) and a class
here of the same kind; networks, training, tiles, files and layers take it as it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_discembed.config.network import (
    EmbeddingHeadConfig,
    ForegroundHeadConfig,
    HeadConfig,
    NetworkConfig,
    SeedinessHeadConfig,
)
from napari_discembed.losses.cosine import cosine_loss
from napari_discembed.losses.heads import foreground_loss, seediness_loss
from napari_discembed.losses.neighbours import neighbour_pairs
from napari_discembed.losses.objective import LossContext, Term
from napari_discembed.losses.sparse import consistency, object_dice, unlabelled_push
from napari_discembed.losses.terms import pull, push, regularise

_CONV: dict[int, type[nn.Conv2d | nn.Conv3d]] = {2: nn.Conv2d, 3: nn.Conv3d}


class Head(nn.Module, ABC):
    """A linear projection of each pixel's features (a 1x1 convolution).

    Parameters
    ----------
    channels
        Of its output.
    in_channels
        Features of the backbone.
    ndim
        2 or 3.
    """

    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type[Head]]] = {}

    def __init_subclass__(cls) -> None:
        """Make the class known by its kind."""
        Head.kinds[cls.kind] = cls

    def __init__(self, channels: int, in_channels: int, ndim: int) -> None:
        super().__init__()
        self.channels = channels
        self.projection = _CONV[ndim](in_channels, channels, 1)
        nn.init.normal_(self.projection.weight, std=0.01)
        nn.init.zeros_(self.projection.bias)  # type: ignore[arg-type]

    @classmethod
    @abstractmethod
    def of(cls, config: HeadConfig, network: NetworkConfig, in_channels: int) -> Head:
        """Return the head of a config, within a network."""

    def complete(self, projected: Tensor, positions: Tensor | None) -> Tensor:
        """Return the head's output: what it makes of the projected features.

        Parameters
        ----------
        projected
            ``(B, channels, *S)`` float32.
        positions
            ``(B or 1, ndim, *S)``: the index of each pixel in its image; None where the network
            has no coordinates.
        """
        del positions
        return projected

    def activate(self, output: Tensor) -> Tensor:
        """Return the map that is kept of the head's output."""
        return output

    def unmirrored(self, output: Tensor, axes: tuple[int, ...], origin: Tensor) -> Tensor:
        """Return the output for an image out of that for its mirror image.

        Parameters
        ----------
        output
            ``(B, channels, *S)`` for the mirror image.
        axes
            Spatial axes along which it was mirrored.
        origin
            ``(B, ndim)``: position of each patch's first pixel, which both were said to have.
        """
        del origin
        return output.flip([axis + 2 for axis in axes]) if axes else output

    def rescaled(
        self, values: NDArray[np.float32], ratio: tuple[float, ...]
    ) -> NDArray[np.float32]:
        """Return the map of an image out of that of the image resized, on the image's grid.

        Parameters
        ----------
        values
            ``(channels, *S)``: the resized image's map, brought to the image's grid.
        ratio
            Pixels of the resized image to one of the image, along each axis.
        """
        del ratio
        return values

    @abstractmethod
    def terms(self, output: Tensor, context: LossContext) -> Iterable[Term]:
        """Return the terms of the loss of the head's output."""


class EmbeddingHead(Head):
    """The point of each pixel in embedding space.

    With ``coordinates="semiconv"`` (Novotny 2018) the pixel's own position is added to the first
    ``ndim`` dimensions, ``units_per_diameter / diameter`` units a pixel, so that the convolutions
    only need to say where a pixel's object is from here.

    Parameters
    ----------
    config
        Of the head.
    network
        That it is part of.
    in_channels
        Features of the backbone.
    """

    kind = "embedding"

    def __init__(
        self, config: EmbeddingHeadConfig, network: NetworkConfig, in_channels: int
    ) -> None:
        super().__init__(config.dim, in_channels, network.ndim)
        self.is_semiconvolutional = config.coordinates == "semiconv"
        self.units_per_pixel = config.units_per_diameter / network.diameter
        if not self.is_semiconvolutional:  # points spread apart, in place of offsets near zero
            nn.init.normal_(self.projection.weight, std=0.1)

    @classmethod
    def of(cls, config: HeadConfig, network: NetworkConfig, in_channels: int) -> EmbeddingHead:
        """Return the head of a config, within a network."""
        if not isinstance(config, EmbeddingHeadConfig):
            raise TypeError(config)
        return cls(config, network, in_channels)

    def complete(self, projected: Tensor, positions: Tensor | None) -> Tensor:
        """Add the pixels' positions."""
        if not self.is_semiconvolutional or positions is None:
            return projected
        offset, ndim = positions * self.units_per_pixel, positions.shape[1]
        if projected.shape[1] == ndim:
            return projected + offset
        return torch.cat([projected[:, :ndim] + offset, projected[:, ndim:]], dim=1)

    def unmirrored(self, output: Tensor, axes: tuple[int, ...], origin: Tensor) -> Tensor:
        """Mirror the pixels and, along the same axes, the points that they are sent to."""
        flipped = super().unmirrored(output, axes, origin)
        if not self.is_semiconvolutional:
            return flipped
        for axis in axes:
            ends = 2 * origin[:, axis].to(flipped) + output.shape[axis + 2] - 1
            ends = ends.reshape(-1, *(1 for _ in output.shape[2:]))
            flipped[:, axis] = ends * self.units_per_pixel - flipped[:, axis]
        return flipped

    def rescaled(
        self, values: NDArray[np.float32], ratio: tuple[float, ...]
    ) -> NDArray[np.float32]:
        """Resize the places that pixels are sent to, both grids aligned by their outer edges."""
        if not self.is_semiconvolutional:
            return values
        moved = values.copy()
        for axis, r in enumerate(ratio):
            moved[axis] = values[axis] / r + (0.5 / r - 0.5) * self.units_per_pixel
        return moved

    def terms(self, output: Tensor, context: LossContext) -> Iterator[Term]:
        """Return pull, push and regularisation, and what unlabelled pixels teach.

        The regularisation is left out for semi-convolutional embeddings, whose means lie where the
        objects are.
        """
        config, margins = context.config, context.space.margins
        flat, means, radius = context.flat, context.means, context.neighbour_radius
        if context.loss == "cosine":
            parts = cosine_loss(output, context.labels, neighbour_radius=radius)
            yield Term("pull", config.alpha, parts.pull)
            yield Term("push", config.beta, parts.push)
        else:
            pairs = None if radius is None else neighbour_pairs(flat, context.labels, radius)
            yield Term("pull", config.alpha, pull(flat, means, margins.pull))
            yield Term("push", config.beta, push(flat, means, margins.push, pairs))
            if config.gamma and not self.is_semiconvolutional:
                yield Term("regularisation", config.gamma, regularise(flat, means))
        if context.is_sparse:
            yield from self._sparse_terms(context)

    @staticmethod
    def _sparse_terms(context: LossContext) -> Iterator[Term]:
        config, margins = context.config, context.space.margins
        flat, means = context.flat, context.means
        if config.unlabelled_push:
            value = unlabelled_push(flat, means, margins.push)
            yield Term("unlabelled_push", config.unlabelled_push, value)
        if config.object_dice:
            yield Term("object_dice", config.object_dice, object_dice(flat, means, margins.pull))
        if config.consistency and context.teacher is not None and context.generator is not None:
            teacher = context.space.normalise(context.teacher["embedding"].transpose(0, 1))
            value = consistency(flat, teacher.transpose(0, 1), margins.pull, context.generator)
            yield Term("consistency", config.consistency, value)


class ForegroundHead(Head):
    """Logits of the foreground classes; background's is 0."""

    kind = "foreground"

    @classmethod
    def of(cls, config: HeadConfig, network: NetworkConfig, in_channels: int) -> ForegroundHead:
        """Return the head of a config, within a network."""
        if not isinstance(config, ForegroundHeadConfig):
            raise TypeError(config)
        return cls(config.classes, in_channels, network.ndim)

    def activate(self, output: Tensor) -> Tensor:
        """Return probabilities: a softmax over the classes and background.

        With one class this is the sigmoid.
        """
        if output.shape[1] == 1:
            return torch.sigmoid(output)
        background = torch.zeros_like(output[:, :1])
        return torch.softmax(torch.cat([background, output], dim=1), dim=1)[:, 1:]

    def terms(self, output: Tensor, context: LossContext) -> Iterator[Term]:
        """Return the cross-entropy and soft Dice of any class, and what tells classes apart."""
        value = foreground_loss(
            output, context.labels, context.classes, weak_background=context.weak_background
        )
        yield Term("foreground", 1.0, value)


class SeedinessHead(Head):
    """Logit of how near a pixel's embedding is to its instance's mean (Neven 2019)."""

    kind = "seediness"

    @classmethod
    def of(cls, config: HeadConfig, network: NetworkConfig, in_channels: int) -> SeedinessHead:
        """Return the head of a config, within a network."""
        if not isinstance(config, SeedinessHeadConfig):
            raise TypeError(config)
        return cls(1, in_channels, network.ndim)

    def activate(self, output: Tensor) -> Tensor:
        """Return the seediness in [0, 1]."""
        return torch.sigmoid(output)

    def terms(self, output: Tensor, context: LossContext) -> Iterator[Term]:
        """Return the squared error to the space's kernel around each instance's mean."""
        value = seediness_loss(output, context.flat, context.means, context.space)
        yield Term("seediness", 1.0, value)
