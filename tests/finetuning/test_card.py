"""The card of a fine-tuned model."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import FinetuningConfig, NetworkConfig, clustering_config
from napari_discembed.finetuning.card import finetuned_card, with_bandwidth
from napari_discembed.finetuning.starts import Start
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.training import FitResult, History

NETWORK = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=10)
TARGETS = [np.array([[0, 1, 1], [-1, 2, 2]]), np.array([[-1, 1, -1]])]


def start(**card: object) -> Start:
    settings = {"clustering": clustering_config(seed_threshold=0.55), "image_diameter": 30.0}
    known = ModelCard(name="leaf", config=NETWORK, weights_sha256="abc", **settings | card)
    return Start(Model(EmbeddingNet(NETWORK), known), 12.0, (0.6, -0.8))


def card(
    of: Start, *, kept: bool = False, after: float = 0.4, targets: list[np.ndarray] = TARGETS
) -> ModelCard:
    history = History(
        [{"step": 1, "seconds": 0.5}, {"step": 2, "seconds": 1.5}],
        [{"step": 0, "ap50": 0.6}, {"step": 2, "ap50": after}],
    )
    result = FitResult(EmbeddingNet(NETWORK), history, "finished", {"ap50": 0.6}, kept)
    return finetuned_card("mine", result, of, targets, FinetuningConfig())


def test_it_says_what_it_was_trained_on_and_how_it_sees_images() -> None:
    found = card(start())
    assert found.name == "mine"
    assert found.description == "Trained on 3 objects in 2 images, in a grey mix of the channels."
    assert (found.image_diameter, found.channel_weights) == (12.0, (0.6, -0.8))
    assert found.clustering.seed_threshold == 0.4
    training = found.training
    assert (training["start"], training["start_sha256"]) == ("leaf", "abc")
    assert (training["images"], training["objects"]) == (2, 3)
    assert (training["steps"], training["seconds"], training["reason"]) == (2, 1.5, "finished")
    assert training["kept_start"] is False
    assert FinetuningConfig.model_validate(training["config"]) == FinetuningConfig()
    assert found.metrics == {"ap50": 0.6}


def test_a_start_that_was_kept_goes_on_seeing_images_as_it_did() -> None:
    found = card(start(channel_weights=(1.0,)), kept=True)
    assert "brought no gain (ap50 0.60 before, 0.40 after)" in found.description
    assert (found.image_diameter, found.channel_weights) == (30.0, (1.0,))
    assert found.clustering.seed_threshold == 0.55


@pytest.mark.parametrize(("known", "recommended"), [(0.55, 0.45), (0.4, 0.45), (0.3, 0.3)])
def test_where_every_object_was_labelled_middles_must_be_surer(
    known: float, recommended: float
) -> None:
    whole = [np.array([[0, 1, 1], [0, 2, 2]])]
    of = start(clustering=clustering_config(seed_threshold=known))
    assert card(of, targets=whole).clustering.seed_threshold == recommended
    assert card(of, targets=whole, kept=True).clustering.seed_threshold == known
    assert card(of).clustering.seed_threshold == min(known, 0.4)


def test_a_gain_that_was_not_believed_is_not_called_none() -> None:
    found = card(start(), kept=True, after=0.63)
    expected = "brought less gain than so few objects can tell (ap50 0.60 before, 0.63 after)"
    assert expected in found.description


def test_the_licence_of_the_start_stays() -> None:
    both = "BSD-3-Clause AND Apache-2.0"
    assert card(start(licence=both)).licence == both
    assert card(start(licence=both), kept=True).licence == both
    assert card(Start(None, 12.0)).licence == "BSD-3-Clause"


def test_from_scratch_there_is_no_start_to_name() -> None:
    found = card(Start(None, 12.0))
    assert found.description == "Trained on 3 objects in 2 images."
    assert (found.training["start"], found.training["start_sha256"]) == (None, None)
    assert found.clustering == clustering_config()


@pytest.mark.parametrize(("bandwidth", "recommended"), [(1.7, 1.7), (None, None)])
def test_a_bandwidth_is_recommended_where_there_is_one(
    bandwidth: float | None, recommended: float | None
) -> None:
    model = Model(EmbeddingNet(NETWORK), card(start()))
    found = with_bandwidth(model, bandwidth)
    assert found.card.clustering.bandwidth == recommended
    assert found.card.clustering.seed_threshold == 0.4
