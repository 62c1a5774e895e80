"""An n-dimensional U-Net with a finite, known receptive field."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CONV: dict[int, type[nn.Module]] = {2: nn.Conv2d, 3: nn.Conv3d}
NORM: dict[int, type[nn.Module]] = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOL: dict[int, type[nn.Module]] = {2: nn.MaxPool2d, 3: nn.MaxPool3d}


class ConvBlock(nn.Sequential):
    """Some times, usually twice: 3-wide convolution, batch normalisation, ReLU.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels, out_channels
        Feature maps in and out.
    convolutions
        How many times.
    """

    def __init__(
        self, ndim: int, in_channels: int, out_channels: int, convolutions: int = 2
    ) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, *[out_channels] * (convolutions - 1)):
            layers += [
                CONV[ndim](channels, out_channels, 3, padding=1, bias=False),
                NORM[ndim](out_channels),
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)


class Decoder(nn.ModuleList):
    """Decoder of a U-Net: one block a scale, finest first.

    Parameters
    ----------
    ndim
        2 or 3.
    skips
        Feature maps that join each scale from the encoder, finest first; the last are those of
        the coarsest scale, where decoding begins.
    features
        Feature maps out of each scale but the coarsest.
    convolutions
        Of each block.
    """

    def __init__(
        self,
        ndim: int,
        skips: tuple[int, ...],
        features: tuple[int, ...],
        convolutions: int = 2,
    ) -> None:
        below = (*features, skips[-1])[1:]
        super().__init__(
            ConvBlock(ndim, skip + coarse, width, convolutions)
            for skip, coarse, width in zip(skips[:-1], below, features, strict=True)
        )

    def forward(self, scales: list[Tensor]) -> Tensor:
        """Map features of each scale, finest first, to those of the finest."""
        *skips, x = scales
        for block, skip in zip(reversed(self), reversed(skips), strict=True):
            x = block(torch.cat([skip, functional.interpolate(x, scale_factor=2)], dim=1))
        return x


class UNet(nn.Module):
    """Encoder and decoder with skip connections (Ronneberger 2015), in 2-D or 3-D.

    Normalisation is by batch statistics in training and by fixed ones at inference, so that an
    output pixel depends on the input within :attr:`receptive_radius` and on nothing else: an
    image may be cut into tiles.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Channels of the image.
    features
        Feature maps at each scale, finest first; each further scale halves the resolution.
    """

    def __init__(self, *, ndim: int, in_channels: int, features: tuple[int, ...]) -> None:
        super().__init__()
        self.features = features
        self.learning_rates: dict[str, float] = {}
        ins = (in_channels, *features)
        self.encoder = nn.ModuleList(
            ConvBlock(ndim, ins[i], width) for i, width in enumerate(features)
        )
        self.decoder = Decoder(ndim, features, features[:-1])
        self.pool = POOL[ndim](2)

    @property
    def out_channels(self) -> int:
        """Features of each pixel."""
        return self.features[0]

    @property
    def stride(self) -> int:
        """Pixels that one pixel of the coarsest scale spans; sizes must be multiples of it."""
        return 1 << (len(self.features) - 1)

    @property
    def first_layers(self) -> tuple[str, ...]:
        """Names of the filters that see the image."""
        return ("encoder.0.0.weight",)

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output.

        Each scale ``s = 2**l`` adds ``s`` for each of its convolutions (two on the way down,
        two on the way up) and ``s`` for the pair that pooling joins.
        """
        down_and_up = sum(4 * 2**i + 2**i for i in range(len(self.features) - 1))
        return down_and_up + 2 * self.stride

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, *S)`` to ``(B, features[0], *S)``; sizes are multiples of the stride."""
        scales: list[Tensor] = []
        for i, block in enumerate(self.encoder):
            x = block(self.pool(x) if i else x)
            scales.append(x)
        decoded: Tensor = self.decoder(scales)
        return decoded
