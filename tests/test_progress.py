"""Jobs: generators that yield progress and return a result."""

from __future__ import annotations

import pytest

from napari_discembed.progress import Job, Progress, run, scaled


def counting_job(n: int, log: list[str]) -> Job[int]:
    try:
        for i in range(n):
            yield Progress((i + 1) / n, f"{i + 1} of {n}")
        return n
    finally:
        log.append("closed")


def test_running_a_job_returns_its_result_and_shows_each_progress() -> None:
    log: list[str] = []
    seen: list[Progress] = []
    assert run(counting_job(2, log), seen.append) == 2
    assert [p.fraction for p in seen] == [0.5, 1.0]
    assert log == ["closed"]


def test_closing_a_job_runs_its_finally() -> None:
    log: list[str] = []
    job = counting_job(3, log)
    next(job)
    job.close()
    assert log == ["closed"]


def test_an_error_in_the_listener_cancels_the_job() -> None:
    log: list[str] = []

    def refuse(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(counting_job(3, log), refuse)
    assert log == ["closed"]


def test_a_part_of_a_longer_job_is_scaled_and_named() -> None:
    seen: list[Progress] = []
    assert run(scaled(counting_job(2, []), 0.5, 1.0, "embed"), seen.append) == 2
    assert [p.fraction for p in seen] == [0.75, 1.0]
    assert seen[0].message == "embed: 1 of 2"


def test_closing_the_longer_job_closes_its_part() -> None:
    log: list[str] = []
    job = scaled(counting_job(2, log), 0, 1)
    next(job)
    job.close()
    assert log == ["closed"]
