"""Pick: hover over candidates, turn the wheel, take one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_discembed.config import DensityConfig, LearnedConfig
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, give, give_judged, squares


def event(column: float, kind: str = "mouse_move", *modifiers: str, delta: float = 1) -> Any:
    return SimpleNamespace(
        position=(12, column), type=kind, modifiers=modifiers, button=1, delta=(0, delta),
        handled=False,
    )  # fmt: skip


def hover(dock: SegmentDock, wait: Wait, column: float) -> None:
    dock.pick._hover(None, event(column))
    wait(lambda: dock.pick.is_idle)


def turn(dock: SegmentDock, wait: Wait, column: float, delta: float) -> Any:
    wheel = event(column, "mouse_wheel", delta=delta)
    dock.pick._wheel(None, wheel)
    wait(lambda: dock.pick.is_idle)
    return wheel


def click(dock: SegmentDock, column: float) -> None:
    press = event(column, "mouse_press")
    steps = dock.pick._click(None, press)
    next(steps)
    press.type = "mouse_release"
    next(steps, None)


def lit(dock: SegmentDock) -> set[int]:
    """Return which squares are lit."""
    mask = dock.pick.mask
    return set() if mask is None else set(np.unique(squares(3)[mask]).tolist())


def test_the_pointer_shows_what_is_chosen_and_the_wheel_what_holds_it(
    dock: SegmentDock, wait: Wait
) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.pick.setChecked(True)
    assert dock.pick.words.text() == "Point at an object."
    hover(dock, wait, 12)
    assert lit(dock) == {1}
    assert dock.pick.words.text() == "144 px², sure 90 %, 1 of 2"
    assert turn(dock, wait, 12, 1).handled
    assert lit(dock) == {1, 2}
    assert dock.pick.words.text() == "288 px², sure 50 %, 2 of 2"
    turn(dock, wait, 12, 1)  # there is none above
    hover(dock, wait, 36)  # still in it
    assert lit(dock) == {1, 2}
    turn(dock, wait, 36, -1)
    assert lit(dock) == {2}
    hover(dock, wait, 0)
    assert lit(dock) == set()
    assert not turn(dock, wait, 0, 1).handled  # the view zooms
    hover(dock, wait, 60)
    assert dock.pick.words.text() == "144 px², sure 55 %, 1 of 1"


def test_parts_of_a_step_of_the_wheel_add_up_and_alt_zooms(dock: SegmentDock, wait: Wait) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.pick.setChecked(True)
    hover(dock, wait, 12)
    turn(dock, wait, 12, 0.6)
    assert lit(dock) == {1}
    turn(dock, wait, 12, 0.6)
    assert lit(dock) == {1, 2}
    wheel = event(12, "mouse_wheel", "Alt", delta=-1)
    dock.pick._wheel(None, wheel)
    assert not wheel.handled


def test_a_click_takes_it_in_place_of_those_that_it_covers(dock: SegmentDock, wait: Wait) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.commit()
    layer = dock.target.layer()
    assert layer.data.max() == 3
    dock.pick.setChecked(True)
    hover(dock, wait, 12)
    turn(dock, wait, 12, 1)
    click(dock, 12)
    labels = squares(3)
    assert ((layer.data == 4) == np.isin(labels, (1, 2))).all()
    assert ((layer.data == 3) == (labels == 3)).all()
    layer.undo()
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3]


def test_an_embedding_that_was_not_judged_has_the_candidates_of_its_tree(
    dock: SegmentDock, wait: Wait
) -> None:
    give(dock, squares(3), wait)
    dock.pick.setChecked(True)
    hover(dock, wait, 12)
    assert lit(dock) == {1}
    assert "sure" not in dock.pick.words.text()
    click(dock, 12)
    layer = dock.target.layer()
    assert ((layer.data == 1) == (squares(3) == 1)).all()


def test_by_one_setting_the_object_at_that_bandwidth_comes_first(
    dock: SegmentDock, wait: Wait
) -> None:
    give_judged(dock, wait, config=DensityConfig(bandwidth=3.5))
    dock.pick.setChecked(True)
    hover(dock, wait, 12)
    assert lit(dock) == {1, 2}


def test_one_tool_is_on_at_a_time_and_leaves_nothing(dock: SegmentDock, wait: Wait) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.wand.setChecked(True)
    dock.pick.setChecked(True)
    assert not dock.wand.isChecked()
    assert not dock.pick.words.isHidden()
    hover(dock, wait, 12)
    assert any(x.name == "cells | pick" for x in dock.viewer.layers)
    dock.wand.setChecked(True)
    assert not dock.pick.isChecked()
    assert dock.pick.words.isHidden()
    assert dock.pick._hover not in dock.viewer.mouse_move_callbacks
    assert not any(x.name == "cells | pick" for x in dock.viewer.layers)


@pytest.mark.parametrize(("steps", "found"), [((1, -1), {1}), ((1, 1), {1, 2})])
def test_no_step_of_the_wheel_is_lost_between_answers(
    steps: tuple[int, int], found: set[int], dock: SegmentDock, wait: Wait
) -> None:
    give_judged(dock, wait, config=LearnedConfig())
    dock.pick.setChecked(True)
    hover(dock, wait, 12)
    for step in steps:
        dock.pick._wheel(None, event(12, "mouse_wheel", delta=step))
    wait(lambda: dock.pick.is_idle)
    assert lit(dock) == found
