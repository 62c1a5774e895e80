"""The head that tells where objects were in the frame before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from napari_discembed.config.network import HeadConfig, MotionHeadConfig, NetworkConfig
from napari_discembed.losses.heads import motion_loss
from napari_discembed.losses.objective import LossContext, Term
from napari_discembed.models.heads import Head


class MotionHead(Head):
    """Where each pixel's object was: the offset to its centre in the frame before, in diameters.

    EmbedTrack's (Loeffler and Mikut 2022), for a network that remembers that frame. Of a first
    frame, or an image that stands alone, it says nothing that counts.
    """

    kind = "motion"

    def __init__(self, network: NetworkConfig, in_channels: int) -> None:
        super().__init__(network.ndim, in_channels, network.ndim)
        self.diameter = network.diameter

    @classmethod
    def of(cls, config: HeadConfig, network: NetworkConfig, in_channels: int) -> MotionHead:
        """Return the head of a config, within a network."""
        if not isinstance(config, MotionHeadConfig):
            raise TypeError(config)
        return cls(network, in_channels)

    def activate(self, output: Tensor) -> Tensor:
        """Return the offset in pixels of the network's grid."""
        return output * self.diameter

    def unmirrored(self, output: Tensor, axes: tuple[int, ...], origin: Tensor) -> Tensor:
        """Mirror the pixels and, along the same axes, their offsets."""
        flipped = super().unmirrored(output, axes, origin)
        signs = [-1.0 if axis in axes else 1.0 for axis in range(output.shape[1])]
        return flipped * flipped.new_tensor(signs).reshape(-1, *(1 for _ in output.shape[2:]))

    def rescaled(
        self, values: NDArray[np.float32], ratio: tuple[float, ...]
    ) -> NDArray[np.float32]:
        """Resize the offsets."""
        steps = np.array(ratio, dtype=np.float32).reshape(-1, *(1 for _ in ratio))
        return values / steps

    def terms(self, output: Tensor, context: LossContext) -> Iterator[Term]:
        """Return the error of the offsets, where the frame before is known."""
        if context.before is not None:
            value = motion_loss(output, context.before, context.diameter)
            yield Term("motion", 1.0, value)
