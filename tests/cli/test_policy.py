"""Commands replace only what they wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.cli import main


def test_pictures_of_someone_are_not_drawn_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["synth", "sticks", "-o", str(tmp_path), "--count", "1"]
    assert main(words) == 0
    assert main(words) == 0  # its own are
    (tmp_path / "labels" / "sticks_0000.tif").unlink()
    picture = tmp_path / "images" / "sticks_0000.png"
    picture.write_text("mine")
    assert main(words) == 1
    assert "was not drawn by this program" in capsys.readouterr().err
    assert picture.read_text() == "mine"


def test_the_demo_leaves_a_folder_of_someone_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "counts.csv").write_text("mine")
    assert main(["demo", "-o", str(tmp_path)]) == 1
    assert "is not of the demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["counts.csv"]
