"""The Fine-tune dock: train, pause, stop, resume, keep the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_discembed.config import (
    FinetuningConfig,
)
from napari_discembed.models import load_model
from napari_discembed.session.trainings import Request, new_training
from napari_discembed.types import Image
from napari_discembed.widgets.docks import finetune as finetune_module
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import OBJECTS_OF

from ..conftest import QUICK, Wait, open_dock, paint

LONG = FinetuningConfig(seconds=600, batch_size=1, patch_size=32, checkpoint_every=0.01)


def test_painted_objects_make_a_model_that_segment_offers(
    tuner: FineTuneDock, wait: Wait, home: Path
) -> None:
    segment = SegmentDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(segment)
    paint(tuner)
    assert tuner.pairs.background.value() == 255
    assert 20 < tuner.pairs.diameter.value() < 24
    shown: list[str] = []
    tuner.viewer.layers.events.inserted.connect(lambda event: shown.append(event.value.name))
    tuner.finetune()
    tuner.finetune()  # pressed twice: nothing more
    wait(lambda: tuner.model_file is not None and not tuner.trainer.is_busy)
    assert tuner.model_file == home / "models" / "fine-tuned.safetensors"
    assert segment.embed.model.model() == str(tuner.model_file)
    assert len(tuner.plots.losses._values) == 3
    assert tuner.plots.view._points.data.size > 0
    assert shown.count("cells | preview") == 1
    assert not any(x.name == "cells | preview" for x in tuner.viewer.layers)
    assert not list((home / "trainings").iterdir())
    tuner.viewer.add_image(np.zeros((8, 8)), name="came later")
    later = SegmentDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(later)
    assert later.embed.model.model() == str(tuner.model_file)
    assert later.embed.image.layer().name == "cells"


def test_pausing_and_stopping_keep_what_was_learnt(
    tuner: FineTuneDock, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    paint(tuner)
    tuner.finetune()
    wait(lambda: len(tuner.plots.losses._values) > 1)
    tuner.pause.click()
    assert tuner.status.text() == "Paused."
    tuner.pause.click()
    tuner.stop.click()
    wait(lambda: tuner.model_file is not None and not tuner.trainer.is_busy)


def test_closing_while_it_trains_ends_the_process_and_offers_to_resume(
    tuner: FineTuneDock,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
    make_napari_viewer_proxy: Any,
    told: list[str],
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    paint(tuner)
    tuner.finetune()
    wait(lambda: len(tuner.plots.losses._values) > 2)
    assert tuner.trainer._remote is not None
    process = tuner.trainer._remote._process
    tuner.viewer.window.remove_dock_widget(tuner)
    assert "Learning has stopped" in told[-1]
    assert process is not None
    assert process.poll() is not None
    again = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert not again.left.isHidden()
    again.left.resume.click()
    wait(lambda: len(again.plots.losses._values) > 0)
    assert again.plots.losses._steps[0] > 1
    again.stop.click()
    wait(lambda: again.model_file is not None and not again.trainer.is_busy)
    assert again.left.isHidden()


def test_a_training_that_goes_on_is_shown_again_once_its_dock_is_opened(
    tuner: FineTuneDock, wait: Wait, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    viewer = tuner.viewer
    viewer.window.add_dock_widget(SegmentDock(viewer), name="Segment")  # keeps the session
    paint(tuner)
    tuner.finetune()
    wait(lambda: len(tuner.plots.losses._values) > 2)
    viewer.window.remove_dock_widget(tuner)
    assert not [words for words in told if "stopped" in words]
    again = FineTuneDock(viewer)
    viewer.window.add_dock_widget(again, name="Fine-tune")
    assert again.trainer.is_busy
    assert not again.stop.isHidden()
    assert not again.plots.losses.isHidden()
    assert again.plots.losses._steps[0] == 1
    wait(lambda: " %" in again.status.text() and "loss" in again.status.text())
    again.pause.click()
    viewer.window.remove_dock_widget(again)
    third = FineTuneDock(viewer)
    viewer.window.add_dock_widget(third, name="Fine-tune")
    assert third.pause.isChecked()
    assert third.status.text() == "Paused."
    third.pause.click()
    third.stop.click()
    wait(lambda: third.model_file is not None and not third.trainer.is_busy)


def test_labels_without_objects_are_told_and_the_dock_is_usable(
    tuner: FineTuneDock, wait: Wait, told: list[str], home: Path
) -> None:
    tuner.finetune()
    assert "a few objects are painted" in told[0]
    tuner.viewer.add_image(np.zeros((32, 32), np.uint8), name="cells")
    tuner.viewer.add_labels(np.zeros((32, 32), np.uint8), name="empty")
    tuner.finetune()
    wait(lambda: not tuner.trainer.is_busy)
    assert len(told) == 2
    assert "No object is painted" in told[1]
    assert tuner.go.isEnabled()
    assert not list((home / "trainings").iterdir())


def test_a_discarded_training_is_gone(tuner: FineTuneDock, home: Path) -> None:
    training = new_training(
        Request(name="old", train=QUICK), [Image(np.zeros((8, 8)))], [np.eye(8, dtype=int)]
    )
    training.state_file.write_bytes(b"")
    tuner.left.refresh()
    assert "'old'" in tuner.left.words.text()
    tuner.left.discard.click()
    assert not training.folder.exists()


def test_the_device_of_the_preferences_is_trained_on(
    make_napari_viewer_proxy: Any, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    monkeypatch.setattr(finetune_module, "device", lambda: "cuda:7")
    for model in (tiny, None):
        dock.start_model.choose(model)
        assert dock.config().device == "cuda:7"


def test_a_training_under_way_is_not_offered_elsewhere(
    tuner: FineTuneDock, told: list[str], make_napari_viewer_proxy: Any
) -> None:
    training = new_training(
        Request(name="old", train=QUICK), [Image(np.zeros((8, 8)))], [np.eye(8, dtype=int)]
    )
    training.state_file.write_bytes(b"")
    tuner.left.refresh()
    training.claim()
    other = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert other.left.isHidden()
    tuner.left.resume.click()  # offered before the other began
    assert "another window" in told[0]
    assert not tuner.trainer.is_busy
    training.release()
    other.left.refresh()
    assert not other.left.isHidden()


def test_a_new_model_overwrites_none_and_the_start_stays(tuner: FineTuneDock, home: Path) -> None:
    tuner.start_model.choose(None)
    assert tuner.start_model.model() is None
    old, new = home / "models" / "fine-tuned.safetensors", home / "new.safetensors"
    old.write_bytes(b"mine")
    new.write_bytes(b"new")
    training = new_training(Request(name="fine-tuned", train=QUICK), [], [])
    tuner.trainer._trained(training, "fine-tuned", new)
    assert old.read_bytes() == b"mine"
    tuner._ended()
    assert tuner.model_file == home / "models" / "fine-tuned 2.safetensors"
    assert tuner.start_model.model() is None


def test_unlimited_time_keeps_the_rate(make_napari_viewer_proxy: Any, tiny: str) -> None:
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert dock.config().schedule == "cosine"
    dock.budget.setCurrentIndex(len(finetune_module.BUDGETS) - 1)
    assert dock.config().schedule == "constant"


HARMFUL = QUICK.model_copy(update={"learning_rate": 1.0, "ema_decay": 0.0})


@pytest.mark.parametrize("learnt", [False, True])
def test_where_the_start_is_kept_a_person_looks_at_both_results_and_chooses(
    tuner: FineTuneDock,
    wait: Wait,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    learnt: bool,
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: HARMFUL)
    tuner.start_model.choose("generalist")
    paint(tuner, 6)
    of_cells = {OBJECTS_OF: str(tuner.viewer.layers["cells"].unique_id)}
    found = tuner.viewer.add_labels(np.zeros((32, 192), int), name="found", metadata=of_cells)
    tuner.pairs.labels.choose(tuner.viewer.layers["painted"])
    assert tuner.outcome.isHidden()
    tuner.finetune()
    wait(lambda: tuner.model_file is not None and not tuner.trainer.is_busy)
    assert told[-1].startswith("The start was kept as 'fine-tuned'.")
    outcome, choice = tuner.outcome, tuner.trainer.choice
    assert choice is not None
    assert not outcome.isHidden()
    assert outcome.of_start.text().startswith(f"The start: {choice.start.count} object")
    assert "1 painted object held back" in outcome.words.text()
    shown = tuner.viewer.layers["cells | preview"]
    assert [layer.name for layer in tuner.viewer.layers if not layer.visible] == ["found"]
    np.testing.assert_array_equal(shown.data, choice.learnt.preview.labels)
    outcome.of_start.setChecked(True)
    np.testing.assert_array_equal(shown.data, choice.start.preview.labels)
    offered: list[str] = []
    tuner.session.model_offered.connect(offered.append)
    (outcome.keep_learnt if learnt else outcome.keep_start).click()
    card = load_model(str(tuner.model_file)).card
    assert card.training["kept_start"] is not learnt
    assert offered == [str(tuner.model_file)] * learnt
    assert outcome.isHidden()
    assert found.visible
    assert "cells | preview" not in tuner.viewer.layers
    assert "was kept as 'fine-tuned'" in tuner.status.text()
