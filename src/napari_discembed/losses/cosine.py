"""The cosine embedding loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from napari_discembed.losses.flat import flatten, mean_over_instances, segment_sum
from napari_discembed.losses.neighbours import neighbour_pairs
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
) -> CosineTerms:
    """Make the embeddings of an instance parallel, those of neighbours orthogonal.

    Payer et al. 2018 (arXiv 1806.02070), eq. 1: with the mean direction m_c of an instance, its
    pixels S_c and the pixels N_c of its neighbours::

        L = 1/C sum_c ( 1 - 1/|S_c| sum_{p in S_c} cos(m_c, e_p)
                        + 1/|N_c| sum_{p in N_c} cos(m_c, e_p)^2 )

    averaged over the images of the batch. An instance without neighbours has no second part.
    Far instances may share a direction, so that a few dimensions do for any number of them.

    Parameters
    ----------
    embedding
        ``(B, E, *S)``; lengths do not matter.
    labels
        ``(B, *S)`` integers: objects above 0; all else is left out.
    alpha, beta
        Weights of the two parts.
    neighbour_radius
        In pixels between bounding boxes; None makes neighbours of all.

    Notes
    -----
    The sum of squared cosines over a neighbour's pixels is ``m^T M m`` with the neighbour's
    second moment M, so no table of pixels by instances is made.
    """
    flat = flatten(embedding, labels)
    n = flat.n_instances
    points = _unit(flat.embedding[:, flat.members])
    means = _unit(segment_sum(points, flat.instance, n))
    cosine = (points * means[:, flat.instance]).sum(0)
    own = segment_sum(cosine[None], flat.instance, n)[0] / flat.counts
    near = float("inf") if neighbour_radius is None else neighbour_radius
    pairs = neighbour_pairs(flat, labels, near)
    pairs = torch.cat([pairs, pairs.flip(1)])
    first, second = pairs[:, 0], pairs[:, 1]
    moments = torch.stack([segment_sum(row * points, flat.instance, n) for row in points])
    squared = torch.einsum("em,efm,fm->m", means[:, first], moments[:, :, second], means[:, first])
    around = segment_sum(squared[None], first, n)[0]
    pixels = torch.bincount(first, weights=flat.counts[second], minlength=n).clamp_min(1)
    towards = mean_over_instances(1 - own, flat)
    apart = mean_over_instances(around / pixels, flat)
    return CosineTerms(alpha * towards + beta * apart, towards, apart)


def _unit(vectors: Tensor) -> Tensor:
    """Scale ``(E, P)`` columns to length one; a zero column stays, with a finite gradient."""
    return vectors * vectors.square().sum(0).clamp_min(TINY).rsqrt()
