"""Jobs: generators that yield progress and return a result."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from napari_discembed.progress import (
    Finish,
    Interrupted,
    Job,
    Portion,
    Progress,
    check_interrupted,
    interruptible,
    relay,
    run,
    scaled,
    uninterrupted,
)


def counting_job(n: int, log: list[str]) -> Job[int]:
    """Count to n; cannot end early."""
    try:
        for i in range(n):
            yield Progress((i + 1) / n, f"{i + 1} of {n}", {"i": i}, {"shown": i})
        return n
    finally:
        log.append("closed")


def early_job(n: int, log: list[str]) -> Job[int]:
    """Count to n, or as far as it comes."""
    done = 0
    try:
        for done in range(1, n + 1):
            yield Progress(done / n)
    except Finish:
        log.append("finished")
        yield Progress(1.0, "tidying up")
    finally:
        log.append("closed")
    return done


def nested(job: Job[int]) -> Job[int]:
    """Run a job two scalings deep, one of them within a delegating generator."""

    def middle() -> Job[int]:
        return (yield from scaled(job, 0, 0.5, "inner"))

    return scaled(middle(), 0.5, 1.0, "outer")


def after(count: int) -> Callable[[], bool]:
    """Return what is True from the given call on."""
    calls = iter(range(1, 1000))
    return lambda: next(calls) >= count


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
    assert (seen[1].values, seen[1].data) == ({"i": 1}, {"shown": 1})


def test_a_part_without_an_end_in_sight_stays_so_and_one_without_words_has_the_name() -> None:
    def endless() -> Job[None]:
        yield Progress(None)

    [seen] = list(scaled(endless(), 0.2, 0.4, "waiting"))
    assert (seen.fraction, seen.message) == (None, "waiting")


def test_a_job_asked_to_finish_ends_early_with_what_it_has() -> None:
    log: list[str] = []
    seen: list[Progress] = []
    assert run(early_job(100, log), seen.append, finish=after(3)) == 3
    assert [p.message for p in seen] == ["", "", "", "tidying up"]
    assert log == ["finished", "closed"]


def test_a_job_is_asked_to_finish_once_only() -> None:
    assert run(early_job(100, []), finish=lambda: True) == 1  # not again while it tidies up


def test_a_job_that_ends_at_once_when_asked_returns_its_result() -> None:
    def brief() -> Job[str]:
        try:
            yield Progress(0.0)
        except Finish:
            return "early"
        return "late"

    assert run(brief(), finish=lambda: True) == "early"
    assert run(brief(), finish=lambda: False) == "late"


def test_a_job_that_cannot_finish_early_is_cancelled() -> None:
    log: list[str] = []
    with pytest.raises(Finish):
        run(counting_job(3, log), finish=lambda: True)
    assert log == ["closed"]


def test_the_request_to_finish_reaches_a_job_through_all_that_scale_it() -> None:
    log: list[str] = []
    seen: list[Progress] = []
    assert run(nested(early_job(4, log)), seen.append, finish=after(2)) == 2
    assert log == ["finished", "closed"]
    assert [p.fraction for p in seen] == [0.5625, 0.625, 0.75]
    assert seen[-1].message == "outer: inner: tidying up"


def test_any_other_exception_reaches_the_inner_job_too() -> None:
    def forgiving() -> Job[str]:
        try:
            yield Progress(0.0)
        except LookupError:
            yield Progress(1.0)
            return "forgiven"
        return "never asked"

    job = scaled(forgiving(), 0, 1)
    next(job)
    job.throw(KeyError("lost"))
    with pytest.raises(StopIteration) as stop:
        next(job)
    assert stop.value.value == "forgiven"


@pytest.mark.parametrize("wrap", [nested, uninterrupted, lambda job: scaled(job, 0, 1)])
def test_closing_the_longer_job_closes_its_parts(wrap: Callable[[Job[int]], Job[int]]) -> None:
    log: list[str] = []
    job = wrap(counting_job(2, log))
    next(job)
    job.close()
    assert log == ["closed"]


def test_an_error_of_a_part_is_that_of_the_whole() -> None:
    def broken() -> Job[int]:
        yield Progress(0.0)
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        run(nested(broken()))


def test_a_part_without_progress_has_its_result_at_once() -> None:
    assert run(nested(counting_job(0, []))) == 0


def test_an_uninterrupted_job_runs_to_its_end_and_tells_that_it_was_asked() -> None:
    assert run(uninterrupted(counting_job(5, [])), finish=after(2)) == (5, True)
    assert run(uninterrupted(counting_job(5, []))) == (5, False)
    assert run(scaled(uninterrupted(counting_job(5, [])), 0, 1), finish=after(2)) == (5, True)


def test_progress_that_is_not_passed_on_is_no_place_to_stop_at() -> None:
    def even(part: Progress) -> Job[None]:
        if part.values["i"] % 2 == 0:
            yield part

    assert [p.values["i"] for p in relay(counting_job(5, []), even)] == [0, 2, 4]


def test_a_step_is_interrupted_once_it_is_not_wanted_and_never_outside() -> None:
    unwanted = iter([False, True])
    with interruptible(lambda: next(unwanted)):
        check_interrupted()
        with pytest.raises(Interrupted):
            check_interrupted()
    check_interrupted()


def test_an_interrupted_job_is_closed() -> None:
    log: list[str] = []

    def job() -> Job[None]:
        try:
            yield Progress(0.0)
            check_interrupted()
        finally:
            log.append("closed")

    with interruptible(lambda: True), pytest.raises(Interrupted):
        run(job())
    assert log == ["closed"]


def test_a_part_of_a_longer_job_tells_how_many_parts_are_done() -> None:
    def inner() -> Job[None]:
        yield Progress(0.5, portion=Portion(1, 2, "tile"))

    (own,) = scaled(inner(), 0.0, 0.5)
    assert own.portion == Portion(1, 2, "tile")
    (whole,) = scaled(inner(), 0.0, 0.5, "", Portion(3, 9, "image"))
    assert whole.portion == Portion(3, 9, "image")
