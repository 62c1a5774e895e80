"""What a network is fine-tuned from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import (
    FinetuningConfig,
    NetworkConfig,
    SeededConfig,
    clustering_config,
)
from napari_discembed.finetuning import new_network, starts
from napari_discembed.finetuning.starts import Start, best_start, inflated
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.types import Axes, EuclideanSpace, Image

TINY = NetworkConfig.of(in_channels=3, features=(4, 8), diameter=10)
CONFIG = FinetuningConfig(patch_size=16)


def model(network: NetworkConfig = TINY, **card: object) -> Model:
    return Model(EmbeddingNet(network), ModelCard(name="tiny", config=network, **card))


def image(axes: str, **sizes: int) -> Image:
    shape = [sizes.get(axis, 24) for axis in axes]
    return Image(np.random.default_rng(0).random(shape), Axes(axes))


def targets() -> np.ndarray:
    found = np.full((24, 24), -1)
    found[2:10, 2:10], found[12:20, 12:20] = 1, 2
    return found


@pytest.mark.parametrize(
    ("axes", "sizes", "seen"),
    [("YX", {}, 3), ("YXC", {"C": 3}, 3), ("YXC", {"C": 4}, 3), ("CYX", {"C": 4}, 4)],
)
def test_weights_are_adapted_where_the_channels_are_others(
    axes: str, sizes: dict[str, int], seen: int
) -> None:
    net = Start(model(), 10.0).network(None, [image(axes, **sizes)], seed=0)
    assert net.config.in_channels == seen
    mixed = Start(model(), 10.0, (1.0, 0.0, 0.0, 0.0))
    assert mixed.network(None, [image(axes, **sizes)], seed=0).config.in_channels == 3


def test_a_start_stays_as_it_is() -> None:
    start = model()
    net = Start(start, 10.0).network(None, [image("YXC", C=3)], seed=0)
    assert net is not start.net
    assert all(torch.equal(v, net.state_dict()[k]) for k, v in start.net.state_dict().items())


def test_a_new_network_depends_on_the_seed_alone() -> None:
    first, same, other = (Start(None, 10.0).network(TINY, [], seed) for seed in (1, 1, 2))
    weights = [next(net.parameters()) for net in (first, same, other)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert first.config == TINY


def test_a_new_network_has_the_dimensions_and_channels_of_the_images() -> None:
    assert new_network([image("CYX", C=5)]) == NetworkConfig.of(in_channels=5, embedding_dim=2)
    volume = new_network([image("ZYX")])
    assert (volume.ndim, volume.embedding.dim, volume.in_channels) == (3, 3, 1)
    assert new_network([image("YXC", C=4), image("YX")]).in_channels == 3


def test_a_candidate_segments_as_the_model_will() -> None:
    start = Start(model(clustering=clustering_config(seed_threshold=0.6)), 12.0, (0.6, 0.8, 0.0))
    net = EmbeddingNet(TINY)
    card = start.candidate(net).card
    assert (card.config, card.image_diameter) == (TINY, 12.0)
    assert (card.channel_weights, card.clustering.seed_threshold) == ((0.6, 0.8, 0.0), 0.4)
    seeded = Start(model(clustering=SeededConfig()), 12.0)
    assert seeded.clustering(EuclideanSpace()) == SeededConfig()


def test_a_candidate_is_judged_in_as_many_views_as_the_start() -> None:
    start = Start(model(views=3), diameter=12.0)
    net = start.network(None, [image("YX", Y=32, X=32)], seed=0)
    assert start.candidate(net).card.views == 3
    assert Start(None, diameter=12.0).candidate(net).card.views == 1


def test_a_model_for_planes_becomes_the_same_one_for_volumes_at_each_seed() -> None:
    flat = model()
    first, same = inflated(flat, 3), inflated(flat, 3)
    assert first.card.config.ndim == first.net.config.ndim == 3
    assert first.card.name == "tiny"
    for name, value in first.net.state_dict().items():
        assert torch.equal(value, same.net.state_dict()[name])


@pytest.mark.parametrize(("losses", "chosen"), [((0.1, 0.2), None), ((0.2, 0.1), (0.6, 0.8, 0.0))])
def test_the_start_with_the_smaller_loss_is_chosen(
    losses: tuple[float, float],
    chosen: tuple[float, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = iter(losses)
    monkeypatch.setattr(starts, "fisher_weights", lambda *_: (0.6, 0.8, 0.0))
    monkeypatch.setattr(starts, "loss_of", lambda *_: next(left))
    pictures = [image("CYX", C=3)]
    found = best_start(model(), 8.0, None, pictures, [targets()], None, CONFIG)
    assert found.start.channel_weights == chosen
    assert found.start.diameter == 8.0
    assert found.net.config.in_channels == 3
    assert found.data.items[0].image.shape == (3, 30, 30)  # at the network's diameter


@pytest.mark.parametrize("case", ["from scratch", "not wanted", "unlike images", "grey and bright"])
def test_where_there_is_one_way_to_show_the_images_nothing_is_compared(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "fisher_weights", lambda *_: (1.0,))
    monkeypatch.delattr(starts, "loss_of")
    pictures = [image("YX")]
    if case == "unlike images":
        pictures += [image("CYX", C=3)]
    config = CONFIG.changed(tune_channel_weights=case != "not wanted")
    start = None if case == "from scratch" else model()
    found = best_start(start, 8.0, TINY, pictures, [targets()] * len(pictures), None, config)
    assert found.start.channel_weights is None


def test_channel_weights_of_the_card_are_kept_where_they_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = CONFIG.changed(tune_channel_weights=False)
    start = model(channel_weights=(0.6, 0.8, 0.0))
    found = best_start(start, 8.0, None, [image("CYX", C=3)], [targets()], None, config)
    assert found.start.channel_weights == (0.6, 0.8, 0.0)
