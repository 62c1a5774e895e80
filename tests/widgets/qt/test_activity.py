"""Jobs in napari's activity dock."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject

from napari_discembed.progress import Portion, Progress
from napari_discembed.widgets.qt.activity import Activity


def test_the_bar_moves_and_says_what_is_left(qtbot: Any) -> None:
    values: list[int] = []
    words: list[str] = []
    owner = QObject()
    activity = Activity("Find objects", lambda: None, owner)
    activity.events.value.connect(lambda event: values.append(event.value))
    activity.events.eta.connect(lambda event: words.append(event.value))
    activity.show(Progress(0.2, portion=Portion(8, 40, "plane")))
    activity.show(Progress(0.3, portion=Portion(12, 40, "plane")))
    qtbot.waitUntil(lambda: bool(values))
    activity.close()
    assert values == [30]
    assert words[-1] == "12 of 40 planes"


def test_what_is_cancelled_there_ends(qtbot: Any) -> None:
    ended: list[bool] = []
    owner = QObject()
    activity = Activity("Find objects", lambda: ended.append(True), owner)
    activity.cancel()
    activity.close()
    assert ended == [True]


def test_the_activity_dock_of_a_viewer_shows_it(make_napari_viewer: Any, qtbot: Any) -> None:
    viewer = make_napari_viewer()
    owner = QObject()
    activity = Activity("Find objects", lambda: None, owner)
    bar = viewer.window._qt_window._activity_dialog.get_pbar_from_prog(activity)
    activity.show(Progress(0.3, portion=Portion(12, 40, "plane")))
    qtbot.waitUntil(lambda: bar.qt_progress_bar.value() == 30)
    assert bar.eta_label.text() == "12 of 40 planes"
    activity.close()
