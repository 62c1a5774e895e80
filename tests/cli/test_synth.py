"""``discembed synth``."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.cli import main


@pytest.mark.parametrize("kind", ["sticks", "rosettes", "cells"])
def test_synth_writes_images_and_labels(kind: str, tmp_path: Path) -> None:
    words = ["synth", kind, "--count", "2", "--seed", "3", "--output", str(tmp_path)]
    assert main(words) == 0
    images, labels = (sorted((tmp_path / k).iterdir()) for k in ("images", "labels"))
    assert [p.stem for p in images] == [p.stem for p in labels] == [f"{kind}_0000", f"{kind}_0001"]


@pytest.mark.parametrize("kind", ["dividing", "growing"])
def test_synth_writes_movies_in_the_layout_of_the_challenge(kind: str, tmp_path: Path) -> None:
    from napari_discembed.io.ctc import read_ctc

    words = ["synth", kind, "--count", "1", "--seed", "3", "--output", str(tmp_path)]
    assert main(words) == main(words) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"{kind}_0000", f"{kind}_0000_GT"]
    tracks = read_ctc(tmp_path / f"{kind}_0000_GT")
    frames = sorted((tmp_path / f"{kind}_0000").iterdir())
    assert len(frames) == tracks.n_frames
    assert frames[0].name == "t000.tif"
    assert len(list((tmp_path / f"{kind}_0000_GT" / "SEG").iterdir())) == tracks.n_frames


def test_synth_leaves_a_folder_of_someone_else_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "growing_0000").mkdir()
    (tmp_path / "growing_0000" / "mine.tif").write_bytes(b"mine")
    assert main(["synth", "growing", "--count", "1", "--output", str(tmp_path)]) == 1
    assert "holds something else" in capsys.readouterr().err
