"""A folder, segmented and counted: skipped, resumed, failing and going on."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from napari_discembed import pipeline
from napari_discembed.batch.recipe import Reading, Recipe
from napari_discembed.batch.results import FILE, WARNING, FileResult
from napari_discembed.batch.runner import run_batch
from napari_discembed.batch.sources import find_sources
from napari_discembed.config import clustering_config
from napari_discembed.errors import InputError
from napari_discembed.io.images import read_image
from napari_discembed.progress import Job, Progress, run
from napari_discembed.types import Axes, Image, Provenance, Segmentation

from .conftest import squares, use_threshold


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "counts.csv").open() as lines:
        return list(csv.DictReader(lines))


def without_seconds(folder: Path) -> list[dict[str, str]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in table(folder)]


def segment(pictures: Path, recipe: Recipe, output: Path | None, **more: bool) -> list[FileResult]:
    return run(run_batch(find_sources([pictures]), recipe, output, **more)).files


@pytest.mark.usefixtures("segmented")
def test_labels_counts_and_sizes_are_written(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    files = segment(pictures, recipe, out)
    assert [file.source.key for file in files] == ["a", "below/b", "c"]
    assert (tifffile.imread(out / "below" / "b_labels.tif") > 0).sum() == 4 + 9
    rows = table(out)
    assert list(rows[0]) == [
        "image", "count", "frame", "mean_size", "total_size", "unit", "diameter", "model",
        "seconds", "sd_size",
    ]  # fmt: skip
    assert [row["image"] for row in rows] == ["a.tif", "below/b.tif", "c.tif"]
    assert [row["count"] for row in rows] == ["1", "2", "3"]
    second = rows[1]
    assert (second["mean_size"], second["total_size"]) == ("6.5", "13.0")  # of 4 and 9
    assert float(second["sd_size"]) == pytest.approx(12.5**0.5)
    assert (second["unit"], second["diameter"], second["model"]) == ("pixel^2", "10.0", "tiny")


def test_what_is_done_is_skipped_until_file_or_settings_change(
    pictures: Path, recipe: Recipe, tmp_path: Path, segmented: list[str]
) -> None:
    out = tmp_path / "out"
    segment(pictures, recipe, out)
    again = segment(pictures, recipe, out)
    assert segmented == ["a", "b", "c"]
    assert [(file.skipped, file.rows[0]["count"]) for file in again] == [
        (True, 1), (True, 2), (True, 3),
    ]  # fmt: skip
    tifffile.imwrite(pictures / "c.tif", squares(4))
    assert segment(pictures, recipe, out)[2].rows[0]["count"] == 4
    assert segmented == ["a", "b", "c", "c"]
    other = Recipe(recipe.model, clustering_config(bandwidth=3.0))
    segment(pictures, other, out)
    segment(pictures, other, out, overwrite=True)
    assert segmented[4:] == ["a", "b", "c"] * 2


def test_each_file_is_told_in_the_progress_when_it_ends(
    pictures: Path, recipe: Recipe, segmented: list[str]
) -> None:
    seen: list[Progress] = []
    run(run_batch(find_sources([pictures]), recipe), seen.append)
    ends = [progress for progress in seen if FILE in progress.data]
    assert [p.data[FILE].rows[0]["count"] for p in ends] == [1, 2, 3]
    assert [p.message for p in ends] == ["[1/3] a", "[2/3] below/b", "[3/3] c"]
    assert [p.fraction for p in seen] == pytest.approx([1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1])
    assert seen[0].message == "[1/3] a: looking"
    assert segmented == ["a", "b", "c"]


@pytest.mark.usefixtures("segmented")
def test_without_a_folder_nothing_is_written(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    files = segment(pictures, recipe, None)
    assert [file.rows[0]["count"] for file in files] == [1, 2, 3]
    assert "labels" not in files[0].rows[0]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("segmented")
def test_a_bad_file_in_the_middle_is_told_and_the_others_go_on(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    (pictures / "below" / "b.tif").write_bytes(b"no picture")
    out = tmp_path / "out"
    result = run(run_batch(find_sources([pictures]), recipe, out))
    assert [bool(file.error) for file in result.files] == [False, True, False]
    assert list(result.failed) == [str(pictures / "below" / "b.tif")]
    assert "not a TIFF image" in result.failed[str(pictures / "below" / "b.tif")]
    assert [row["image"] for row in table(out)] == ["a.tif", "c.tif"]
    assert not (out / "below").exists()


def test_interrupted_in_the_middle_and_run_again_gives_the_same(
    pictures: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names: list[str] = []

    def interrupt(image: object) -> None:
        name = image.name  # type: ignore[attr-defined]
        names.append(name)
        if names == ["a", "b"]:
            raise KeyboardInterrupt

    use_threshold(monkeypatch, interrupt)
    out, whole = tmp_path / "out", tmp_path / "whole"
    with pytest.raises(KeyboardInterrupt):
        segment(pictures, recipe, out)
    assert [row["image"] for row in table(out)] == ["a.tif"]
    segment(pictures, recipe, out)
    assert names == ["a", "b", "b", "c"]
    segment(pictures, recipe, whole)
    assert without_seconds(out) == without_seconds(whole)


@pytest.mark.usefixtures("segmented")
def test_killed_in_the_middle_and_run_again_gives_the_same(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    job = run_batch(find_sources([pictures]), recipe, whole)
    ends = (progress for progress in job if FILE in progress.data)
    next(ends), next(ends)
    shutil.copytree(whole, killed)  # what a killed process leaves
    assert not (killed / "segmentation.json").exists()
    list(ends)
    assert not any(file.error for file in segment(pictures, recipe, killed))
    assert without_seconds(killed) == without_seconds(whole)


def test_a_cancelled_job_keeps_what_is_done(
    pictures: Path, recipe: Recipe, tmp_path: Path, segmented: list[str]
) -> None:
    job = run_batch(find_sources([pictures]), recipe, tmp_path / "out")
    next(progress for progress in job if FILE in progress.data)
    job.close()
    assert segmented == ["a"]
    assert [row["image"] for row in table(tmp_path / "out")] == ["a.tif"]


def test_two_runs_into_one_folder_keep_each_others_rows(
    pictures: Path, recipe: Recipe, tmp_path: Path, segmented: list[str]
) -> None:
    out = tmp_path / "out"
    first = run_batch(find_sources([pictures / "a.tif"]), recipe, out)
    next(first)
    run(run_batch(find_sources([pictures / "c.tif"]), recipe, out))
    run(first)
    assert segmented == ["a", "c"]
    assert [row["image"] for row in table(out)] == ["a.tif", "c.tif"]


def test_two_images_of_one_label_file_are_told(
    pictures: Path, recipe: Recipe, tmp_path: Path, segmented: list[str]
) -> None:
    np.save(pictures / "a.npy", squares(2))
    files = segment(pictures, recipe, tmp_path / "out")
    assert ["would both be written" in file.error for file in files] == [False, True, False, False]
    assert segmented == ["a", "b", "c"]


@pytest.mark.usefixtures("segmented")
def test_labels_of_others_are_replaced_only_when_told(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    tifffile.imwrite(out / "a_labels.tif", np.full((16, 16), 77, np.uint8))
    files = segment(pictures, recipe, out)
    assert ["painted or changed" in file.error for file in files] == [True, False, False]
    assert (tifffile.imread(out / "a_labels.tif") == 77).all()
    segment(pictures, recipe, out, overwrite=True)
    assert (tifffile.imread(out / "a_labels.tif") != 77).any()


@pytest.mark.usefixtures("segmented")
def test_a_time_lapse_has_a_row_a_frame_and_a_file_that_says_so(
    recipe: Recipe, tmp_path: Path
) -> None:
    path = tmp_path / "film.tif"
    tifffile.imwrite(
        path, np.stack([squares(1), squares(3)]), imagej=True, metadata={"axes": "TYX"}
    )
    out = tmp_path / "out"
    run(run_batch(find_sources([path]), recipe, out))
    assert [(r["image"], r["frame"], r["count"]) for r in table(out)] == [
        ("film.tif", "0", "1"), ("film.tif", "1", "3"),
    ]  # fmt: skip
    assert read_image(out / "film_labels.tif").axes == "TYX"


@pytest.mark.usefixtures("segmented")
def test_files_are_read_as_one_of_them_was(recipe: Recipe, tmp_path: Path) -> None:
    np.save(tmp_path / "film.npy", np.stack([squares(0), squares(2)] * 3))
    reading = Recipe(recipe.model, reading=Reading(like=Axes("TYX")))
    (file,) = segment(tmp_path, reading, None)
    assert [row["count"] for row in file.rows] == [0, 2] * 3


@pytest.mark.usefixtures("segmented")
def test_a_record_that_cannot_be_read_is_told_and_done_again(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    segment(pictures, recipe, out)
    (out / "segmentation.json").write_text('{"a": ')
    seen: list[Progress] = []
    result = run(run_batch(find_sources([pictures]), recipe, out), seen.append)
    assert "cannot be read" in seen[0].data[WARNING]
    assert not any(file.skipped or file.error for file in result.files)
    assert set(json.loads((out / "segmentation.json").read_text())) == {"a", "below/b", "c"}


def test_a_missing_model_is_told_before_anything_is_written(pictures: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no-such"):
        segment(pictures, Recipe("no-such"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("segmented")
def test_an_unknown_channel_is_the_files_own_error(recipe: Recipe, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.stack([squares(1)] * 2 + [squares(2)] * 3))
    wrong = Recipe(recipe.model, reading=Reading(axes="CYX", channel=5))
    (file,) = segment(tmp_path, wrong, None)
    assert "channel from 0 to 4, got 5" in file.error
    right = Recipe(recipe.model, reading=Reading(axes="CYX", channel=4))
    (file,) = segment(tmp_path, right, None)
    assert file.rows[0]["count"] == 2


def test_classes_are_written_beside_the_labels(
    pictures: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def segment_classes(image: Image, *_args: Any, **_more: Any) -> Job[Segmentation]:
        yield Progress(0.5)
        labels = np.where(np.asarray(image.data) > 0, 2, 1).astype(np.uint16)
        about = Provenance(config={"diameter": 10})
        return Segmentation(labels, classes=np.array([4, 3]), name=image.name, provenance=about)

    monkeypatch.setattr(pipeline, "segment", segment_classes)
    out = tmp_path / "out"
    run(run_batch(find_sources([pictures / "a.tif"]), recipe, out))
    classes = tifffile.imread(out / "a_classes.tif")
    assert (classes == np.where(squares(1) > 0, 3, 4)).all()
    assert {path.name for path in out.iterdir()} == {
        "a_labels.tif", "a_classes.tif", "counts.csv", "segmentation.json",
    }  # fmt: skip


@pytest.mark.usefixtures("segmented")
def test_the_record_is_saved_meanwhile(
    pictures: Path, recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_discembed.batch.record.SECONDS_BETWEEN_SAVES", -1.0)
    job = run_batch(find_sources([pictures]), recipe, tmp_path / "out")
    next(progress for progress in job if FILE in progress.data)
    assert [row["image"] for row in table(tmp_path / "out")] == ["a.tif"]
    job.close()


@pytest.mark.usefixtures("segmented")
def test_a_table_of_another_program_is_replaced_only_when_asked(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "counts.csv").write_text("plant;leaves\n1;5\n")
    with pytest.raises(InputError, match="was not written by this program"):
        segment(pictures, recipe, out)
    assert [path.name for path in out.iterdir()] == ["counts.csv"]
    segment(pictures, recipe, out, overwrite=True)
    assert len(table(out)) == 3


@pytest.mark.usefixtures("segmented")
def test_what_killed_runs_left_half_written_is_swept(
    pictures: Path, recipe: Recipe, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "below").mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from napari_discembed.files import partial_path;"
        "[partial_path(Path(p)).touch() for p in sys.argv[1:]]"
    )
    parts = [str(out / "a_labels.tif"), str(out / "below" / "b_labels.tif")]
    subprocess.run([sys.executable, "-c", code, *parts], check=True)
    assert len(list(out.rglob(".*"))) == 2
    segment(pictures, recipe, out)
    assert list(out.rglob(".*")) == []
