"""Questions that are answered in a thread: the answers are always the latest."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_discembed.widgets.qt.jobs import SECONDS_TO_STOP, Runner


class Latest(QObject):
    """Answer questions in a thread, one at a time; those overtaken by newer ones are dropped.

    Parameters
    ----------
    answer
        Called in the thread with what was asked.
    patience
        Seconds for which :meth:`ask` waits for the answer, where the last one was worked out in as
        long. Both then belong to one drawing of the window: else the first draws what was moved,
        which holds up the thread, and only the second what was found.
    """

    answered = Signal(object)
    failed = Signal(object)

    def __init__(self, answer: Callable[..., object], name: str, patience: float = 0.0) -> None:
        super().__init__()
        self._answer, self._patience = answer, patience
        self._took = math.inf  # seconds of work for the last answer
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._question: tuple[object, ...] | None = None
        self._unanswered = 0
        self._stopped = False
        self._runner = Runner(name)

    def ask(self, *question: object) -> None:
        """Ask; an earlier question that waits is forgotten."""
        with self._lock:
            waits = self._question is not None
            self._question = question
            self._done.clear()
            if not waits:  # else its turn is this one's
                self._unanswered += 1
                self._runner.submit(self._take_turn)
        if self._took <= self._patience:
            self._done.wait(self._patience)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked and nothing is being answered."""
        with self._lock:
            return self._unanswered == 0

    def end(self) -> None:
        """Let the thread end after the answer that it is at."""
        self._stopped = True
        self._runner.end()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread; tell whether it came."""
        return self._runner.join(seconds)

    def stop(self) -> None:
        """End the thread, and wait for it."""
        self.end()
        self.join(SECONDS_TO_STOP)

    def interrupt(self) -> None:
        """End the thread in the middle of what it does; for the exit alone."""
        self._runner.interrupt()

    def _take_turn(self) -> None:
        with self._lock:
            question, self._question = self._question, None
        if question is not None and not self._stopped:
            self._reply(question)
        with self._lock:
            self._unanswered -= 1
            if not self._unanswered:
                self._done.set()

    def _reply(self, question: tuple[object, ...]) -> None:
        started = time.thread_time()  # its own: waiting for the interface is no work
        try:
            answer = self._answer(*question)
            self._took = time.thread_time() - started
        except Exception as error:  # noqa: BLE001 - a thread has no other way to tell of it
            self._tell(self.failed, error)
        else:
            self._tell(self.answered, answer)

    def _tell(self, signal: Any, value: object) -> None:  # noqa: ANN401 - a bound Qt signal
        if not self._stopped:
            with contextlib.suppress(RuntimeError):
                signal.emit(value)
