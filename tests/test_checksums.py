"""A changed byte is told, or changes nothing, in every file that has a checksum."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_discembed.batch.record import Record
from napari_discembed.batch.sources import Source
from napari_discembed.checksums import KEY, file_checksum, is_sound, sealed
from napari_discembed.config import FinetuningConfig, NetworkConfig
from napari_discembed.errors import DiscembedError
from napari_discembed.io.embeddings import read_embedding, write_embedding
from napari_discembed.io.labels import write_labels
from napari_discembed.models import EmbeddingNet, Model, ModelCard, save_model
from napari_discembed.models.checkpoint import load_model_file
from napari_discembed.session import autosave
from napari_discembed.session.autosave import Annotation, Autosave, left_over
from napari_discembed.session.trainings import Request, Training, new_training
from napari_discembed.training.state import SavedState, read_state, write_state
from napari_discembed.types import Embedding, Image

PIXELS = np.arange(20, dtype=np.uint8).reshape(4, 5)
Make = Callable[[Path], None]
Read = Callable[[Path], Any]


def make_embedding(folder: Path) -> None:
    rng = np.random.default_rng(0)
    maps = {name: rng.random((n, 4, 5), np.float32) for name, n in
            {"embedding": 2, "foreground": 1, "seediness": 1}.items()}  # fmt: skip
    write_embedding(folder / "a.dembed", Embedding(maps, pixel_size=(0.5, 0.25), unit="um"))


def embedding(folder: Path) -> object:
    found = read_embedding(folder / "a.dembed")
    maps = {name: array.tolist() for name, array in found.maps.items()}
    return maps, found.space, found.diameter, found.image_shape, found.pixel_size, found.unit


def make_model(folder: Path) -> None:
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(2, 4), diameter=14)
    card = ModelCard(name="tiny", config=config, image_diameter=9.5)
    save_model(folder / "m.safetensors", Model(EmbeddingNet(config), card))


def model(folder: Path) -> object:
    found = load_model_file(folder / "m.safetensors")
    return found.card, {k: v.tolist() for k, v in found.net.state_dict().items()}


def make_state(folder: Path) -> None:
    state = SavedState({"net.a": torch.arange(5.0)}, {"steps": 31, "rate": 0.25})
    write_state(folder / "s.safetensors", state)


def state(folder: Path) -> object:
    found = read_state(folder / "s.safetensors")
    return found.values, {k: v.tolist() for k, v in found.tensors.items()}


def make_autosave(folder: Path) -> None:
    places = {"painted": {"scale": [0.5, 0.25]}}
    Autosave(folder / "root").save(Annotation({"painted": PIXELS}, model="nuclei", places=places))


def annotation(folder: Path) -> object:
    told: list[str] = []
    found = left_over(folder / "root", told.append)
    if not found:
        assert told  # kept, renamed and told of
        raise DiscembedError(told[0])
    [(_, one)] = found
    return asdict(one) | {"labels": {k: v.tolist() for k, v in one.labels.items()}}


def make_training(folder: Path) -> None:
    request = Request(name="mine", train=FinetuningConfig(steps=3), diameter=12.0)
    image = Image(PIXELS, pixel_size=(0.5, 0.25), unit="micrometer")
    new_training(request, [image], [PIXELS + 1], folder / "root")


def training(folder: Path) -> object:
    found = Training(next((folder / "root").iterdir()))
    [image], [labels] = found.pairs()
    about = image.axes, image.pixel_size, image.unit, image.name
    return found.request, image.data.tolist(), about, labels.tolist()


SOURCE = Source(Path("a.tif"), Path("a"))


def make_record(folder: Path) -> None:
    record = Record(folder)
    write_labels(record.labels_path(SOURCE), PIXELS)
    record.add(SOURCE, "f00", [{"image": "a.tif", "count": 19, "mean_size": 1.25}])
    record.save()
    (folder / "counts.csv").unlink()  # a plain table, without a checksum
    record.labels_path(SOURCE).unlink()


def record(folder: Path) -> object:
    found = Record(folder)
    if found.unreadable or SOURCE.key not in found.done:
        raise DiscembedError(found.unreadable)
    return found.done


KINDS: Mapping[str, tuple[Make, Read]] = {
    "embedding": (make_embedding, embedding),
    "model": (make_model, model),
    "state": (make_state, state),
    "autosave": (make_autosave, annotation),
    "training": (make_training, training),
    "record": (make_record, record),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sound")
    for kind, (make, _) in KINDS.items():
        (root / kind).mkdir()
        make(root / kind)
    return root


@pytest.fixture(scope="module")
def dead() -> Iterator[None]:
    """Make the viewer of every annotation one that crashed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(autosave, "is_in_use", lambda _folder: False)
        yield


@pytest.mark.usefixtures("dead")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150)
@given(data=st.data())
def test_any_one_byte_changed_is_told_or_changes_nothing(
    kind: str, sound: Path, data: st.DataObject
) -> None:
    read, place = KINDS[kind][1], sound / "place"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(sound / kind, place)
    right = read(place)
    files = sorted(p for p in place.rglob("*") if p.is_file() and p.name != "owner.txt")
    file = data.draw(st.sampled_from(files), label="file")
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1), label="at")
    content[at] ^= data.draw(st.integers(1, 255), label="by")
    file.write_bytes(content)
    try:
        found = read(place)
    except DiscembedError:
        return
    assert found == right


def test_a_document_without_a_checksum_is_taken_as_it_is() -> None:
    assert is_sound({"a": 1})
    assert is_sound(sealed({"a": 1, "b": [0.1, None, "\udcff"]}))
    assert not is_sound({**sealed({"a": 1}), "a": 2})
    assert not is_sound({**sealed({"a": 1}), "b": 2})
    assert is_sound(sealed({"a": 1}, "one"), "one")
    assert not is_sound(sealed({"a": 1}, "one"), "other")
    assert KEY not in {"a": 1}


def test_the_checksum_of_a_file_is_that_of_all_its_blocks(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123456789")
    assert file_checksum(tmp_path / "a") == 0xCBF43926  # of the definition of CRC-32
    (tmp_path / "b").write_bytes(bytes(2**20 + 1))
    (tmp_path / "c").write_bytes(bytes(2**20 + 2))
    assert file_checksum(tmp_path / "b") != file_checksum(tmp_path / "c")
