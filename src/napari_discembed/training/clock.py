"""The clock of a training, which stands still while nobody trains."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from napari_discembed.progress import Job, Progress, relay

T = TypeVar("T")


@dataclass(slots=True)
class Clock:
    """Seconds of training, those before a resumption included."""

    before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        """Return the seconds so far."""
        return self.before + time.monotonic() - self.started

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Leave out the time of a block."""
        self.before = self()
        try:
            yield
        finally:
            self.started = time.monotonic()

    def stopped_at_yields(self, job: Job[T]) -> Job[T]:
        """Run a job, leaving out the time in which it waits to be asked for more."""

        def emit(progress: Progress) -> Job[None]:
            with self.stopped():
                yield progress

        return relay(job, emit)
