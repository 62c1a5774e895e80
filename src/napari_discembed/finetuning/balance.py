"""Kinds of objects, balanced: none is missed because another was learnt sooner."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from napari_discembed.config import AugmentationConfig, FinetuningConfig
from napari_discembed.datasets.patches import Batch, sample_batch
from napari_discembed.datasets.training_set import TrainingSet
from napari_discembed.models import EmbeddingNet
from napari_discembed.training.sampling import patch_side

PATCHES = 12
"""That are looked at."""
STEPS = 50
"""Of Newton's method at most; few are needed."""
RIDGE = 1e-3
"""Keeps kinds that are told apart for sure where they are."""


def with_balanced_kinds(
    net: EmbeddingNet, data: TrainingSet, config: FinetuningConfig
) -> EmbeddingNet:
    """Return a network whose kinds are as likely as each other, taken over what is labelled.

    A short training moves the kinds against each other as a whole. Their biases are set so that the
    cross-entropy of the kinds on labelled pixels is lowest, each kind weighing the same (logistic
    regression of the intercepts alone). Their mean stays, so that foreground does.

    Parameters
    ----------
    net
        Stays as it is.
    data
        What was learnt, with classes.
    config
        Says the size of patches, and the seed.
    """
    batch = looked_at(net, data, config)
    if batch.classes is None or net.config.classes < 2:
        return net
    with torch.inference_mode():
        logits = copy.deepcopy(net).eval()(batch.images, batch.origins)["foreground"]
    inside = batch.labels > 0
    scores, truth = logits.movedim(1, -1)[inside].double(), batch.classes[inside] - 1
    changed = copy.deepcopy(net)
    bias = changed.named_heads()["foreground"].projection.bias
    if bias is not None and len(torch.unique(truth)) > 1:
        with torch.no_grad():
            bias += intercepts(scores.clone(), truth.clone()).to(bias)
    return changed


def looked_at(net: EmbeddingNet, data: TrainingSet, config: FinetuningConfig) -> Batch:
    """Return patches of what is learnt, as they are."""
    return sample_batch(
        data,
        np.random.default_rng(config.seed),
        patch_size=patch_side(config, net.config.ndim, net.stride),
        batch_size=PATCHES,
        augmentation=AugmentationConfig(enabled=False),
    )


def intercepts(scores: Tensor, truth: Tensor) -> Tensor:
    """Return ``(K,)``, of mean zero: what to add to the logits of each class.

    Parameters
    ----------
    scores
        ``(P, K)`` logits.
    truth
        ``(P,)``: the class of each, from 0; a class that none is of gets nothing.
    """
    there = torch.unique(truth)
    weight = (1 / torch.bincount(truth, minlength=scores.shape[1]).clamp(min=1)[truth]).double()
    weight = weight / len(there)
    wanted = F.one_hot(truth, scores.shape[1]).double()
    found = torch.zeros(scores.shape[1], dtype=torch.double)
    for _ in range(STEPS):
        chance = torch.softmax(scores + found, dim=1)
        slope = (weight[:, None] * (chance - wanted)).sum(0) + RIDGE * found
        curve = torch.diag((weight[:, None] * chance).sum(0)) - (
            chance.T @ (weight[:, None] * chance)
        )
        step = torch.linalg.solve(
            curve[there][:, there] + RIDGE * torch.eye(len(there), dtype=torch.double), slope[there]
        )
        found[there] -= step.clamp(-1, 1)
        if float(step.abs().max()) < 1e-6:
            break
    found[there] -= found[there].mean()
    return found
