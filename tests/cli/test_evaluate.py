"""``discembed evaluate``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.cli import main
from napari_discembed.io.labels import write_labels


def test_evaluate_scores_the_truth_against_itself_as_perfect(
    play: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = str(play / "labels")
    assert main(["evaluate", "--predictions", labels, "--labels", labels, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ap50"] == 1
    assert answer["images"] == 2


def test_evaluate_takes_label_images_by_any_of_their_usual_endings(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, ending in (("one", "-mask"), ("day/two", "_instances")):
        path = tmp_path / f"{name}{ending}.tif"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((play / "labels" / f"{name}.tif").read_bytes())
    words = ["evaluate", "--predictions", str(tmp_path), "--labels", str(play / "labels")]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["images"] == 2


def test_evaluate_says_what_went_wrong(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one.tif", "day/two.tif"):
        found = tifffile.imread(play / "labels" / name)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / name, np.where(found == 2, 1, found))
    words = ["evaluate", "--predictions", str(tmp_path), "--labels", str(play / "labels")]
    assert main([*words, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["mistakes"]["right"], answer["mistakes"]["merged"]) == (4, 4)
    assert answer["per_image"]["one"]["mistakes"]["merged"] == 2
    assert main(words) == 0
    assert "merged                  4\n" in capsys.readouterr().out


def test_evaluate_refuses_to_leave_out_a_missing_prediction(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "some").mkdir()
    tifffile.imwrite(tmp_path / "some" / "one_labels.tif", np.zeros((64, 64), np.uint16))
    words = ["evaluate", "--predictions", str(tmp_path / "some"), "--labels", str(play / "labels")]
    assert main(words) == 1
    assert "day/two" in capsys.readouterr().err


def test_two_label_images_of_one_name_are_refused(
    play: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = play / "labels"
    write_labels(labels / "one_labels.tif", np.zeros((64, 64), np.uint8))
    assert main(["evaluate", "--predictions", str(labels), "--labels", str(labels)]) == 1
    assert "both label images of one" in capsys.readouterr().err


def test_unequal_shapes_and_hidden_files_are_told_and_left_out(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (play / "labels" / "._one.tif").write_bytes(b"no image")
    labels = str(play / "labels")
    assert main(["count", labels]) == 0
    for name in ("one.tif", "day/two.tif"):
        write_labels(tmp_path / "found" / name, np.zeros((5, 64), np.uint8))
    assert main(["evaluate", "--predictions", str(tmp_path / "found"), "--labels", labels]) == 1
    assert "day/two: expected" in capsys.readouterr().err


def test_the_truth_says_what_is_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.zeros((2, 8, 9), np.uint8)
    labels[:, 2:5, 3:6] = 1
    write_labels(tmp_path / "truth" / "a.tif", labels, axes="TYX")
    (tmp_path / "found").mkdir()
    np.save(tmp_path / "found" / "a.npy", labels)  # which says nothing
    words = ["evaluate", "--predictions", str(tmp_path / "found")]
    assert main([*words, "--labels", str(tmp_path / "truth"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told["per_image"]) == ["a[0]", "a[1]"]
    assert told["f1"] == 1
