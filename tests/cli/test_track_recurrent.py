"""A network that remembers frames, from ``train`` on movies to ``track``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.movie_record import MovieRecord
from napari_discembed.cli import main
from napari_discembed.io.ctc import TRUTH, read_ctc
from napari_discembed.io.ctc_writer import write_ctc
from napari_discembed.models import load_model
from napari_discembed.types import Axes, Numbering, Segmentation, Tracks, TrackTable

NETWORK = (
    "backbone=hourglass",
    "backbone.features=[3,4]",
    "heads.motion.kind=motion",
    "diameter=16",
)


@pytest.fixture
def movies(tmp_path: Path) -> Path:
    """Return a folder with a movie of two squares, one of which moves."""
    labels = np.zeros((4, 48, 48), np.uint16)
    for t in range(4):
        labels[t, 4:20, 4 + 2 * t : 20 + 2 * t] = 3
        labels[t, 26:42, 20:36] = 7
    about = Segmentation(labels, Axes("TYX"), numbering=Numbering.through_time)
    tracks = Tracks(about, TrackTable.of([(3, 0, 3, 0), (7, 0, 3, 0)]))
    write_ctc(tmp_path / "data" / "01_GT" / "TRA", tracks, TRUTH)
    (tmp_path / "data" / "01").mkdir()
    for t, frame in enumerate(labels):
        tifffile.imwrite(tmp_path / "data" / "01" / f"t{t:03d}.tif", (frame > 0) * np.uint8(180))
    return tmp_path / "data"


@pytest.fixture
def model(movies: Path, tmp_path: Path) -> Path:
    path = tmp_path / "recurrent.safetensors"
    settings = [word for value in NETWORK for word in ("--network", value)]
    more = ["--steps", "2", "--set", "patch_size=32", "--device", "cpu"]
    words = ["train", str(movies), "--layout", "ctc", "-o", str(path)]
    assert main([*words, *settings, *more]) == 0
    return path


def words(movies: Path, model: Path, out: Path, *more: str) -> list[str]:
    return ["track", str(movies / "01"), "-m", str(model), "-o", str(out), "-d", "16", *more]


@pytest.mark.parametrize("link", ["motion", "pairs"])
def test_a_run_that_was_broken_off_goes_on_with_what_it_remembered(
    movies: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: str
) -> None:
    loaded = load_model(str(model))
    assert loaded.net.is_recurrent
    assert loaded.config.backbone.features == (3, 4)
    assert loaded.card.training["objects"] == 8
    whole, out, found = tmp_path / "whole", tmp_path / "out", dict[str, np.ndarray]()
    add = MovieRecord.add_frame

    def spy(self: MovieRecord, number: int, arrays: dict[str, np.ndarray]) -> None:
        key = f"{self.output.name} {number}"
        if key == "out 2" and "broken" not in found:
            found["broken"] = np.ones(1)
            raise KeyboardInterrupt
        found[key] = arrays["hint"]
        add(self, number, arrays)

    monkeypatch.setattr(MovieRecord, "add_frame", spy)
    assert main(words(movies, model, whole, "--link", link)) == 0
    assert main(words(movies, model, out, "--link", link)) != 0
    assert main(words(movies, model, out, "--link", link)) == 0
    for number in range(4):
        np.testing.assert_array_equal(found[f"whole {number}"], found[f"out {number}"])
    assert (read_ctc(out / "01_RES").labels == read_ctc(whole / "01_RES").labels).all()


def test_a_folder_without_movies_is_told(
    movies: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = ["--layout", "ctc", "-o", str(tmp_path / "a.safetensors")]
    assert main(["train", str(tmp_path), *target]) == 1
    assert "01/t000.tif beside the true masks" in capsys.readouterr().err
    (movies / "01" / "t002.tif").unlink()
    assert main(["train", str(movies), *target]) == 1
    assert "expected the frames 0 to 3" in capsys.readouterr().err


def test_motion_needs_a_model_that_says_it(
    movies: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words(movies, model_file, tmp_path / "out", "--link", "motion")) == 1
    assert "Linking by motion needs a model" in capsys.readouterr().err
