"""Budget, learning rate and validations."""

from __future__ import annotations

import pytest

from napari_discembed.config import TrainingConfig
from napari_discembed.errors import InputError
from napari_discembed.training.schedule import (
    Budget,
    ValidationSchedule,
    budget,
    learning_rate_factor,
)


def test_budgets() -> None:
    epochs = TrainingConfig(epochs=2, batch_size=4)
    assert budget(epochs, n_pixels=800, step_pixels=400) == Budget(4, None)
    assert budget(epochs, n_pixels=801, step_pixels=400) == Budget(5, None)
    assert budget(epochs, n_pixels=1, step_pixels=400) == Budget(1, None)
    assert budget(TrainingConfig(steps=7), 1, 1) == Budget(7, None)
    assert budget(TrainingConfig(seconds=7), 1, 1) == Budget(None, 7)
    with pytest.raises(InputError, match="steps, epochs and seconds"):
        budget(TrainingConfig(), 1, 1)


@pytest.mark.parametrize(
    ("step", "elapsed", "step_seconds", "spent"),
    [(5, 9.5, 0.6, True), (5, 9.5, 0.5, False), (0, 99, 1, False), (1, 99, 1, True)],
)
def test_a_step_that_would_overrun_the_time_is_not_taken_but_for_the_first(
    step: int, elapsed: float, step_seconds: float, spent: bool
) -> None:
    assert Budget(None, 10.0).is_spent(step, elapsed, step_seconds) is spent


def test_steps_are_counted_whatever_time_they_take() -> None:
    limit = Budget(4, None)
    assert [limit.is_spent(step, 1e9, 1e9) for step in (3, 4, 5)] == [False, True, True]
    assert [limit.fraction(step, 1e9) for step in (0, 1, 4, 5)] == [0, 0.25, 1, 1]
    assert [Budget(None, 8).fraction(99, seconds) for seconds in (0, 2, 9)] == [0, 0.25, 1]


def test_the_learning_rate_rises_and_falls_to_zero() -> None:
    rates = [learning_rate_factor(TrainingConfig(), 0, f) for f in (0, 0.05, 0.5, 1)]
    assert rates[0] == pytest.approx(0.1)
    assert rates[1] == pytest.approx(1)
    assert 0 < rates[2] < 1
    assert rates[3] == pytest.approx(0)


def test_a_constant_rate_rises_over_fifty_steps() -> None:
    constant = TrainingConfig(schedule="constant")
    factors = [learning_rate_factor(constant, step, 0.9) for step in (0, 25, 50, 500)]
    assert factors == pytest.approx([0.1, 0.55, 1, 1])


def test_validations_are_spread_over_the_training() -> None:
    schedule = ValidationSchedule(TrainingConfig(validations=4), Budget(100, None))
    due = []
    for step in range(1, 101):
        if schedule.is_due(step, 0.0, 0.0):
            due.append(step)
            schedule.count(step, 0.0, 1e6)  # however long they take, where steps are the budget
    assert due == [25, 50, 75, 100]


def test_one_that_comes_late_counts_for_those_that_it_missed() -> None:
    schedule = ValidationSchedule(TrainingConfig(validations=4), Budget(None, 100))
    assert schedule.is_due(1, 60.0, 0.0)
    schedule.count(1, 60.0, 1.0)
    assert schedule.done == 2
    assert not schedule.is_due(2, 74.0, 60.0)
    assert schedule.is_due(2, 75.0, 60.0)


def test_validations_take_no_more_than_a_share_of_the_time() -> None:
    schedule = ValidationSchedule(TrainingConfig(validations=10), Budget(None, 100))
    schedule.count(1, 10.0, 9.0)
    assert not schedule.is_due(2, 29.9, 10.0)
    assert schedule.is_due(2, 30.0, 10.0)


def test_a_training_that_someone_will_stop_is_validated_each_minute() -> None:
    endless = TrainingConfig(schedule="constant", validations=10)
    schedule = ValidationSchedule(endless, Budget(None, 1e9))
    assert schedule.is_endless
    assert [schedule.is_due(1, seconds, 30.0) for seconds in (89.9, 90.0)] == [False, True]
    assert not ValidationSchedule(endless, Budget(10, None)).is_endless
    assert not ValidationSchedule(TrainingConfig(), Budget(None, 1e9)).is_endless
