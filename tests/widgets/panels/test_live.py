"""Learning while one paints, in a real viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_discembed.config import FinetuningConfig
from napari_discembed.models import load_model
from napari_discembed.session.live_process import OUTCOME
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, paint

SMALL = FinetuningConfig(seconds=600, batch_size=1, patch_size=32)


@pytest.fixture
def live(tuner: FineTuneDock, monkeypatch: pytest.MonkeyPatch) -> FineTuneDock:
    """Return a Fine-tune dock that learns a tiny model, with squares and background painted."""
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: SMALL)
    paint(tuner)
    return tuner


def stroke(dock: FineTuneDock, number: int, rows: slice, columns: slice) -> None:
    """Paint as the brush does."""
    layer = dock.pairs.labels.layer()
    where = np.indices(layer.data.shape)[:, rows, columns].reshape(2, -1)
    layer.data_setitem(tuple(where), number)


def test_a_stroke_reaches_the_training_that_runs_and_switching_off_keeps_the_model(
    live: FineTuneDock, wait: Wait, home: Path
) -> None:
    live.live.click()
    assert not live.pause.isHidden()
    wait(lambda: len(live.plots.losses._values) > 1)
    remote = live.trainer._remote
    taught: list[float] = []
    live.trainer.progressed.connect(lambda p: taught.append(p.values.get("updates", 0)))
    stroke(live, 4, slice(2, 5), slice(2, 30))
    wait(lambda: max(taught, default=0) == 1)
    assert live.trainer._remote is remote  # the same process
    wait(lambda: "cells | preview" in live.viewer.layers)
    assert [layer.name for layer in live.viewer.layers] == ["cells", "cells | preview", "painted"]
    assert live.viewer.layers.selection.active is live.pairs.labels.layer()
    assert "%" not in live.status.text()
    live.live.click()
    wait(lambda: not live.trainer.is_busy)
    assert not live.live.isChecked()
    assert live.model_file == home / "models" / "fine-tuned.safetensors"
    assert OUTCOME in live.status.text()
    assert load_model(str(live.model_file)).card.training["objects"] == 4
    assert not list((home / "trainings").iterdir())


def test_too_little_painted_is_told_and_learnt_once_there_is_enough(
    live: FineTuneDock, wait: Wait
) -> None:
    layer = live.pairs.labels.layer()
    layer.data = np.where(layer.data == 1, layer.data, 0)
    live.live.click()
    assert "Paint 2 objects" in live.status.text()
    assert live.trainer.is_busy  # it makes itself ready
    stroke(live, 2, slice(6, 20), slice(40, 58))
    wait(lambda: "Scribble" in live.status.text())
    assert not live.plots.losses._values
    assert live.session.situation.running == ""
    stroke(live, 255, slice(28, 32), slice(0, 90))
    wait(lambda: len(live.plots.losses._values) > 0)
    stroke(live, 0, slice(0, 26), slice(32, 64))  # one is taken back
    wait(lambda: "Paint 2 objects" in live.status.text())
    n = len(live.plots.losses._values)
    assert live.live.is_held
    live.pairs.labels.layer().undo()
    wait(lambda: not live.live.is_held and len(live.plots.losses._values) > n + 2)
    live.stop.click()
    wait(lambda: not live.trainer.is_busy and live.model_file is not None)
    assert not live.live.isChecked()


def test_switching_off_before_enough_is_painted_leaves_nothing(
    live: FineTuneDock, wait: Wait, told: list[str], home: Path
) -> None:
    live.pairs.labels.layer().data = np.zeros_like(live.pairs.labels.layer().data)
    live.live.click()
    wait(lambda: live.trainer._remote is not None and live.trainer._remote._process is not None)
    live.live.click()
    wait(lambda: not live.trainer.is_busy)
    assert (live.model_file, told) == (None, [])
    assert not list((home / "trainings").iterdir())


def test_pausing_holds_it_and_other_images_end_it(live: FineTuneDock, wait: Wait) -> None:
    live.live.click()
    wait(lambda: len(live.plots.losses._values) > 1)
    live.pause.click()
    assert live.status.text() == "Paused."
    live.pause.click()
    live.viewer.add_image(np.zeros((40, 40), np.uint8), name="other")
    other = np.zeros((40, 40), np.uint8)
    other[2:10, 2:10], other[20:28, 20:28], other[35:] = 1, 2, 255
    live.pairs.image.choose(live.viewer.layers["other"])
    live.pairs.labels.choose(live.viewer.add_labels(other, name="painted too"))
    wait(lambda: not live.live.isChecked())
    wait(lambda: not live.trainer.is_busy)
    assert live.model_file is not None


def test_a_training_that_runs_is_waited_for(live: FineTuneDock, wait: Wait) -> None:
    live.finetune()
    wait(lambda: len(live.plots.losses._values) > 1)
    live.live.click()
    assert "It begins when" in live.status.text()
    live.stop.click()
    wait(lambda: live.trainer.is_busy and live.trainer.is_live)
    assert live.live.isChecked()
    live.trainer.learn()  # corrections would wait for ever
    wait(lambda: live.trainer.is_busy and not live.trainer.is_live)


def test_closing_the_dock_ends_it_and_keeps_the_model(
    live: FineTuneDock, wait: Wait, home: Path
) -> None:
    live.viewer.window.add_dock_widget(SegmentDock(live.viewer))
    trainer = live.trainer
    live.live.click()
    wait(lambda: len(live.plots.losses._values) > 1)
    live.viewer.window.remove_dock_widget(live)
    wait(lambda: not trainer.is_busy)
    assert trainer.model_file == home / "models" / "fine-tuned.safetensors"


def test_a_very_large_image_is_not_learnt_live(
    live: FineTuneDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("napari_discembed.widgets.panels.live.MEASURED_LIVE", 100)
    live.live.click()
    assert not live.live.isChecked()
    assert "too large" in live.status.text()
