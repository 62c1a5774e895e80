"""The network as other programs run it: normalised images in, the maps of the heads out."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from napari_discembed.models.folding import fold_batch_norm
from napari_discembed.models.network import EmbeddingNet

INPUT = "image"
"""Name of the input."""


class ExportedNet(nn.Module):
    """A network with the activations of its heads, for inference on the processor.

    Coordinates are made inside, from the size of what is passed; batch normalisation is folded into
    the convolutions.

    Parameters
    ----------
    net
        The network, of which a copy is taken.
    """

    def __init__(self, net: EmbeddingNet) -> None:
        super().__init__()
        self.net = fold_batch_norm(copy.deepcopy(net).cpu().eval()).requires_grad_(False)
        self.eval()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the outputs, in their order."""
        return tuple(self.net.named_heads())

    def example(self) -> Tensor:
        """Return a batch ``(2, C, *S)`` of noise to trace with; no size of it is special."""
        net, generator = self.net, torch.Generator().manual_seed(0)
        sizes = [net.stride * (2 + axis) for axis in range(net.config.ndim)]
        return torch.rand(2, net.config.in_channels, *sizes, generator=generator)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Map ``(B, C, *S)`` to ``(B, channels, *S)`` of each head, in the order of the names."""
        outputs = self.net.outputs(image)
        return tuple(head.activate(outputs[name]) for name, head in self.net.named_heads().items())

    @torch.inference_mode()
    def arrays(self, image: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Return the maps of a batch ``(B, C, *S)``, as arrays."""
        return [value.numpy() for value in self(torch.from_numpy(image))]
