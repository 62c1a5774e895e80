"""Long work beside the interface: jobs in threads.

napari's and superqt's own GeneratorWorker swallows RuntimeError, which torch's lack of memory is,
and does not close its generator when it is told to quit; here both are done.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal

from napari_discembed.errors import DiscembedError, OutOfMemoryError
from napari_discembed.progress import Interrupted, Job, Progress, interruptible
from napari_discembed.widgets.qt.activity import Activity

SECONDS_TO_STOP = 10.0
TELL_EVERY = 500
"""Milliseconds between what is told of a job: the window is drawn anew each time, which without a
graphics card takes a tenth of them."""
MOST_WAITING = 1000
"""Progresses that wait to be told, above which a job waits too: it could tell more than the
interface shows."""


class _Garbage(QObject):
    """Keep Python's collection of cyclic garbage out of our threads.

    It runs in whatever thread happens to allocate, and a Qt or OpenGL object that goes in another
    thread than the interface's takes the process along. While a thread of ours works, collection
    is off; a timer does it in the interface's thread, which also switches it on again.
    """

    _begun, _done = Signal(), Signal()

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._held = 0
        self._was_on = True
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(lambda: gc.collect(1))
        queued = Qt.ConnectionType.QueuedConnection
        self._begun.connect(self._timer.start, queued)
        self._done.connect(self._let_go, queued)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep it off during a block."""
        with self._lock:
            if not self._held:
                self._was_on = gc.isenabled()
                gc.disable()
            self._held += 1
        self._begun.emit()
        try:
            yield
        finally:
            self._done.emit()

    def _let_go(self) -> None:
        with self._lock:
            self._held -= 1
            if self._held:
                return
            self._timer.stop()
            if self._was_on:
                gc.enable()


_GARBAGE: list[_Garbage] = []


def _garbage() -> _Garbage:
    """Return the one keeper, made in the interface's thread."""
    if not _GARBAGE:
        _GARBAGE.append(_Garbage())
    return _GARBAGE[0]


class Runner:
    """One thread that runs what it is given, one after the other.

    It stays, since each new thread that calls torch gets a team of threads and memory pools of its
    own, which the process keeps.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._garbage = _garbage()
        self._thread = threading.Thread(target=self._run, name=f"discembed {name}", daemon=True)
        self._thread.start()

    def submit(self, call: Callable[[], None]) -> None:
        """Run something, once what was given before is done."""
        self._calls.put(call)

    def end(self) -> None:
        """Let the thread end after what it was given."""
        self._calls.put(None)

    def join(self, seconds: float) -> bool:
        """Wait for the end of the thread; tell whether it came."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """End the thread after what it was given, and wait for it."""
        self.end()
        self.join(SECONDS_TO_STOP)

    def interrupt(self) -> None:
        """Raise :class:`Interrupted` in the thread, at the next line of Python that it comes to.

        For the exit alone: an import, as that of torch, is left half done.
        """
        if self._thread.ident is not None and self._thread.is_alive():
            ident, signal = ctypes.c_ulong(self._thread.ident), ctypes.py_object(Interrupted)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, signal)

    def _run(self) -> None:
        with contextlib.suppress(Interrupted):
            while (call := self._calls.get()) is not None:
                with self._garbage.held():
                    call()
                del call  # what it holds is not to stay until the next call


class Worker(QObject):
    """Drive one job in a thread; its signals arrive in the thread of the interface.

    What it tells of its progress arrives in bursts, in its order and all of it, the last before its
    result: the interface draws once a burst. A job that tells more than is shown waits.

    Parameters
    ----------
    start
        Makes the job, in the thread: what it imports does not hold up the interface.
    title
        For napari's activity dock.
    interrupt
        Wakes the job where it waits for another process, once it is to be cancelled.
    stop
        What *cancel* in napari's activity dock does; None to cancel.
    """

    progressed = Signal(object)
    returned = Signal(object)
    failed = Signal(object)
    finished = Signal()
    _told = Signal()

    def __init__(
        self,
        start: Callable[[], Job[Any]],
        title: str,
        interrupt: Callable[[], None] = lambda: None,
        stop: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self._start, self._interrupt = start, interrupt
        self._cancelled, self._ended = threading.Event(), threading.Event()
        self._activity = Activity(title, stop or self.cancel, self)
        self.left = self._activity.left
        self._waiting: deque[Progress] = deque()
        self._room = threading.Event()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(TELL_EVERY)
        self._soon.timeout.connect(self._deliver)
        self._told.connect(self._arrived)
        self.progressed.connect(self._show)
        for end in (self.returned, self.failed, self.finished):
            end.connect(self._deliver)
        self.finished.connect(self._activity.close)

    def start(self, runner: Runner) -> None:
        """Begin, once the runner is free."""
        runner.submit(self._drive)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Stop at the next progress or layer; the job is closed, and nothing is returned."""
        self._cancelled.set()
        self._room.set()
        self._interrupt()

    def wait(self, seconds: float = SECONDS_TO_STOP) -> bool:
        """Wait for the end of the job; tell whether it came."""
        return self._ended.wait(seconds)

    def _arrived(self) -> None:  # a slot, as all that the thread's signals call
        if not self._soon.isActive() and self._waiting:
            self._soon.start()
            self._deliver()

    def _deliver(self, _result: object = None) -> None:
        for _ in range(len(self._waiting)):  # the job goes on telling meanwhile
            self.progressed.emit(self._waiting.popleft())
        self._room.set()

    def _show(self, progress: Progress) -> None:
        self._activity.show(progress)

    def _drive(self) -> None:
        try:
            result = self._run()
        except DiscembedError as error:
            self._tell(self.failed, error)
        except MemoryError:
            self._tell(self.failed, OutOfMemoryError("There is not enough memory for this."))
        except Exception as error:  # noqa: BLE001 - a thread has no other way to tell of it
            self._tell(self.failed, error)
        else:
            if not self.is_cancelled:
                self._tell(self.returned, result)
        self._ended.set()
        self._tell(self.finished)

    def _run(self) -> object:
        job = self._start()
        try:
            with interruptible(self._cancelled.is_set):
                while not self.is_cancelled:
                    self._waiting.append(next(job))
                    self._tell(self._told)
                    self._wait_for_room()
        except Interrupted:
            return None
        except StopIteration as stop:
            return stop.value
        except DiscembedError:
            if not self.is_cancelled:
                raise
        finally:
            job.close()
        return None

    def _wait_for_room(self) -> None:
        while len(self._waiting) >= MOST_WAITING and not self.is_cancelled:
            self._room.clear()
            if len(self._waiting) >= MOST_WAITING:  # else it was made room in between
                self._room.wait(1)

    @staticmethod
    def _tell(signal: Any, *values: object) -> None:  # noqa: ANN401 - a bound Qt signal
        # The interface may be gone while the thread ends.
        with contextlib.suppress(RuntimeError):
            signal.emit(*values)
