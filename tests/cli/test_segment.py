"""``discembed segment``: its files, its words, its exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from napari_discembed.batch import runner
from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.cli import main
from napari_discembed.clustering import SURE_QUALITY
from napari_discembed.config import LearnedConfig, TilingConfig, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.io.labels import read_segmentation
from napari_discembed.mining import Judge
from napari_discembed.models import load_model, save_model


def read_counts(folder: Path) -> list[dict[str, str]]:
    with (folder / "counts.csv").open() as lines:
        return list(csv.DictReader(lines))


def test_segment_keeps_the_folders_and_writes_the_counts(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["segment", str(play / "images"), "--model", str(model_file), "--output", str(out)]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [row["image"] for row in answer["images"]] == ["day/two.tif", "one.tif"]
    for name in ("one", "day/two"):
        labels = tifffile.imread(out / f"{name}_labels.tif")
        assert labels.shape == (64, 64)
        assert labels.dtype == np.uint16
    rows = read_counts(out)
    assert list(rows[0])[:2] == ["image", "count"]
    assert [int(row["count"]) for row in rows] == [row["count"] for row in answer["images"]]


def test_segment_skips_what_is_done_and_redoes_it_with_other_settings(
    play: Path, model_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["segment", str(play / "images"), "--model", str(model_file), "--output", str(out)]
    labels = out / "one_labels.tif"

    def written_at() -> int:
        assert main(words) == 0
        return labels.stat().st_mtime_ns

    first = written_at()
    assert written_at() == first
    words += ["--bandwidth", "9"]
    assert written_at() > first
    assert len(read_counts(out)) == 2


def test_one_bad_image_is_reported_and_the_rest_go_on(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (play / "images" / "bad.tif").write_bytes(b"II*\0 not really")
    out = tmp_path / "out"
    words = ["segment", str(play / "images"), "--model", str(model_file), "--output", str(out)]
    assert main([*words, "--json"]) == 1
    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert len(answer["images"]) == 2
    assert [Path(p).name for p in answer["failed"]] == ["bad.tif"]
    assert "bad.tif" in shown.err
    assert not list(out.glob("bad*"))


def test_two_images_that_would_write_one_file_are_told(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (play / "images" / "one.png").write_bytes(b"")
    words = ["segment", str(play / "images"), "--model", str(model_file)]
    assert main([*words, "--output", str(tmp_path / "out")]) == 1
    assert "would both be written" in capsys.readouterr().err


def test_labels_that_someone_painted_or_corrected_are_not_replaced(
    play: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = play / "images"
    painted = images / "one_labels.tif"
    tifffile.imwrite(painted, np.full((64, 64), 77, np.uint8))
    words = ["segment", str(images), "--output", str(images), "--model", str(model_file)]
    assert main(words) == 1
    assert "painted or changed" in capsys.readouterr().err
    assert (tifffile.imread(painted) == 77).all()
    assert main([*words, "--min-size", "9", "--overwrite"]) == 0
    assert (tifffile.imread(painted) != 77).any()
    (images / "segmentation.json").unlink()  # as after a run that was killed
    assert main(words) == 0
    corrected = images / "day" / "two_labels.tif"
    tifffile.imwrite(corrected, np.full((64, 64), 5, np.uint8))
    assert main([*words, "--min-size", "5"]) == 1
    assert (tifffile.imread(corrected) == 5).all()


@pytest.mark.parametrize("option", [("--min-size", "-3"), ("--bandwidth", "0"), ("--tile", "1")])
def test_a_value_out_of_bounds_is_told_in_a_line(
    play: Path, model_file: Path, tmp_path: Path, option: tuple[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    words = ["segment", str(play / "images"), "-m", str(model_file), "-o", str(tmp_path / "out")]
    assert main([*words, *option]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_axes_in_another_order_and_dots_in_names_come_out_right(
    tmp_path: Path, model_file: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("cell_1.5um.npy", "cell_1.7um.npy"):
        np.save(folder / name, np.eye(30, 40) * 200)
    words = ["segment", str(folder), "--axes", "XY", "-m", str(model_file)]
    assert main([*words, "-o", str(tmp_path / "out")]) == 0
    assert tifffile.imread(tmp_path / "out" / "cell_1.5um_labels.tif").shape == (40, 30)
    names = [row["image"] for row in read_counts(tmp_path / "out")]
    assert names == ["cell_1.5um.npy", "cell_1.7um.npy"]


def test_each_position_of_an_ome_set_is_segmented_once_with_its_pixel_size(
    tmp_path: Path, model_file: Path, write_ome_set: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    folder = tmp_path / "in"
    folder.mkdir()
    write_ome_set(folder, ["p0.ome.tif", "p1.ome.tif"], positions=True)
    words = ["segment", str(folder), "-m", str(model_file), "-o"]
    assert main([*words, str(tmp_path / "all")]) == 0
    assert [row["image"] for row in read_counts(tmp_path / "all")] == ["p0.ome.tif", "p1.ome.tif"]
    assert [
        read_segmentation(tmp_path / "all" / f"p{i}.ome_labels.tif").pixel_size for i in (0, 1)
    ] == [(0.25, 0.25), (0.5, 0.5)]
    capsys.readouterr()
    assert main([*words, str(tmp_path / "one"), "--series", "1"]) == 0
    assert len(read_counts(tmp_path / "one")) == 1
    assert "with 1 other file it is one data set" in capsys.readouterr().err
    (out,) = (tmp_path / "one").glob("*_labels.tif")
    assert read_segmentation(out).pixel_size == (0.5, 0.5)


def test_an_option_that_the_method_does_not_read_is_refused_in_a_line(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", str(play / "images"), "-m", str(model_file), "-o", str(tmp_path / "out")]
    assert main([*words, "--method", "greedy", "--merge-margin", "2"]) == 1
    error = capsys.readouterr().err
    assert "'greedy' reads no merge_margin" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert main([*words, "--method", "mean_shift", "--merge-margin", "2"]) == 0


def test_what_was_asked_for_is_grouped_by(
    play: Path, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Recipe] = []

    def run_batch(_sources: object, recipe: Recipe, *_args: object, **_more: object) -> None:
        asked.append(recipe)
        raise InputError("enough")

    monkeypatch.setattr(runner, "run_batch", run_batch)
    words = ["segment", str(play), "-m", str(model_file), "-o", str(tmp_path), "-d", "9"]
    assert main([*words, "--foreground", "0.25", "--tile", "64", "--axes", "YX"]) == 1
    assert main([*words, "--method", "greedy", "--bandwidth", "3", "--min-size", "0"]) == 1
    first, second = asked
    assert first.config == clustering_config(foreground_threshold=0.25)
    assert first.tiling == TilingConfig(size=64)
    assert (first.diameter, first.reading) == (9.0, Reading("YX"))
    assert second.config == clustering_config("greedy", bandwidth=3.0, min_size=0)


def test_what_comes_of_each_file_is_said(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (play / "images" / "bad.tif").write_bytes(b"no picture")
    words = ["segment", str(play / "images"), "-m", str(model_file), "-o", str(tmp_path / "out")]
    words += ["-d", "24"]  # random weights cannot tell it, which would be said
    assert main(words) == 1
    shown = capsys.readouterr()
    first, second, third = shown.err.splitlines()
    assert first.startswith(f"error: {play / 'images' / 'bad.tif'}: ")
    assert second.startswith("[2/3] day/two: ")
    assert second.endswith(("object", "objects"))
    assert third.startswith("[3/3] one: ")
    assert "in 2 images. Labels and counts.csv: " in shown.out
    assert shown.out.endswith("\n1 image failed.\n")
    assert main(words) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1  # what is done is not said again


def test_a_record_that_cannot_be_read_is_said(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "segmentation.json").write_text("no record")
    words = ["segment", str(play / "images"), "-m", str(model_file), "-o", str(tmp_path)]
    assert main(words) == 0
    assert "cannot be read; its images are done again" in capsys.readouterr().err


def test_a_level_of_a_pyramid_is_read_and_another_one_is_another_result(
    model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pixels = np.zeros((64, 64), np.uint8)
    pixels[8:40, 8:40] = 200
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(pixels, subifds=1, metadata=None)
        file.write(pixels[::2, ::2], subfiletype=1)
    out = tmp_path / "out"
    words = ["segment", str(tmp_path / "a.tif"), "-m", str(model_file), "-o", str(out), "-d", "16"]
    for level, side in (("0", 64), ("1", 32), ("0", 64)):
        assert main([*words, "--level", level]) == 0
        assert tifffile.imread(out / "a_labels.tif").shape == (side, side)
    assert main([*words, "--level", "2"]) == 1
    assert "expected a level from 0 to 1, got 2" in capsys.readouterr().err
    assert main(["info", str(tmp_path / "a.tif"), "--level", "1"]) == 0
    told = capsys.readouterr().out
    assert "levels 0 [64, 64], 1 [32, 32]" in told
    assert "level 1 read" in told


def test_objects_that_a_judging_model_is_not_sure_of_are_told(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = load_model(str(model_file))
    torch.manual_seed(0)
    card = loaded.card.changed(learned=LearnedConfig(quality_threshold=0))
    save_model(model_file, replace(loaded, card=card, judge=Judge().eval()))
    out = tmp_path / "out"
    words = ["segment", str(play / "images"), "--model", str(model_file), "--output", str(out)]
    assert main([*words, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["images"]
    assert all(0 <= row["unsure"] <= row["count"] for row in rows)
    total, unsure = (sum(row[name] for row in rows) for name in ("count", "unsure"))
    assert main(words) == 0
    assert f"{total} objects in 2 images, {unsure} not sure." in capsys.readouterr().out
    assert [int(row["unsure"]) for row in read_counts(out)] == [row["unsure"] for row in rows]
    table = tmp_path / "objects.csv"
    assert main(["count", str(out), "--objects", str(table)]) == 0
    with table.open() as lines:
        qualities = [float(row["quality"]) for row in csv.DictReader(lines)]
    assert len(qualities) == total
    assert sum(quality < SURE_QUALITY for quality in qualities) == unsure
