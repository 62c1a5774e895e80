"""Live fine-tuning: what is fixed at its beginning, and what begins it anew."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed import Image
from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.errors import TrainingDataError
from napari_discembed.finetuning import Painted, finetune_live
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Finish, Progress, run

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
QUICK = FinetuningConfig(steps=50, batch_size=1, patch_size=32)


def painted(*sides: int) -> Painted:
    """Return squares of such sides, one after another, and background below."""
    labels = np.zeros((64, 128), np.uint8)
    for i, side in enumerate(sides):
        labels[4 : 4 + side, 4 + 32 * i : 4 + 32 * i + side] = i + 1
    labels[60:] = 255
    pixels = np.where((labels > 0) & (labels < 255), 200, 20).astype(np.uint8)
    return Painted([Image(pixels)], [labels], background_label=255)


def start() -> Model:
    torch.manual_seed(0)
    return Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY))


def learn(first: Painted, *later: Painted | None, diameter: float | None = None) -> Model:
    answers = list(later)

    def newer() -> Painted | None:
        if not answers:
            raise Finish
        return answers.pop(0)

    return run(
        finetune_live(first, newer, model=start(), config=QUICK, diameter=diameter), STEPS.append
    )


STEPS: list[Progress] = []


@pytest.fixture(autouse=True)
def _no_steps() -> None:
    STEPS.clear()


def steps() -> list[float]:
    return [p.values["step"] for p in STEPS if "step" in p.values]


def test_all_objects_are_taught_and_what_was_learnt_is_the_model() -> None:
    model = learn(painted(16, 16), None, painted(16, 16, 16), None)
    assert steps() == [1, 2]
    assert model.card.training["objects"] == 3
    assert model.card.training["held_back"] == 0
    assert model.learnt is None
    assert not model.card.training["kept_start"]


def test_the_typical_size_stays_where_it_changes_a_little() -> None:
    model = learn(painted(16, 16), None, painted(16, 20, 20), None)
    assert steps() == [1, 2]
    assert model.card.image_diameter == learn(painted(16, 16), None).card.image_diameter


def test_objects_far_larger_begin_all_anew() -> None:
    model = learn(painted(8, 8), None, None, painted(8, 24, 24), None)
    assert steps() == [1, 2, 1]
    assert model.card.image_diameter == pytest.approx(24 * 2 / np.pi**0.5, rel=0.2)
    assert model.card.training["objects"] == 3


def test_a_size_that_was_typed_stays() -> None:
    model = learn(painted(8, 8), None, painted(8, 24, 24), None, diameter=9.0)
    assert steps() == [1, 2]
    assert model.card.image_diameter == 9.0


@pytest.mark.parametrize(
    "broken", [painted(), Painted([Image(np.zeros((3, 3)))], [np.ones((2, 2))])]
)
def test_what_cannot_be_learnt_from_is_passed_over(broken: Painted) -> None:
    model = learn(painted(16, 16), None, broken, None)
    assert steps() == [1, 2, 3]
    assert model.card.training["objects"] == 2


def test_nothing_painted_at_the_beginning_is_told() -> None:
    with pytest.raises(TrainingDataError, match="No object"):
        learn(painted())


def test_volumes_that_were_planes_begin_all_anew() -> None:
    labels = np.zeros((8, 32, 32), np.uint8)
    labels[2:6, 4:20, 4:20] = 1
    labels[:, 28:] = 255
    volume = Painted([Image((labels == 1) * 1.0)], [labels], background_label=255)
    model = learn(painted(16, 16), None, volume, None)
    assert steps() == [1, 1]
    assert model.config.ndim == 3
