"""The cosine embedding loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from napari_discembed.losses.flat import FlatPixels, flatten, mean_over_instances, segment_sum
from napari_discembed.losses.neighbours import all_pairs, neighbour_pairs
from napari_discembed.losses.terms import TINY


class CosineTerms(NamedTuple):
    """The loss and its parts, each a scalar; the parts are not weighted."""

    total: Tensor
    pull: Tensor
    push: Tensor


def cosine_loss(
    embedding: Tensor,
    labels: Tensor,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    neighbour_radius: float | None = None,
    background: bool = True,
) -> CosineTerms:
    """Make the embeddings of an instance parallel, those of neighbours orthogonal.

    Payer et al. 2018 (arXiv 1806.02070), eq. 1: with the mean direction m_c of an instance, its
    pixels S_c and the pixels N_c of its neighbours::

        L = 1/C sum_c ( 1 - 1/|S_c| sum_{p in S_c} cos(m_c, e_p)
                        + 1/|N_c| sum_{p in N_c} cos(m_c, e_p)^2 )

    averaged over the images of the batch. The background is an instance as well, and a neighbour
    of all. An instance without neighbours has no second part. Far instances may share a direction,
    so that a few dimensions do for any number of them.

    Parameters
    ----------
    embedding
        ``(B, E, *S)``; lengths do not matter.
    labels
        ``(B, *S)`` integers: objects above 0, background 0; all else is left out.
    alpha, beta
        Weights of the two parts.
    neighbour_radius
        In pixels between the nearest pixels of two objects; None makes neighbours of all.
    background
        Whether the background is an instance.

    Notes
    -----
    The sum of squared cosines over a neighbour's pixels is ``m^T M m`` with the neighbour's
    second moment M, so no table of pixels by instances is made.
    """
    objects = flatten(embedding, labels)
    near = neighbour_radius
    pairs = all_pairs(objects) if near is None else neighbour_pairs(objects, labels, near)
    flat = objects
    if background and bool((labels == 0).any()):
        flat, pairs = _with_background(embedding, labels, pairs)
    n = flat.n_instances
    points = _unit(flat.embedding[:, flat.members])
    means = _unit(segment_sum(points, flat.instance, n))
    cosine = (points * means[:, flat.instance]).sum(0)
    own = segment_sum(cosine[None], flat.instance, n)[0] / flat.counts
    pairs = torch.cat([pairs, pairs.flip(1)])
    first, second = pairs[:, 0], pairs[:, 1]
    moments = torch.stack([segment_sum(row * points, flat.instance, n) for row in points])
    squared = torch.einsum("em,efm,fm->m", means[:, first], moments[:, :, second], means[:, first])
    around = segment_sum(squared[None], first, n)[0]
    pixels = torch.bincount(first, weights=flat.counts[second], minlength=n).clamp_min(1)
    towards = mean_over_instances(1 - own, flat)
    apart = mean_over_instances(around / pixels, flat)
    return CosineTerms(alpha * towards + beta * apart, towards, apart)


def _with_background(embedding: Tensor, labels: Tensor, pairs: Tensor) -> tuple[FlatPixels, Tensor]:
    """Make the background the last instance of each image, and a neighbour of all of its objects.

    Parameters
    ----------
    embedding, labels
        As for the loss.
    pairs
        ``(M, 2)`` of the objects alone.
    """
    is_background = labels == 0
    flat = flatten(embedding, torch.where(is_background, labels.max() + 1, labels))
    own_background = is_background.flatten(1).any(1)
    last = torch.searchsorted(flat.image, flat.image.new_tensor(range(1, flat.n_images + 1))) - 1
    is_object = torch.ones_like(flat.image, dtype=torch.bool)
    is_object[last[own_background]] = False
    numbers = is_object.nonzero().squeeze(1)
    each = numbers[own_background[flat.image[numbers]]]
    to_background = torch.stack([each, last[flat.image[each]]], dim=1)
    return flat, torch.cat([numbers[pairs], to_background])


def _unit(vectors: Tensor) -> Tensor:
    """Scale ``(E, P)`` columns to length one; a zero column stays, with a finite gradient."""
    return vectors * vectors.square().sum(0).clamp_min(TINY).rsqrt()
