"""The clock of a training."""

from __future__ import annotations

import time

import pytest

from napari_discembed.progress import Job, Progress
from napari_discembed.training.clock import Clock


def test_time_at_yields_and_in_stopped_blocks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 7.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    clock = Clock()

    def work() -> Job[str]:
        nonlocal now
        now += 2
        yield Progress(0.5)
        now += 3
        yield Progress(1.0)
        return "done"

    job = clock.stopped_at_yields(work())
    for expected in (2, 5):
        next(job)
        assert clock() == expected
        now += 100
    with pytest.raises(StopIteration) as end:
        next(job)
    assert (end.value.value, clock()) == ("done", 5)
    with clock.stopped():
        now += 100
    now += 1
    assert clock() == 6


def test_a_resumed_clock_goes_on_from_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", lambda: 7.0)
    clock = Clock()
    clock.before = 30.0
    assert clock() == 30
