"""Workers: results, errors once, cancelling."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from napari_discembed.errors import InputError, OutOfMemoryError
from napari_discembed.progress import Job, Progress, check_interrupted
from napari_discembed.widgets.qt.jobs import MOST_WAITING, Runner, Worker
from napari_discembed.widgets.qt.latest import Latest


class Heard:
    """What a worker tells."""

    def __init__(self, worker: Worker) -> None:
        self.progress: list[Progress] = []
        self.results: list[object] = []
        self.errors: list[Exception] = []
        self.ends = 0
        worker.progressed.connect(self.progress.append)
        worker.returned.connect(self.results.append)
        worker.failed.connect(self.errors.append)
        worker.finished.connect(self._end)

    def _end(self) -> None:
        self.ends += 1


def run(worker: Worker, qtbot: Any) -> Heard:
    heard, runner = Heard(worker), Runner("test")
    worker.start(runner)
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=10_000)
    assert worker.wait()
    runner.stop()
    return heard


def counting(to: int) -> Job[int]:
    for i in range(to):
        yield Progress(i / to)
    return to


def test_a_job_tells_its_progress_and_its_result(qtbot: Any) -> None:
    heard = run(Worker(lambda: counting(3), "count"), qtbot)
    assert [p.fraction for p in heard.progress] == [0, 1 / 3, 2 / 3]
    assert heard.results == [3]
    assert heard.errors == []


def test_progress_arrives_in_bursts_whole_and_before_the_result(qtbot: Any) -> None:
    told: list[object] = []
    go_on = threading.Event()

    def job() -> Job[int]:
        yield Progress(0.0)
        go_on.wait(10)
        for i in range(1, 500):
            yield Progress(i / 500)
        return 500

    worker, runner = Worker(job, "count"), Runner("test")
    worker.progressed.connect(lambda progress: told.append(round(500 * progress.fraction)))
    worker.returned.connect(told.append)
    turns: list[int] = []
    worker.start(runner)
    qtbot.waitUntil(lambda: told == [0], timeout=10_000)  # the first is told at once
    go_on.set()
    while told[-1] != 500:
        qtbot.wait(5)
        turns.append(len(told))
    assert told == list(range(501))
    assert len(set(turns)) <= 3, "a burst at a time"
    qtbot.waitUntil(worker._ended.is_set, timeout=10_000)
    runner.stop()


def test_a_job_that_tells_more_than_is_shown_waits(qtbot: Any) -> None:
    made: list[int] = []

    def job() -> Job[None]:
        while True:
            made.append(1)
            yield Progress(0.5)

    worker, runner, shown = Worker(job, "endless"), Runner("test"), []
    worker.progressed.connect(lambda _: shown.append(len(made)))
    worker.start(runner)
    qtbot.waitUntil(lambda: len(shown) > MOST_WAITING, timeout=10_000)
    worker.cancel()
    assert worker.wait()
    ahead = max(n_made - n_shown for n_shown, n_made in enumerate(shown))
    assert ahead <= 2 * MOST_WAITING
    runner.stop()


@pytest.mark.parametrize(
    ("raised", "arrives"),
    [
        (RuntimeError("torch has no memory left"), RuntimeError),
        (InputError("wrong"), InputError),
        (MemoryError(), OutOfMemoryError),
    ],
)
def test_an_error_arrives_once(raised: Exception, arrives: type[Exception], qtbot: Any) -> None:
    def job() -> Job[None]:
        yield Progress(None)
        raise raised

    heard = run(Worker(job, "fail"), qtbot)
    assert [type(e) for e in heard.errors] == [arrives]
    assert heard.results == []


def test_a_job_that_cannot_even_start_is_told(qtbot: Any) -> None:
    def start() -> Job[None]:
        raise InputError("no such model")

    assert str(run(Worker(start, "start"), qtbot).errors[0]) == "no such model"


def test_a_cancelled_job_is_closed_and_returns_nothing(qtbot: Any) -> None:
    closed = threading.Event()

    def job() -> Job[int]:
        try:
            while True:
                yield Progress(None)
        finally:
            closed.set()

    worker, runner = Worker(job, "endless"), Runner("test")
    heard = Heard(worker)
    worker.start(runner)
    qtbot.waitUntil(lambda: len(heard.progress) > 2, timeout=10_000)
    worker.cancel()
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=10_000)
    runner.stop()
    assert closed.is_set()
    assert heard.results == []
    assert heard.errors == []


def test_a_cancelled_job_ends_in_the_middle_of_a_long_step(qtbot: Any) -> None:
    stepping, closed = threading.Event(), threading.Event()

    def job() -> Job[None]:
        try:
            yield Progress(0)
            while True:  # a tile: nothing is yielded
                stepping.set()
                check_interrupted()
        finally:
            closed.set()

    worker = Worker(job, "a tile without end")
    heard, runner = Heard(worker), Runner("test")
    worker.start(runner)
    assert stepping.wait(10)
    worker.cancel()
    qtbot.waitUntil(lambda: heard.ends == 1, timeout=10_000)
    assert closed.is_set()
    assert heard.results == heard.errors == []
    runner.stop()


def test_an_interrupted_thread_ends_in_the_middle_of_what_it_does(qtbot: Any) -> None:
    steps, told = [0], list[object]()

    def endless() -> None:  # as an import of many modules: it neither yields nor checks
        while True:
            steps[0] = 1

    runner, latest = Runner("test"), Latest(endless, "test")
    latest.failed.connect(told.append)
    begin: tuple[Callable[[], None], ...] = (lambda: runner.submit(endless), latest.ask)
    for thread, ask in zip((runner, latest), begin, strict=True):
        steps[0] = 0
        ask()
        qtbot.waitUntil(lambda: steps[0] == 1, timeout=10_000)
        thread.interrupt()
        assert thread.join(10)
    assert told == []
    runner.interrupt()  # that has ended already


def test_garbage_is_collected_in_the_interfaces_thread_alone(qtbot: Any) -> None:
    inside: list[bool] = []

    def job() -> Job[None]:
        inside.append(gc.isenabled())
        yield Progress(None)

    assert gc.isenabled()
    run(Worker(job, "collect"), qtbot)
    assert inside == [False]
    qtbot.waitUntil(gc.isenabled, timeout=10_000)
