"""A job in napari's activity dock: how far it is, how long it still takes, and *cancel*."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from napari.utils import cancelable_progress
from qtpy.QtCore import QObject, QTimer

from napari_discembed.progress import Progress
from napari_discembed.session.time_left import TimeLeft
from napari_discembed.widgets.qt.spinner import SPINNER


class Activity(cancelable_progress):
    """A bar in napari's activity dock.

    Parameters
    ----------
    title
        What is being done.
    cancel
        Called when a person cancels it there.
    parent
        That it ends with.

    Attributes
    ----------
    left
        What is done and how long the rest takes, as of the last progress.
    """

    def __init__(self, title: str, cancel: Callable[[], Any], parent: QObject) -> None:
        self.left = TimeLeft()
        self._end, self._is_telling = cancel, False
        # From the event loop: napari's bar handles events while it is set, which a job that tells
        # much would do again within, without end.
        self._soon = QTimer(parent)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._tell)
        super().__init__(total=100, desc=title)
        SPINNER.calm(id(self))

    def show(self, progress: Progress) -> None:
        """Show how far it is, soon; napari's `refresh` alone would not move the bar."""
        self.left.add(progress)
        if progress.fraction is not None:
            self.n = round(100 * progress.fraction)
        if not self._soon.isActive():
            self._soon.start()

    def _tell(self) -> None:
        if self._is_telling:
            return
        self._is_telling = True
        # In place of tqdm's figures, which are percents in a second.
        self.events.eta(value=self.left.words)
        self.events.value(value=self.n)
        self._is_telling = False

    def cancel(self) -> None:
        """End the job, as a person wants."""
        super().cancel()
        self._end()

    def close(self) -> None:
        """Take the bar away."""
        with suppress(RuntimeError):  # tqdm closes once more as it goes, when the parent has gone
            self._soon.stop()
        SPINNER.let_go(id(self))
        super().close()
