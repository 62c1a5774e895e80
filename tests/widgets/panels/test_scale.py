"""The size of a pixel, by a line of known length."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.layers import find_result
from napari_discembed.widgets.panels.scale import RULER

from ..conftest import Wait, open_dock, squares


@pytest.fixture
def counter(make_napari_viewer_proxy: Any, told: list[str]) -> CountDock:
    return open_dock(CountDock, make_napari_viewer_proxy)


def draw_line(counter: CountDock, *ends: tuple[float, float]) -> None:
    """Draw a line as the mouse does: a shape is added to the layer."""
    counter.scale.begin()
    ruler = find_result(counter.viewer, counter.labels.layer(), RULER)
    assert (ruler.mode, counter.viewer.layers.selection.active) == ("add_line", ruler)
    ruler.add_lines(np.array(ends))


def test_a_line_of_known_length_scales_image_and_labels_alike(
    counter: CountDock, wait: Wait
) -> None:
    image = counter.viewer.add_image(np.zeros((24, 72, 3), np.uint8), rgb=True)
    labels = counter.viewer.add_labels(squares(3))
    other = counter.viewer.add_image(np.zeros((50, 50)))
    counter.count()
    wait(lambda: counter._worker is None)
    draw_line(counter, (0, 10), (0, 50))
    assert "40.0 px" in counter.scale.line.text()
    counter.scale.length.setValue(20)
    counter.scale.apply()
    for layer in (image, labels):
        assert layer.scale.tolist() == [0.5, 0.5]
        assert [str(unit) for unit in layer.units] == ["millimeter", "millimeter"]
    assert other.scale.tolist() == [1, 1]
    assert counter.scale.words.text() == "1 px = 0.5 mm"
    assert find_result(counter.viewer, labels, RULER) is None
    wait(lambda: counter._worker is None)
    assert counter.table.columns()["area"].tolist() == [36] * 3
    draw_line(counter, (0, 0), (8, 6))  # 10 px, which are 5 mm now
    counter.scale.length.setValue(1)
    counter.scale.unit.setCurrentIndex(counter.scale.unit.findData("centimeter"))
    counter.scale.apply()
    assert labels.scale == pytest.approx([0.1, 0.1])
    counter.scale.take_back()
    assert (labels.scale.tolist(), str(image.units[0])) == ([0.5, 0.5], "millimeter")
    counter.scale.forget()
    assert (labels.scale.tolist(), str(labels.units[0])) == ([1, 1], "pixel")
    assert counter.scale.words.text() == "in pixels"
    wait(lambda: counter._worker is None)
    assert counter.table.columns()["area"].tolist() == [144] * 3


def test_time_keeps_its_scale_and_planes_take_the_new(counter: CountDock) -> None:
    film = np.stack([squares(2)] * 3)
    labels = counter.viewer.add_labels(film, axis_labels=("t", "y", "x"), scale=(7, 2, 2))
    draw_line(counter, (0, 0), (0, 10))  # 20 units
    counter.scale.length.setValue(10)
    counter.scale.apply()
    assert labels.scale.tolist() == [7, 1, 1]
    assert str(labels.units[0]) == "pixel"
    counter.scale.take_back()
    assert labels.scale.tolist() == [7, 2, 2]
    volume = counter.viewer.add_labels(film, scale=(4, 2, 2))
    counter.labels.choose(volume)
    draw_line(counter, (0, 0), (0, 10))
    counter.scale.apply()
    assert volume.scale.tolist() == [2, 1, 1]


def test_channels_of_the_image_keep_their_scale(counter: CountDock) -> None:
    image = counter.viewer.add_image(np.zeros((2, 24, 48)), name="two channels")
    counter.viewer.add_labels(squares(2))
    draw_line(counter, (0, 0), (0, 10))
    counter.scale.length.setValue(5)
    counter.scale.apply()
    assert image.scale.tolist() == [1, 0.5, 0.5]
    assert [str(unit) for unit in image.units] == ["pixel", "millimeter", "millimeter"]


def test_a_line_that_is_given_up_changes_nothing(counter: CountDock) -> None:
    labels = counter.viewer.add_labels(squares(2))
    draw_line(counter, (0, 0), (0, 10))
    counter.scale.end()
    assert labels.scale.tolist() == [1, 1]
    assert len(counter.viewer.layers) == 1
    counter.scale.begin()
    assert not counter.scale.use.isEnabled()
    counter.scale.apply()
    assert labels.scale.tolist() == [1, 1]
