"""A recurrent stacked hourglass, which remembers the frames of a movie that it has seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor, nn

from napari_discembed.models.backbones.unet import CONV, POOL, ConvBlock, Decoder

Memory: TypeAlias = list[Tensor]
"""Hidden states ``(B, C, *S / 2**scale)``: of each hourglass those of each scale, finest first."""

Show: TypeAlias = Callable[[int, Tensor], Tensor]
"""What the next hourglass is shown of the features of one, by its number."""


class Seen(NamedTuple):
    """What an hourglass makes of frames.

    Attributes
    ----------
    features
        ``(T * B, C, *S)``.
    memory
        After the last frame.
    """

    features: Tensor
    memory: Memory


class ConvGRU(nn.Module):
    """Convolutional gated recurrent unit (Ballas 2016, arXiv 1511.06432), 3 wide.

    ``h' = z h + (1 - z) tanh(n + r m)``, with ``z``, ``r`` and ``n`` of what is seen and what is
    kept, and ``m`` of what is kept. As in PyTorch's GRU the reset gate ``r`` acts behind the
    convolution, so that what is kept is convolved once. A memory of zeros is none at all.

    Parameters
    ----------
    ndim
        2 or 3.
    channels
        Feature maps of the input, the memory and the output.
    """

    def __init__(self, ndim: int, channels: int) -> None:
        super().__init__()
        self.seen = CONV[ndim](channels, 3 * channels, 3, padding=1)
        self.kept = CONV[ndim](channels, 3 * channels, 3, padding=1, bias=False)

    def forward(self, x: Tensor, state: Tensor | None, frames: int) -> tuple[Tensor, Tensor]:
        """Go through frames.

        Parameters
        ----------
        x
            ``(T * B, C, *S)``, the frames one after the other.
        state
            ``(B, C, *S)`` of the frames before; None where there are none.
        frames
            T.

        Returns
        -------
        The state after each frame, ``(T * B, C, *S)``, and after the last.
        """
        states = []
        for seen in self.seen(x).chunk(frames):
            state = self._next(seen, state)
            states.append(state)
        return (torch.cat(states) if frames > 1 else states[0]), states[-1]

    def _next(self, seen: Tensor, state: Tensor | None) -> Tensor:
        update, reset, new = seen.chunk(3, dim=1)
        if state is None:
            return torch.sigmoid(-update) * torch.tanh(new)
        kept_update, kept_reset, kept_new = self.kept(state).chunk(3, dim=1)
        new = torch.tanh(new + torch.sigmoid(reset + kept_reset) * kept_new)
        return torch.lerp(new, state.to(new.dtype), torch.sigmoid(update + kept_update))


class RecurrentUNet(nn.Module):
    """A U-Net of one convolution a block, with a memory on the skip of every scale.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Channels of what it sees.
    features
        Feature maps at each scale, finest first.
    """

    def __init__(self, ndim: int, in_channels: int, features: tuple[int, ...]) -> None:
        super().__init__()
        ins = (in_channels, *features)
        self.encoder = nn.ModuleList(
            ConvBlock(ndim, ins[i], width, 1) for i, width in enumerate(features)
        )
        self.memories = nn.ModuleList(ConvGRU(ndim, width) for width in features)
        self.decoder = Decoder(ndim, features, features[:-1], 1)
        self.pool = POOL[ndim](2)

    def forward(self, x: Tensor, memory: Memory | None, frames: int) -> Seen:
        """Map ``(T * B, C, *S)`` to ``(T * B, features[0], *S)``.

        The frames are encoded and decoded side by side; only the memories go through them.
        """
        scales: list[Tensor] = []
        states: list[Tensor] = []
        for i, (block, gru) in enumerate(zip(self.encoder, self.memories, strict=True)):
            x = block(self.pool(x) if i else x)
            remembered, state = gru(x, None if memory is None else memory[i], frames)
            scales.append(remembered)
            states.append(state)
        return Seen(self.decoder(scales), states)


class Hourglass(nn.Module):
    """Recurrent stacked hourglass (Payer et al. 2018, arXiv 1806.02070), in 2-D or 3-D.

    Several U-shaped networks in a row, each with convolutional gated recurrent units on the skips
    of all scales. The first sees the image, the next ones the image and the embedding of the one
    before.

    In space the receptive field is finite: given the memory after the frame before, an output
    pixel, and the memory there, depend on image and memory within :attr:`receptive_radius`. Over
    frames what is remembered spreads, one pixel of a scale more each time; so tiles agree with the
    whole image where each frame's tiles begin from the whole image's memory.

    Parameters
    ----------
    ndim
        2 or 3.
    in_channels
        Channels of the image.
    shown
        Channels of the embedding that the next hourglass is shown.
    features
        Feature maps at each scale, finest first; each further scale halves the resolution.
    stack
        How many hourglasses.
    restart
        Frames after which what is remembered is dropped; 0: never.
    """

    def __init__(
        self,
        *,
        ndim: int,
        in_channels: int,
        shown: int,
        features: tuple[int, ...],
        stack: int,
        restart: int,
    ) -> None:
        super().__init__()
        self.features = features
        self.restart = restart
        self.learning_rates: dict[str, float] = {}
        self.stages = nn.ModuleList(
            RecurrentUNet(ndim, in_channels + (shown if i else 0), features) for i in range(stack)
        )

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
        return tuple(f"stages.{i}.encoder.0.0.weight" for i in range(len(self.stages)))

    @property
    def receptive_radius(self) -> int:
        """How far, in pixels along an axis, an input or a memory can influence an output.

        In each hourglass every scale ``s = 2**l`` adds ``s`` for its convolution on the way down,
        for that on the way up, and for the pair that pooling joins; the memory of the coarsest, at
        the end of the longest way, adds one convolution more.
        """
        down_and_up = sum(3 * 2**i for i in range(len(self.features) - 1))
        return len(self.stages) * (down_and_up + 2 * self.stride)

    def memory_shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Return the shapes ``(C, *S)`` of the memory of an image of a shape ``*S``."""
        scales = [(width, *(n >> i for n in shape)) for i, width in enumerate(self.features)]
        return scales * len(self.stages)

    def forward(self, x: Tensor, show: Show, memory: Memory | None = None, frames: int = 1) -> Seen:
        """Map ``(T * B, C, *S)``, the frames one after the other, to ``features[0]`` channels.

        Parameters
        ----------
        x
            Sizes are multiples of the stride.
        show
            Says what the next hourglass sees of the features of one, ``(T * B, shown, *S)``.
        memory
            After the frames before; None where there are none.
        frames
            T.
        """
        image, kept, scales = x, list[Tensor](), len(self.features)
        for i, stage in enumerate(self.stages):
            before = None if memory is None else memory[i * scales : (i + 1) * scales]
            features, states = stage(x, before, frames)
            kept += states
            if i + 1 < len(self.stages):
                x = torch.cat([image, show(i, features).to(image.dtype)], dim=1)
        return Seen(features, kept)
