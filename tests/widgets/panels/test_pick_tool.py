"""Pick in the Correct dock: a candidate in place of what is there."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, judged_squares, photograph, squares, work_on


@pytest.fixture
def picker(corrector: CorrectDock) -> CorrectDock:
    """Return a Correct dock whose labels are of an image with judged candidates."""
    layer = corrector.viewer.add_image(photograph(squares(3)), name="cells")
    work_on(corrector, layer, "YX")
    corrector.session.series = EmbeddingSeries([judged_squares()])
    return corrector


def event(column: float, kind: str, *modifiers: str) -> Any:
    return SimpleNamespace(
        position=(12, column), type=kind, modifiers=modifiers, button=1, delta=(0, 1), handled=False
    )


def take(dock: CorrectDock, wait: Wait, column: float, up: int = 0, *modifiers: str) -> None:
    """Point at a column, turn the wheel up so many times, and click."""
    button = dock.pick.button
    button._hover(None, event(column, "mouse_move"))
    wait(lambda: button.is_idle)
    for _ in range(up):
        button._wheel(None, event(column, "mouse_wheel"))
        wait(lambda: button.is_idle)
    press = event(column, "mouse_press", *modifiers)
    steps = button._click(None, press)
    next(steps)
    press.type = "mouse_release"
    next(steps, None)


def test_a_click_puts_what_is_lit_in_place_of_what_it_covers(
    picker: CorrectDock, wait: Wait
) -> None:
    layer = picker.labels.layer()
    before = layer.data.copy()
    picker.pick.button.click()
    take(picker, wait, 12, 1)
    assert ((layer.data == 4) == np.isin(squares(3), (1, 2))).all()
    assert ((layer.data == 3) == (squares(3) == 3)).all()
    layer.undo()
    assert (layer.data == before).all()


def test_shift_adds_to_the_selected_object_and_alt_cuts_away(
    picker: CorrectDock, wait: Wait
) -> None:
    layer = picker.labels.layer()
    picker.pick.button.click()
    take(picker, wait, 12, 0, "Alt")
    assert sorted(np.unique(layer.data)) == [0, 2, 3]
    layer.selected_label = 2
    take(picker, wait, 12, 0, "Shift")
    assert ((layer.data == 2) == np.isin(squares(3), (1, 2))).all()


def test_a_number_that_does_not_fit_is_told_and_changes_nothing(
    picker: CorrectDock, wait: Wait, told: list[str]
) -> None:
    labels = squares(3).astype(np.uint8)
    labels[labels == 3] = 255
    picker.labels.choose(picker.viewer.add_labels(labels.copy(), name="small"))
    picker.pick.button.click()
    take(picker, wait, 12, 1)
    assert (picker.labels.layer().data == labels).all()
    assert "no number left in labels of type uint8" in told[-1]


def test_labels_of_another_shape_are_told(picker: CorrectDock, wait: Wait, told: list[str]) -> None:
    picker.labels.choose(picker.viewer.add_labels(np.zeros((9, 9), np.uint8), name="other"))
    picker.pick.button.click()
    take(picker, wait, 12)
    assert "these labels have another shape" in told[-1]


def test_one_tool_is_in_hand(picker: CorrectDock) -> None:
    button = picker.pick.button
    picker.buttons["Merge"].click()
    button.click()
    assert not picker.buttons["Merge"].isChecked()
    assert picker.hint.text().startswith("Click the outline that is right")
    picker.buttons["Delete"].click()
    assert not button.isChecked()
    assert picker.hint.text() == "Click an object: it goes."


def test_one_tool_of_all_docks_is_in_hand(picker: CorrectDock) -> None:
    segment = SegmentDock(picker.viewer)
    picker.viewer.window.add_dock_widget(segment, name="Segment")
    segment.wand.setChecked(True)
    picker.pick.button.setChecked(True)
    assert not segment.wand.isChecked()
    segment.pick.setChecked(True)
    assert not picker.pick.button.isChecked()
