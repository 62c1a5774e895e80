"""A U-Net whose encoder is EfficientNet-Lite0, which weights learnt on ImageNet fit."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from torch import Tensor, nn

from napari_discembed.models.backbones.unet import CONV, NORM, ConvBlock, Decoder

_PAD: dict[int, type[nn.Module]] = {2: nn.ZeroPad2d, 3: nn.ZeroPad3d}


class Stage(NamedTuple):
    """Blocks in a row, of which the first may halve the resolution."""

    expansion: int
    kernel: int
    stride: int
    channels: int
    repeats: int


STEM_CHANNELS = 32

STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
"""EfficientNet-B0 (Tan and Le 2019, table 1); Lite has no squeeze-and-excitation, and ReLU6."""

STAGES_TO = {16: 5, 32: 7}
"""How many of the stages come before each stride is left."""

NORM_EPSILON = 1e-3
"""Of the batch normalisation that the published weights were learnt with."""


class EfficientUNet(nn.Module):
    """EfficientNet-Lite0 as encoder, with the decoder of a U-Net, in 2-D or 3-D.

    Without squeeze-and-excitation nothing is averaged over the image: an output pixel depends on
    the input within :attr:`receptive_radius` and on nothing else.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Channels of the image.
    features
        Feature maps of the decoder at strides of 1, 2, 4, ..., finest first.
    fixed_norm
        Whether the encoder keeps its batch statistics in training, too.
    encoder_rate
        Share of the learning rate at which the encoder learns.
    """

    def __init__(
        self,
        *,
        ndim: int,
        in_channels: int,
        features: tuple[int, ...],
        fixed_norm: bool,
        encoder_rate: float,
    ) -> None:
        super().__init__()
        self.features = features
        self.learning_rates = {"encoder.": encoder_rate}
        self.fixed_norm = fixed_norm
        self.encoder = Encoder(ndim, in_channels, self.stride)
        self.fine = ConvBlock(ndim, in_channels, features[0])
        self.decoder = Decoder(ndim, (features[0], *self.encoder.widths), features)

    @property
    def out_channels(self) -> int:
        """Features of each pixel."""
        return self.features[0]

    @property
    def stride(self) -> int:
        """Pixels that one pixel of the coarsest scale spans; sizes must be multiples of it."""
        return 1 << len(self.features)

    @property
    def first_layers(self) -> tuple[str, ...]:
        """Names of the filters that see the image."""
        return ("encoder.stem.conv.weight", "fine.0.weight")

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input can influence an output."""
        before, after = self.encoder.reach
        fine = sum(1 << i for i in range(len(self.features)))  # each stride of the decoder once
        # Two 3-wide convolutions at each; nearest upsampling looks one finer pixel back.
        return max(before + 2 * fine + fine, after + 2 * fine)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, C, *S)`` to ``(B, features[0], *S)``; sizes are multiples of the stride."""
        decoded: Tensor = self.decoder([self.fine(x), *self.encoder(x)])
        return decoded

    def train(self, mode: bool = True) -> EfficientUNet:
        """Switch to training, but for the statistics where they are fixed.

        A few small patches of a few images say less of the mean of a feature than ImageNet has
        said.
        """
        super().train(mode)
        self.encoder.train(mode and not self.fixed_norm)
        return self


class Encoder(nn.Module):
    """EfficientNet-Lite0 up to a stride of 16 or 32, without its head.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Channels of the image, of values about 0 to 1.
    stride
        16 or 32.

    Attributes
    ----------
    widths
        Channels at strides of 2, 4, 8, ...
    reach
        How far before and after a pixel of the coarsest scale the input counts, in pixels.
    """

    def __init__(self, ndim: int, in_channels: int, stride: int) -> None:
        super().__init__()
        stages = STAGES[: STAGES_TO[stride]]
        self.stem = ConvNorm(ndim, in_channels, STEM_CHANNELS, 3, stride=2)
        blocks: list[nn.ModuleList] = []
        channels, kernels = STEM_CHANNELS, [(3, 2)]
        for stage in stages:
            made = nn.ModuleList()
            for i in range(stage.repeats):
                step = 1 if i else stage.stride
                made.append(InvertedResidual(ndim, channels, stage, step))
                channels = stage.channels
                kernels.append((stage.kernel, step))
            blocks.append(made)
        self.stages = nn.ModuleList(blocks)
        self._halves = [stage.stride == 2 for stage in stages]
        ends = [i for i, half in enumerate(self._halves) if half]
        self.widths = (*(stages[i - 1].channels for i in ends), channels)
        self.reach = reach_of(kernels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map ``(B, C, *S)`` to the features at strides of 2, 4, 8, ..."""
        x = self.stem(2 * x - 1)  # as the published weights saw images
        scales: list[Tensor] = []
        for half, stage in zip(self._halves, self.stages, strict=True):
            if half:
                scales.append(x)
            for block in stage:  # type: ignore[attr-defined]
                x = block(x)
        return [*scales, x]


class InvertedResidual(nn.Module):
    """Inverted residual (Sandler 2018): expand 1x1, convolve each channel alone, project 1x1.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Feature maps in.
    stage
        Kernel, expansion and feature maps out.
    stride
        1 or 2.
    """

    def __init__(self, ndim: int, in_channels: int, stage: Stage, stride: int) -> None:
        super().__init__()
        inner = in_channels * stage.expansion
        layers: list[nn.Module] = []
        if stage.expansion != 1:
            layers.append(ConvNorm(ndim, in_channels, inner, 1))
        layers += [
            ConvNorm(ndim, inner, inner, stage.kernel, stride=stride, groups=inner),
            ConvNorm(ndim, inner, stage.channels, 1, activation=False),
        ]
        self.layers = nn.Sequential(*layers)
        self._is_residual = stride == 1 and in_channels == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(B, in_channels, *S)`` to ``(B, channels, *S / stride)``."""
        out: Tensor = self.layers(x)
        return x + out if self._is_residual else out


class ConvNorm(nn.Sequential):
    """Convolution, batch normalisation, ReLU6.

    A stride of 2 is padded more at the end than at the beginning, as the published weights were
    learnt (TensorFlow's "same").

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels, out_channels
        Feature maps in and out.
    kernel
        Its side, odd.
    stride, groups
        Of the convolution.
    activation
        Whether the ReLU6 comes last.
    """

    def __init__(
        self,
        ndim: int,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        groups: int = 1,
        activation: bool = True,
    ) -> None:
        before, after = padding(kernel, stride)
        uneven = before != after
        conv = CONV[ndim](
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            groups=groups,
            padding=0 if uneven else before,
            bias=False,
        )
        layers = {"conv": conv, "norm": NORM[ndim](out_channels, eps=NORM_EPSILON)}
        if uneven:
            layers = {"pad": _PAD[ndim](ndim * (before, after)), **layers}
        if activation:
            layers["activation"] = nn.ReLU6(inplace=True)
        super().__init__(OrderedDict(layers))


def padding(kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after, so that sizes that are multiples are divided exactly."""
    whole = kernel - stride
    return whole // 2, whole - whole // 2


def reach_of(kernels: list[tuple[int, int]]) -> tuple[int, int]:
    """Return how far the input counts before and after an output, of convolutions in a row.

    Parameters
    ----------
    kernels
        Side and stride of each.
    """
    before = after = 0
    step = 1
    for kernel, stride in kernels:
        first, _ = padding(kernel, stride)
        before += step * first
        after += step * (kernel - 1 - first)
        step *= stride
    return before, after
