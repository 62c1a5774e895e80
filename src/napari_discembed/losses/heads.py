"""The losses of the foreground and the seediness heads."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from napari_discembed.losses.flat import UNLABELLED, FlatPixels
from napari_discembed.types import EmbeddingSpace


def foreground_loss(
    logits: Tensor,
    labels: Tensor,
    classes: Tensor | None = None,
    *,
    weak_background: bool = False,
) -> Tensor:
    """Tell objects from background.

    Binary cross-entropy plus soft Dice. Several classes share them, by the probability of any, and
    add the cross-entropy of the class given that a pixel is of an object, each class that is there
    weighing the same: so a rare class, or one of small objects, is learnt as well. Unlabelled
    pixels take no part, unless `weak_background`.

    Parameters
    ----------
    logits
        ``(B, K, *S)``; background is a class of logit zero.
    labels
        ``(B, *S)`` integers: -1 unlabelled, 0 background, above an object.
    classes
        ``(B, *S)`` integers: the class, from 1, of each object's pixels; for K above 1.
    weak_background
        Take unlabelled pixels for background, objects and the rest weighing the same. Where
        only objects were painted, an unpainted object then still scores above one half, since
        it looks like the painted ones, which weigh more (Elkan and Noto 2008).
    """
    target = torch.where(labels == UNLABELLED, 0, labels) if weak_background else labels
    known = target >= 0
    if not known.any():
        return logits.sum() * 0
    if logits.shape[1] > 1:
        any_class = torch.logsumexp(logits.float(), dim=1)  # softmax with 0 is its sigmoid
        told_apart = _class_given_object(logits, labels, classes)
    else:
        any_class, told_apart = logits[:, 0], logits.new_zeros(())
    scores = any_class[known].float()
    truth = (target[known] > 0).to(scores.dtype)
    balanced = weak_background or bool((labels == UNLABELLED).any())
    weights = _balance(truth) if balanced else torch.ones_like(truth)
    entropy = F.binary_cross_entropy_with_logits(scores, truth, weights)
    probability = torch.sigmoid(scores)
    overlap = 2 * (weights * probability * truth).sum()
    size = (weights * (probability + truth)).sum()
    return entropy + 1 - (overlap + 1) / (size + 1) + told_apart


def _balance(truth: Tensor) -> Tensor:
    """Return weights of mean 1 by which objects and background weigh the same."""
    positive = truth.mean()
    if positive in (0, 1):
        return torch.ones_like(truth)
    return torch.where(truth > 0, 0.5 / positive, 0.5 / (1 - positive))


def _class_given_object(logits: Tensor, labels: Tensor, classes: Tensor | None) -> Tensor:
    """Return the cross-entropy of the classes on pixels of objects, the mean over the classes."""
    inside = labels > 0
    if not inside.any():
        return logits.sum() * 0
    scores = logits.movedim(1, -1)[inside].float()
    if classes is None:
        truth = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    else:
        truth = classes[inside].long() - 1
    surprise = F.cross_entropy(scores, truth, reduction="none")
    count = torch.bincount(truth, minlength=logits.shape[1])[truth]
    return (surprise / count).sum() / len(torch.unique(truth))


def motion_loss(offsets: Tensor, before: Tensor, diameter: float) -> Tensor:
    """Point from each pixel to its object's centre in the frame before.

    The tracking offsets of EmbedTrack (Loeffler and Mikut 2022, arXiv 2204.10713); the absolute
    error, smooth below a tenth of a diameter, is the mean over the pixels whose object was there.

    Parameters
    ----------
    offsets
        ``(B, ndim, *S)``, in object diameters.
    before
        ``(B, ndim, *S)``: the centre, in pixels from the patch's first; NaN where there is none.
    diameter
        In pixels.
    """
    known = torch.isfinite(before).all(dim=1)
    if not known.any():
        return offsets.sum() * 0
    axes = [torch.arange(n, device=before.device, dtype=before.dtype) for n in before.shape[2:]]
    here = torch.stack(torch.meshgrid(*axes, indexing="ij"))
    target = ((before - here) / diameter).movedim(1, -1)[known]
    return F.smooth_l1_loss(offsets.float().movedim(1, -1)[known], target.float(), beta=0.1)


def seediness_loss(
    logits: Tensor, flat: FlatPixels, means: Tensor, space: EmbeddingSpace
) -> Tensor:
    """Predict how near a pixel's embedding is to its instance's mean.

    Neven 2019 (arXiv 1906.11109), eq. 11: the squared error to the space's kernel of the distance
    to the mean, which is one half at the pull margin, and to zero on background. Objects and
    background weigh the same. The target gets no gradient.

    Parameters
    ----------
    logits
        ``(B, 1, *S)``.
    flat, means
        Pixels and their instance means ``(E, N)``.
    space
        Of the embedding.
    """
    scores = torch.sigmoid(logits.float().reshape(-1))
    total = scores.sum() * 0
    if len(flat.members):
        with torch.no_grad():
            points, centres = flat.embedding[:, flat.members], means[:, flat.instance]
            target = space.kernel(space.squared_distance(points, centres)).to(scores.dtype)
        total = total + (scores[flat.members] - target).square().mean()
    background = scores[flat.labels == 0]
    if len(background):
        total = total + background.square().mean()
    return total
