"""The discriminative loss."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from napari_discembed.losses.flat import flatten, instance_means
from napari_discembed.losses.neighbours import neighbour_pairs
from napari_discembed.losses.terms import pull, push, regularise


class DiscriminativeTerms(NamedTuple):
    """The loss and its parts, each a scalar; the parts are not weighted."""

    total: Tensor
    pull: Tensor
    push: Tensor
    regularisation: Tensor


def discriminative_loss(
    embedding: Tensor,
    labels: Tensor,
    *,
    delta_v: float = 0.5,
    delta_d: float = 1.5,
    alpha: float = 1.0,
    beta: float = 1.0,
    gamma: float = 0.001,
    neighbour_radius: float | None = None,
) -> DiscriminativeTerms:
    """Pull the pixels of an instance together and push instances apart.

    De Brabandere, Neven, Van Gool 2017 (arXiv 1708.02551), eq. 1 to 4: with the C instances of
    an image, their N_c pixels x_i and means mu_c::

        L_var  = 1/C sum_c 1/N_c sum_i max(0, |mu_c - x_i| - delta_v)^2
        L_dist = 1/(C (C - 1)) sum_{A != B} max(0, 2 delta_d - |mu_A - mu_B|)^2
        L_reg  = 1/C sum_c |mu_c|
        L      = alpha L_var + beta L_dist + gamma L_reg

    averaged over the images of the batch. Background takes no part.

    Parameters
    ----------
    embedding
        ``(B, E, *S)``.
    labels
        ``(B, *S)`` integers: objects above 0; all else is left out.
    delta_v, delta_d
        Margins of pull and push, in embedding units.
    alpha, beta, gamma
        Weights of pull, push and regularisation.
    neighbour_radius
        Push only instances whose bounding boxes are within so many pixels; None for all.
    """
    flat = flatten(embedding, labels)
    means = instance_means(flat)
    pairs = None if neighbour_radius is None else neighbour_pairs(flat, labels, neighbour_radius)
    parts = (
        pull(flat, means, delta_v),
        push(flat, means, delta_d, pairs),
        regularise(flat, means),
    )
    return DiscriminativeTerms(alpha * parts[0] + beta * parts[1] + gamma * parts[2], *parts)
