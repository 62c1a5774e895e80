"""``discembed count``."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io.labels import write_labels, write_segmentation
from napari_discembed.types import Kind, Segmentation


def test_count_measures_label_images(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objects, summary = tmp_path / "objects.csv", tmp_path / "summary.csv"
    words = ["count", str(play / "labels"), "--output", str(summary), "--objects", str(objects)]
    assert main(words) == 0
    assert "one.tif: 4" in capsys.readouterr().out
    with objects.open() as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 8
    assert {float(row["area"]) for row in rows} == {256.0}


def test_a_time_lapse_is_counted_and_evaluated_frame_by_frame(
    tmp_path: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = np.zeros((40, 40), np.uint8)
    one[4:14, 4:14], one[20:34, 20:34] = 1, 2
    other = np.where(one > 0, 3 - one, 0)  # the same objects, numbered the other way round
    for name, frames in (("truth", [one, one]), ("found", [one, other])):
        write_labels(tmp_path / name / "lapse_labels.tif", np.stack(frames), axes="TYX")
    words = ["evaluate", "--predictions", str(tmp_path / "found")]
    assert main([*words, "--labels", str(tmp_path / "truth"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["f1"] == 1
    assert main(["count", str(tmp_path / "found"), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["images"]
    assert [(row["image"], row["count"]) for row in rows] == [
        ("lapse_labels.tif[0]", 2), ("lapse_labels.tif[1]", 2),
    ]  # fmt: skip


def test_sizes_vary_as_those_of_a_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.array([[1, 1, 0, 2], [1, 1, 0, 2]], np.uint8)  # 4 and 2 pixels
    write_labels(tmp_path / "a_labels.tif", labels, pixel_size=(0.5,), unit="micrometer")
    summary = tmp_path / "summary.csv"
    assert main(["count", str(tmp_path), "--json", "--output", str(summary)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["images"]
    assert row == {
        "image": "a_labels.tif", "count": 2, "mean_area": 0.75, "total_area": 1.5,
        "std_area": pytest.approx(0.125**0.5), "unit": "micrometer",
    }  # fmt: skip
    head = summary.read_text().splitlines()[0]
    assert head == "image,count,mean_area,std_area,total_area,unit"


@pytest.mark.parametrize("options", [{}, {"imagej": True}])
def test_one_object_through_three_planes_is_one(
    options: dict[str, bool], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.zeros((3, 8, 9), np.uint8)
    labels[:, 2:5, 3:6] = 1
    tifffile.imwrite(tmp_path / "a.tif", labels, photometric="minisblack", **options)
    write_labels(tmp_path / "b.tif", labels)
    objects = tmp_path / "objects.csv"
    assert main(["count", str(tmp_path), "--json", "--objects", str(objects)]) == 0
    rows = json.loads(capsys.readouterr().out)["images"]
    assert [(row["count"], row["total_volume"]) for row in rows] == [(1, 27.0)] * 2
    assert len(objects.read_text().splitlines()) == 3


def test_objects_of_frames_and_of_volumes_are_rows_of_one_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.ones((2, 4, 5), np.uint8)
    write_labels(tmp_path / "film.tif", labels, axes="TYX")
    write_labels(tmp_path / "stack.tif", labels, axes="ZYX")
    (tmp_path / "bad.tif").write_bytes(b"no picture")
    objects = tmp_path / "objects.csv"
    assert main(["count", str(tmp_path), "--objects", str(objects)]) == 1
    assert "bad.tif: not a TIFF image" in capsys.readouterr().err
    with objects.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(r["image"], r["frame"], r["area"], r["volume"]) for r in rows] == [
        ("film.tif[0]", "0", "20.0", ""),
        ("film.tif[1]", "1", "20.0", ""),
        ("stack.tif", "", "", "40.0"),
    ]


def test_a_mask_is_counted_with_a_word_and_a_picture_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = np.zeros((16, 16), np.uint8)
    mask[2:5, 2:5] = mask[8:12, 8:12] = 255
    grey = np.random.default_rng(0).integers(1, 255, (32, 32)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "mask.tif", mask)
    tifffile.imwrite(tmp_path / "grey.tif", grey)
    assert main(["count", str(tmp_path / "mask.tif"), str(tmp_path / "grey.tif")]) == 1
    told = capsys.readouterr()
    assert told.out == "mask.tif: 1\n"
    assert "mask.tif: one object, numbered 255, in 2 pieces" in told.err
    (error,) = [line for line in told.err.splitlines() if line.startswith("error")]
    assert error.startswith(f"error: {tmp_path / 'grey.tif'}: expected labels")


def test_one_file_of_any_damage_does_not_stop_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(tmp_path / "a.tif", np.eye(8, dtype=np.uint8))
    np.savez(tmp_path / "b.npz", np.eye(8))
    (tmp_path / "b.npz").rename(tmp_path / "b.npy")
    whole = (tmp_path / "a.tif").read_bytes()
    for i in range(0, len(whole), 7):
        (tmp_path / f"c{i}.tif").write_bytes(whole[:i] + b"\xff\x00\x7f" + whole[i + 3 :])
    assert main(["count", str(tmp_path)]) == 1
    told = capsys.readouterr()
    assert "a.tif: 1" in told.out
    assert "Traceback" not in told.err
    assert "b.npy: expected an image, got an archive" in told.err


def test_plants_of_a_tray_are_counted_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = np.zeros((20, 40), np.uint8)
    labels[4:10, 2:6], labels[4:10, 7:11], labels[4:10, 30:36] = 1, 2, 3
    write_labels(tmp_path / "a_labels.tif", labels)
    objects, groups = tmp_path / "objects.csv", tmp_path / "groups.csv"
    words = ["count", str(tmp_path), "--groups", "touching", "--gap", "2"]
    assert main([*words, "--objects", str(objects), "--groups-table", str(groups)]) == 0
    assert capsys.readouterr().out == "a_labels.tif: 3\n  1: 2\n  2: 1\n"
    with objects.open() as lines:
        assert [row["group"] for row in csv.DictReader(lines)] == ["1", "1", "2"]
    with groups.open() as lines:
        assert [row["total_area"] for row in csv.DictReader(lines)] == ["48.0", "36.0"]
    assert main(["count", str(tmp_path), "--groups", "2x2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["groups"]
    assert [(r["name"], r["count"]) for r in rows] == [("A1", 2), ("A2", 1), ("B1", 0), ("B2", 0)]
    assert rows[2]["centroid_y"] is None


def test_a_report_is_one_page_of_all_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels, images = tmp_path / "labels", tmp_path / "images"
    labels.mkdir()
    images.mkdir()
    objects = np.zeros((20, 30), np.uint8)
    objects[2:6, 2:10] = 1
    for name in ("a", "b"):
        write_labels(labels / f"{name}_labels.tif", objects)
        tifffile.imwrite(images / f"{name}.tif", objects * 99)
    (labels / "c_labels.tif").write_bytes(b"no picture")
    page = tmp_path / "tray.html"
    words = ["count", str(labels), "--report", str(page)]
    assert main([*words, "--images", str(images)]) == 1
    text = page.read_text(encoding="utf-8")
    assert "<h1>tray</h1>" in text
    assert "2 objects in 2 images" in text
    assert text.count("data:image/jpeg") == 2
    assert "Not counted: " in text
    assert "mean intensity" in text
    (images / "a.tif").unlink()
    tifffile.imwrite(images / "b.tif", objects[:5])
    assert main([*words, "--images", str(images)]) == 1
    text = page.read_text(encoding="utf-8")
    assert "2 objects in 2 images" in text
    assert "No image is called a." in text
    assert "expected pixels of the labels&#x27; shape (20, 30)" in text
    assert main(words) == 1
    assert "mean intensity" not in page.read_text(encoding="utf-8")
    capsys.readouterr()
    for wrong in (["--images", str(images)], ["--report", str(tmp_path / "a.pdf")]):
        assert main(["count", str(labels), *wrong]) != 0
        assert capsys.readouterr().err.startswith("error: ")


@pytest.mark.parametrize(
    "words",
    [["--groups", "0x0"], ["--groups", "four"], ["--groups", "4x5", "--gap", "-2"], ["--gap", "3"]],
)
def test_bad_groups_are_one_sentence(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labels(tmp_path / "a_labels.tif", np.eye(8, dtype=np.uint8))
    assert main(["count", str(tmp_path), *words]) != 0
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ")
    assert len(told.err.splitlines()) == 1


def test_kinds_are_counted_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.array([[1, 1, 0, 2, 0, 3]], np.uint16)
    kinds = (Kind("leaf"), Kind("cotyledon"), Kind("seed"))
    found = Segmentation(labels, classes=np.array([1, 2, 1]), kinds=kinds)
    write_segmentation(tmp_path / "a_labels.tif", found)
    write_labels(tmp_path / "b_labels.tif", labels)
    table, objects = tmp_path / "out" / "counts.csv", tmp_path / "out" / "objects.csv"
    page = tmp_path / "out" / "page.html"
    words = ["count", str(tmp_path), "-o", str(table), "--objects", str(objects)]
    assert main([*words, "--report", str(page)]) == 0
    said = capsys.readouterr().out
    assert "a_labels.tif: 3 (2 leaf, 1 cotyledon, 0 seed)" in said
    assert "b_labels.tif: 3\n" in said
    with table.open() as lines:
        rows = list(csv.DictReader(lines))
    assert [row["count_leaf"] for row in rows] == ["2", ""]
    assert [row["count_seed"] for row in rows] == ["0", ""]
    with objects.open() as lines:
        assert [row["kind"] for row in csv.DictReader(lines)][:3] == ["leaf", "cotyledon", "leaf"]
    html = page.read_text()
    assert "<th>leaf</th>" in html
    assert "<td>cotyledon</td>" in html
