"""The commands, run as a user runs them: their files, their words, their exit codes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from napari_discembed import teaching
from napari_discembed.cli import main
from napari_discembed.config import NetworkConfig, TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.io.labels import write_labels
from napari_discembed.models import EmbeddingNet, Model, ModelCard, load_model, save_model

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "tiny.safetensors"
    save_model(path, Model(EmbeddingNet(TINY), ModelCard(name="tiny", config=TINY)))
    return path


@pytest.fixture
def play(tmp_path: Path) -> Path:
    """Two images of bright squares on black, in a folder and one below, with labels."""
    rng = np.random.default_rng(0)
    for name in ("one", "day/two"):
        labels = np.zeros((64, 64), np.uint16)
        for i, (y, x) in enumerate([(4, 4), (4, 40), (40, 4), (36, 36)]):
            labels[y : y + 16, x : x + 16] = i + 1
        image = ((labels > 0) * 180 + rng.integers(0, 30, labels.shape)).astype(np.uint8)
        for kind, pixels in (("images", image), ("labels", labels)):
            path = tmp_path / "play" / kind / f"{name}.tif"
            path.parent.mkdir(parents=True, exist_ok=True)
            tifffile.imwrite(path, pixels)
    return tmp_path / "play"


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


@pytest.mark.parametrize("start", ["none", "model_file"])
def test_finetune_writes_a_model_that_segments(
    start: str, play: Path, model_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "mine.safetensors"
    images, labels = (sorted(map(str, (play / k).rglob("*.tif"))) for k in ("images", "labels"))
    words = ["finetune", "--images", *images, "--labels", *labels, "--complete", "--steps", "3"]
    words += ["--model", "none" if start == "none" else str(model_file), "--output", str(out)]
    assert main([*words, "--seed", "1", "--set", "patch_size=32"]) == 0
    assert not list(tmp_path.glob("*.state*"))
    target = tmp_path / "out"
    assert main(["segment", images[0], "--model", str(out), "--output", str(target)]) == 0
    assert len(list(target.glob("*_labels.tif"))) == 1


def test_finetune_takes_folders_and_sparse_labels(
    play: Path, model_file: Path, tmp_path: Path
) -> None:
    words = ["finetune", "--images", str(play / "images"), "--labels", str(play / "labels")]
    words += ["--model", str(model_file), "--output", str(tmp_path / "mine.safetensors")]
    assert main([*words, "--steps", "2", "--set", "patch_size=32"]) == 0


def test_finetune_learns_classes_and_segment_tells_them(play: Path, tmp_path: Path) -> None:
    for path in (play / "labels").rglob("*.tif"):
        kinds = play / "classes" / path.relative_to(play / "labels")
        kinds.parent.mkdir(parents=True, exist_ok=True)
        labels = tifffile.imread(path)
        tifffile.imwrite(kinds, np.where(labels > 2, 2, labels > 0).astype(np.uint8))
    out = tmp_path / "mine.safetensors"
    words = ["finetune", "--images", str(play / "images"), "--labels", str(play / "labels")]
    words += ["--classes", str(play / "classes"), "--model", "none", "--output", str(out)]
    words += ["--network", "features=[4,8]", "--network", "seediness=false", "--complete"]
    assert main([*words, "--steps", "2", "--set", "patch_size=32"]) == 0
    config = load_model(str(out)).config
    assert (config.classes, config.features, config.seediness) == (2, (4, 8), False)
    words = ["segment", str(play / "images"), "--model", str(out), "--foreground", "0"]
    assert main([*words, "--output", str(tmp_path / "out")]) == 0
    assert set(np.unique(tifffile.imread(tmp_path / "out" / "one_classes.tif"))) <= {0, 1, 2}


def test_a_new_network_is_not_for_a_model_to_start_from(
    play: Path, model_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["finetune", "--images", str(play / "images"), "--labels", str(play / "labels")]
    words += ["--model", str(model_file), "--output", str(tmp_path / "mine.safetensors")]
    assert main([*words, "--network", "embedding_dim=8"]) == 1
    assert "--model none" in capsys.readouterr().err


def test_a_setting_that_is_unknown_or_out_of_bounds_is_told(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["finetune", "--images", str(play / "images"), "--labels", str(play / "labels")]
    words += ["--model", "none", "--output", str(tmp_path / "mine.safetensors")]
    assert main([*words, "--set", "batchsize=3"]) == 1
    assert main([*words, "--set", "batch_size=0"]) == 1
    error = capsys.readouterr().err
    assert "batchsize" in error
    assert "batch_size" in error


def test_train_learns_from_a_folder_with_validation(play: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    words = ["train", str(play), "--validation", str(play), "--output", str(out), "--steps", "3"]
    words += ["--set", "patch_size=32", "--set", "batch_size=2"]
    assert main(words) == 0
    assert out.exists()


@pytest.mark.parametrize("start", ["none", "generalist"])
def test_train_takes_the_time_that_its_help_says(
    play: Path, tmp_path: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[TrainingConfig] = []

    def fit(*_data: object, config: TrainingConfig, **_more: object) -> None:
        asked.append(config)
        raise InputError("enough")

    monkeypatch.setattr(teaching, "fit", fit)
    out = str(tmp_path / "mine.safetensors")
    assert main(["train", str(play), "--model", start, "--output", out]) == 1
    assert [config.seconds for config in asked] == [300]


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


@pytest.mark.parametrize("kind", ["sticks", "rosettes", "cells"])
def test_synth_writes_images_and_labels(kind: str, tmp_path: Path) -> None:
    words = ["synth", kind, "--count", "2", "--seed", "3", "--output", str(tmp_path)]
    assert main(words) == 0
    images, labels = (sorted((tmp_path / k).iterdir()) for k in ("images", "labels"))
    assert [p.stem for p in images] == [p.stem for p in labels] == [f"{kind}_0000", f"{kind}_0001"]


def test_info_describes_a_model_and_an_image(
    play: Path, model_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["info", str(model_file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["features"] == [4, 8]
    assert main(["info", str(play / "images" / "one.tif"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [64, 64]
    assert main(["info"]) == 0


def test_a_missing_model_is_one_line_and_the_trace_is_there_when_asked(
    play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["segment", str(play / "images"), "--model", "no-such", "--output", str(tmp_path / "o")]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    with pytest.raises(FileNotFoundError):
        main([*words, "--debug"])


def test_misspelt_options_exit_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["segment", "--no-such-option"]) == 2
    assert "no-such-option" in capsys.readouterr().err


def test_help_and_version_need_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "finetune" in capsys.readouterr().out
    assert main(["--version"]) == 0


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


def test_info_tells_of_pixels_that_are_no_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "nan.npy", np.array([[1.0, np.nan], [2.0, 3.0]]))
    np.save(tmp_path / "empty.npy", np.zeros((0, 4)))
    for name, smallest, bad in (("nan", 1.0, 1), ("empty", None, 0)):
        assert main(["info", str(tmp_path / f"{name}.npy"), "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["minimum"], told["not finite"]) == (smallest, bad)


def test_two_label_images_of_one_name_are_refused(
    play: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = play / "labels"
    write_labels(labels / "one_labels.tif", np.zeros((64, 64), np.uint8))
    assert main(["evaluate", "--predictions", str(labels), "--labels", str(labels)]) == 1
    assert "both label images of one" in capsys.readouterr().err
