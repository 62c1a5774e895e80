"""Which models there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.catalogue import ModelInput, list_models, model_input
from napari_discembed.models import load_model


@pytest.mark.parametrize("name", ["nuclei", "generalist", "rosette"])
def test_what_a_model_takes_is_read_without_loading_it(name: str) -> None:
    config = load_model(name).config
    assert model_input(name) == ModelInput(config.in_channels, config.ndim)


def test_what_a_file_that_is_no_model_takes_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    assert model_input(str(path)) is None
    for content in (b"", b"{}", b"\x02\0\0\0\0\0\0\0{}", b"\xff" * 20):
        path.write_bytes(content)
        assert model_input(str(path)) is None


def test_the_shipped_models_come_first() -> None:
    assert list_models()[0].origin == "shipped"


def test_the_kinds_that_a_model_tells_apart_are_read_without_loading_it(tmp_path: Path) -> None:
    from napari_discembed.catalogue import model_kinds
    from napari_discembed.config import NetworkConfig
    from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
    from napari_discembed.types.kinds import named_kinds

    config = NetworkConfig.of(in_channels=1, features=(4,), classes=2)
    kinds = named_kinds(["leaf", "seed"])
    path = tmp_path / "two.safetensors"
    save_model(path, Model(EmbeddingNet(config), ModelCard(name="a", config=config, kinds=kinds)))
    assert model_kinds(str(path)) == kinds
    assert model_kinds("nuclei") == ()
    assert model_kinds(str(tmp_path / "none.safetensors")) == ()
