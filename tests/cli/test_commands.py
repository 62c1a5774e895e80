"""The commands, run as a user runs them: their files, their words, their exit codes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed import finetuning
from napari_discembed.cli import main
from napari_discembed.config import TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.models import load_model


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
    assert (config.classes, config.backbone.features) == (2, (4, 8))
    assert list(config.heads) == ["embedding", "foreground"]
    words = ["segment", str(play / "images"), "--model", str(out), "--foreground", "0"]
    assert main([*words, "--output", str(tmp_path / "out")]) == 0
    assert set(np.unique(tifffile.imread(tmp_path / "out" / "one_classes.tif"))) <= {0, 1, 2}


@pytest.mark.parametrize("keep", ["better", "learnt"])
def test_what_was_learnt_is_kept_where_that_is_asked(
    keep: str, play: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine.safetensors"
    words = ["finetune", "--images", str(play / "images"), "--labels", str(play / "labels")]
    words += ["--complete", "--steps", "3", "--output", str(out), "--keep", keep]
    words += ["--set", "patch_size=32", "--set", "learning_rate=1", "--set", "ema_decay=0"]
    assert main(words) == 0
    assert load_model(str(out)).card.training["kept_start"] is (keep == "better")
    assert ("--keep learnt" in capsys.readouterr().err) is (keep == "better")


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

    def finetune(*_data: object, config: TrainingConfig, **_more: object) -> None:
        asked.append(config)
        raise InputError("enough")

    monkeypatch.setattr(finetuning, "finetune", finetune)
    out = str(tmp_path / "mine.safetensors")
    assert main(["train", str(play), "--model", start, "--output", out]) == 1
    assert [config.seconds for config in asked] == [300]
