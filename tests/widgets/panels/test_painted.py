"""The list of painted objects, and what the session is told of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.session.guidance import Step
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.layers import BACKGROUND


@pytest.fixture
def painting(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> FineTuneDock:
    """Return a Fine-tune dock beside an image of which two objects are painted."""
    viewer = make_napari_viewer_proxy()
    viewer.add_image(np.zeros((20, 20), np.uint8), name="leaves")
    labels = np.zeros((20, 20), np.uint16)
    labels[2:5, 2:6], labels[10:12, 10:12], labels[0] = 1, 7, 9
    viewer.add_labels(labels, name="painted", metadata={BACKGROUND: 9})
    dock = FineTuneDock(viewer)
    viewer.window.add_dock_widget(dock, name="Fine-tune")
    return dock


def test_painted_objects_are_listed_without_the_background(painting: FineTuneDock) -> None:
    listed = painting.pairs.painted
    assert [(one.label, one.pixels) for one in listed.objects] == [(1, 12), (7, 4)]
    assert [listed.rows.item(i).text() for i in range(2)] == ["1:  12 pixels", "7:  4 pixels"]
    assert listed.has_background


def test_the_chosen_one_is_taken_back_as_one_step(painting: FineTuneDock) -> None:
    listed, layer = painting.pairs.painted, painting.pairs.labels.layer()
    assert not listed.delete.isEnabled()
    listed.rows.setCurrentRow(1)
    listed.delete.click()
    assert set(np.unique(layer.data)) == {0, 1, 9}
    painting.pairs.measure()
    assert [one.label for one in listed.objects] == [1]
    layer.undo()
    assert set(np.unique(layer.data)) == {0, 1, 7, 9}


def test_the_strip_follows_what_is_painted(painting: FineTuneDock) -> None:
    situation = painting.session.situation
    assert (situation.image, situation.painted, situation.background) == ("leaves", 2, True)
    assert painting.strip.next.text() == "Paint 2 more objects, each with a colour of its own."
    assert situation.advice.step is Step.PAINT
    painting.session.offer("generalist")
    assert painting.session.situation.learnt
    painting.pairs.labels.layer().data[15:18, 15:18] = 8  # one more: that is not learnt yet
    painting.pairs.measure()
    assert painting.session.situation.painted == 3
    assert not painting.session.situation.learnt
