"""A job in napari's activity dock: how far it is, how long it still takes, and *cancel*."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.utils import cancelable_progress

from napari_discembed.progress import Progress
from napari_discembed.session.time_left import TimeLeft


class Activity(cancelable_progress):
    """A bar in napari's activity dock.

    Parameters
    ----------
    title
        What is being done.
    cancel
        Called when a person cancels it there.

    Attributes
    ----------
    left
        What is done and how long the rest takes, as of the last progress.
    """

    def __init__(self, title: str, cancel: Callable[[], Any]) -> None:
        self.left = TimeLeft()
        self._end = cancel
        super().__init__(total=100, desc=title)

    def show(self, progress: Progress) -> None:
        """Show how far it is; napari's `refresh` alone would not move the bar."""
        self.left.add(progress)
        if progress.fraction is not None:
            self.n = round(100 * progress.fraction)
            self.events.value(value=self.n)
        # In place of tqdm's figures, which are percents in a second.
        self.events.eta(value=self.left.words)

    def cancel(self) -> None:
        """End the job, as a person wants."""
        super().cancel()
        self._end()
