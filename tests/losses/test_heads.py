"""Foreground and seediness."""

from __future__ import annotations

import math

import pytest
import torch

from napari_discembed.losses import (
    flatten,
    foreground_loss,
    instance_means,
    seediness_loss,
)
from napari_discembed.types import EuclideanSpace, Margins

SPACE = EuclideanSpace(Margins(pull=0.5))


def logits(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(1, 1, 1, -1)


def test_a_sure_and_right_foreground_costs_nothing() -> None:
    labels = torch.tensor([[[3, 0]]])
    assert foreground_loss(logits(20, -20), labels).item() == pytest.approx(0, abs=1e-6)
    assert foreground_loss(logits(-20, 20), labels) > 10


def test_unlabelled_pixels_say_nothing_of_the_foreground() -> None:
    labels = torch.tensor([[[1, 0, -1]]])
    a, b = foreground_loss(logits(1, -1, 5), labels), foreground_loss(logits(1, -1, -5), labels)
    torch.testing.assert_close(a, b)


def test_without_background_the_unlabelled_weigh_as_much_as_the_painted() -> None:
    # One painted pixel among four of the same looks: still more likely object than not.
    labels = torch.tensor([[[1, -1, -1, -1, -1, -1, -1, -1]]])
    shared = torch.zeros((), requires_grad=True)
    other = torch.full((4,), -20.0)
    scores = torch.cat([shared.expand(4), other]).reshape(1, 1, 1, 8)
    foreground_loss(scores, labels, weak_background=True).backward()
    assert shared.grad < 0  # descending raises the score of what looks like an object


def test_what_lies_outside_the_image_is_no_weak_background() -> None:
    inside, labels = logits(1, -1, 0.0), torch.tensor([[[1, -1, -2]]])
    a = foreground_loss(inside, labels, weak_background=True)
    b = foreground_loss(logits(1, -1, 9.0), labels, weak_background=True)
    torch.testing.assert_close(a, b)


def entropy_and_dice(pixels: list[tuple[float, int, float]]) -> float:
    """Sum over (logit, truth, weight), one pixel after the other."""
    entropy = overlap = size = 0.0
    for logit, truth, weight in pixels:
        p = 1 / (1 + math.exp(-logit))
        entropy -= weight * math.log(p if truth else 1 - p) / len(pixels)
        overlap += 2 * weight * p * truth
        size += weight * (p + truth)
    return entropy + 1 - (overlap + 1) / (size + 1)


def test_pixels_of_complete_labels_weigh_the_same() -> None:
    labels = torch.tensor([[[7, 0, 0, -2]]])
    loss = foreground_loss(logits(0.5, -1, 0.3, 9), labels)
    expected = entropy_and_dice([(0.5, 1, 1), (-1, 0, 1), (0.3, 0, 1)])
    assert loss.item() == pytest.approx(expected)


def test_an_even_chance_costs_what_one_can_count() -> None:
    # Entropy ln 2; overlap 1 and size 1/2 + 1/2 + 1, both plus 1.
    loss = foreground_loss(logits(0, 0), torch.tensor([[[1, 0]]]))
    assert loss.item() == pytest.approx(math.log(2) + 1 - 2 / 3)


def test_objects_and_background_of_sparse_labels_weigh_the_same() -> None:
    # One of four labelled pixels is an object: it weighs 4/2, each of the others 4/6.
    labels = torch.tensor([[[7, 0, 0, 0, -1]]])
    loss = foreground_loss(logits(0.5, -1, 0.3, 2, 9), labels)
    expected = entropy_and_dice([(0.5, 1, 2), (-1, 0, 2 / 3), (0.3, 0, 2 / 3), (2, 0, 2 / 3)])
    assert loss.item() == pytest.approx(expected)


def test_weak_background_is_background_and_weighs_as_much_as_the_objects() -> None:
    labels = torch.tensor([[[7, -1, -1, -1]]])
    loss = foreground_loss(logits(0.5, -1, 0.3, 2), labels, weak_background=True)
    expected = entropy_and_dice([(0.5, 1, 2), (-1, 0, 2 / 3), (0.3, 0, 2 / 3), (2, 0, 2 / 3)])
    assert loss.item() == pytest.approx(expected)


def test_weak_background_balances_complete_labels_too() -> None:
    labels = torch.tensor([[[7, 0, 0, 0]]])
    loss = foreground_loss(logits(0.5, -1, 0.3, 2), labels, weak_background=True)
    expected = entropy_and_dice([(0.5, 1, 2), (-1, 0, 2 / 3), (0.3, 0, 2 / 3), (2, 0, 2 / 3)])
    assert loss.item() == pytest.approx(expected)


@pytest.mark.parametrize("truth", [0, 1])
def test_sparse_labels_of_one_kind_weigh_one(truth: int) -> None:
    labels = torch.tensor([[[truth, truth, -1]]])
    loss = foreground_loss(logits(0.5, -1, 3), labels)
    assert loss.item() == pytest.approx(entropy_and_dice([(0.5, truth, 1), (-1, truth, 1)]))


def test_where_nothing_is_known_nothing_is_learnt() -> None:
    scores = logits(0.5, -1, 3).requires_grad_()
    loss = foreground_loss(scores, torch.tensor([[[-1, -2, -1]]]))
    loss.backward()
    assert loss.item() == 0
    assert scores.grad.flatten().tolist() == [0, 0, 0]


def several(*pixels: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(pixels).T.reshape(1, 2, 1, -1)


def test_several_classes_are_told_apart() -> None:
    labels, classes = torch.tensor([[[1, 2, 0]]]), torch.tensor([[[1, 2, 0]]])
    right = several((20, -20), (-20, 20), (-20, -20))
    assert foreground_loss(right, labels, classes).item() == pytest.approx(0, abs=1e-6)
    assert foreground_loss(right.flip(1), labels, classes) > 10


def surprise(right: int) -> float:
    """Return what it costs to be of class 1 or 2 where the logits are 1 and 2."""
    return math.log(math.e + math.e**2) - right


ANY = math.log(math.e + math.e**2)
"""The logit of any class where those of two are 1 and 2, background's being 0."""
NINE = math.log(2 * math.e**9)


def test_any_class_is_foreground_and_a_class_costs_its_surprise() -> None:
    # Three pixels of class 2 and one of class 1, which weighs as much; what has no label takes no
    # part, and background has no class, whatever is written there.
    scores = several((1, 2), (1, 2), (1, 2), (1, 2), (1, 2), (9, 9))
    labels = torch.tensor([[[3, 3, 4, 5, 0, -2]]])
    classes = torch.tensor([[[2, 2, 2, 1, 2, 1]]])
    expected = entropy_and_dice([(ANY, 1, 1)] * 4 + [(ANY, 0, 1)])
    expected += (surprise(2) + surprise(1)) / 2
    assert foreground_loss(scores, labels, classes).item() == pytest.approx(expected)


def test_weak_background_has_no_class() -> None:
    scores = several((1, 2), (9, 9))
    labels, classes = torch.tensor([[[3, -1]]]), torch.tensor([[[2, 1]]])
    loss = foreground_loss(scores, labels, classes, weak_background=True)
    expected = entropy_and_dice([(ANY, 1, 1), (NINE, 0, 1)]) + surprise(2)
    assert loss.item() == pytest.approx(expected)


def test_objects_without_a_class_are_of_the_first() -> None:
    scores = several((1, 2), (1, 2), (9, 9))
    loss = foreground_loss(scores, torch.tensor([[[1, 0, -1]]]))
    expected = entropy_and_dice([(ANY, 1, 1), (ANY, 0, 1)]) + surprise(1)
    assert loss.item() == pytest.approx(expected)


def test_where_no_object_is_there_is_no_class() -> None:
    loss = foreground_loss(several((1, 2)), torch.tensor([[[0]]]), torch.tensor([[[0]]]))
    assert loss.item() == pytest.approx(entropy_and_dice([(ANY, 0, 1)]))


def test_seediness_is_one_half_at_the_margin() -> None:
    # Two pixels, each a margin away from their mean.
    labels = torch.tensor([[[1, 1]]])
    flat = flatten(torch.tensor([[[[0.0, 1.0]]]]), labels)
    loss = seediness_loss(logits(0, 0), flat, instance_means(flat), SPACE)
    assert loss.item() == pytest.approx(0, abs=1e-6)


def test_seediness_is_wanted_at_the_mean_and_nowhere_on_background() -> None:
    # One half everywhere: of the pixel at its mean 1 was wanted, of background 0.
    labels = torch.tensor([[[1, 0, 0, -1]]])
    flat = flatten(torch.zeros(1, 2, 1, 4), labels)
    loss = seediness_loss(
        logits(0, 0, 0, 9), flat, instance_means(flat), EuclideanSpace(Margins(pull=0.5))
    )
    assert loss.item() == pytest.approx(0.25 + 0.25)


def test_seediness_is_learnt_with_objects_or_background_alone() -> None:
    for number in (0, 1):
        flat = flatten(torch.zeros(1, 2, 1, 2), torch.tensor([[[number, -1]]]))
        loss = seediness_loss(
            logits(0, 9), flat, instance_means(flat), EuclideanSpace(Margins(pull=0.5))
        )
        assert loss.item() == pytest.approx(0.25)


def test_seediness_does_not_move_the_embedding() -> None:
    embedding = torch.tensor([[[[0.0, 1.0]]]], requires_grad=True)
    flat = flatten(embedding, torch.tensor([[[1, 1]]]))
    scores = logits(0.0, 1.0).requires_grad_()
    seediness_loss(scores, flat, instance_means(flat), EuclideanSpace(Margins(pull=0.7))).backward()
    assert embedding.grad is None
    assert (scores.grad != 0).any()
