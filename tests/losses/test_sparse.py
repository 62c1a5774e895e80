"""The sparse terms against SPOCO's formulas, written as loops, and against gradcheck."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from napari_discembed.losses import (
    consistency,
    flatten,
    instance_means,
    object_dice,
    unlabelled_push,
)
from napari_discembed.losses.sparse import kernel_scale

CHUNKS = pytest.mark.parametrize("chunk", [1, 70, 2**21])


def mask(distance: float, delta_v: float) -> float:
    """One at no distance, one half at the margin, and a Gaussian between and beyond."""
    return 0.5 ** ((distance / delta_v) ** 2)


def test_the_soft_mask_is_one_half_at_the_margin() -> None:
    assert math.exp(-kernel_scale(0.7) * 0.7**2) == pytest.approx(0.5)
    assert math.exp(-kernel_scale(3.0) * 3.0**2) == pytest.approx(0.5)


def test_unlabelled_pixels_are_pushed_off_by_what_one_can_count() -> None:
    # Instances at 0 and 4, unlabelled pixels at 1, 3 and 9: short of 2 by 1 and 1 of 6 pairs.
    embedding = torch.tensor([[[0.0, 4, 1, 3, 9, 0]]])
    flat = flatten(embedding, torch.tensor([[1, 2, -1, -1, -1, 0]]))
    assert unlabelled_push(flat, instance_means(flat), 2.0).item() == pytest.approx(2 / 6)


def test_an_image_without_a_pair_to_push_counts_as_zero() -> None:
    # The first has no unlabelled pixel, the second no instance, the third both.
    embedding = torch.tensor([[[0.0, 0]], [[0, 0]], [[0, 1]]])
    flat = flatten(embedding, torch.tensor([[1, 0], [0, -1], [3, -1]]))
    assert unlabelled_push(flat, instance_means(flat), 3.0).item() == pytest.approx(4 / 3)


def test_unlabelled_push_is_the_papers_in_each_image_of_a_batch(example: Any) -> None:
    embedding, labels = example(4, batch=3)
    total = embedding.new_zeros(())
    for e, lab in zip(embedding, labels, strict=True):
        free = e[:, lab == -1].T
        means = [e[:, lab == c].mean(1) for c in lab.unique() if c > 0]
        costs = [max(0, 1.5 - (x - mu).norm()) ** 2 for mu in means for x in free]
        total = total + sum(costs) / len(costs) / 3
    flat = flatten(embedding, labels)
    torch.testing.assert_close(unlabelled_push(flat, instance_means(flat), 1.5), total)


def test_the_dice_of_two_pixels_is_what_one_can_count() -> None:
    # The mask is 1 on the object, and one half on the pixel at the margin.
    flat = flatten(torch.tensor([[[0.0, 0.7]]]), torch.tensor([[1, -1]]))
    cost = object_dice(flat, instance_means(flat), 0.7)
    assert cost.item() == pytest.approx(1 - 2 * 1 / (1 + 0.25 + 1))


def naive_dice(embedding: Tensor, labels: Tensor, delta_v: float) -> Tensor:
    total = embedding.new_zeros(())
    for e, lab in zip(embedding, labels, strict=True):
        numbers = [int(c) for c in lab.unique() if c > 0]
        for c in numbers:
            distances = (e - e[:, lab == c].mean(1)[:, None, None]).norm(dim=0)
            soft = 0.5 ** (distances / delta_v).square()
            inside = (lab == c).double()
            dice = 2 * (soft * inside).sum() / (soft.square() + inside).sum()
            total = total + (1 - dice) / len(numbers)
    return total / len(embedding)


@CHUNKS
def test_the_object_dice_is_the_papers_in_each_image_of_a_batch(
    example: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("napari_discembed.losses.sparse.CHUNK", chunk)
    embedding, labels = example(4, batch=3)
    flat = flatten(embedding, labels)
    cost = object_dice(flat, instance_means(flat), 0.7)
    torch.testing.assert_close(cost, naive_dice(embedding, labels, 0.7))


@CHUNKS
def test_the_gradients_of_the_sparse_terms_are_right(
    example: Any, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("napari_discembed.losses.sparse.CHUNK", chunk)
    embedding, labels = example(3)

    def terms(e: Tensor) -> Tensor:
        flat = flatten(e, labels)
        means = instance_means(flat)
        return unlabelled_push(flat, means, 1.5) + object_dice(flat, means, 0.7)

    assert torch.autograd.gradcheck(terms, embedding.requires_grad_())


def test_an_image_without_objects_counts_as_zero_dice() -> None:
    flat = flatten(torch.tensor([[[0.0, 0.7]], [[0.0, 0.7]]]), torch.tensor([[0, -1], [1, -1]]))
    cost = object_dice(flat, instance_means(flat), 0.7)
    assert cost.item() == pytest.approx((1 - 2 / 2.25) / 2)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_teacher_agrees_with_itself(example: Any) -> None:
    embedding, labels = example(9)
    flat = flatten(embedding, labels)
    assert consistency(flat, embedding, 0.5, seeded()).item() == pytest.approx(0, abs=1e-6)
    assert consistency(flat, embedding * 3, 0.5, seeded()) > 0.05


def test_the_masks_around_an_unlabelled_pixel_are_compared() -> None:
    # Any anchor is at 5; the third pixel is half a margin away from it, for the teacher a whole.
    student = torch.tensor([[[5.0, 5.0, 5.35]]])
    teacher = torch.tensor([[[5.0, 5.0, 5.70]]])
    s, t = mask(0.35, 0.7), mask(0.7, 0.7)
    expected = 1 - 2 * (1 + 1 + s * t) / (2 + s**2 + 2 + t**2)
    flat = flatten(student, torch.tensor([[-1, -1, 3]]))
    assert consistency(flat, teacher, 0.7, seeded()).item() == pytest.approx(expected, abs=1e-6)


def test_images_without_unlabelled_pixels_count_as_consistent() -> None:
    student = torch.tensor([[[0.0, 1, 2]], [[5.0, 5.0, 5.35]]])
    teacher = torch.tensor([[[0.0, 2, 9]], [[5.0, 5.0, 5.70]]])
    s, t = mask(0.35, 0.7), mask(0.7, 0.7)
    expected = 1 - 2 * (1 + 1 + s * t) / (2 + s**2 + 2 + t**2)
    flat = flatten(student, torch.tensor([[1, 0, -2], [-1, -1, 3]]))
    assert consistency(flat, teacher, 0.7, seeded()).item() == pytest.approx(expected / 2, abs=1e-6)


def test_eight_anchors_of_each_image_are_drawn_by_the_generator(example: Any) -> None:
    embedding, labels = example(9)
    teacher = example(10)[0].float()
    generator, total = seeded(3), 0.0
    for *both, lab in zip(embedding, teacher.double(), labels, strict=True):
        points, free = [x.reshape(3, -1) for x in both], (lab.reshape(-1) == -1).nonzero()
        for a in free[torch.randint(len(free), (8,), generator=generator)]:
            masks = [0.5 ** ((x - x[:, a]).norm(dim=0) / 0.9).square() for x in points]
            dice = 2 * (masks[0] * masks[1]).sum() / sum(m.square().sum() for m in masks)
            total += (1 - dice) / 8 / 2
    flat = flatten(embedding, labels)
    torch.testing.assert_close(consistency(flat, teacher, 0.9, seeded(3)), total)


def test_the_student_learns_from_the_teacher_and_not_the_other_way() -> None:
    student = torch.tensor([[[5.0, 5.0, 5.35]]], requires_grad=True)
    teacher = torch.tensor([[[5.0, 5.0, 5.70]]], requires_grad=True)
    flat = flatten(student, torch.tensor([[-1, -1, 3]]))
    consistency(flat, teacher, 0.7, seeded()).backward()
    assert student.grad[0, 0, 2] < 0  # descending moves the third pixel away too
    assert teacher.grad is None


@pytest.mark.parametrize("offset", [0.0, 2000.0])
def test_the_object_dice_is_the_same_far_from_the_origin(offset: float) -> None:
    torch.manual_seed(0)
    labels = torch.randint(0, 4, (1, 12, 12))
    near = torch.randn(1, 2, 12, 12) + labels[:, None]
    flat = flatten(near.double(), labels)
    exact = object_dice(flat, instance_means(flat), 0.5)
    flat = flatten(near + offset, labels)
    found = object_dice(flat, instance_means(flat), 0.5)
    # The points themselves are rounded to 1e-4 there.
    assert found.item() == pytest.approx(exact.item(), abs=1e-3)
