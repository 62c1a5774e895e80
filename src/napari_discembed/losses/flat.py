"""From label maps to flat pixels: the form that every loss works on."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

UNLABELLED = -1
"""A pixel that nobody has said anything of; anything lower takes no part at all."""


class FlatPixels(NamedTuple):
    """The pixels of a batch side by side, and the instance of each.

    Attributes
    ----------
    embedding
        ``(E, P)`` float32 or float64.
    labels
        ``(P,)`` int64: -1 unlabelled, 0 background, above an object.
    members
        ``(M,)`` int64: where in P the pixels of objects are.
    instance
        ``(M,)`` int64 in [0, N): the instance of each member.
    counts
        ``(N,)``: pixels of each instance.
    image
        ``(N,)`` int64: the image of each instance, in order.
    n_images
        B.
    """

    embedding: Tensor
    labels: Tensor
    members: Tensor
    instance: Tensor
    counts: Tensor
    image: Tensor
    n_images: int

    @property
    def n_instances(self) -> int:
        """N, over all images."""
        return len(self.counts)

    def per_image(self, b: int) -> tuple[slice, slice]:
        """Return where the pixels and the instances of image `b` are."""
        size = self.embedding.shape[1] // self.n_images
        first, last = torch.searchsorted(self.image, self.image.new_tensor([b, b + 1])).tolist()
        return slice(b * size, (b + 1) * size), slice(first, last)


def flatten(embedding: Tensor, labels: Tensor) -> FlatPixels:
    """Lay the pixels of a batch side by side.

    Parameters
    ----------
    embedding
        ``(B, E, *S)``, any floating dtype; half precision is raised to float32.
    labels
        ``(B, *S)`` integers: -2 of no part, -1 unlabelled, 0 background, above an object.
    """
    batch, dim = embedding.shape[:2]
    if embedding.dtype in (torch.bfloat16, torch.float16):
        embedding = embedding.float()
    flat = embedding.reshape(batch, dim, -1).transpose(0, 1).reshape(dim, -1)
    labels = labels.reshape(batch, -1).long()
    top, key = _small_numbers(labels.clamp_min(0))
    # Numbers are made unique over the batch, then compact; a table is faster than sorting.
    key = key + top * torch.arange(batch, device=labels.device)[:, None]
    members = (labels > 0).reshape(-1).nonzero().squeeze(1)
    key = key.reshape(-1)[members]
    table_counts = torch.bincount(key, minlength=batch * top)
    present = table_counts > 0
    instance = (torch.cumsum(present, 0) - 1)[key]
    image = present.nonzero().squeeze(1) // top
    counts = table_counts[present].to(flat.dtype)
    return FlatPixels(flat, labels.reshape(-1), members, instance, counts, image, batch)


def _small_numbers(labels: Tensor) -> tuple[int, Tensor]:
    """Return numbers that a table can be made of, and one more than the largest of them.

    Those of a large image's crop may be far above its number of pixels; then they are sorted.
    """
    top = int(labels.max()) + 1 if labels.numel() else 1
    if top <= max(labels.numel(), 1):
        return top, labels
    present, inverse = torch.unique(labels, return_inverse=True)
    return len(present), inverse


class _SegmentSum(torch.autograd.Function):
    """Sum over the pixels of each instance; the gradient is a look-up."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, instance: Tensor, n: int) -> Tensor:  # noqa: ANN401
        ctx.save_for_backward(instance)
        # In double precision, since a large object's coordinates add up; MPS has none.
        precise = values if values.device.type == "mps" else values.double()
        sums = [torch.bincount(instance, weights=row, minlength=n) for row in precise]
        return torch.stack(sums).to(values.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401
        (instance,) = ctx.saved_tensors
        return grad[:, instance], None, None


def segment_sum(values: Tensor, instance: Tensor, n: int) -> Tensor:
    """Sum ``(R, M)`` values over instances: ``(R, N)``.

    Parameters
    ----------
    values
        ``(R, M)``.
    instance
        ``(M,)`` int64 in [0, n).
    n
        Number of instances.
    """
    result: Tensor = _SegmentSum.apply(values, instance, n)  # type: ignore[no-untyped-call]
    return result


def instance_means(flat: FlatPixels) -> Tensor:
    """Return ``(E, N)``: the mean embedding of each instance."""
    sums = segment_sum(flat.embedding[:, flat.members], flat.instance, flat.n_instances)
    return sums / flat.counts


def mean_over_instances(values: Tensor, flat: FlatPixels) -> Tensor:
    """Average ``(N,)`` over the instances of each image, then over the images.

    An image without instances counts as one with a value of zero.
    """
    per_image = torch.bincount(flat.image)
    return (values / per_image[flat.image]).sum() / flat.n_images
