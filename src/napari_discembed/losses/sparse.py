"""What unlabelled pixels teach: the sparse-label terms of SPOCO.

Wolny et al. 2022, "Sparse Object-level Supervision for Instance Segmentation with Pixel
Embeddings" (arXiv 2103.14572), section 3.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from napari_discembed.losses.flat import UNLABELLED, FlatPixels
from napari_discembed.losses.terms import CHUNK, TINY, repulsion
from napari_discembed.types.space import kernel_scale


def unlabelled_push(flat: FlatPixels, means: Tensor, delta_d: float) -> Tensor:
    """Keep unlabelled pixels off the painted instances.

    ``L_U_push``: the squared hinge ``max(0, delta_d - |mu_c - x_i|)^2``, averaged over the
    unlabelled pixels and over the instances of each image, then over the images. Right where
    objects are painted whole, since no unlabelled pixel then belongs to a painted one.
    """
    total = means.sum() * 0
    for b in range(flat.n_images):
        pixels, own = flat.per_image(b)
        free = (flat.labels[pixels] == UNLABELLED).nonzero().squeeze(1) + pixels.start
        if len(free) and own.stop > own.start:
            cost = repulsion(flat.embedding[:, free], means[:, own], delta_d)
            total = total + cost / (len(free) * (own.stop - own.start))
    return total / flat.n_images


class _SoftDice(torch.autograd.Function):
    """Mean Dice loss of soft masks around centres, the gradient made in the same pass."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401
        points: Tensor,
        centres: Tensor,
        member_of: Tensor,
        first: int,
        scale: float,
    ) -> Tensor:
        count = centres.shape[1]
        # Distances are of products of matrices, which far from the origin lose their digits.
        middle = centres.mean(dim=1, keepdim=True)
        points, centres = points - middle, centres - middle
        grad_points, grad_centres = torch.zeros_like(points), torch.zeros_like(centres)
        total = points.new_zeros(())
        rows = max(1, CHUNK // max(1, points.shape[1]))
        for start in range(0, count, rows):
            part = slice(start, min(start + rows, count))
            squared = torch.cdist(centres[:, part].T, points.T).square_()
            soft = squared.mul_(-scale).exp_()
            numbers = torch.arange(part.start, part.stop, device=points.device)
            inside = (member_of[None] == numbers[:, None] + first).to(points.dtype)
            overlap = 2 * (soft * inside).sum(1, keepdim=True)
            size = (soft.square() + inside).sum(1, keepdim=True).clamp_min(TINY)
            total += (1 - overlap / size).sum()
            # d(1 - overlap / size) / d soft, times d soft / d squared
            weight = (2 * soft * (overlap / size) - 2 * inside).div_(size).mul_(soft * -scale)
            weight *= 2
            grad_points += points * weight.sum(0) - centres[:, part] @ weight
            grad_centres[:, part] += centres[:, part] * weight.sum(1) - points @ weight.T
        ctx.save_for_backward(grad_points / count, grad_centres / count)
        return total / count

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401
        grad: Tensor,
    ) -> tuple[Tensor, Tensor, None, None, None]:
        grad_points, grad_centres = ctx.saved_tensors
        return grad * grad_points, grad * grad_centres, None, None, None


def object_dice(flat: FlatPixels, means: Tensor, delta_v: float) -> Tensor:
    """Make the soft mask around each instance's mean agree with the painted object.

    ``L_obj``: one minus the Dice coefficient ``2 sum s y / (sum s^2 + sum y^2)`` of the soft mask
    ``s = exp(-|x - mu|^2 ln 2 / delta_v^2)``, which is one half at `delta_v`, and the object
    ``y``; averaged over the instances of each image, then over the images.
    """
    owner = flat.labels.new_full((flat.embedding.shape[1],), -1)
    owner[flat.members] = flat.instance
    total = means.sum() * 0
    for b in range(flat.n_images):
        pixels, own = flat.per_image(b)
        if own.stop > own.start:
            total = total + _SoftDice.apply(  # type: ignore[no-untyped-call]
                flat.embedding[:, pixels],
                means[:, own],
                owner[pixels],
                own.start,
                kernel_scale(delta_v),
            )
    return total / flat.n_images


def consistency(
    student: FlatPixels,
    teacher: Tensor,
    delta_v: float,
    generator: torch.Generator,
    anchors: int = 8,
) -> Tensor:
    """Make student and teacher agree on the objects of the unlabelled pixels.

    ``L_U_con``: around the embedding of an anchor, drawn from the unlabelled pixels of each
    image, both networks see a soft mask; the loss is one minus the Dice of the two, averaged
    over the anchors and the images. The teacher is the running average of the student and gets
    no gradient.

    Parameters
    ----------
    student
        Pixels of the student's embedding.
    teacher
        ``(B, E, *S)``: the teacher's, of the same patches.
    delta_v
        Pull margin.
    generator
        Draws the anchors.
    anchors
        How many an image.
    """
    flat_teacher = teacher.detach().float().transpose(0, 1).reshape(student.embedding.shape)
    total = student.embedding.sum() * 0
    scale = kernel_scale(delta_v)
    for b in range(student.n_images):
        pixels, _ = student.per_image(b)
        free = (student.labels[pixels] == UNLABELLED).nonzero().squeeze(1)
        if not len(free):
            continue
        drawn = torch.randint(len(free), (anchors,), generator=generator).to(free.device)
        masks = [
            _soft_masks(x[:, pixels], free[drawn], scale) for x in (student.embedding, flat_teacher)
        ]
        overlap = 2 * (masks[0] * masks[1]).sum(1)
        size = (masks[0].square() + masks[1].square()).sum(1)
        total = total + (1 - overlap / size).mean()
    return total / student.n_images


def _soft_masks(points: Tensor, anchors: Tensor, scale: float) -> Tensor:
    """Return ``(A, P)``: how near each point is to each anchor's, in [0, 1]."""
    centres = points[:, anchors]
    squared = sum(
        (row[None] - centre[:, None]).square() for row, centre in zip(points, centres, strict=True)
    )
    return torch.exp(-scale * squared)
