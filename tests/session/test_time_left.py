"""How long a job still takes."""

from __future__ import annotations

import pytest

from napari_discembed.progress import Portion, Progress
from napari_discembed.session.time_left import TimeLeft, words_of_seconds


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


def left_after(*steps: tuple[float, float | None]) -> tuple[TimeLeft, Clock]:
    """Follow a job that tells its shares at these times."""
    clock = Clock()
    left = TimeLeft(clock)
    for clock.now, fraction in steps:
        left.add(Progress(fraction))
    return left, clock


def test_the_rest_takes_as_long_in_proportion_as_what_is_done() -> None:
    left, _ = left_after((100, 0.0), (130, 0.25))
    assert left.seconds == pytest.approx(90)
    assert left.words == "2 min left"


def test_time_goes_on_between_two_signs_of_life() -> None:
    left, clock = left_after((0, 0.0), (30, 0.25))
    clock.now = 60
    assert left.seconds == pytest.approx(60)
    clock.now = 1000
    assert left.seconds == 0


def test_loading_the_model_is_no_measure_of_the_rest() -> None:
    left, _ = left_after((0, None), (50, 0.0), (60, 0.5))
    assert left.seconds == pytest.approx(10)


def test_nothing_is_foretold_from_next_to_nothing() -> None:
    assert left_after()[0].seconds is None
    assert left_after((0, 0.0), (1, 0.5))[0].seconds is None
    assert left_after((0, 0.0), (60, 0.01))[0].words == ""


def test_a_pause_is_not_counted() -> None:
    left, clock = left_after((0, 0.0), (10, 0.5))
    left.hold(True)
    clock.now = 500
    assert left.seconds == pytest.approx(10)
    left.hold(False)
    assert left.seconds == pytest.approx(10)
    clock.now = 510
    left.add(Progress(1.0))
    assert left.seconds == 0


def test_a_share_that_falls_begins_anew() -> None:
    left, _ = left_after((0, 0.0), (10, 1.0), (11, 0.0), (21, 0.5))
    assert left.seconds == pytest.approx(10)


def test_what_is_done_comes_first() -> None:
    clock = Clock()
    left = TimeLeft(clock)
    left.add(Progress(0.0, portion=Portion(0, 40, "plane")))
    assert left.words == "0 of 40 planes"
    clock.now = 36.0
    left.add(Progress(0.3, portion=Portion(12, 40, "plane")))
    assert left.words == "12 of 40 planes, 2 min left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (3, "a few seconds left"),
        (10, "10 s left"),
        (41, "50 s left"),
        (51, "1 min left"),
        (61, "2 min left"),
        (3541, "1 h left"),
        (3700, "1 h 2 min left"),
        (86400, ""),
    ],
)
def test_times_are_said_in_few_steps(seconds: float | None, words: str) -> None:
    assert words_of_seconds(seconds) == words
