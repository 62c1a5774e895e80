"""The discriminative loss against the paper's formulas, written as loops, and gradcheck."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from napari_discembed import losses
from napari_discembed.losses import cosine_loss, discriminative_loss, flatten, instance_means


def naive(embedding: Tensor, labels: Tensor, dv: float = 0.5, dd: float = 1.5) -> list[Tensor]:
    """De Brabandere 2017, eq. 1 to 3, pixel by pixel."""
    total = [embedding.new_zeros(()) for _ in range(3)]
    for e, lab in zip(embedding, labels, strict=True):
        groups = [e[:, lab == c].T for c in lab.unique() if c > 0]
        means = [g.mean(0) for g in groups]
        n = len(groups)
        for g, mu in zip(groups, means, strict=True):
            pulls = [max(0, (x - mu).norm() - dv) ** 2 for x in g]
            total[0] = total[0] + sum(pulls) / len(g) / n
            total[2] = total[2] + mu.norm() / n
        for i in range(n):
            for j in range(n):
                if i != j:
                    gap = max(0, 2 * dd - (means[i] - means[j]).norm()) ** 2
                    total[1] = total[1] + gap / (n * (n - 1))
    return [t / len(embedding) for t in total]


@pytest.mark.parametrize("seed", range(3))
def test_the_discriminative_loss_is_the_papers(example: Any, seed: int) -> None:
    embedding, labels = example(seed)
    terms = discriminative_loss(
        embedding, labels, delta_v=0.4, delta_d=1.2, alpha=3, beta=2, gamma=0.1
    )
    for got, wanted in zip(terms[1:], naive(embedding, labels, 0.4, 1.2), strict=True):
        torch.testing.assert_close(got, wanted)
    torch.testing.assert_close(
        terms.total, 3 * terms.pull + 2 * terms.push + 0.1 * terms.regularisation
    )


def test_two_pixels_on_a_line_cost_what_one_can_count() -> None:
    # Instance 1 at 0 and 2, its mean 1: each pixel is 1 away, 0.5 beyond the margin. Instance 2
    # at 2: the means are 1 apart, 2 short of 3.
    embedding = torch.tensor([[[0.0, 2.0, 2.0]]])
    terms = discriminative_loss(embedding, torch.tensor([[1, 1, 2]]))
    assert terms.pull.item() == pytest.approx(0.25 / 2)
    assert terms.push.item() == pytest.approx(4.0)
    assert terms.regularisation.item() == pytest.approx(1.5)
    assert terms.total.item() == pytest.approx(0.125 + 4 + 0.0015)


def test_a_pixel_inside_the_margin_costs_nothing() -> None:
    terms = discriminative_loss(torch.tensor([[[0.0, 0.6, 9.0]]]), torch.tensor([[1, 1, 2]]))
    assert terms.pull == 0
    assert terms.push == 0


def test_only_neighbours_are_pushed_within_a_radius() -> None:
    # Means at 0, 1 and 1, the first two neighbours: short of 3 by 2, the others by 2 and 3.
    labels = torch.tensor([[1, 0, 2, 0, 0, 0, 0, 3]])
    embedding = torch.tensor([[[0.0, 9, 1, 9, 9, 9, 9, 1]]])
    near = discriminative_loss(embedding, labels, neighbour_radius=2)
    assert near.push.item() == pytest.approx(4)
    assert discriminative_loss(embedding, labels).push.item() == pytest.approx((4 + 4 + 9) / 3)


@pytest.mark.parametrize("radius", [None, 1.0])
def test_the_gradient_is_right(example: Any, radius: float | None) -> None:
    embedding, labels = example(1)

    def loss(e: Tensor) -> Tensor:
        return discriminative_loss(e, labels, gamma=0.1, neighbour_radius=radius).total

    assert torch.autograd.gradcheck(loss, embedding.requires_grad_())


def test_all_pairs_given_push_like_all_pairs_meant(example: Any) -> None:
    embedding, labels = example(6)
    all_pairs = discriminative_loss(embedding, labels, neighbour_radius=100.0)
    torch.testing.assert_close(all_pairs.push, discriminative_loss(embedding, labels).push)


@given(st.integers(0, 1000))
def test_the_names_of_the_instances_do_not_matter(example: Any, seed: int) -> None:
    embedding, labels = example(seed)
    renamed = torch.where(labels > 0, 10 - 2 * labels, labels)
    a, b = discriminative_loss(embedding, labels), discriminative_loss(embedding, renamed)
    torch.testing.assert_close(a, b)


@pytest.mark.parametrize("radius", [None, 3.0])
def test_numbers_far_above_the_pixel_count_cost_no_memory(
    example: Any, radius: float | None
) -> None:
    embedding, labels = example(4)
    huge = torch.where(labels > 0, labels + 10**12, labels)
    a = discriminative_loss(embedding, labels, neighbour_radius=radius)
    torch.testing.assert_close(discriminative_loss(embedding, huge, neighbour_radius=radius), a)
    covered = labels.abs() + 1  # no background at all
    b = discriminative_loss(embedding, covered, neighbour_radius=radius)
    torch.testing.assert_close(
        discriminative_loss(embedding, covered + 10**12, neighbour_radius=radius), b
    )


@given(st.integers(0, 1000))
def test_moving_all_embeddings_together_changes_neither_pull_nor_push(
    example: Any, seed: int
) -> None:
    embedding, labels = example(seed)
    a, b = discriminative_loss(embedding, labels), discriminative_loss(embedding + 5, labels)
    torch.testing.assert_close((a.pull, a.push), (b.pull, b.push))


@given(st.integers(0, 1000))
def test_a_batch_is_the_mean_of_its_images(example: Any, seed: int) -> None:
    embedding, labels = example(seed)
    singles = [
        discriminative_loss(e[None], x[None]).total for e, x in zip(embedding, labels, strict=True)
    ]
    torch.testing.assert_close(discriminative_loss(embedding, labels).total, sum(singles) / 2)


def usable(embedding: Tensor, labels: Tensor) -> Tensor:
    """Return the gradient of everything, after checking that it is finite."""
    embedding = embedding.requires_grad_()
    flat = flatten(embedding, labels)
    means = instance_means(flat)
    total = (
        discriminative_loss(embedding, labels).total
        + discriminative_loss(embedding, labels, neighbour_radius=3).total
        + cosine_loss(embedding, labels, background=False).total
        + losses.unlabelled_push(flat, means, 1.5)
        + losses.object_dice(flat, means, 0.5)
    )
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(embedding.grad).all()
    return embedding.grad


def test_no_instance_is_no_problem() -> None:
    assert (usable(torch.randn(1, 2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.long)) == 0).all()


def test_one_instance_is_no_problem() -> None:
    usable(torch.randn(1, 2, 4, 4), torch.ones(1, 4, 4, dtype=torch.long))


def test_instances_of_one_pixel_are_pushed_apart() -> None:
    labels = torch.arange(16).reshape(1, 4, 4)
    assert (usable(torch.randn(1, 2, 4, 4), labels) != 0).any()


def test_coinciding_means_are_torn_apart() -> None:
    labels = torch.tensor([[[1, 1, 2, 2, 3, 3]]])
    gradient = usable(torch.zeros(1, 2, 1, 6), labels)[0, 0, 0]
    # Descending moves instance 1 down, 3 up, and leaves 2 between them.
    assert gradient[0] > 0
    assert gradient[4] < 0
    assert gradient[2].abs() < 1e-6


def test_five_thousand_instances_fit() -> None:
    labels = torch.arange(1, 5001).repeat_interleave(2).reshape(1, 100, 100)
    embedding = torch.randn(1, 2, 100, 100, requires_grad=True)
    discriminative_loss(embedding, labels).total.backward()
    assert torch.isfinite(embedding.grad).all()


def test_half_precision_is_computed_in_full(example: Any) -> None:
    embedding, labels = example(7)
    low = embedding.to(torch.bfloat16)
    loss = discriminative_loss(low, labels).total
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, discriminative_loss(low.float(), labels).total)
