"""How a network learns, as data."""

from __future__ import annotations

import pytest

from napari_discembed.config import FINE_TUNING, FinetuningConfig, TrainingConfig, read_training
from napari_discembed.errors import InputError


def test_one_budget_at_a_time() -> None:
    with pytest.raises(InputError, match="one of steps, epochs and seconds"):
        TrainingConfig(steps=3, seconds=4)


@pytest.mark.parametrize("weight", [-1.0, float("nan")])
def test_a_weight_of_a_head_is_0_or_more(weight: float) -> None:
    with pytest.raises(InputError, match="weights of 0 and above"):
        TrainingConfig(head_weights={"foreground": weight})


def test_spellings_of_release_0_1_are_read() -> None:
    stored = {"seconds": 60, "start_share": 0.5, "held_back": 0.1, "mix": False,
              "foreground_weight": 2.0, "seediness_weight": 1.0,
              "augment": {"flip": False}}  # fmt: skip
    config = FinetuningConfig.model_validate(read_training(stored))
    assert (config.base_weight, config.holdout, config.tune_channel_weights) == (0.5, 0.1, False)
    assert config.head_weights == {"foreground": 2.0, "seediness": 1.0}
    assert not config.augmentation.flip


def test_what_is_spelt_as_now_stays() -> None:
    values = FINE_TUNING.model_dump()
    assert FinetuningConfig.model_validate(read_training(values)) == FINE_TUNING
