"""Jobs in napari's activity dock."""

from __future__ import annotations

from typing import Any

from napari_discembed.progress import Portion, Progress
from napari_discembed.widgets.qt.activity import Activity


def test_the_bar_moves_and_says_what_is_left(qtbot: Any) -> None:
    values: list[int] = []
    words: list[str] = []
    activity = Activity("Find objects", lambda: None)
    activity.events.value.connect(lambda event: values.append(event.value))
    activity.events.eta.connect(lambda event: words.append(event.value))
    activity.show(Progress(0.3, portion=Portion(12, 40, "plane")))
    activity.close()
    assert values == [30]
    assert words[-1] == "12 of 40 planes"


def test_what_is_cancelled_there_ends(qtbot: Any) -> None:
    ended: list[bool] = []
    activity = Activity("Find objects", lambda: ended.append(True))
    activity.cancel()
    activity.close()
    assert ended == [True]


def test_the_activity_dock_of_a_viewer_shows_it(make_napari_viewer: Any) -> None:
    viewer = make_napari_viewer()
    activity = Activity("Find objects", lambda: None)
    bar = viewer.window._qt_window._activity_dialog.get_pbar_from_prog(activity)
    activity.show(Progress(0.3, portion=Portion(12, 40, "plane")))
    assert bar.qt_progress_bar.value() == 30
    assert bar.eta_label.text() == "12 of 40 planes"
    activity.close()
