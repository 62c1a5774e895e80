"""The config as data."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from napari_discembed import config as configs
from napari_discembed.config import ClusteringConfig, clustering_config, NetworkConfig, TrainingConfig

ALL = [c for c in vars(configs).values() if isinstance(c, type) and issubclass(c, configs.Config)]


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.__name__)
def test_every_knob_has_a_title_and_a_description(config: type[BaseModel]) -> None:
    for name, field in config.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_a_config_is_frozen_and_knows_its_names() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        clustering_config().min_size = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        ClusteringConfig.model_validate({"bandwith": 1})


def test_a_config_survives_json() -> None:
    config = TrainingConfig(seconds=3, patch_size=64)
    assert TrainingConfig.model_validate_json(config.model_dump_json()) == config


def test_one_budget_at_a_time() -> None:
    with pytest.raises(ValidationError, match="one of steps, epochs and seconds"):
        TrainingConfig(steps=3, seconds=4)


def test_semi_convolutional_embeddings_need_a_dimension_for_each_coordinate() -> None:
    with pytest.raises(ValidationError, match="embedding_dim of at least 3"):
        NetworkConfig.of(ndim=3, embedding_dim=2)
