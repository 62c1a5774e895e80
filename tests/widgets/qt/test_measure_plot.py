"""A plot of measurements, in which a click finds rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.qt.measure_plot import MeasurePlot


@pytest.fixture
def plot(qtbot: Any) -> MeasurePlot:
    plot = MeasurePlot()
    qtbot.addWidget(plot)
    return plot


def test_each_value_is_in_the_bar_that_is_clicked(plot: MeasurePlot) -> None:
    values = np.array([0.0, 1, np.nan, 1, 10])
    plot.show_spread(values, "size", "objects")
    assert plot.edges.tolist() == [0, 2, 4, 6, 8, 10]
    assert plot.rows_at(0.5, 1) == [0, 1, 3]
    assert plot.rows_at(9, 1) == plot.rows_at(10, 1) == [4]
    assert plot.rows_at(5, 1) == plot.rows_at(-1, 1) == plot.rows_at(11, 1) == []
    plot.mark([1, 2])
    assert plot._part.opts["height"].tolist() == [1, 0, 0, 0, 0]


def test_the_point_near_a_click_is_found(plot: MeasurePlot) -> None:
    plot.show_pairs(np.array([0.0, 10, np.nan]), np.array([0.0, 10, 5]), "length", "width")
    assert plot.rows_at(10, 10) == [1]
    assert plot.rows_at(5, 5) == []
    plot.mark([0])
    assert plot._chosen.getData()[0].tolist() == [0]


def test_nothing_to_plot_has_nothing_to_click(plot: MeasurePlot) -> None:
    plot.show_spread(np.array([np.nan]), "size", "objects")
    assert plot.rows_at(0, 0) == []
    plot.mark([])
    plot.show_pairs(np.zeros(0), np.zeros(0), "length", "width")
    assert plot.rows_at(0, 0) == []
