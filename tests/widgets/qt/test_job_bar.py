"""How far a job is, or for how long it has been going on."""

from __future__ import annotations

from typing import Any

import pytest

from napari_discembed.widgets.qt.job_bar import JobBar


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, to be changed."""
    now = [100.0]
    monkeypatch.setattr("napari_discembed.widgets.qt.job_bar.time.monotonic", lambda: now[0])
    return now


def test_seconds_are_told_until_it_is_known_how_far_a_job_is(
    qtbot: Any, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.begin()
    assert (bar.format(), bar.value()) == ("Starting ...", 0)
    bar.advance(None, "Loading the model")
    assert bar.format() == "Loading the model"
    clock[0] += 3.5
    qtbot.waitUntil(lambda: bar.format() == "Loading the model 3 s", timeout=10_000)
    bar.advance(0.3, "embedding")
    assert (bar.format(), bar.value()) == ("embedding", 30)


def test_the_bar_never_moves_by_itself(qtbot: Any) -> None:
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.begin()
    bar.advance(None, "Loading the model")
    assert (bar.minimum(), bar.maximum()) == (0, 100)  # 0 and 0 would be Qt's busy bar


def test_what_is_said_stays(qtbot: Any, clock: list[float]) -> None:
    bar = JobBar()
    qtbot.addWidget(bar)
    bar.begin()
    bar.advance(None, "Loading the model")
    bar.say("Stopping ...")
    clock[0] += 2
    qtbot.wait(1100)
    assert bar.format() == "Stopping ..."
