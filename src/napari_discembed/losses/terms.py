"""The terms that losses are made of: pull, push, regularisation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from napari_discembed.losses.flat import FlatPixels, mean_over_instances, segment_sum

CHUNK = 2**21
"""Distances held at a time."""

TINY = 1e-12


def norm(vectors: Tensor) -> Tensor:
    """Return the length of ``(E, P)`` column vectors; at zero the gradient is zero."""
    squares = vectors.square().sum(dim=0)
    return torch.where(squares > 0, squares.clamp_min(TINY**2).sqrt(), squares)


def pull(flat: FlatPixels, means: Tensor, delta_v: float) -> Tensor:
    """Draw each pixel to within `delta_v` of its instance's mean.

    ``L_var`` of De Brabandere 2017, eq. 1: the squared hinge, averaged over the pixels of each
    instance, over the instances of each image, over the images.
    """
    own = means[:, flat.instance]
    hinge = (norm(flat.embedding[:, flat.members] - own) - delta_v).clamp_min(0).square()
    per_instance = segment_sum(hinge[None], flat.instance, flat.n_instances)[0] / flat.counts
    return mean_over_instances(per_instance, flat)


def push(flat: FlatPixels, means: Tensor, delta_d: float, pairs: Tensor | None = None) -> Tensor:
    """Drive the means of an image apart, to a distance of ``2 * delta_d``.

    ``L_dist`` of De Brabandere 2017, eq. 2: the squared hinge, averaged over the ordered pairs
    of different instances of each image, then over the images.

    Parameters
    ----------
    flat, means
        Pixels and their instance means ``(E, N)``.
    delta_d
        Half the distance wanted.
    pairs
        ``(M, 2)`` instances of one image each, without order and each once: only these are
        pushed and averaged over. None for all.

    Notes
    -----
    Memory grows with the means, not with their pairs: distances are made in chunks and the
    gradient is summed on the way. Coinciding means are pushed apart along the first axis, by
    their order, where the distance itself has no gradient.
    """
    if pairs is not None:
        return _push_pairs(flat, means, delta_d, pairs)
    total = means.sum() * 0
    for b in range(flat.n_images):
        _, own = flat.per_image(b)
        count = own.stop - own.start
        if count > 1:
            block = means[:, own]
            # Each mean meets itself once, at distance zero.
            among_all = repulsion(block, block, 2 * delta_d) - count * (2 * delta_d) ** 2
            total = total + among_all / (count * (count - 1))
    return total / flat.n_images


def _push_pairs(flat: FlatPixels, means: Tensor, delta_d: float, pairs: Tensor) -> Tensor:
    if not len(pairs):
        return means.sum() * 0
    first, second = pairs[:, 0], pairs[:, 1]
    difference = means[:, first] - means[:, second]
    same = (difference == 0).all(dim=0)
    apart = torch.zeros_like(difference)
    # Twice: once may be rounded to what norm() takes for zero.
    apart[0] = same * torch.where(first < second, -2 * TINY, 2 * TINY)
    hinge = (2 * delta_d - norm(difference + apart)).clamp_min(0).square()
    image = flat.image[first]
    per_image = torch.bincount(image)
    return (hinge / per_image[image]).sum() / flat.n_images


def regularise(flat: FlatPixels, means: Tensor) -> Tensor:
    """Keep the means near the origin: ``L_reg`` of De Brabandere 2017, eq. 3."""
    return mean_over_instances(norm(means), flat)


class _Repulsion(torch.autograd.Function):
    """Sum of squared hinges over all pairs, with its gradient made in the same pass."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, margin: float) -> Tensor:  # noqa: ANN401
        grad_a, grad_b = torch.zeros_like(a), torch.zeros_like(b)
        total = a.new_zeros(())
        rows = max(1, CHUNK // max(1, b.shape[1]))
        for start in range(0, a.shape[1], rows):
            part = slice(start, min(start + rows, a.shape[1]))
            distance = torch.cdist(a[:, part].T, b.T, compute_mode="donot_use_mm_for_euclid_dist")
            hinge = (margin - distance).clamp_min_(0)
            total += hinge.square().sum()
            # d hinge^2 / d a_i = -2 hinge (a_i - b_j) / distance
            weight = hinge.div(distance.clamp_min(TINY)).mul_(-2)
            ties = (distance == 0).nonzero()
            weight[ties[:, 0], ties[:, 1]] = 0
            grad_a[:, part] += a[:, part] * weight.sum(1) - b @ weight.T
            grad_b += b * weight.sum(0) - a[:, part] @ weight
            if len(ties):
                sign = torch.sign(ties[:, 0] + start - ties[:, 1]).to(a.dtype) * (2 * margin)
                grad_a[0].index_add_(0, ties[:, 0] + start, -sign)
                grad_b[0].index_add_(0, ties[:, 1], sign)
        ctx.save_for_backward(grad_a, grad_b)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401
        grad_a, grad_b = ctx.saved_tensors
        return grad * grad_a, grad * grad_b, None


def repulsion(a: Tensor, b: Tensor, margin: float) -> Tensor:
    """Sum ``max(0, margin - |a_i - b_j|)**2`` over all pairs of columns of two sets.

    Parameters
    ----------
    a, b
        ``(E, N)`` and ``(E, M)``.
    margin
        Distance beyond which a pair costs nothing.

    Notes
    -----
    Memory is that of `a`, `b` and a chunk of distances. Columns that coincide are driven apart
    along the first axis by their order; a column of the same number in both sets is itself.
    """
    result: Tensor = _Repulsion.apply(a, b, margin)  # type: ignore[no-untyped-call]
    return result
