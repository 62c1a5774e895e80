"""Embeddings on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_discembed.checksums import KEY, sealed
from napari_discembed.errors import FileFormatError, InputError
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


def forget_checksums(folder: Path) -> None:
    """Make it one of an earlier release."""
    card = json.loads((folder / CARD).read_text())
    del card["checksums"], card[KEY]
    (folder / CARD).write_text(json.dumps(card))


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
    del card["space"], card["checksums"], card[KEY]
    card |= {"format": 1, "margins": {"pull": 0.4, "push": 1.1}, "spatial": True}
    (folder / CARD).write_text(json.dumps(card))
    back = read_embedding(folder)
    np.testing.assert_array_equal(back.values, embedding().values)
    assert back.space == embedding().space


def test_a_newer_folder_asks_for_an_update(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "new.dembed", embedding())
    card = {**json.loads((folder / CARD).read_text()), "format": 3}
    (folder / CARD).write_text(json.dumps(card))
    with pytest.raises(FileFormatError, match=r"format 1 to 2, got 3. Update"):
        read_embedding(folder)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '{"format": 2}'])
def test_a_card_that_is_none_is_told(text: str, tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "bad.dembed", embedding())
    (folder / CARD).write_text(text)
    with pytest.raises(FileFormatError):
        read_embedding(folder)


def test_an_embedding_of_the_same_name_is_replaced(tmp_path: Path) -> None:
    write_embedding(tmp_path / "leaf", embedding())
    changed = dataclasses.replace(embedding(), name="other")
    assert read_embedding(write_embedding(tmp_path / "leaf", changed)).name == "other"
    assert [p.name for p in tmp_path.iterdir()] == ["leaf.dembed"]


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "leaf", embedding())
    (folder / "notes.txt").write_text("a year of work")
    with pytest.raises(InputError, match="holds something else"):
        write_embedding(tmp_path / "leaf", embedding())
    other = tmp_path / "thesis.dembed"
    other.mkdir()
    (other / "thesis.tex").write_text("all of it")
    with pytest.raises(InputError, match="holds something else"):
        write_embedding(other, embedding())
    assert (other / "thesis.tex").read_text() == "all of it"
    assert (folder / "notes.txt").exists()


def test_a_replacement_killed_between_two_renamings_loses_nothing(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "leaf", embedding())
    folder.rename(tmp_path / ".leaf.dembed.old")
    assert read_embedding(folder).name == "leaf"
    folder.rename(tmp_path / ".leaf.dembed.old")
    assert read_embedding(write_embedding(folder, embedding())).name == "leaf"


@pytest.mark.parametrize(
    "changes",
    [{"image_shape": [2**20, 2**20]}, {"image_shape": [8]}, {"image_shape": [8, -1]},
     {"diameter": "NaN"}, {"diameter": 0}, {"pixel_size": [0, 1]}, {"pixel_size": [1, 1, 1]},
     {"space": {"kind": "hyperbolic"}}, {"provenance": None}, {"unit": None}],
)  # fmt: skip
def test_values_that_cannot_be_are_refused_before_anything_is_made(
    changes: dict[str, object], tmp_path: Path
) -> None:
    folder = write_embedding(tmp_path / "bad", embedding())
    card = {**json.loads((folder / CARD).read_text()), **changes}
    (folder / CARD).write_text(json.dumps(sealed(card)))
    with pytest.raises(FileFormatError, match=r"bad.dembed"):
        read_embedding(folder)


def test_what_a_newer_release_adds_is_left_out(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "new", embedding())
    card = json.loads((folder / CARD).read_text())
    card |= {"mood": "sunny", "provenance": {**card["provenance"], "weather": "fair"}}
    (folder / CARD).write_text(json.dumps(sealed(card)))
    assert read_embedding(folder).provenance == embedding().provenance


def test_maps_that_do_not_fit_each_other_are_a_damaged_file(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "cut", embedding())
    np.save(folder / "seediness.npy", np.zeros((1, 4, 3), np.float32))
    with pytest.raises(FileFormatError, match=r"seediness.npy is not as it was written"):
        read_embedding(folder)
    forget_checksums(folder)
    with pytest.raises(FileFormatError, match=r"seediness.*got \(1, 4, 3\). Embed"):
        read_embedding(folder)


def test_an_array_that_is_missing_or_too_many_is_told(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "a", embedding())
    (folder / "seediness.npy").rename(folder / "other.npy")
    with pytest.raises(FileFormatError, match=r"expected the arrays .*seediness.*, got .*other"):
        read_embedding(folder)


def test_a_folder_without_checksums_is_read_and_a_check_can_be_left_out(tmp_path: Path) -> None:
    folder = write_embedding(tmp_path / "a", embedding())
    values = np.load(folder / "foreground.npy")
    values[0, 0, 0] += 1
    np.save(folder / "foreground.npy", values)
    with pytest.raises(FileFormatError, match=r"foreground.npy is not as it was written"):
        read_embedding(folder)
    assert read_embedding(folder, check=False).foreground[0, 0, 0] == values[0, 0, 0]
    forget_checksums(folder)
    assert read_embedding(folder).foreground[0, 0, 0] == values[0, 0, 0]


@settings(max_examples=60)
@given(st.integers(0, 2**31), st.binary(min_size=1, max_size=6))
def test_a_damaged_file_is_told_or_read_but_never_a_raw_error(
    tmp_path_factory: pytest.TempPathFactory, place: int, bytes_: bytes
) -> None:
    folder = write_embedding(tmp_path_factory.mktemp("d") / "x", embedding())
    file = sorted(folder.iterdir())[place % 5]
    content = bytearray(file.read_bytes())
    at = place % min(len(content), 400)
    content[at : at + len(bytes_)] = bytes_
    file.write_bytes(bytes(content))
    with contextlib.suppress(FileFormatError):
        read_embedding(folder)
