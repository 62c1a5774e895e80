"""Tensors to a file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from napari_discembed.models.tensors import write_tensors


def test_tensors_and_texts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"x": torch.arange(3)}, {"about": "three"})
    with safe_open(path, framework="pt") as file:
        assert file.get_tensor("x").tolist() == [0, 1, 2]
        assert file.metadata() == {"about": "three"}


def test_killed_while_writing_nothing_is_left_that_is_not_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    write = Path.write_bytes

    def look(path: Path, content: bytes) -> int:
        count = write(path, content)
        seen.append([file.name for file in tmp_path.iterdir()])
        return count

    monkeypatch.setattr(Path, "write_bytes", look)
    write_tensors(tmp_path / "a.safetensors", {"x": torch.ones(2)}, {})
    assert len(seen) == 1
    assert all(".partial" in name for name in seen[0])
