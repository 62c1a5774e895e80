"""Embeddings on disk."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.errors import FileFormatError
from napari_discembed.io.embeddings import CARD, read_embedding, write_embedding
from napari_discembed.types import Embedding, EuclideanSpace, Margins, Provenance


def embedding() -> Embedding:
    rng = np.random.default_rng(0)
    names = {"embedding": 3, "foreground": 1, "seediness": 1, "something_new": 2}
    maps = {name: rng.random((n, 4, 5), dtype=np.float32) for name, n in names.items()}
    return Embedding(
        maps,
        EuclideanSpace(Margins(0.4, 1.1), has_coordinates=True),
        diameter=12.0,
        image_shape=(8, 10),
        pixel_size=(0.5, 0.5),
        unit="micrometer",
        name="leaf",
        provenance=Provenance("0.2", "nuclei", "abc", {"diameter": 3}),
    )


def test_an_embedding_comes_back_with_the_maps_of_all_its_heads(tmp_path: Path) -> None:
    whole = embedding()
    back = read_embedding(write_embedding(tmp_path / "leaf", whole))
    assert back.maps.keys() == whole.maps.keys()
    for name, values in whole.maps.items():
        np.testing.assert_array_equal(back.maps[name], values)
        assert isinstance(back.maps[name], np.memmap)
    for name in ("space", "diameter", "image_shape", "pixel_size", "unit", "name", "provenance"):
        assert getattr(back, name) == getattr(whole, name)


def test_a_folder_of_release_0_1_is_read(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "old.dembed", embedding())
    (folder / "embedding.npy").rename(folder / "values.npy")
    card = json.loads((folder / CARD).read_text())
    del card["space"]
    card |= {"format": 1, "margins": {"pull": 0.4, "push": 1.1}, "spatial": True}
    (folder / CARD).write_text(json.dumps(card))
    back = read_embedding(folder)
    np.testing.assert_array_equal(back.values, embedding().values)
    assert back.space == embedding().space


def test_a_newer_folder_asks_for_an_update(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "new.dembed", embedding())
    card = {**json.loads((folder / CARD).read_text()), "format": 3}
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(FileFormatError, match="format 1 to 2, got 3. Update"):
        read_embedding(folder)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"format": 2}'])
def test_a_card_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "bad.dembed", embedding())
    (folder / CARD).write_text(text)
    with pytest.raises(FileFormatError):
        read_embedding(folder)
