"""Objects from the least sure to the surest."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.layers import find_result

from ..conftest import Wait, camera_of


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
