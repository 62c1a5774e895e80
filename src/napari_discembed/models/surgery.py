"""Start from weights trained for other channels, another diameter or classes, or planes."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models.network import EmbeddingNet

POINTS = "heads.embedding.projection"
"""The layer that gives a pixel its point."""
FOREGROUND = "heads.foreground.projection"
"""The layer that gives a pixel its classes."""

NEAR_ZERO = 0.01
"""Weights along Z: at zero itself, nothing would ever push two objects apart there."""


def adapt_channels(net: EmbeddingNet, in_channels: int) -> EmbeddingNet:
    """Return a copy of a network that takes another number of image channels.

    Each new channel starts with the sum of the old filters over the new number of channels, so
    that a grey image, repeated over the channels, gives the same output as before.

    Parameters
    ----------
    net
        Stays as it is.
    in_channels
        At least 1; where it is the network's own, the copy is exact.
    """
    if in_channels == net.config.in_channels:
        return copy.deepcopy(net)
    adapted = EmbeddingNet(net.config.model_copy(update={"in_channels": in_channels}))
    weights = net.state_dict()
    for name in net.first_layers:
        image, lifted, coordinates = _inputs(weights[name], net.config)
        spread = [
            part.sum(dim=1, keepdim=True).expand(-1, in_channels, *part.shape[2:]) / in_channels
            for part in (image, lifted)
            if part.shape[1]
        ]
        weights[name] = torch.cat([*spread, coordinates], dim=1).contiguous()
    adapted.load_state_dict(weights)
    return adapted.train(net.training)


def _inputs(filters: Tensor, config: NetworkConfig) -> tuple[Tensor, Tensor, Tensor]:
    """Return the filters of the image, of its lifted copy and of the coordinates."""
    n = config.in_channels
    sizes = [n, n if config.asinh_channel else 0]
    image, lifted, coordinates = torch.split(filters, [*sizes, filters.shape[1] - sum(sizes)], 1)
    return image, lifted, coordinates


def widen_network(net: EmbeddingNet, config: NetworkConfig) -> EmbeddingNet:
    """Return a larger network that starts as a trained one.

    It may have more features at each scale, further, coarser scales, see the lifted copy of the
    image, embed into more dimensions, and see its objects at another diameter. What is new has no
    say at first, so that at inference both give the same output; further dimensions begin as
    those of a new network, and coordinates keep their unit, a share of the diameter.

    Parameters
    ----------
    net
        Stays as it is.
    config
        Of the larger network.

    Raises
    ------
    InputError
        If the configuration differs in more than that, or the backbone is no U-Net.
    """
    old = net.config
    if old.backbone.kind != "unet":
        raise InputError(
            f"Expected a network whose backbone is a U-Net to widen, got {old.backbone.kind!r}."
        )
    features, wider = old.backbone.features, config.backbone.features
    kept = config.with_short(
        features=features,
        embedding_dim=old.embedding.dim,
        asinh_channel=old.asinh_channel,
        diameter=old.diameter,
    )
    if (
        kept != old
        or len(wider) < len(features)
        or any(new < width for width, new in zip(features, wider, strict=False))
        or (old.asinh_channel and not config.asinh_channel)
        or config.embedding.dim < old.embedding.dim
    ):
        raise InputError(
            "Expected a configuration that adds features, coarser scales, dimensions or "
            f"`asinh_channel` to the network's own, or changes its diameter, got {config} for "
            f"{old}."
        )
    grown = EmbeddingNet(config)
    weights = grown.state_dict()
    for name, value in net.state_dict().items():
        new = weights[name]
        if value.ndim == 0:  # of batches seen: a count that nothing reads
            continue
        rows = len(value)
        if value.ndim == 1:
            new[:rows] = value
            continue
        columns = _kept_inputs(net, name, value.shape[1], config)
        new[:rows] = 0.0
        new[:rows, columns] = value
    for scale in range(len(features) - 1, len(wider) - 1):
        for layer in (0, 3):
            _pass_through(weights[f"backbone.decoder.{scale}.{layer}.weight"])
    grown.load_state_dict(weights)
    return grown.train(net.training)


def _kept_inputs(net: EmbeddingNet, name: str, count: int, new: NetworkConfig) -> list[int]:
    """Return where the inputs of a layer lie in the one that it grows into.

    Two things are joined in front of a layer: the image and the coordinates, or, in the decoder,
    a scale and the coarser one.
    """
    old = net.config
    if name in net.first_layers:
        return _with_gap(
            count,
            old.in_channels * (1 + old.asinh_channel),
            old.in_channels * (new.asinh_channel - old.asinh_channel),
        )
    match name.split("."):
        case ["backbone", "decoder", scale, "0", _]:
            width = old.backbone.features[int(scale)]
            return _with_gap(count, width, new.backbone.features[int(scale)] - width)
    return list(range(count))


def _with_gap(count: int, first: int, further: int) -> list[int]:
    """Return the places of channels of which the first stay, and the others move further."""
    return [i if i < first else i + further for i in range(count)]


def with_classes(net: EmbeddingNet, begins_as: Sequence[int]) -> EmbeddingNet:
    """Return a copy of a network that tells other foreground classes.

    A class that several new ones begin as is shared among them, so that where each old class is
    taken up the probability of any class is as before.

    Parameters
    ----------
    net
        Stays as it is.
    begins_as
        Of each new class, the index, from 0, of the old one whose weights it begins with.
    """
    old = net.config
    if list(begins_as) == list(range(old.classes)):
        return copy.deepcopy(net)
    changed = EmbeddingNet(old.with_short(classes=len(begins_as)))
    weights, rows = net.state_dict(), torch.tensor(begins_as)
    shares = torch.bincount(rows)[rows].to(weights[f"{FOREGROUND}.bias"])
    for layer in (FOREGROUND, *_earlier(net, FOREGROUND)):
        weights[f"{layer}.weight"] = weights[f"{layer}.weight"][rows]
        weights[f"{layer}.bias"] = weights[f"{layer}.bias"][rows] - torch.log(shares)
    changed.load_state_dict(weights)
    return changed.train(net.training)


def _earlier(net: EmbeddingNet, layer: str) -> list[str]:
    """Return what a layer of a head is called for each hourglass before the last one."""
    return [layer.replace("heads", f"earlier_heads.{i}") for i in range(len(net.earlier_heads))]


def inflate(net: EmbeddingNet) -> EmbeddingNet:
    """Return a network for volumes that starts as one for planes (Carreira and Zisserman 2017).

    The filters see the middle plane alone, those that halve the size both planes that become one,
    so that each plane gives much the same foreground and the same Y and X in the embedding as
    before; where a voxel's object is along Z is to be learnt.

    Parameters
    ----------
    net
        2-D; stays as it is.

    Raises
    ------
    InputError
        If the network is not 2-D.
    """
    old = net.config
    if old.ndim != 2:
        raise InputError(f"Expected a 2-D network to inflate, got a {old.ndim}-D one.")
    if net.is_recurrent:
        raise InputError(
            "A network that remembers frames cannot begin one for volumes. Begin from another "
            "model, or from scratch."
        )
    semiconv = old.embedding.coordinates == "semiconv"
    inflated = EmbeddingNet(old.with_short(ndim=3, embedding_dim=old.embedding.dim + semiconv))
    halving = {
        f"{name}.weight"
        for name, module in net.named_modules()
        if isinstance(module, nn.Conv2d) and module.stride != (1, 1)
    }
    weights = {
        name: _over_planes(value, halving=name in halving)
        for name, value in net.state_dict().items()
    }
    if old.embedding.coordinates == "input":
        for first in net.first_layers:
            image, lifted, coordinates = _inputs(weights[first], old)
            along_z = torch.zeros_like(coordinates[:, :1])
            weights[first] = torch.cat([image, lifted, along_z, coordinates], dim=1)
    if semiconv:
        for name in (f"{POINTS}.weight", f"{POINTS}.bias"):
            along_z = NEAR_ZERO * torch.randn_like(weights[name][:1])
            weights[name] = torch.cat([along_z, weights[name]])
    inflated.load_state_dict(weights)
    return inflated.train(net.training)


def _over_planes(value: Tensor, *, halving: bool) -> Tensor:
    """Return ``(O, I, D, Y, X)`` filters of the middle plane, or of the two that become one."""
    if value.ndim != 4:
        return value
    depth = value.shape[-1]
    planes = slice(depth // 2 - halving, depth // 2 + 1)
    filters = value.new_zeros((*value.shape[:2], depth, *value.shape[2:]))
    filters[:, :, planes] = value[:, :, None] / (1 + halving)
    return filters


def _pass_through(filters: Tensor) -> None:
    """Make filters hand on their first inputs, as many as there are outputs, and no others."""
    middle = tuple(n // 2 for n in filters.shape[2:])
    filters.zero_()
    for i in range(len(filters)):
        filters[(i, i, *middle)] = 1.0
