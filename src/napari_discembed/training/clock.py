"""The clock of a training, which stands still while nobody trains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from napari_discembed.progress import Job, Progress, relay

T = TypeVar("T")


class Clock:
    """Seconds of training, those before a resumption included.

    Attributes
    ----------
    before
        Seconds up to when it was last started.
    """

    def __init__(self) -> None:
        self.before = 0.0
        self._started: float | None = time.monotonic()

    def __call__(self) -> float:
        """Return the seconds so far."""
        running = 0.0 if self._started is None else time.monotonic() - self._started
        return self.before + running

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time of a block."""
        self.before, self._started = self(), None
        try:
            yield
        finally:
            self._started = time.monotonic()

    def stopped_at_yields(self, job: Job[T]) -> Job[T]:
        """Run a job, leaving out the time in which it waits to be asked for more."""

        def emit(progress: Progress) -> Job[None]:
            with self.stopped():
                yield progress

        return relay(job, emit)
