"""Trainings on disk: what was asked, and which can go on."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from napari_discembed.checksums import KEY, sealed
from napari_discembed.config import FinetuningConfig
from napari_discembed.errors import DiscembedError, FileFormatError
from napari_discembed.session.trainings import Request, Training, interrupted, new_training
from napari_discembed.types import Image


def test_an_interrupted_training_of_another_version_is_passed_over(
    tmp_path: Path, ask: Callable[[], Training]
) -> None:
    training = ask()
    training.state_file.write_bytes(b"")
    assert len(interrupted(tmp_path)) == 1
    request = training.folder / "request.json"
    changed = json.loads(request.read_text().replace('"complete"', '"completed"'))
    request.write_text(json.dumps(sealed(changed)))
    assert interrupted(tmp_path) == []


@pytest.mark.parametrize("name", ["leaves/2024", "../../evil", "..", "a\\b"])
def test_any_name_makes_a_folder_in_its_place(
    tmp_path: Path, name: str, painted: tuple[Image, np.ndarray], quick: FinetuningConfig
) -> None:
    image, labels = painted
    root = tmp_path / "deep" / "trainings"
    training = new_training(Request(name=name, train=quick), [image], [labels], root)
    assert training.folder.parent == root
    assert training.folder.exists()
    assert training.request.name == name


def test_what_never_began_is_gone_a_day_later(
    tmp_path: Path,
    painted: tuple[Image, np.ndarray],
    ask: Callable[[], Training],
    quick: FinetuningConfig,
) -> None:
    old, begun, young = ask(), ask(), ask()
    begun.state_file.write_bytes(b"")
    for training in (old, begun):
        os.utime(training.folder / "request.json", (0, 0))
    new_training(Request(name="other", train=quick), *([x] for x in painted), tmp_path)
    assert [t.folder.exists() for t in (old, begun, young)] == [False, True, True]


def test_two_trainings_of_one_second_have_folders_of_their_own(
    tmp_path: Path, ask: Callable[[], Training]
) -> None:
    assert ask().folder != ask().folder
    with pytest.raises(FileFormatError):
        _ = Training(tmp_path / "nothing").request


def test_a_request_of_release_0_1_is_read_with_its_old_spellings(
    ask: Callable[[], Training], quick: FinetuningConfig
) -> None:
    training = ask()
    file = training.folder / "request.json"
    written = json.loads(file.read_text())
    del written[KEY]
    old = written["request"]["train"]
    old["start_share"], old["held_back"] = old.pop("base_weight"), old.pop("holdout")
    old["mix"], old["augment"] = old.pop("tune_channel_weights"), old.pop("augmentation")
    del old["head_weights"]
    old |= {"foreground_weight": 2.0, "seediness_weight": 1.0, "start_share": 0.5, "mix": False}
    file.write_text(json.dumps(written))
    config = training.request.train
    assert config.head_weights == {"foreground": 2.0, "seediness": 1.0}
    assert (config.base_weight, config.holdout, config.tune_channel_weights) == (0.5, 0.2, False)
    assert config.augmentation == quick.augmentation


def test_a_request_that_is_no_text_of_ours_is_told(
    tmp_path: Path, ask: Callable[[], Training]
) -> None:
    training = ask()
    texts = ("", "[]", "null", "\xff", '{"request": {"train": 3}}', '{"request": null}')
    for text in (*texts, '{"request":' * 100_000):
        (training.folder / "request.json").write_text(text, encoding="latin-1")
        with pytest.raises(FileFormatError, match="no readable training"):
            _ = training.request
        training.state_file.write_bytes(b"")
        assert interrupted(tmp_path) == []


def test_an_owner_that_is_no_text_is_nobody(ask: Callable[[], Training]) -> None:
    training = ask()
    (training.folder / "owner.txt").write_bytes(b"\xff\xfe\x00")
    assert not training.is_claimed()
    training.claim()
    assert training.is_claimed()
    assert not list(training.folder.glob(".*"))


HUGE = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1000000, 1000000), }"
)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04 no archive", HUGE.ljust(128)])
@pytest.mark.parametrize("name", ["image_0.npy", "labels_0.npy"])
def test_damaged_arrays_are_told(content: bytes, name: str, ask: Callable[[], Training]) -> None:
    training = ask()
    (training.folder / name).write_bytes(content)
    with pytest.raises(FileFormatError, match="Discard the training"):
        training.pairs()


@pytest.mark.parametrize("size", ["[-1, 1]", "[1e999, 1]", "[0, 0]", '["a", 1]', "[1, 1, 1, 1]"])
def test_a_pixel_size_that_cannot_be_is_told(size: str, ask: Callable[[], Training]) -> None:
    training = ask()
    file = training.folder / "request.json"
    written = json.loads(file.read_text())
    del written[KEY]
    written["images"][0]["pixel_size"] = "SIZE"
    file.write_text(json.dumps(written).replace('"SIZE"', size))
    with pytest.raises(DiscembedError):
        training.pairs()


def test_a_training_that_cannot_be_written_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Training]
) -> None:
    def full(*_args: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        ask()
    assert list(tmp_path.iterdir()) == []
