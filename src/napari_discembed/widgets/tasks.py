"""The threads and connections of a dock or a viewer, and how errors are told."""

from __future__ import annotations

import atexit
import gc
import logging
import time
from collections.abc import Callable
from typing import Any

from napari.utils.notifications import show_error

from napari_discembed.errors import DiscembedError
from napari_discembed.widgets.qt.connections import Connections
from napari_discembed.widgets.qt.jobs import Runner, Worker
from napari_discembed.widgets.qt.latest import Latest

SECONDS_TO_CLOSE = 0.25
"""How long a dock that closes waits for its threads."""

SECONDS_AT_EXIT = 5.0
"""How long the process, whose windows are gone by then, waits for those that were left."""

LOGGER = logging.getLogger(__name__)


class Tasks:
    """The threads and connections of one dock, or of a viewer: they end with it."""

    def __init__(self) -> None:
        self.runner = Runner("work")
        self._beside: Runner | None = None
        self.workers: set[Worker] = set()
        self.answerers: list[Latest] = []
        self.connections: list[Connections] = []
        self.at_end: list[Callable[[], None]] = []
        self.at_close: list[Callable[[], None]] = []  # of the dock alone: the viewer goes on
        self.stopped = False

    def run(
        self,
        worker: Worker,
        *,
        on_result: Callable[[Any], None],
        on_progress: Callable[[Any], None] | None = None,
        on_end: Callable[[], None] | None = None,
        beside: bool = False,
    ) -> Worker:
        """Start a worker that ends with these tasks; errors are shown once, in words.

        It waits for what is under way, unless it is to run beside that, for long.
        """
        self.workers.add(worker)
        worker.returned.connect(on_result)
        worker.failed.connect(report)
        if on_progress is not None:
            worker.progressed.connect(on_progress)
        if on_end is not None:
            worker.finished.connect(on_end)
        worker.finished.connect(lambda: self._let_go(worker))
        if beside and self._beside is None:
            self._beside = Runner("work beside")
        worker.start(self._beside if beside and self._beside else self.runner)
        return worker

    def _let_go(self, worker: Worker) -> None:
        """Drop a worker that is done, here: a QObject that goes in another thread may crash."""
        self.workers.discard(worker)
        worker.deleteLater()

    def stop(self, *_args: object) -> None:
        """Cancel everything and wait a moment for its end.

        What takes longer ends by itself: it changes nothing any more, and what it works with is
        kept until the process ends, as a QObject that goes in another thread may crash.
        """
        if self.stopped:
            return
        self.stopped = True
        for worker in list(self.workers):
            worker.cancel()
        for thread in self._threads():
            thread.end()
        if not self.join(SECONDS_TO_CLOSE):
            _LEFT.append(self)
        for connections in self.connections:
            connections.clear()
        for action in self.at_end:
            action()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the threads, so long together; tell whether it came."""
        until = time.monotonic() + seconds
        return all(t.join(max(0.0, until - time.monotonic())) for t in self._threads())

    def interrupt(self) -> None:
        """End the threads in the middle of what they do; for the exit alone."""
        for thread in self._threads():
            thread.interrupt()

    def _threads(self) -> list[Latest | Runner]:
        beside = [] if self._beside is None else [self._beside]
        return [*self.answerers, self.runner, *beside]


_LEFT: list[Tasks] = []


@atexit.register
def _wait_for_the_last() -> None:
    """End the threads that were left, wherever they are: else the exit may crash.

    Those in the middle of torch's import take seconds, and nothing that they do is wanted any more.
    """
    until = time.monotonic() + SECONDS_AT_EXIT
    for tasks in _LEFT:
        # Again and again: what is raised within a callback of C++ may be lost.
        while not tasks.join(0.02) and time.monotonic() < until:
            tasks.interrupt()


# The last collection of garbage would walk all of torch, for seconds, to free what goes anyway.
atexit.register(gc.freeze)


def report(error: Exception) -> None:
    """Tell a person of an error: in words where we foresaw it, by its name where not."""
    if not isinstance(error, DiscembedError):
        LOGGER.error("Unexpected error", exc_info=error)
    show_error(words_of(error))


def words_of(error: Exception) -> str:
    """Return what a person is told of an error."""
    if isinstance(error, DiscembedError):
        return str(error)
    return f"Unexpected {type(error).__name__}: {error}. Please report this."
