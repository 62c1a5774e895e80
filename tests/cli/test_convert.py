"""``discembed convert``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io.instances import read_all_instances, write_instances
from napari_discembed.types import Instances


def test_a_folder_goes_to_fiji_and_back(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rois, back = str(tmp_path / "rois"), tmp_path / "back"
    assert main(["convert", str(play / "labels"), "--to", "roi", "-o", rois]) == 0
    assert capsys.readouterr().out == f"8 objects of 2 images as roi: {rois}\n"
    assert main(["convert", rois, "--to", "labels", "-o", str(back), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["images"]
    assert [(row["image"], row["count"]) for row in rows] == [("day/two", 4), ("one", 4)]
    for name in ("one", "day/two"):
        before = tifffile.imread(play / "labels" / f"{name}.tif")
        assert (tifffile.imread(back / f"{name}_labels.tif") == before).all()


def test_the_format_is_told_by_the_name_of_the_output(play: Path, tmp_path: Path) -> None:
    words = ["convert", str(play / "labels"), "--images", str(play / "images"), "--polygons"]
    assert main([*words, "-o", str(tmp_path / "all.json")]) == 0
    assert [len(each) for each in read_all_instances(tmp_path / "all.json")] == [4, 4]
    document = json.loads((tmp_path / "all.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["day/two.tif", "one.tif"]
    assert len(document["annotations"][0]["segmentation"][0]) == 8


def test_overlaps_are_told_with_what_was_made_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = np.ones((2, 3, 3), bool)
    write_instances(tmp_path / "a.zip", Instances.of_masks(masks))
    assert main(["convert", str(tmp_path / "a.zip"), "-o", str(tmp_path / "a.tif")]) == 0
    assert "note: a: 1 pair of objects overlap, one of each keeps the pixels (--overlaps); " in (
        capsys.readouterr().err
    )


def test_a_bad_file_is_told_and_the_others_go_on(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\x03\x04")
    words = ["convert", str(bad), str(play / "labels"), "--to", "csv", "-o", str(tmp_path / "out")]
    assert main(words) == 1
    told = capsys.readouterr()
    assert "error: " in told.err
    assert "expected an archive of .roi files" in told.err
    assert "1 file failed." in told.out
    assert len((tmp_path / "out" / "objects.csv").read_text().splitlines()) == 9
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["objects.csv"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "out"], "Expected --to labels, roi, geojson"),
        (["-o", "out", "--to", "roi", "--overlaps", "first"], "--overlaps is for --to labels"),
        (["-o", "a.zip", "--polygons"], "--polygons is for --to coco"),
        (["-o", "a.csv", "--annotations"], "--annotations is for --to geojson"),
    ],
)
def test_options_of_another_format_are_told(
    play: Path,
    words: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(play)
    assert main(["convert", str(play / "labels"), *words]) == 1
    assert message in capsys.readouterr().err
    assert {path.name for path in play.iterdir()} == {"images", "labels"}
