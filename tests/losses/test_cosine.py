"""The cosine loss against the paper's formula, written as loops, and against gradcheck."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from napari_discembed.losses import cosine_loss


def naive(embedding: Tensor, labels: Tensor, near: set[tuple[int, int]]) -> tuple[Tensor, Tensor]:
    """Payer et al. 2018, eq. 1, for one image: both parts, between the pairs given.

    The background, 0, is an instance and next to all.
    """
    points, lab = embedding.reshape(len(embedding), -1), labels.reshape(-1)
    unit = points / points.norm(dim=0)
    numbers = [int(c) for c in lab.unique() if c >= 0]
    near = near | {(c, 0) for c in numbers if c}
    towards, apart = embedding.new_zeros(()), embedding.new_zeros(())
    for c in numbers:
        own = unit[:, lab == c]
        mean = own.sum(1) / own.sum(1).norm()
        towards = towards + 1 - (mean @ own).mean()
        others = [unit[:, lab == d] for d in numbers if (c, d) in near or (d, c) in near]
        if others:
            apart = apart + (mean @ torch.cat(others, dim=1)).square().mean()
    return towards / len(numbers), apart / len(numbers)


def test_the_cosine_loss_is_the_papers(example: Any) -> None:
    embedding, labels = example(5)
    everyone = {(c, d) for c in range(1, 5) for d in range(1, c)}
    parts = [naive(e, x, everyone) for e, x in zip(embedding, labels, strict=True)]
    terms = cosine_loss(embedding, labels)
    torch.testing.assert_close(terms.pull, (parts[0][0] + parts[1][0]) / 2)
    torch.testing.assert_close(terms.push, (parts[0][1] + parts[1][1]) / 2)
    torch.testing.assert_close(terms.total, terms.pull + terms.push)


def test_the_gradient_of_the_cosine_loss_is_right(example: Any) -> None:
    embedding, labels = example(2)
    assert torch.autograd.gradcheck(
        lambda e: cosine_loss(e, labels).total, embedding.requires_grad_()
    )


def test_parallel_instances_cost_nothing_and_orthogonal_neighbours_neither() -> None:
    embedding = torch.tensor([[[1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]])
    assert cosine_loss(embedding, torch.tensor([[1, 1, 2]])).total.item() == pytest.approx(0)


def test_an_angle_of_sixty_degrees_costs_a_quarter() -> None:
    embedding = torch.tensor([[[1.0, 2.0], [0.0, 2 * 3**0.5]]])
    terms = cosine_loss(embedding, torch.tensor([[1, 2]]), alpha=5, beta=3)
    assert terms.pull.item() == pytest.approx(0, abs=1e-6)
    assert terms.push.item() == pytest.approx(0.25)
    assert terms.total.item() == pytest.approx(0.75)


def test_pixels_at_right_angles_cost_what_their_mean_is_off() -> None:
    # Both are 45 degrees from their mean.
    terms = cosine_loss(torch.eye(2)[None], torch.tensor([[1, 1]]), alpha=5, beta=3)
    assert terms.pull.item() == pytest.approx(1 - 0.5**0.5)
    assert terms.push.item() == 0
    assert terms.total.item() == pytest.approx(5 * (1 - 0.5**0.5))


def test_only_neighbours_must_differ() -> None:
    # 1 and 2 are two pixels apart, 3 is far from both.
    labels = torch.tensor([[1, 0, 2, 2, 0, 0, 0, 0, 0, 3]])
    g = torch.Generator().manual_seed(0)
    embedding = torch.randn(1, 3, 10, generator=g, dtype=torch.float64)
    towards, apart = naive(embedding[0], labels[0], {(1, 2)})
    terms = cosine_loss(embedding, labels, neighbour_radius=2)
    torch.testing.assert_close(terms.pull, towards)
    torch.testing.assert_close(terms.push, apart)


def test_unlabelled_pixels_are_no_background() -> None:
    labels = torch.tensor([[1, -1, 2, 2, -1]])
    g = torch.Generator().manual_seed(0)
    embedding = torch.randn(1, 3, 5, generator=g, dtype=torch.float64)
    towards, apart = naive(embedding[0], labels[0], {(1, 2)})
    terms = cosine_loss(embedding, labels)
    torch.testing.assert_close(terms.pull, towards)
    torch.testing.assert_close(terms.push, apart)
    torch.testing.assert_close(cosine_loss(embedding, labels, background=False), terms)


def test_lengths_do_not_matter(example: Any) -> None:
    embedding, labels = example(1)
    lengths = torch.linspace(0.1, 9, 30, dtype=torch.float64).reshape(5, 6)
    a, b = cosine_loss(embedding, labels), cosine_loss(embedding * lengths, labels)
    torch.testing.assert_close(a, b)


def test_a_pixel_without_direction_has_a_finite_gradient() -> None:
    embedding = torch.zeros(1, 2, 2, requires_grad=True)
    cosine_loss(embedding, torch.tensor([[1, 2]])).total.backward()
    assert torch.isfinite(embedding.grad).all()
