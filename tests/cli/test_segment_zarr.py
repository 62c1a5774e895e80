"""``discembed segment`` of OME-Zarr: labels go into the store, counts into the folder."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io.labels import read_segmentation

Write = Callable[..., Path]


@pytest.fixture
def stored(play: Path, write_ome_zarr: Write, tmp_path: Path) -> Path:
    """Return a store of the squares of `play`, a frame of one channel."""
    pixels = tifffile.imread(play / "images" / "one.tif")
    return write_ome_zarr(tmp_path / "one.zarr", pixels[None], "CYX", levels=2, scale=(1, 2, 2))


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
