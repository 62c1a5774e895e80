"""What a network's passes take, told before they begin: seconds and memory, roughly."""

from __future__ import annotations

import copy
import math
import os
from typing import NamedTuple

import torch
from torch import nn

from napari_discembed.devices import choose_device
from napari_discembed.errors import OutOfMemoryError
from napari_discembed.models.network import EmbeddingNet

MULTIPLICATIONS = {"cpu": 2e10, "mps": 5e11, "cuda": 5e12}
"""Multiplications a second, nominal: a processor of a few cores, a graphics card."""

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)

STEP = 3.0
"""Passes that a training step is worth: forward, and backward for weights and for inputs."""

KEPT = 3.0
"""Arrays that a training step keeps of each layer: before and after its norm and its ReLU."""

LONG_STEP, LONG_EMBEDDING = 60.0, 1800.0
"""Seconds from which a training step, or an embedding, is told to take long."""

BY_FAR = 4.0
"""How many times the memory of the machine what is refused would take at least."""


class Effort(NamedTuple):
    """What some work takes.

    Attributes
    ----------
    seconds
        At the nominal rate of the device: right to a factor of a few.
    bytes
        Of memory.
    """

    seconds: float
    bytes: float


def training_effort(net: EmbeddingNet, pixels: float, device: str) -> Effort:
    """Return what a training step on so many pixels takes."""
    limits = LONG_STEP, memory_of(device)
    rate = MULTIPLICATIONS[choose_device(device).type]
    for layers in (_at_most, _per_pixel):  # mostly the first is enough to know that it is little
        multiplications, values = layers(net)
        effort = Effort(STEP * multiplications * pixels / rate, KEPT * 4 * values * pixels)
        if effort.seconds < limits[0] and effort.bytes < limits[1]:
            break
    return effort


def embedding_effort(net: EmbeddingNet, pixels: float, device: str) -> Effort:
    """Return what embedding so many pixels takes; the memory is that of the result."""
    channels = sum(head.channels for head in net.named_heads().values())
    rate = MULTIPLICATIONS[choose_device(device).type]
    seconds = _at_most(net)[0] * pixels / rate
    if seconds >= LONG_EMBEDDING:
        seconds = _per_pixel(net)[0] * pixels / rate
    return Effort(seconds, 4.0 * channels * pixels)


def check_step(net: EmbeddingNet, batch: int, side: int, device: str) -> str | None:
    """Return a sentence if the steps of a training take long; None if they do not.

    Raises
    ------
    OutOfMemoryError
        If a step would take more than the machine has, by far.
    """
    pixels = float(batch) * float(side) ** net.config.ndim
    effort, has = training_effort(net, pixels, device), memory_of(device)
    what = f"A step on {batch} patches with a side of {side} pixels takes about"
    remedy = "Choose a smaller batch_size or patch_size"
    if effort.bytes > BY_FAR * has:
        raise OutOfMemoryError(
            f"{what} {effort.bytes / 1e9:,.0f} GB, but there are {has / 1e9:,.0f} GB. {remedy}."
        )
    if effort.seconds < LONG_STEP and effort.bytes < has:
        return None
    return f"{what} {told(effort.seconds)} and {effort.bytes / 1e9:,.0f} GB. {remedy} if it is long"


def check_embedding(
    net: EmbeddingNet, shape: tuple[int, ...], device: str, *, in_memory: bool
) -> str | None:
    """Return a sentence if embedding a grid of a shape takes long; None if it does not.

    Raises
    ------
    OutOfMemoryError
        If the result is to be in memory and would take more than the machine has, by far.
    """
    pixels, has = math.prod(map(float, shape)), memory_of("cpu")
    effort = embedding_effort(net, pixels, device)
    grid = " x ".join(map(str, shape))
    what = f"Embedding {grid} pixels at the network's scale takes about"
    remedy = "Check the object diameter: a larger one makes the grid smaller"
    if in_memory and effort.bytes > BY_FAR * has:
        raise OutOfMemoryError(
            f"{what} {effort.bytes / 1e9:,.0f} GB, but there are {has / 1e9:,.0f} GB. {remedy}."
        )
    if effort.seconds < LONG_EMBEDDING and (effort.bytes < has or not in_memory):
        return None
    return f"{what} {told(effort.seconds)} and {effort.bytes / 1e9:,.0f} GB. {remedy}"


def told(seconds: float) -> str:
    """Return a duration in words."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 1.5 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{max(1, round(seconds))} s"


def memory_of(device: str) -> float:
    """Return the bytes of memory that a device has; infinite where the system does not say."""
    chosen = choose_device(device)
    if chosen.type == "cuda":
        return float(torch.cuda.get_device_properties(chosen).total_memory)
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # Windows has no such call
        return math.inf


def _at_most(net: EmbeddingNet) -> tuple[float, float]:
    """Return what :func:`_per_pixel` does if all layers were as fine as the first: no less."""
    weights = [module.weight for module in net.modules() if isinstance(module, CONVOLUTIONS)]
    channels = sum(max(weight.shape[:2]) for weight in weights)
    return float(sum(weight.numel() for weight in weights)), float(channels)


@torch.inference_mode()
def _per_pixel(net: EmbeddingNet) -> tuple[float, float]:
    """Return the multiplications and the values of layers that a pixel takes, by a small pass."""
    multiplications = values = 0.0

    def count(layer: nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        nonlocal multiplications, values
        if isinstance(layer.weight, torch.Tensor):
            values += output.numel()
            turned = isinstance(layer, nn.ConvTranspose2d | nn.ConvTranspose3d)
            times = (inputs[0] if turned else output).numel()
            multiplications += times * layer.weight[0].numel()

    trial = copy.deepcopy(net).cpu().eval()
    for module in trial.modules():
        if isinstance(module, CONVOLUTIONS):
            module.register_forward_hook(count)
    ndim, side = net.config.ndim, 2 * net.stride
    trial(torch.zeros(1, net.config.in_channels, *(side,) * ndim), torch.zeros(1, ndim))
    return multiplications / side**ndim, values / side**ndim
