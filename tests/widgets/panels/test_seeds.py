"""Points for the method 'seeded'."""

from __future__ import annotations

import numpy as np

from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, choose, give, squares


def test_seeds_that_lie_elsewhere_seed_nothing(dock: SegmentDock, wait: Wait) -> None:
    give(dock, np.stack([squares(3)] * 3), wait)
    points = dock.viewer.add_points(np.array([[1, 12, 12], [1, -2, 36], [7, 12, 12]]), ndim=3)
    flat = dock.viewer.add_points(np.array([[12, 60]]), ndim=2)
    dock.objects.seeds.choose(points)
    assert {k: len(v) for k, v in dock.objects.seeds.points().items()} == {(1,): 1}
    dock.objects.seeds.choose(flat)
    assert sorted(dock.objects.seeds.points()) == [(0,), (1,), (2,)]


def test_seeds_are_heeded_as_they_come_and_go(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    frames = np.stack([squares(3)] * 3)
    give(dock, frames, wait)
    dock.viewer.dims.set_current_step(0, 0)
    choose(dock, "seeded")
    wait(lambda: dock.objects.is_idle and dock.objects.count.text() == "-")
    dock.commit()
    assert "point on each object" in told[0]
    points = dock.viewer.add_points(np.array([[0, 12, 12]]), ndim=3)
    dock.objects.seeds.choose(points)
    wait(lambda: dock.objects.count.text() == "1 object")
    points.add([[0, 12, 36], [2, 12, 60]])
    wait(lambda: dock.objects.count.text() == "2 objects")
    dock.viewer.dims.set_current_step(0, 1)
    wait(lambda: dock.objects.count.text() == "-")
    dock.commit()
    wait(lambda: dock.target.layer() is not None and dock.target.layer().data.any())
    assert [len(np.unique(f)) - 1 for f in dock.target.layer().data] == [2, 0, 1]
    wait(lambda: not dock._committing)


def test_the_method_seeded_asks_for_points(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    points = dock.viewer.add_points(np.array([[12, 12], [12, 36]]))
    choose(dock, "seeded")
    dock.objects.seeds.choose(points)
    wait(lambda: dock.objects.count.text() == "2 objects")


def test_without_points_a_button_takes_the_tool_that_puts_them(
    dock: SegmentDock, wait: Wait
) -> None:
    first = give(dock, squares(3), wait, scale=(2, 2))
    assert dock.objects.seed_hint.isHidden()
    choose(dock, "seeded")
    assert not dock.objects.seed_hint.isHidden()
    dock.objects.seed_hint.button.click()
    points = dock.objects.seeds.layer()
    assert (points.name, points.mode, list(points.scale)) == ("cells points", "add", [2, 2])
    assert dock.viewer.layers.selection.active is points
    points.add([12, 36])
    wait(lambda: dock.objects.count.text() == "1 object")
    assert dock.objects.seed_hint.isHidden()
    dock.objects.seed_hint.put()
    assert dock.objects.seeds.layer() is points
    give(dock, squares(3), wait)
    assert dock.objects.seeds.layer() is None  # they are the other image's
    assert first in dock.learning.next.left()  # and no objects yet
    dock.embed.image.layers.choose(first)
    assert dock.objects.seeds.layer() is points
    assert dock.target.layer() is None  # points are no labels
