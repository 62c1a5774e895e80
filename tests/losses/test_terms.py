"""Pull, push and regularisation of points on a line, counted by hand."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from napari_discembed.losses import flatten, instance_means, pull, push, regularise
from napari_discembed.losses.flat import FlatPixels
from napari_discembed.losses.terms import norm, repulsion


def points(*images: list[float]) -> tuple[FlatPixels, Tensor]:
    """Return one-pixel instances at places on a line, and their means."""
    flat = flatten(
        torch.tensor(images)[:, None], torch.arange(1, len(images[0]) + 1).repeat(len(images), 1)
    )
    return flat, instance_means(flat)


def test_a_length_is_that_of_pythagoras() -> None:
    assert norm(torch.tensor([[3.0, 0.0], [4.0, -2.0]])).tolist() == [5, 2]


def test_nothing_has_no_length_and_no_gradient() -> None:
    vector = torch.zeros(2, 1, requires_grad=True)
    length = norm(vector)
    length.sum().backward()
    assert length.item() == 0
    assert vector.grad.tolist() == [[0], [0]]


def test_a_short_vector_has_its_length() -> None:
    assert norm(torch.tensor([[3e-10], [4e-10]])).item() == pytest.approx(5e-10)


def test_pull_is_averaged_over_pixels_then_instances_then_images() -> None:
    # Means 2 and 10. Beyond the margin of 1: 1, 0, 1 in the first instance, nothing in the
    # second; in the second image one instance with 3 and 3.
    embedding = torch.tensor([[[0.0, 2, 4, 10]], [[0, 8, 0, 0]]])
    flat = flatten(embedding, torch.tensor([[1, 1, 1, 2], [5, 5, 0, -1]]))
    expected = ((1 + 0 + 1) / 3 / 2 + (9 + 9) / 2) / 2
    assert pull(flat, instance_means(flat), 1.0).item() == pytest.approx(expected)


def test_push_is_averaged_over_the_pairs_of_each_image() -> None:
    # Short of 3 by 2, 1 and 2; in the second image by 0, 0 and 2.5.
    flat, means = points([0, 1, 2], [0, 9, 9.5])
    assert push(flat, means, 1.5).item() == pytest.approx(((4 + 1 + 4) / 3 + 6.25 / 3) / 2)


def test_push_of_given_pairs_is_averaged_over_these() -> None:
    flat, means = points([0, 1, 2], [0, 9, 9.5])
    given = torch.tensor([[0, 1], [0, 2], [4, 5]])
    assert push(flat, means, 1.5, given).item() == pytest.approx(((4 + 1) / 2 + 6.25) / 2)


def test_an_image_without_pairs_counts_as_zero() -> None:
    flat, means = points([0, 1], [5, 6])
    assert push(flat, means, 1.5, torch.tensor([[2, 3]])).item() == pytest.approx(4 / 2)
    assert push(flat, means, 1.5, torch.zeros(0, 2, dtype=torch.long)).item() == 0


def test_given_pairs_beyond_the_distance_cost_nothing() -> None:
    flat, means = points([0, 3, 8])
    assert push(flat, means, 1.5, torch.tensor([[0, 1], [1, 2]])).item() == 0


def test_an_image_of_one_instance_is_not_pushed() -> None:
    labels = torch.tensor([[1, 1], [1, 2]])
    flat = flatten(torch.tensor([[[0.0, 0.0]], [[0.0, 1.0]]]), labels)
    assert push(flat, instance_means(flat), 1.5).item() == pytest.approx(4 / 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("pairs", [None, torch.tensor([[0, 1]])], ids=["all", "given"])
def test_coinciding_means_part_along_the_first_axis(
    dtype: torch.dtype, pairs: Tensor | None
) -> None:
    flat = flatten(torch.zeros(1, 2, 2, dtype=dtype), torch.tensor([[1, 2]]))
    means = torch.full((2, 2), 5.0, dtype=dtype, requires_grad=True)
    cost = push(flat, means, 1.5, pairs)
    cost.backward()
    # (3 - d)^2 at d = 0.
    assert cost.item() == pytest.approx(9)
    assert means.grad.flatten().tolist() == pytest.approx([6, -6, 0, 0])


def test_of_given_pairs_those_that_coincide_part_whichever_comes_first() -> None:
    flat, _ = points([0, 0, 1])
    means = torch.tensor([[0.0, 0.0, 1.0]], requires_grad=True)
    push(flat, means, 1.5, torch.tensor([[1, 0], [0, 2]])).backward()
    # Of each pair half its slope: 6 for that at no distance, 4 for that at 1.
    assert means.grad.flatten().tolist() == pytest.approx([3 + 2, -3, -2])


@pytest.mark.parametrize("pairs", [None, torch.tensor([[0, 1]])], ids=["all", "given"])
def test_means_that_agree_in_one_axis_are_pushed_along_the_other(pairs: Tensor | None) -> None:
    flat = flatten(torch.zeros(1, 2, 2), torch.tensor([[1, 2]]))
    means = torch.tensor([[4.0, 4.0], [0.0, 1.0]], requires_grad=True)
    push(flat, means, 1.5, pairs).backward()
    # d (3 - d)^2 / dd = -4 at d = 1.
    assert means.grad.flatten().tolist() == pytest.approx([0, 0, 4, -4])


def test_regularisation_is_the_distance_from_the_origin() -> None:
    flat, means = points([3, -5], [1, 0])
    assert regularise(flat, means).item() == pytest.approx((4 + 0.5) / 2)


def test_repulsion_counts_each_pair() -> None:
    a, b = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, 9.0]])
    assert repulsion(a, b, 1.0).item() == pytest.approx(0.25 + 0.25)


def test_repulsion_far_from_the_origin_is_as_exact_as_near() -> None:
    # Thirty points a quarter apart: each with itself one half short, with its neighbours a quarter.
    places = 4096 + torch.arange(30)[None] / 4
    expected = 30 * 0.5**2 + 2 * 29 * 0.25**2
    assert repulsion(places, places, 0.5).item() == pytest.approx(expected)


def test_repulsion_from_nothing_costs_nothing() -> None:
    assert repulsion(torch.zeros(2, 3), torch.zeros(2, 0), 1.0).item() == 0
    assert repulsion(torch.zeros(2, 0), torch.zeros(2, 3), 1.0).item() == 0


@pytest.mark.parametrize("chunk", [1, 3, 7, 2**21])
def test_chunks_change_neither_the_repulsion_nor_its_gradient(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("napari_discembed.losses.terms.CHUNK", chunk)
    g = torch.Generator().manual_seed(0)
    a, b = (torch.randn(2, n, generator=g, dtype=torch.float64) for n in (5, 3))
    wanted = sum(max(0, 2 - (x - y).norm()) ** 2 for x in a.T for y in b.T)
    torch.testing.assert_close(repulsion(a, b, 2.0), wanted)
    assert torch.autograd.gradcheck(
        lambda x, y: repulsion(x, y, 2.0), (a.requires_grad_(), b.requires_grad_())
    )


@pytest.mark.parametrize("chunk", [1, 2**21])
def test_columns_that_coincide_part_by_their_order(
    monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("napari_discembed.losses.terms.CHUNK", chunk)
    a = torch.zeros(2, 3, requires_grad=True)
    b = torch.zeros(2, 3, requires_grad=True)
    repulsion(a, b, 1.0).backward()
    # Each pair costs (1 - d)^2, whose slope is -2: the first column goes down for both others,
    # the second down for one and up for one, and a column of the same number is itself.
    assert a.grad.tolist() == [[4, 0, -4], [0, 0, 0]]
    assert b.grad.tolist() == [[4, 0, -4], [0, 0, 0]]
