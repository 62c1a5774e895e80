"""The lineage tree, and values over time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.tracking.tree import tree_rows
from napari_discembed.types import TrackTable
from napari_discembed.widgets.qt.lineage_plot import LineagePlot
from napari_discembed.widgets.qt.time_plot import TimePlot

TABLE = TrackTable.of([(1, 0, 4, 0), (2, 5, 9, 1), (3, 5, 5, 1), (4, 2, 9, 0)])
COLOURS = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 1]], dtype=float)


@pytest.fixture
def plot(qtbot: Any) -> LineagePlot:
    plot = LineagePlot()
    qtbot.addWidget(plot)
    plot.resize(300, 200)
    plot.show_tree(TABLE, tree_rows(TABLE), COLOURS, 10, anew=True)
    return plot


def test_each_track_is_a_line_of_its_colour(plot: LineagePlot) -> None:
    drawn = {line.opts["pen"].color().name(): line.getData() for line in plot._lines}
    x, y = drawn["#ff0000"]
    assert x.tolist() == pytest.approx([-0.3, 4.3, 4.7, 5.3])  # of one frame, and yet a line
    assert y.tolist() == [0.5, 0.5, 1, 1]
    assert drawn["#0000ff"][1].tolist() == [2, 2]


def test_branches_lead_from_a_parent_to_its_children(plot: LineagePlot) -> None:
    x, y = plot._branches.getData()
    assert x.tolist() == pytest.approx([4.3, 4.7, 4.3, 4.7])
    assert y.tolist() == [0.5, 0, 0.5, 1]


def test_the_track_near_a_place_is_found_with_its_frame(plot: LineagePlot) -> None:
    assert plot.track_at(2.2, 0.5) == (1, 2)
    assert plot.track_at(9.4, 2.0) == (4, 9)
    assert plot.track_at(2.0, 90.0) is None


def test_what_is_selected_is_marked_until_it_is_gone(plot: LineagePlot) -> None:
    plot.mark(2)
    assert plot._chosen.getData()[1].tolist() == [0, 0]
    fewer = TrackTable.of([(1, 0, 4, 0)])
    plot.show_tree(fewer, tree_rows(fewer), COLOURS[:1], 10)
    assert plot._chosen.getData()[0] is None or not len(plot._chosen.getData()[0])
    assert plot._lines[1].getData()[0] is None or not len(plot._lines[1].getData()[0])
    plot.show_frame(7)
    assert plot._now.value() == 7


def test_a_track_out_of_view_comes_into_it_when_it_is_marked(qtbot: Any) -> None:
    many = TrackTable.of([(n, 0, 9, 0) for n in range(1, 200)])
    plot = LineagePlot()
    qtbot.addWidget(plot)
    plot.show_tree(many, tree_rows(many), np.ones((199, 4)), 10, anew=True)
    view = plot.getPlotItem().getViewBox()
    assert view.viewRange()[1][1] < 30
    plot.mark(150)
    low, high = view.viewRange()[1]
    assert low < 149 < high


def test_nothing_to_show_is_no_trouble(qtbot: Any) -> None:
    plot, time = LineagePlot(), TimePlot()
    for widget in (plot, time):
        qtbot.addWidget(widget)
    plot.show_tree(TrackTable.of([]), np.zeros(0), np.zeros((0, 4)), 1, anew=True)
    assert plot.track_at(0, 0) is None
    time.show_values(np.zeros(0, int), np.zeros(0), "area", 1)
    assert time.values() == ([], [])


def test_no_line_is_drawn_across_frames_without_a_value(qtbot: Any) -> None:
    time = TimePlot()
    qtbot.addWidget(time)
    time.show_values(np.array([0, 1, 4]), np.array([5.0, 6, 7]), "area", 6)
    x, y = time.values()
    np.testing.assert_equal(x, [0, 1, np.nan, 4])
    np.testing.assert_equal(y, [5, 6, np.nan, 7])
