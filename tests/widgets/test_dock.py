"""The base of the docks: what it follows and runs ends with it."""

from __future__ import annotations

import threading
import time
from typing import Any

from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress
from napari_discembed.widgets import tasks as tasks_module
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.qt.jobs import Worker
from napari_discembed.widgets.tasks import report

from .conftest import Wait, open_dock


def endless() -> Job[None]:
    while True:
        yield Progress(0.5)


def test_what_a_dock_follows_it_hears_until_it_is_closed(make_napari_viewer_proxy: Any) -> None:
    dock, heard = open_dock(Dock, make_napari_viewer_proxy), []
    dock.follow(dock.session.model_offered, heard.append)
    dock.session.model_offered.emit("first")
    dock.viewer.window.remove_dock_widget(dock)
    dock.session.model_offered.emit("second")
    assert heard == ["first"]


def test_connections_that_change_end_with_the_dock(make_napari_viewer_proxy: Any) -> None:
    dock, heard = open_dock(Dock, make_napari_viewer_proxy), []
    changing = dock.connections()
    changing.add(dock.session.model_offered, heard.append)
    changing.clear()
    dock.session.model_offered.emit("between")
    changing.add(dock.session.model_offered, heard.append)
    dock.viewer.window.remove_dock_widget(dock)
    dock.session.model_offered.emit("after")
    assert heard == []


def test_a_worker_ends_with_the_dock_and_returns_nothing(
    make_napari_viewer_proxy: Any, wait: Wait
) -> None:
    dock, results, progress = open_dock(Dock, make_napari_viewer_proxy), [], []
    worker = dock.run(
        Worker(endless, "Endless"), on_result=results.append, on_progress=progress.append
    )
    wait(lambda: bool(progress))
    dock.viewer.window.remove_dock_widget(dock)
    assert dock.tasks.stopped
    assert worker.wait(0)
    assert results == []


def test_a_dock_closes_though_a_step_of_its_job_takes_long(
    make_napari_viewer_proxy: Any, wait: Wait
) -> None:
    dock, results, release = open_dock(Dock, make_napari_viewer_proxy), [], threading.Event()

    def slow() -> Job[int]:
        yield Progress(0.0)
        release.wait(60)  # a step that cannot be interrupted
        yield Progress(1.0)
        return 1

    progress: list[Progress] = []
    worker = dock.run(Worker(slow, "Slow"), on_result=results.append, on_progress=progress.append)
    wait(lambda: bool(progress))
    dock.viewer.window.remove_dock_widget(dock)
    assert dock.tasks.stopped
    assert not worker.wait(0)  # nobody has waited for it
    assert dock.tasks in tasks_module._LEFT  # and what it works with stays
    release.set()
    assert worker.wait()
    assert dock.tasks.join(10)
    tasks_module._wait_for_the_last()
    tasks_module._LEFT.remove(dock.tasks)
    assert results == []


def test_what_a_closed_dock_left_is_interrupted_at_the_exit(
    make_napari_viewer_proxy: Any, wait: Wait
) -> None:
    dock, steps = open_dock(Dock, make_napari_viewer_proxy), [0]

    def importing() -> Job[int]:
        while True:  # no yield, and nothing that asks whether it is still wanted
            steps[0] = 1
        yield Progress(0.0)
        return 1

    worker = dock.run(Worker(importing, "Import"), on_result=lambda _: None)
    wait(lambda: steps[0] == 1)
    dock.viewer.window.remove_dock_widget(dock)
    assert not worker.wait(0)
    started = time.monotonic()
    tasks_module._wait_for_the_last()
    tasks_module._LEFT.remove(dock.tasks)
    assert dock.tasks.join(0)
    assert time.monotonic() - started < 3


def test_foreseen_errors_are_told_in_words_and_others_by_their_name(told: list[str]) -> None:
    report(InputError("Choose a model."))
    report(KeyError("x"))
    assert told == ["Choose a model.", "Unexpected KeyError: 'x'. Please report this."]


def test_an_error_is_read_whole_in_the_dock_until_the_next_work(
    make_napari_viewer_proxy: Any, wait: Wait, told: list[str]
) -> None:
    dock = open_dock(Dock, make_napari_viewer_proxy)
    sentence = "Expected an image of 3 channels, got 4. " * 5

    def failing() -> Job[None]:
        yield Progress(0.5)
        raise InputError(sentence)

    dock.run(Worker(failing, "Fail"), on_result=lambda _: None)
    wait(lambda: bool(told))
    assert dock.trouble.text() == sentence
    assert dock.trouble.wordWrap()
    assert not dock.trouble.isHidden()
    assert dock.trouble.height() >= dock.trouble.heightForWidth(dock.trouble.width())
    dock.run(Worker(lambda: iter(()), "Nothing"), on_result=lambda _: None)
    assert dock.trouble.isHidden()
