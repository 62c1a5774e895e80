"""Learn from corrections: what counts, what is learnt, what comes next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_discembed.session.suggesting import Doubt
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import OBJECTS_OF
from napari_discembed.widgets.panels.tools import TOOLS
from napari_discembed.widgets.trainer import Trainer, trainer_of

from ..conftest import QUICK, Wait, click_path, give, open_dock, photograph, squares

TOOL = {tool.title: tool for tool in TOOLS}


@pytest.fixture
def both(dock: SegmentDock, wait: Wait, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return Segment and Correct with three committed squares; learning takes three steps."""
    monkeypatch.setattr(Trainer, "config", staticmethod(lambda: QUICK))
    correct = CorrectDock(dock.viewer)
    dock.viewer.window.add_dock_widget(correct, name="Correct")
    give(dock, squares(3, 32), wait)
    dock.session.model = str(dock.embed.model.model())
    dock.commit()
    return dock, correct


def counted(correct: CorrectDock) -> int:
    """Return the corrections of the labels in hand."""
    one = correct.session.correcting.of(str(correct.labels.layer().unique_id))
    return -1 if one is None else one.counted.total


def heights(correct: CorrectDock) -> list[float]:
    """Return the heights of the bars."""
    return list(correct.learning.plot._bars.opts["height"])


def test_corrections_are_counted_by_whatever_tool_and_undo_takes_them_back(
    both: Any, wait: Wait
) -> None:
    _, correct = both
    layer = correct.labels.layer()
    assert layer.name == "cells labels"
    assert heights(correct) == []  # nobody has looked yet
    assert correct.learning.plot.isHidden()
    correct.apply(TOOL["Delete"], [(16, 16)])
    wait(lambda: heights(correct) == [1])
    assert not correct.learning.plot.isHidden()
    assert "1 correction in 2 objects (1 deleted)" in correct.learning.counted.text()
    layer.brush_size = 2
    layer.paint((1, 80), 9)
    wait(lambda: heights(correct) == [2])
    layer.undo()
    layer.undo()
    wait(lambda: heights(correct) == [])
    assert counted(correct) == 0


def test_a_learnt_correction_makes_the_model_of_the_next_image(
    both: Any, wait: Wait, home: Path
) -> None:
    segment, correct = both
    other = segment.viewer.add_image(photograph(squares(3, 32)), name="other", visible=False)
    correct.apply(TOOL["Merge"], [(16, 16), (16, 48)])
    correct.learning.checked.click()
    correct.learning.learn_button.click()
    wait(lambda: "%" in correct.learning.status.text())
    assert "%" in segment.learning.status.text()
    correct.learning.next.button.click()
    assert "other follows" in correct.learning.next.words.text()
    wait(lambda: not trainer_of(segment.viewer).is_busy and segment.session.series is not None)
    model = home / "models" / "corrected.safetensors"
    wait(lambda: segment.session.model == str(model))
    wait(lambda: segment.session.series is not None)
    assert segment.embed.image.layer() is other
    assert other.visible
    assert not segment.viewer.layers["cells labels"].visible
    assert "'corrected'" in correct.learning.status.text()


def test_a_model_that_breaks_as_much_as_it_mends_is_not_taken(
    both: Any, wait: Wait, home: Path
) -> None:
    segment, correct = both
    before = segment.embed.model.model()
    correct.apply(TOOL["Merge"], [(16, 16), (16, 48)])
    correct.learning.learn()  # of all three, judged by the whole image: three steps mend nothing
    trainer = trainer_of(segment.viewer)
    assert trainer.is_busy
    wait(lambda: not trainer.is_busy)
    assert "the model stays as it was" in correct.learning.status.text()
    assert segment.embed.model.model() == before
    assert [path.name for path in (home / "models").iterdir()] == ["tiny.safetensors"]
    assert not list((home / "trainings").iterdir())


def test_only_what_was_looked_at_is_learnt(
    both: Any, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, correct = both
    learnt: list[int] = []
    monkeypatch.setattr(Trainer, "learn", lambda _self: learnt.append(1))
    correct.learning.learn()
    assert "nothing to learn from" in told[-1]
    assert not learnt
    correct.apply(TOOL["Delete"], [(16, 16)])
    correct.session.correcting.accept(str(correct.labels.layer().unique_id), (), 3)
    correct.learning.learn()
    known = correct.session.examples.corrected[0].known
    where = squares(3, 32)
    assert [set(known.labels[where == i]) for i in (1, 2, 3)] == [{4}, {0}, {3}]
    assert (known.background, known.complete) == (4, False)
    correct.learning.checked.click()
    correct.learning.learn()
    (example,) = correct.session.examples.corrected
    assert example.known.complete
    assert (example.known.labels == np.choose(squares(3, 32), [0, 0, 2, 3])).all()
    assert len(learnt) == 2


def test_a_checked_image_without_corrections_has_a_bar_of_none(both: Any) -> None:
    segment, correct = both
    segment.learning.checked.click()
    assert correct.learning.checked.isChecked()
    assert heights(correct) == [0]
    segment.commit()  # found anew: nobody has checked that
    assert not correct.learning.checked.isChecked()


def test_objects_that_are_right_are_said_so_one_by_one(
    both: Any, wait: Wait, told: list[str]
) -> None:
    _, correct = both
    correct.checking.accept()
    assert "Next to check" in told[-1]
    correct.checking.step(1)
    wait(lambda: correct.checking.result is not None)
    first = int(correct.checking.result.order()[0])
    correct.checking.accept()
    key = str(correct.labels.layer().unique_id)
    assert correct.session.correcting.of(key).accepted == {((), first)}
    assert correct.labels.layer().selected_label != first
    assert "1 object said to be right" in correct.learning.counted.text()


def test_labels_of_no_image_are_told(corrector: CorrectDock, told: list[str]) -> None:
    corrector.session.series = None
    corrector.learning.learn()
    assert "Choose labels and their image" in told[-1]


def test_what_was_painted_before_is_learnt_too_and_listed(both: Any, wait: Wait) -> None:
    _, correct = both
    tuner = FineTuneDock(correct.viewer)
    correct.viewer.window.add_dock_widget(tuner)
    correct.apply(TOOL["Delete"], [(16, 16)])
    correct.session.correcting.accept(str(correct.labels.layer().unique_id), (), 3)
    correct.learning.learn()
    assert not tuner.go.isEnabled()  # one training at a time, seen by all
    assert tuner.pairs.more.list.item(0).text() == "cells (corrected)"
    wait(lambda: not tuner.trainer.is_busy)
    tuner.pairs.more.list.setCurrentRow(0)
    tuner.pairs.more.remove()
    assert not correct.session.examples.corrected


def test_more_corrections_meanwhile_are_learnt_afterwards(both: Any, wait: Wait) -> None:
    _, correct = both
    trainer = trainer_of(correct.viewer)
    names: list[str] = []
    trainer.began.connect(lambda training: names.append(training.request.name))
    correct.learning.checked.click()
    correct.learning.learn()
    correct.learning.learn()
    assert "once more" in correct.learning.status.text()
    wait(lambda: len(names) == 2)
    wait(lambda: not trainer.is_busy)
    assert trainer.model_file is not None
    assert trainer.model_file.name == "corrected 2.safetensors"


def test_the_suggested_image_comes_next_with_its_reason(
    both: Any, wait: Wait, told: list[str]
) -> None:
    segment, correct = both
    following = correct.learning.next
    following.suggest()
    assert "Open images first" in told[-1]
    following.go_on()
    assert "All open images have objects" in told[-1]
    second, third = (
        segment.viewer.add_image(photograph(squares(3, 32)), name=name) for name in ("b", "c")
    )
    assert following.left() == [second, third]
    segment.session.diameter = 12.0
    following.suggest()
    wait(lambda: following._worker is None)
    assert {doubt.name for doubt in segment.session.suggested} == {"b", "c"}
    assert segment.session.suggested[0].reason in following.words.text()
    segment.session.suggested = [Doubt("c", 3, 3, str(third.unique_id))]
    assert following._next(following.left()) is third


def test_next_image_opens_segment_where_it_is_closed(
    make_napari_viewer_proxy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    correct = open_dock(CorrectDock, make_napari_viewer_proxy)
    opened: list[str] = []
    monkeypatch.setattr(
        type(correct.viewer.window),
        "add_plugin_dock_widget",
        lambda _self, _plugin, name: opened.append(name),
    )
    image = correct.viewer.add_image(np.zeros((32, 32), np.uint8), name="a")
    correct.learning.next.go_on()
    assert opened == ["Segment"]
    assert correct.session.wanted == str(image.unique_id)


def test_labels_that_nobody_committed_count_from_when_they_are_chosen(
    corrector: CorrectDock, wait: Wait
) -> None:
    assert OBJECTS_OF not in corrector.labels.layer().metadata
    corrector.buttons["Delete"].click()
    click_path(corrector, (12, 12))
    wait(lambda: heights(corrector) == [1])
