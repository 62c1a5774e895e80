"""Settings as data."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ValidationError

from napari_discembed import config as configs
from napari_discembed.config import DensityConfig, TrainingConfig, validated
from napari_discembed.errors import InputError

ALL = [c for c in vars(configs).values() if isinstance(c, type) and issubclass(c, configs.Config)]


@pytest.mark.parametrize("config", ALL, ids=lambda c: c.__name__)
def test_every_setting_has_a_title_and_a_description(config: type[BaseModel]) -> None:
    for name, field in config.model_fields.items():
        assert field.title, name
        assert field.description, name


def test_a_config_is_frozen_and_knows_its_names() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DensityConfig().min_size = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        DensityConfig.model_validate({"bandwith": 1})


def test_a_changed_config_is_checked_and_the_error_is_ours() -> None:
    assert DensityConfig().changed(min_size=3).min_size == 3
    with pytest.raises(InputError, match="min_size: Input should be greater"):
        DensityConfig().changed(min_size=-1)
    with pytest.raises(InputError, match="bandwith: Extra inputs"):
        validated(DensityConfig, {"bandwith": 1})


def test_a_config_survives_json() -> None:
    config = TrainingConfig(seconds=3, patch_size=64)
    assert TrainingConfig.model_validate_json(config.model_dump_json()) == config
