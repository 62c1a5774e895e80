"""Objects from the least sure to the surest."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.layers import find_result

from ..conftest import Wait, camera_of, embedding_of, judged_squares, squares


def test_objects_that_were_deleted_are_not_checked(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking.judging.is_idle)
    first, second, third = corrector.checking.result.order()  # type: ignore[union-attr]
    layer.data[layer.data == second] = 0
    corrector.checking.step(1)
    assert f"Object {third}," in corrector.checking.words.text()
    layer.data[layer.data == first] = 0
    corrector.checking.step(-1)
    assert f"Object {third}," in corrector.checking.words.text()


def test_the_outline_lies_on_a_layer_that_was_moved(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    layer.affine = np.array([[1, 0, 100], [0, 1, 200], [0, 0, 1]])
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking.judging.is_idle)
    frame = find_result(corrector.viewer, layer, "check")
    assert frame is not None
    np.testing.assert_allclose(frame.data_to_world((3, 4)), layer.data_to_world((3, 4)))


def test_the_least_sure_comes_first(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    layer.data[20:23, 2:10] = 9  # where the embedding sees nothing
    corrector.checking.next.click()
    wait(lambda: corrector.checking.result is not None)
    assert layer.selected_label == 9
    assert camera_of(corrector).center[-2:] == pytest.approx((21, 5.5), abs=1)
    assert any(x.name == "mine | check" for x in corrector.viewer.layers)
    corrector.checking.next.click()
    assert layer.selected_label != 9
    corrector.checking.before.click()
    assert layer.selected_label == 9
    assert "1 of 4" in corrector.checking.words.text()


def test_checking_without_an_embedding_is_told(corrector: CorrectDock, told: list[str]) -> None:
    corrector.session.series = None
    corrector.checking.step(1)
    assert "press Find objects" in told[0]


def judged(corrector: CorrectDock, wait: Wait) -> CorrectDock:
    """Judge the objects, the last of which the embedding does not see."""
    corrector.labels.layer().data[20:23, 2:10] = 9
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking.judging.is_idle)
    return corrector


def test_a_short_sentence_says_which_and_how_sure_and_the_numbers_are_in_the_tooltip(
    corrector: CorrectDock, wait: Wait
) -> None:
    words = judged(corrector, wait).checking.words
    assert words.text() == "Object 9, 1 of 4: unsure"
    assert "foreground: 0 %" in words.toolTip()


def test_the_list_has_the_least_sure_first_and_goes_to_what_is_clicked(
    corrector: CorrectDock, wait: Wait
) -> None:
    checking = judged(corrector, wait).checking
    assert checking.list.isVisibleTo(corrector)
    assert checking.list.labels()[0] == 9
    row = checking.list.labels().index(2)
    checking.list.setCurrentIndex(checking.list.model().index(row, 0))
    assert corrector.labels.layer().selected_label == 2
    checking.before.click()
    assert corrector.labels.layer().selected_label == 9


def test_objects_are_coloured_by_certainty_and_get_their_own_colours_back(
    corrector: CorrectDock, wait: Wait
) -> None:
    layer = corrector.labels.layer()
    own = layer.colormap
    layer.data[20:23, 2:10] = 9
    before = camera_of(corrector).center
    corrector.checking.colour.choose("certainty")
    wait(lambda: layer.colormap is not own)
    unsure, sure = layer.colormap.map(9), layer.colormap.map(1)
    assert (unsure[0] > 0.8, unsure[2] < 0.2) == (True, True)  # orange
    assert (sure[2] > 0.6, sure[0] < 0.2) == (True, True)  # blue
    assert layer.colormap.map(0)[3] == 0
    assert camera_of(corrector).center == before
    table = layer.features.set_index("index")["certainty"]
    assert table[9] < 0.5 < table[1]
    corrector.checking.colour.choose("object")
    assert layer.colormap is own


@pytest.mark.parametrize("way", ["choose", "close"])
def test_a_layer_that_is_left_has_its_own_colours(
    corrector: CorrectDock, wait: Wait, way: str
) -> None:
    layer = corrector.labels.layer()
    own = layer.colormap
    corrector.checking.colour.choose("certainty")
    wait(lambda: layer.colormap is not own)
    if way == "choose":
        other = corrector.viewer.add_labels(np.zeros((4, 4), int), name="other")
        corrector.labels.choose(other)
        assert corrector.checking.colour.value() == "object"
    else:
        corrector.viewer.window.remove_dock_widget(corrector)
    assert layer.colormap is own


def test_a_changed_object_is_judged_and_coloured_anew(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    corrector.checking.colour.choose("certainty")
    wait(lambda: corrector.checking.result is not None)
    layer.data_setitem((np.full(8, 20), np.arange(2, 10)), np.full(8, 9, np.uint16))
    assert layer.colormap.map(9)[:3] == pytest.approx(0.5, abs=0.01)  # not judged yet: grey
    wait(lambda: 9 in corrector.checking.list.labels())
    assert layer.colormap.map(9)[0] > 0.8


def test_colours_without_an_embedding_are_told(corrector: CorrectDock, told: list[str]) -> None:
    corrector.session.series = None
    corrector.checking.colour.choose("certainty")
    assert "press Find objects" in told[0]
    assert corrector.checking.colour.value() == "object"


def test_each_frame_is_coloured_once_it_is_shown(corrector: CorrectDock, wait: Wait) -> None:
    frames = np.stack([squares(3), np.where(squares(3) == 3, 0, squares(3))])
    layer = corrector.viewer.add_labels(frames, name="film")
    corrector.session.series = EmbeddingSeries([embedding_of(f) for f in frames], Axes("T"), (2,))
    corrector.labels.choose(layer)
    corrector.viewer.dims.set_current_step(0, 0)
    corrector.checking.colour.choose("certainty")
    wait(lambda: len(corrector.checking.list.labels()) == 3)
    corrector.viewer.dims.set_current_step(0, 1)
    wait(lambda: len(corrector.checking.list.labels()) == 2)
    assert "certainty" not in layer.features


def test_the_expected_quality_is_listed_and_kept_with_the_layer(
    corrector: CorrectDock, wait: Wait
) -> None:
    corrector.session.series = EmbeddingSeries([judged_squares()])
    checking = corrector.checking
    checking.next.click()
    wait(lambda: checking.result is not None)
    assert checking.list.labels() == [3, 2, 1]
    assert checking.words.text() == "Object 3, 1 of 3: unsure"  # of 0.55
    assert "55 % sure, by what was learnt of masks" in checking.words.toolTip()
    table = corrector.labels.layer().features.set_index("index")
    assert table["quality"].to_dict() == pytest.approx({1: 0.9, 2: 0.8, 3: 0.55})
