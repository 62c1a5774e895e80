"""napari's spinner, slowed down: each of its frames draws the whole window anew."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from qtpy.QtGui import QMovie
from qtpy.QtWidgets import QApplication, QLabel, QStatusBar

CALM = 10
"""Percent of its speed: three frames a second, in place of 33.

Where no graphics card draws the window they take one of two cores, which the job wants; and Python
stands still meanwhile.
"""


class Spinner:
    """The animation beside napari's activity button, which is slow while jobs of ours run."""

    def __init__(self) -> None:
        self._jobs: set[int] = set()
        self._calmed: weakref.WeakSet[QMovie] = weakref.WeakSet()

    def calm(self, job: int) -> None:
        """Slow it down for a job, by a number of its own."""
        self._jobs.add(job)
        for movie in movies():
            self._calmed.add(movie)
            movie.setSpeed(CALM)

    def let_go(self, job: int) -> None:
        """Let it go on as before, after the last job.

        No window is looked through here: it may be the end of one that ends its jobs.
        """
        self._jobs.discard(job)
        if not self._jobs:
            for movie in self._calmed:
                movie.setSpeed(100)
            self._calmed.clear()


SPINNER = Spinner()


def movies() -> Iterator[QMovie]:
    """Yield the animations in the status bars of all windows."""
    for window in QApplication.topLevelWidgets():
        for bar in window.findChildren(QStatusBar):
            for label in bar.findChildren(QLabel):
                movie = label.movie()
                if movie is not None:
                    yield movie
