"""Answers are the latest, and come with what asks for them where they come soon."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from napari_discembed.widgets.qt.latest import Latest


def test_only_the_first_and_the_latest_question_are_answered(qtbot: Any) -> None:
    begun, go_on = threading.Event(), threading.Event()
    asked: list[int] = []

    def answer(n: int) -> int:
        asked.append(n)
        begun.set()
        go_on.wait(10)
        return 10 * n

    latest = Latest(answer, "test")
    answers: list[object] = []
    latest.answered.connect(answers.append)
    latest.ask(1)
    begun.wait(10)
    for n in (2, 3, 4):
        latest.ask(n)
    assert not latest.is_idle
    go_on.set()
    qtbot.waitUntil(lambda: len(answers) == 2, timeout=10_000)
    latest.stop()
    assert asked == [1, 4]
    assert answers == [10, 40]


def test_a_question_that_fails_does_not_end_the_answering(qtbot: Any) -> None:
    latest = Latest(lambda n: 1 // n, "test")  # type: ignore[operator]
    answers: list[object] = []
    errors: list[object] = []
    latest.answered.connect(answers.append)
    latest.failed.connect(errors.append)
    latest.ask(0)
    qtbot.waitUntil(lambda: len(errors) == 1, timeout=10_000)
    latest.ask(1)
    qtbot.waitUntil(lambda: answers == [1], timeout=10_000)
    latest.stop()


def test_an_answer_that_came_soon_before_is_waited_for(qtbot: Any) -> None:
    latest = Latest(lambda n: n, "test", patience=10)
    answers: list[object] = []
    latest.answered.connect(answers.append)
    latest.ask(1)  # how long it takes is not known yet
    qtbot.waitUntil(lambda: answers == [1], timeout=10_000)
    for n in (2, 3):
        latest.ask(n)
        assert latest.is_idle
    qtbot.waitUntil(lambda: answers == [1, 2, 3], timeout=10_000)
    latest.stop()


def test_an_answer_that_took_long_is_not_waited_for(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 30.0, 0.0, 0.0])
    monkeypatch.setattr("napari_discembed.widgets.qt.latest.time.thread_time", lambda: next(clock))
    asked = threading.Event()
    asked.set()
    latest = Latest(lambda: asked.wait(20), "test", patience=20)
    answers: list[object] = []
    latest.answered.connect(answers.append)
    latest.ask()
    qtbot.waitUntil(lambda: answers == [True], timeout=10_000)
    asked.clear()
    latest.ask()
    asked.set()  # else the answer is False
    qtbot.waitUntil(lambda: answers == [True, True], timeout=30_000)
    latest.stop()
