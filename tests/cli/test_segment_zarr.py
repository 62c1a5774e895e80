"""``discembed segment`` of OME-Zarr: labels go into the store, counts into the folder."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io.labels import read_segmentation
from napari_discembed.metrics import measure

Write = Callable[..., Path]


@pytest.fixture
def stored(play: Path, write_ome_zarr: Write, tmp_path: Path) -> Path:
    """Return a store of the squares of `play`, a frame of one channel."""
    pixels = tifffile.imread(play / "images" / "one.tif")
    return write_ome_zarr(tmp_path / "one.zarr", pixels[None], "CYX", levels=2, scale=(1, 2, 2))


def rows_of(table: Path) -> list[dict[str, str]]:
    with (table / "table.csv").open() as lines:
        return list(csv.DictReader(lines))


def test_labels_go_into_the_store_and_counts_into_the_folder(
    play: Path, stored: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, plain = tmp_path / "out", tmp_path / "plain"
    usual = ["--model", str(model_file), "--diameter", "16"]
    assert main(["segment", str(stored), "--output", str(out), *usual]) == 0
    one = str(play / "images" / "one.tif")
    assert main(["segment", one, "--output", str(plain), *usual]) == 0
    found = read_segmentation(stored / "labels" / "discembed")
    np.testing.assert_array_equal(found.labels, tifffile.imread(plain / "one_labels.tif"))
    assert found.unit == "micrometer"
    rows = rows_of(stored / "tables" / "discembed")
    assert [int(row["label"]) for row in rows] == list(range(1, found.count + 1))
    assert float(rows[0]["area"]) == 4 * float(rows[0]["pixels"])
    assert "intensity_mean_0" in rows[0]
    with (out / "counts.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(row["image"], int(row["count"])) for row in rows] == [("one.zarr", found.count)]
    assert sorted(p.name for p in out.iterdir()) == ["counts.csv", "segmentation.json"]
    assert main(["count", str(stored / "labels" / "discembed"), "--json"]) == 0
    assert f'"count": {found.count}' in capsys.readouterr().out


def test_what_is_done_is_skipped_and_labels_are_replaced_only_when_told(
    stored: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", str(stored), "--model", str(model_file), "--output", str(tmp_path / "out")]
    group = stored / "labels" / "discembed" / "zarr.json"
    assert main([*words, "--diameter", "16"]) == 0
    first = group.stat().st_mtime_ns
    assert main([*words, "--diameter", "16"]) == 0
    assert main([*words, "--diameter", "20"]) == 1
    assert "discembed is there. Choose another --label-name" in capsys.readouterr().err
    assert group.stat().st_mtime_ns == first
    assert main([*words, "--diameter", "20", "--label-name", "again"]) == 0
    assert (stored / "labels" / "again").is_dir()
    assert group.stat().st_mtime_ns == first
    assert main([*words, "--diameter", "20", "--overwrite"]) == 0
    assert group.stat().st_mtime_ns > first


def test_an_image_that_was_changed_is_done_again_when_told(
    stored: Path, model_file: Path, tmp_path: Path
) -> None:
    import zarr

    words = ["segment", str(stored), "--model", str(model_file), "--output", str(tmp_path / "out"),
             "--diameter", "16"]  # fmt: skip
    assert main(words) == 0
    zarr.open_group(str(stored), mode="r+")["0"][0, :8] = 7
    assert main(words) == 1
    assert main([*words, "--overwrite"]) == 0


@pytest.fixture
def large(write_ome_zarr: Write, tmp_path: Path) -> Path:
    """Return a store of 4 blocks of squares, a square every 24 pixels."""
    y, x = np.mgrid[:256, :256] % 24
    pixels = ((y < 14) & (x < 14)).astype(np.uint8) * 180
    pixels += np.random.default_rng(0).integers(0, 30, pixels.shape, dtype=np.uint8)
    return write_ome_zarr(tmp_path / "large.zarr", pixels, chunks=128, levels=2)


def words_of(store: Path, model_file: Path, out: Path, name: str) -> list[str]:
    return ["segment", str(store), "--model", str(model_file), "--output", str(out), "--diameter",
            "16", "--block-size", "128", "--label-name", name]  # fmt: skip


def test_a_run_that_was_killed_goes_on_and_gives_the_same_labels(
    large: Path, model_file: Path, tmp_path: Path
) -> None:
    """Block by block; the process is killed when two of four blocks are there."""
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    command = [sys.executable, "-m", "napari_discembed", *words_of(large, model_file, killed, "a")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    second = killed / ".large_blocks" / "000001.npz"
    until = time.monotonic() + 120
    while not second.is_file() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert second.is_file()
    assert not (large / "labels").exists()
    first = second.with_name("000000.npz").stat().st_mtime_ns
    assert main(words_of(large, model_file, whole, "b")) == 0
    assert second.with_name("000000.npz").stat().st_mtime_ns == first
    assert main(words_of(large, model_file, killed, "a")) == 0
    a, b = (read_segmentation(large / "labels" / name) for name in "ab")
    np.testing.assert_array_equal(a.labels, b.labels)
    # The tables too, and they are of the labels.
    rows = [rows_of(large / "tables" / name) for name in "ab"]
    assert rows[0] == rows[1]
    wanted = measure(a.labels, pixel_size=a.pixel_size)
    for name in ("label", "pixels", "centroid_y", "bbox_x_max"):
        np.testing.assert_allclose([float(row[name]) for row in rows[0]], wanted[name])

    assert sorted(p.name for p in killed.iterdir()) == ["counts.csv", "segmentation.json"]
    for folder in (killed, whole):
        assert f"large.zarr,{a.count}," in (folder / "counts.csv").read_text()


def test_labels_that_were_written_before_the_run_was_killed_are_no_others(
    stored: Path, model_file: Path, tmp_path: Path
) -> None:
    out, words = tmp_path / "out", words_of(stored, model_file, tmp_path / "out", "a")
    assert main(words) == 0
    (out / "segmentation.json").unlink()  # as if killed before it was noted
    (out / "counts.csv").unlink()
    assert main(words) == 0
    assert (out / "counts.csv").is_file()
