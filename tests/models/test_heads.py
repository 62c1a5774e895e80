"""Heads: their channels, activations and losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.losses import Objective
from napari_discembed.models import EmbeddingNet, Head
from napari_discembed.models.head_set import project


def net_of(**short: object) -> EmbeddingNet:
    torch.manual_seed(0)
    return EmbeddingNet(NetworkConfig.of(in_channels=1, features=(4, 8), **short)).eval()


def test_all_projections_in_one_pass_are_what_each_gives() -> None:
    heads = net_of(embedding_dim=3, classes=2).named_heads()
    features = torch.randn(2, 4, 5, 6)
    for name, output in project(heads, features).items():
        torch.testing.assert_close(output, heads[name].projection(features))


def test_one_class_is_a_sigmoid() -> None:
    logits = torch.tensor([0.0, 1.0, -3.0]).reshape(1, 1, 3)
    foreground = net_of().named_heads()["foreground"]
    torch.testing.assert_close(foreground.activate(logits), torch.sigmoid(logits))


def test_several_classes_share_one_with_background() -> None:
    # exp(0) of background beside exp(0) and exp(log 2) of the classes: 1/4, 1/4, 2/4.
    logits = torch.tensor([0.0, float(np.log(2))]).reshape(1, 2, 1)
    foreground = net_of(classes=2).named_heads()["foreground"]
    torch.testing.assert_close(foreground.activate(logits).flatten(), torch.tensor([0.25, 0.5]))


def test_the_embedding_is_kept_as_it_is_and_seediness_lies_between_0_and_1() -> None:
    heads = net_of().named_heads()
    output = torch.tensor([-2.0, 0.0, 7.0]).reshape(1, 1, 3)
    assert heads["embedding"].activate(output) is output
    assert heads["seediness"].activate(output).flatten()[1] == 0.5


def test_positions_are_added_to_the_first_dimensions_alone() -> None:
    head = net_of(embedding_dim=3, diameter=10.0, units_per_diameter=5.0).named_heads()["embedding"]
    positions = torch.tensor([4.0, 6.0]).reshape(1, 2, 1, 1)
    moved = head.complete(torch.zeros(1, 3, 1, 1), positions)
    assert moved.flatten().tolist() == [2.0, 3.0, 0.0]  # half a unit a pixel


def test_each_kind_of_head_is_known() -> None:
    assert {"embedding", "foreground", "seediness"} <= Head.kinds.keys()


@pytest.mark.parametrize("name", ["embedding", "foreground", "seediness"])
def test_a_head_of_another_config_is_refused(name: str) -> None:
    network = NetworkConfig()
    other = next(config for key, config in network.heads.items() if key != name)
    with pytest.raises(TypeError):
        Head.kinds[name].of(other, network, 4)


def test_a_head_counts_as_much_as_its_weight_says() -> None:
    net = net_of()
    output = net(torch.randn(1, 1, 8, 8))
    labels = torch.randint(0, 3, (1, 8, 8))

    def loss(**weights: float) -> float:
        config = TrainingConfig(head_weights=weights)
        return Objective(net.named_heads(), net.space, config)(output, labels)[0].item()

    _, terms = Objective(net.named_heads(), net.space, TrainingConfig())(output, labels)
    gain = loss(foreground=3.0) - loss(foreground=1.0)
    assert gain == pytest.approx(2 * terms["foreground"].item(), rel=1e-4)
    assert loss() == loss(embedding=1.0, foreground=1.0, seediness=1.0)
    assert loss(embedding=0.0, foreground=0.0, seediness=0.0) == 0
