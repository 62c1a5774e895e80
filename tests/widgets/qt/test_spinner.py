"""napari's spinner is slow while jobs run."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject

from napari_discembed.widgets.qt.activity import Activity
from napari_discembed.widgets.qt.spinner import CALM, movies


def test_the_spinner_is_slow_until_the_last_job_has_ended(make_napari_viewer: Any) -> None:
    make_napari_viewer()
    owner = QObject()
    activities = [Activity(title, lambda: None, owner) for title in ("Find", "Learn")]
    speeds = []
    for activity in (*activities, activities[0]):  # tqdm closes once more as it goes
        speeds.append([movie.speed() for movie in movies()])
        activity.close()
    assert speeds == [[CALM], [CALM], [100]]


def test_a_job_may_end_after_the_window_that_shows_it(make_napari_viewer: Any, qtbot: Any) -> None:
    viewer = make_napari_viewer()
    owner = QObject()
    activity = Activity("Find", lambda: None, owner)
    calmed = list(movies())
    viewer.close()
    qtbot.wait(50)
    activity.close()
    assert [movie.speed() for movie in calmed] == [100]
