"""One-key repairs of the object that is shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.correct import CorrectDock

from ..conftest import Wait, camera_of, click_path, embedding_of, squares


def check(corrector: CorrectDock, wait: Wait, label: int) -> None:
    """Judge the objects and go to one of them."""
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking.judging.is_idle)
    corrector.checking.list.chosen.emit(label)


def numbers(corrector: CorrectDock) -> list[int]:
    """Return the objects that are there."""
    return [int(x) for x in np.unique(corrector.labels.layer().data) if x]


def test_delete_takes_the_object_shown_at_once_and_goes_on(
    corrector: CorrectDock, wait: Wait
) -> None:
    layer = corrector.labels.layer()
    check(corrector, wait, 2)
    corrector.buttons["Delete"].click()
    assert numbers(corrector) == [1, 3]
    assert not corrector.buttons["Delete"].isChecked()
    assert layer.selected_label in (1, 3)
    assert "Object 2 was deleted" in corrector.hint.text()
    layer.undo()
    assert (layer.data == squares(3)).all()


def test_merge_takes_the_object_shown_first_and_goes_on(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    check(corrector, wait, 2)
    corrector.buttons["Merge"].click()
    assert "Object 2 is the first" in corrector.hint.text()
    click_path(corrector, (12, 12))  # seen before: the third is next
    assert numbers(corrector) == [2, 3]
    assert not corrector.buttons["Merge"].isChecked()
    assert layer.selected_label == 3
    layer.undo()
    assert (layer.data == squares(3)).all()


def test_esc_lets_the_object_shown_go_and_two_clicks_merge_others(
    corrector: CorrectDock, wait: Wait
) -> None:
    check(corrector, wait, 2)
    corrector.buttons["Merge"].click()
    corrector.picked.letGo.emit()
    click_path(corrector, (12, 12))
    click_path(corrector, (12, 60))
    assert numbers(corrector) == [1, 2]
    assert corrector.buttons["Merge"].isChecked()


def test_split_needs_no_click_where_the_embedding_has_two_peaks(
    corrector: CorrectDock, wait: Wait
) -> None:
    layer = corrector.labels.layer()
    layer.data = np.where(layer.data == 2, 1, layer.data)
    before = layer.data.copy()
    check(corrector, wait, 1)
    corrector.buttons["Split"].click()
    assert numbers(corrector) == [1, 3, 4]
    assert not corrector.buttons["Split"].isChecked()
    assert "is two now" in corrector.hint.text()
    layer.undo()
    assert (layer.data == before).all()


def test_split_asks_for_two_clicks_where_the_embedding_has_one_peak(
    corrector: CorrectDock, wait: Wait
) -> None:
    layer = corrector.labels.layer()
    layer.data = np.where(layer.data == 2, 1, layer.data)
    seen = np.where(squares(3) == 2, 1, squares(3))
    check(corrector, wait, 1)
    corrector.session.series = EmbeddingSeries([embedding_of(seen)])
    check(corrector, wait, 1)
    corrector.buttons["Split"].click()
    assert corrector.buttons["Split"].isChecked()
    assert "Click its two parts" in corrector.hint.text()


@pytest.mark.parametrize("turn", ["view", "label"])
def test_an_object_from_which_a_person_has_turned_away_is_left_alone(
    corrector: CorrectDock, wait: Wait, turn: str
) -> None:
    check(corrector, wait, 2)
    if turn == "view":
        camera_of(corrector).center = (0, 12, 400)
    else:
        corrector.labels.layer().selected_label = 3
    corrector.buttons["Delete"].click()
    assert numbers(corrector) == [1, 2, 3]
    click_path(corrector, (12, 12))
    assert numbers(corrector) == [2, 3]
