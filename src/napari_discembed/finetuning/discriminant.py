"""Kinds that a network does not know yet, told apart by what it sees of their objects already."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_discembed.config import FinetuningConfig
from napari_discembed.datasets.patches import Batch
from napari_discembed.datasets.targets import OUTSIDE
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.finetuning.balance import looked_at
from napari_discembed.models import EmbeddingNet
from napari_discembed.models.backbones.hourglass import Seen

MOST_PIXELS = 20_000
"""Of each kind."""
RIDGE = 0.1
"""Of the mean variance: few objects vary less than all do."""
LARGEST = 1.0
"""Logits by which a kind differs from the mean at most, but for a pixel in 50: the rest is for the
training, and what is foreground stays so."""
SURELY_MOST = 98

Floats = NDArray[np.float64]


def with_discriminant(
    net: EmbeddingNet, data: TrainingSet, config: FinetuningConfig
) -> EmbeddingNet:
    """Return a network whose foreground classes begin as a linear discriminant has them.

    It is Fisher's (1936), of the features that the heads see, on the labelled pixels, each class
    weighing the same. Classes that all begin as one would give the backbone no gradient that tells
    them apart. A class of which nothing is labelled stays as it is.

    Parameters
    ----------
    net
        Stays as it is; of several classes.
    data
        To learn from, with classes.
    config
        Says the size of patches, and the seed.
    """
    batch = looked_at(net, data, config)
    if batch.classes is None:
        return net
    features = _features(net, batch)
    of_class = [
        _some(features[:, (batch.labels > 0) & (batch.classes == number)], config.seed)
        for number in range(1, net.config.classes + 1)
    ]
    told = [number for number, pixels in enumerate(of_class) if pixels.shape[1] > 1]
    if len(told) < 2:
        return net
    weights, bias = discriminant([of_class[number] for number in told])
    everywhere = _some(features[:, batch.labels != OUTSIDE], config.seed)
    spread = np.abs(weights @ everywhere + bias[:, None])
    scale = min(1.0, LARGEST / max(1e-9, float(np.percentile(spread, SURELY_MOST))))
    return _with_rows(net, told, scale * weights, scale * bias)


def _features(net: EmbeddingNet, batch: Batch) -> Tensor:
    """Return ``(F, B, *S)``: what the heads see of patches."""
    seen: list[Tensor] = []
    looking = copy.deepcopy(net).eval()
    looking.backbone.register_forward_hook(
        lambda _net, _inputs, output: seen.append(
            output.features if isinstance(output, Seen) else output
        )
    )
    with torch.inference_mode():
        looking(batch.images, batch.origins)
    return seen[0].movedim(1, 0).float()


def _some(pixels: Tensor, seed: int) -> Floats:
    """Return a sample of the columns of ``(F, N)``."""
    found: Floats = pixels.numpy().astype(np.float64)
    if found.shape[1] <= MOST_PIXELS:
        return found
    chosen = np.random.default_rng(seed).choice(found.shape[1], MOST_PIXELS, replace=False)
    return found[:, chosen]


def discriminant(of_class: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Return ``(K, F)`` weights and ``(K,)`` biases, whose means over the classes are zero.

    Parameters
    ----------
    of_class
        ``(F, N)`` features of the pixels of each class.
    """
    means = np.stack([pixels.mean(axis=1) for pixels in of_class])
    within = np.mean([np.cov(pixels) for pixels in of_class], axis=0)
    n = len(within)
    within += (RIDGE * np.trace(within) / n + 1e-9) * np.eye(n)
    weights = np.linalg.solve(within, means.T).T
    bias = -0.5 * np.sum(weights * means, axis=1)
    return weights - weights.mean(axis=0), bias - bias.mean()


def _with_rows(
    net: EmbeddingNet, numbers: Sequence[int], weights: Floats, bias: Floats
) -> EmbeddingNet:
    changed = copy.deepcopy(net)
    projection = changed.named_heads()["foreground"].projection
    with torch.no_grad():
        for number, row, offset in zip(numbers, weights, bias, strict=True):
            projection.weight[number] += torch.as_tensor(row).reshape(projection.weight[0].shape)
            if projection.bias is not None:
                projection.bias[number] += float(offset)
    return changed
