"""``discembed export``, and models that come back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from napari_discembed.cli import main


def test_a_model_is_exported_to_where_one_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "generalist.pt"
    assert main(["export", "generalist", "-o", str(target), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "model": "generalist", "output": str(target), "bytes": target.stat().st_size
    }  # fmt: skip
    assert main(["export", "generalist", "-o", str(target)]) == 1
    assert "got a file already" in capsys.readouterr().err
    assert main(["export", "generalist", "-o", str(target), "--to", "torchscript", "--author", "A"])
    assert "Authors are for bioimageio" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["info", "segment"])
def test_an_export_that_is_no_model_here_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    (tmp_path / "net.onnx").write_bytes(b"\x08\x0a\x12\x07pytorch" + bytes(100))
    words = {"info": ["info", str(tmp_path / "net.onnx")]}.get(
        command, ["segment", str(tmp_path), "-m", str(tmp_path / "net.onnx"), "-o", str(tmp_path)]
    )
    assert main(words) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith("error: ")
    assert "\n" not in said
    assert "net.onnx: not a model. Expected a .safetensors file" in said
