"""The loss of a network: its heads' terms, weighed and summed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import torch

from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.losses import LossContext, Objective, Term
from napari_discembed.models import EmbeddingNet
from napari_discembed.types import CosineSpace, EuclideanSpace, Margins


def objective(net: EmbeddingNet, config: TrainingConfig) -> Objective:
    return Objective(net.named_heads(), net.space, config)


class Listener:
    """A head that keeps what it is told, and has one term."""

    def __init__(self, name: str, weight: float) -> None:
        self.name, self.weight = name, weight

    def terms(self, output: torch.Tensor, context: LossContext) -> Iterable[Term]:
        self.context = context
        yield Term(self.name, self.weight, output.sum())


def heard(**options: object) -> LossContext:
    """Return what a head is told of two pixels, of an object and of background."""
    head = Listener("pull", 1.0)
    space = EuclideanSpace(Margins(pull=0.5))
    total = Objective({"embedding": head}, space, TrainingConfig(), **options)  # type: ignore[arg-type]
    total({"embedding": torch.ones(1, 1, 1, 2)}, torch.tensor([[[1, 0]]]), torch.tensor([[[3, 0]]]))
    return head.context


@pytest.mark.parametrize("kind", ["discriminative", "cosine"])
def test_the_objective_weighs_its_terms(kind: str) -> None:
    space = {"discriminative": "euclidean", "cosine": "cosine"}[kind]
    model = NetworkConfig.of(
        in_channels=1, features=(4, 8), embedding_dim=3, coordinates="none", space_kind=space
    )
    train = TrainingConfig(consistency=0.5)  # the loss is that of the space
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


def test_each_heads_share_is_that_of_its_name() -> None:
    heads = {"embedding": Listener("pull", 2.0), "other": Listener("wish", 3.0)}
    config = TrainingConfig(head_weights={"other": 0.5})
    outputs = {name: torch.ones(1, 1, 1, 2) for name in heads}
    whole = Objective(heads, EuclideanSpace(Margins(pull=0.5)), config)
    total, terms = whole(outputs, torch.tensor([[[1, 0]]]))
    assert {name: term.item() for name, term in terms.items()} == {"pull": 2, "wish": 2}
    assert total.item() == 2 * 2 + 0.5 * 3 * 2


def test_a_head_is_told_of_classes_and_whether_background_is_labelled() -> None:
    context = heard()
    assert context.classes is not None
    assert context.classes.tolist() == [[[3, 0]]]
    assert context.weak_background is False
    assert heard(weak_background=True).weak_background is True


def test_the_cosine_loss_asks_for_cosine_space() -> None:
    with pytest.raises(
        InputError, match="expected a network in cosine space, got one in euclidean"
    ):
        Objective({}, EuclideanSpace(), TrainingConfig(loss="cosine"))


def test_the_discriminative_loss_may_be_asked_for_on_the_sphere() -> None:
    model = NetworkConfig.of(
        in_channels=1, features=(4, 8), coordinates="none", space_kind="cosine"
    )
    net = EmbeddingNet(model)
    out = net(torch.randn(1, 1, 8, 8))
    labels = torch.ones(1, 8, 8, dtype=torch.long)
    _, terms = objective(net, TrainingConfig(loss="discriminative"))(out, labels)
    assert "regularisation" in terms


def test_by_the_cosine_loss_far_instances_are_not_pushed_apart() -> None:
    labels = torch.zeros(1, 1, 60, dtype=torch.long)
    labels[..., 0], labels[..., 10], labels[..., 59] = 1, 2, 3
    head = Listener("pull", 1.0)
    total = Objective({"embedding": head}, CosineSpace(), TrainingConfig(), diameter=12)
    total({"embedding": torch.randn(1, 3, 1, 60)}, labels)
    assert head.context.neighbour_radius == 12
    assert (head.context.means.norm(dim=0) - 1).abs().max() < 1e-5
    total = Objective({"embedding": head}, EuclideanSpace(), TrainingConfig(), diameter=12)
    total({"embedding": torch.randn(1, 3, 1, 60)}, labels)
    assert head.context.neighbour_radius is None
