"""Foreground, seediness and the whole objective."""

from __future__ import annotations

import pytest
import torch

from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.losses import (
    Objective,
    flatten,
    foreground_loss,
    instance_means,
    seediness_loss,
)
from napari_discembed.models import EmbeddingNet
from napari_discembed.types import EuclideanSpace, Margins

SPACE = EuclideanSpace(Margins(pull=0.5))


def objective(net: EmbeddingNet, config: TrainingConfig) -> Objective:
    return Objective(net.named_heads(), net.space, config)


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


def test_several_classes_are_told_apart() -> None:
    labels, classes = torch.tensor([[[1, 2, 0]]]), torch.tensor([[[1, 2, 0]]])
    right = torch.tensor([[20.0, -20, -20], [-20, 20, -20]]).reshape(1, 2, 1, 3)
    assert foreground_loss(right, labels, classes).item() == pytest.approx(0, abs=1e-6)
    assert foreground_loss(right.flip(1), labels, classes) > 10


def test_seediness_is_one_half_at_the_margin() -> None:
    # Two pixels, each a margin away from their mean.
    labels = torch.tensor([[[1, 1]]])
    flat = flatten(torch.tensor([[[[0.0, 1.0]]]]), labels)
    loss = seediness_loss(logits(0, 0), flat, instance_means(flat), SPACE)
    assert loss.item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("kind", ["discriminative", "cosine"])
def test_the_objective_weighs_its_terms(kind: str) -> None:
    model = NetworkConfig.of(in_channels=1, features=(4, 8), embedding_dim=3, coordinates="none")
    train = TrainingConfig(loss=kind, consistency=0.5)
    net = EmbeddingNet(model)
    out = net(torch.randn(1, 1, 8, 8))
    labels = torch.randint(-1, 3, (1, 8, 8))
    generator = torch.Generator().manual_seed(0)
    total, terms = objective(net, train)(out, labels, teacher=out, generator=generator)
    weights = {
        "foreground": 1, "pull": train.alpha, "push": train.beta, "regularisation": train.gamma,
        "seediness": 1, "unlabelled_push": train.unlabelled_push,
        "object_dice": train.object_dice, "consistency": 0.5,
    }  # fmt: skip
    torch.testing.assert_close(total, sum(weights[n] * t for n, t in terms.items()))
    assert {"consistency", "object_dice", "unlabelled_push"} <= terms.keys()


def test_the_sparse_terms_stay_out_of_complete_labels() -> None:
    model = NetworkConfig.of(in_channels=1, features=(4, 8))
    net = EmbeddingNet(model)
    out = net(torch.randn(1, 1, 8, 8))
    _, terms = objective(net, TrainingConfig())(out, torch.ones(1, 8, 8, dtype=torch.long))
    assert terms.keys() == {"foreground", "pull", "push", "seediness"}
