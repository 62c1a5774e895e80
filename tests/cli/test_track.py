"""``discembed track``: its files, what is skipped, what is refused, what a kill leaves."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch import tracking
from napari_discembed.batch.movie_record import MovieRecord
from napari_discembed.batch.movie_sources import find_movies
from napari_discembed.batch.recipe import Reading
from napari_discembed.cli import main
from napari_discembed.errors import InputError
from napari_discembed.files import atomic_path
from napari_discembed.io.ctc import read_ctc


def frame(t: int, size: int = 64) -> np.ndarray:
    rng = np.random.default_rng(t)
    labels = np.zeros((size, size), np.uint8)
    for y, x in ((4, 4 + t), (4, 40), (40, 4)):
        labels[y : y + 16, x : x + 16] = 1
    return (labels * 180 + rng.integers(0, 30, labels.shape)).astype(np.uint8)


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    folder = tmp_path / "01"
    folder.mkdir()
    for t in range(4):
        tifffile.imwrite(folder / f"t{t:03d}.tif", frame(t))
    return folder


def words(movie: Path, model: Path, out: Path, *more: str) -> list[str]:
    return ["track", str(movie), "-m", str(model), "-o", str(out), "-d", "16", *more]


@pytest.mark.parametrize("link", ["overlap", "lap", "candidates", "pairs", "rosette"])
def test_a_folder_of_frames_becomes_masks_tables_and_a_graph(
    movie: Path, model_file: Path, tmp_path: Path, link: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(words(movie, model_file, out, "--link", link, "--json")) == 0
    answer = json.loads(capsys.readouterr().out)
    names = sorted(path.name for path in out.iterdir())
    files = ["01_RES", "01_counts.csv", "01_objects.csv", "01_tracking.json", "01_tracks.csv"]
    assert [name for name in names if name != "01.geff"] == files
    tracks = read_ctc(out / "01_RES")
    assert tracks.n_frames == answer["movies"][0]["frames"] == 4
    with (out / "01_counts.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["frame", "objects", "births", "divisions", "losses"]
    assert [int(row["objects"]) for row in rows] == tracks.counts()["objects"].tolist()


def test_leaves_that_grow_have_a_scale_in_each_frame(
    movie: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_model_and_frame: object) -> None:
        raise AssertionError

    monkeypatch.setattr(tracking, "estimate_scale", never)
    words = ["track", str(movie), "-m", str(model_file), "-o", str(tmp_path / "out")]
    assert main([*words, "--link", "rosette"]) == 0
    with pytest.raises(AssertionError):
        main([*words, "--link", "lap", "--overwrite"])


def test_a_file_with_time_is_the_same_movie(movie: Path, model_file: Path, tmp_path: Path) -> None:
    stack = np.stack([frame(t) for t in range(4)])
    tifffile.imwrite(tmp_path / "stack.tif", stack, imagej=True, metadata={"axes": "TYX"})
    assert main(words(movie, model_file, tmp_path / "out")) == 0
    assert main(words(tmp_path / "stack.tif", model_file, tmp_path / "out")) == 0
    both = (read_ctc(tmp_path / "out" / f"{name}_RES").labels for name in ("01", "stack"))
    assert (next(both) == next(both)).all()


def test_what_is_done_is_skipped_and_what_someone_changed_is_left(
    movie: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(words(movie, model_file, out)) == 0
    mask = out / "01_RES" / "mask000.tif"
    written = mask.stat().st_mtime_ns
    assert main(words(movie, model_file, out)) == 0
    assert mask.stat().st_mtime_ns == written
    os.utime(mask, ns=(written + 10**9, written + 10**9))
    capsys.readouterr()
    assert main(words(movie, model_file, out)) == 1
    assert "was changed since" in capsys.readouterr().err
    assert main(words(movie, model_file, out, "--overwrite")) == 0
    assert mask.stat().st_mtime_ns not in (written, written + 10**9)


def test_a_killed_run_goes_on_where_it_was(movie: Path, model_file: Path, tmp_path: Path) -> None:
    for t in range(4, 30):
        tifffile.imwrite(movie / f"t{t:03d}.tif", frame(t % 4, 64))
    whole, out = tmp_path / "whole", tmp_path / "out"
    assert main(words(movie, model_file, whole)) == 0
    command = [sys.executable, "-m", "napari_discembed", *words(movie, model_file, out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    record = MovieRecord(out, "01")
    until = time.monotonic() + 120
    while not (record.work / "000003.npz").exists() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not record.result.exists()
    kept = (record.work / "000001.npz").stat().st_mtime_ns
    seen = {}
    finish = MovieRecord.finish

    def spy(self: MovieRecord, settings: str, row: dict[str, object]) -> None:
        seen["kept"] = (self.work / "000001.npz").stat().st_mtime_ns
        finish(self, settings, row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MovieRecord, "finish", spy)
        assert main(words(movie, model_file, out)) == 0
    assert seen["kept"] == kept
    assert (read_ctc(out / "01_RES").labels == read_ctc(whole / "01_RES").labels).all()
    assert not record.work.exists()


def test_what_a_kill_at_the_end_left_is_swept_away(
    movie: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as patch:  # the record is written, what was on the way still there
        patch.setattr(MovieRecord, "sweep", lambda _: None)
        assert main(words(movie, model_file, out)) == 0
    assert (out / ".01_tracking").is_dir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with atomic_path(out / "01_tracking.json") as partial:
        partial.write_text("half")
        half = out / partial.name.replace(f"-{os.getpid()}-", f"-{gone.pid}-")
        half.write_text("half")
        partial.write_bytes((out / "01_tracking.json").read_bytes())
    assert main(words(movie, model_file, out)) == 0
    assert not [path.name for path in out.iterdir() if path.name.startswith(".")]


def test_a_damaged_frame_is_found_again(tmp_path: Path) -> None:
    record = MovieRecord(tmp_path, "01")
    record.begin("a")
    record.add_frame(0, {"labels": np.ones(3)})
    assert record.frame(0) is not None
    (record.work / "000000.npz").write_bytes(b"PK\x03\x04 damaged")
    assert record.frame(0) is None
    record.begin("b")
    assert record.frame(0) is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: (f / "t002.tif").unlink(), "frame 2 is missing between 0 and 3"),
        (lambda f: tifffile.imwrite(f / "t002.tif", frame(0, 60)), r"expected a frame of (64, 64)"),
        (lambda f: tifffile.imwrite(f / "t0002.tif", frame(0)), "are both frame 2"),
        (lambda f: tifffile.imwrite(f / "overview.tif", frame(0)), "end with their numbers"),
        (lambda f: [p.unlink() for p in sorted(f.iterdir())[1:]], "two frames or more"),
        (lambda f: [p.unlink() for p in f.iterdir()], "found no images in it"),
    ],
)
def test_a_movie_that_is_none_is_told_in_a_sentence(
    movie: Path, model_file: Path, tmp_path: Path, change: object, told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    change(movie)  # type: ignore[operator]
    assert main(words(movie, model_file, tmp_path / "out")) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out" / "01_RES").exists()


def test_a_file_without_time_is_told(movie: Path, model_file: Path, tmp_path: Path) -> None:
    (source,) = find_movies([movie / "t000.tif"])
    with pytest.raises(InputError, match="a file with a time axis or a folder of frames"):
        source.frames(Reading())


def test_empty_frames_are_tracked_too(model_file: Path, tmp_path: Path, movie: Path) -> None:
    for t in range(4):
        tifffile.imwrite(movie / f"t{t:03d}.tif", np.zeros((64, 64), np.uint8))
    assert main(words(movie, model_file, tmp_path / "out")) == 0
    assert read_ctc(tmp_path / "out" / "01_RES").n_frames == 4


def test_a_result_of_others_is_not_replaced(
    movie: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "out" / "01_RES"
    theirs.mkdir(parents=True)
    tifffile.imwrite(theirs / "mask000.tif", np.ones((64, 64), np.uint16))
    assert main(words(movie, model_file, tmp_path / "out", "--overwrite")) == 1
    assert "was not written by this program" in capsys.readouterr().err


def test_two_movies_of_one_name_are_told(movie: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "01"
    other.mkdir(parents=True)
    tifffile.imwrite(other / "t000.tif", frame(0))
    with pytest.raises(InputError, match="would both be written to 01_RES"):
        find_movies([movie, other])


def test_evaluate_prints_the_measures_of_the_challenge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("ctc_metrics")
    assert main(["synth", "dividing", "--count", "1", "--output", str(tmp_path)]) == 0
    truth = tmp_path / "dividing_0000_GT"
    capsys.readouterr()
    result = tmp_path / "x_RES"
    from napari_discembed import link

    link(read_ctc(truth).labels).save(result)
    assert main(["evaluate", "--tracking", str(truth), str(result), "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert list(scores) == ["SEG", "DET", "TRA", "LNK", "BC", "BIO"]
    assert scores["SEG"] == scores["DET"] == 1
    assert scores["LNK"] > 0.95
    assert main(["evaluate", "--tracking", str(truth), str(result)]) == 0
    assert "LNK " in capsys.readouterr().out
    assert main(["evaluate"]) == 1
    assert "--tracking GT_DIR RES_DIR" in capsys.readouterr().err
