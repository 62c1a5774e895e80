"""Export by name and ending: what fits, what is refused, and that nothing is left half written."""

from __future__ import annotations

from importlib import util
from pathlib import Path
from typing import Any, get_args

import pytest

from napari_discembed import export_model
from napari_discembed.cli import export as command
from napari_discembed.errors import InputError, MissingDependencyError
from napari_discembed.models import Model, ModelFormat
from napari_discembed.models.exchange import quiet


def test_the_ending_says_the_format(small: Model, tmp_path: Path) -> None:
    import torch

    path = export_model(small, tmp_path / "new folder" / "m.PT")
    with quiet.quiet():
        assert torch.jit.load(path)(torch.rand(1, 3, 8, 8))[0].shape == (1, 2, 8, 8)


@pytest.mark.parametrize(
    ("name", "to", "words"),
    [
        ("m.txt", None, r"ends in \.onnx \(onnx\), \.zip \(bioimageio\), \.pt \(torchscript\)"),
        ("m.pt", "onnx", r"ends in \.onnx for onnx, got '\.pt'"),
        ("m", "onnx", r"ends in \.onnx for onnx, got ''"),
        ("m.onnx", "keras", "a format of onnx, bioimageio, torchscript, got 'keras'"),
    ],
)
def test_an_ending_that_does_not_fit_is_refused(
    small: Model, tmp_path: Path, name: str, to: Any, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        export_model(small, tmp_path / name, to)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(
    small: Model, tmp_path: Path
) -> None:
    path = tmp_path / "m.pt"
    path.write_text("mine")
    with pytest.raises(InputError, match="got a file already"):
        export_model(small, path)
    assert path.read_text() == "mine"
    export_model(small, path, overwrite=True)
    assert path.stat().st_size > 1000
    (tmp_path / "folder.pt").mkdir()
    with pytest.raises(InputError, match="got a folder"):
        export_model(small, tmp_path / "folder.pt", overwrite=True)


def test_authors_are_refused_where_they_would_not_be_written(small: Model, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Authors are for bioimageio"):
        export_model(small, tmp_path / "m.onnx", authors=["Ada"])


def test_a_folder_that_cannot_be_made_is_told_and_leaves_nothing(
    small: Model, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OSError, match="file"):
        export_model(small, tmp_path / "file" / "m.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_library_is_named_with_what_to_install(
    small: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "find_spec", lambda name: None if name == "onnxscript" else util)
    for ending in ("onnx", "zip"):
        with pytest.raises(MissingDependencyError, match=r"onnxscript: pip install .*\[exchange\]"):
            export_model(small, tmp_path / f"m.{ending}")
    assert not list(tmp_path.iterdir())


def test_the_command_offers_each_format_there_is() -> None:
    assert set(get_args(command.To)) == set(get_args(ModelFormat))
