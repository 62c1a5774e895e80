"""How long a training lasts, the learning rate along it, and when it is validated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from napari_discembed.config import TrainingConfig
from napari_discembed.errors import InputError

WARM_UP, WARM_UP_STEPS = 0.05, 50
VALIDATION_SHARE = 0.3
"""Most of the time that validations may take, where the time is the budget."""
VALIDATE_EVERY = 60.0
"""Seconds between validations of a training that someone will stop."""


@dataclass(frozen=True, slots=True)
class Budget:
    """Steps or seconds that a training may take.

    Attributes
    ----------
    steps, seconds
        One of them is None.
    """

    steps: int | None
    seconds: float | None

    def fraction(self, step: int, elapsed: float) -> float:
        """Return the share used, in [0, 1], before a step and after a time in seconds."""
        used = step / self.steps if self.steps is not None else elapsed / (self.seconds or 1.0)
        return min(1.0, used)

    def is_spent(self, step: int, elapsed: float, step_seconds: float) -> bool:
        """Tell whether another step would overrun; the first always fits."""
        if self.steps is not None:
            return step >= self.steps
        return step > 0 and elapsed + step_seconds > (self.seconds or 0.0)


def budget(config: TrainingConfig, n_pixels: int, step_pixels: int) -> Budget:
    """Return the budget of a config.

    Parameters
    ----------
    config
        One of steps, epochs and seconds is given.
    n_pixels, step_pixels
        Of the training set and of a step: an epoch draws as many pixels as there are.

    Raises
    ------
    InputError
        If none is given.
    """
    if config.epochs is not None:
        steps = math.ceil(config.epochs * n_pixels / step_pixels)
        return Budget(max(1, steps), None)
    if config.steps is None and config.seconds is None:
        raise InputError("Expected a length of training: give one of steps, epochs and seconds.")
    return Budget(config.steps, config.seconds)


def learning_rate_factor(config: TrainingConfig, step: int, fraction: float) -> float:
    """Return the share of the peak learning rate: a short linear rise, then half a cosine.

    Parameters
    ----------
    config
        Its schedule; a constant one has no end to measure the rise by, so steps do.
    step
        Steps done.
    fraction
        Of the budget, used.
    """
    if config.schedule == "constant":
        return min(1.0, 0.1 + 0.9 * step / WARM_UP_STEPS)
    if fraction < WARM_UP:
        return 0.1 + 0.9 * fraction / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (fraction - WARM_UP) / (1 - WARM_UP)))


class ValidationSchedule:
    """When the weights of a training are scored.

    Parameters
    ----------
    config
        How many validations, and the schedule.
    limit
        The budget of the training.

    Attributes
    ----------
    done
        How many of the validations are due by what was used of the budget at the last one.
    seconds
        How long validations took in all, since the training began or was resumed.
    """

    def __init__(self, config: TrainingConfig, limit: Budget) -> None:
        self._count, self._limit = config.validations, limit
        # Someone will stop it: each validation may be the last.
        self.is_endless = config.schedule == "constant" and limit.seconds is not None
        self.done = 0
        self.seconds = 0.0

    def is_due(self, step: int, elapsed: float, last: float) -> bool:
        """Tell whether it is time for a validation, and whether the budget allows it.

        Parameters
        ----------
        step
            Steps done.
        elapsed, last
            Seconds of training so far, and at the validation before; 0 where there was none.
        """
        due = self._limit.fraction(step, elapsed) * self._count >= self.done + 1
        if self.is_endless:
            due = due or elapsed - last >= VALIDATE_EVERY
        in_steps = self._limit.steps is not None
        return due and (in_steps or self.seconds <= VALIDATION_SHARE * max(elapsed, 1e-9))

    def count(self, step: int, elapsed: float, seconds: float) -> None:
        """Take note of a validation that took so many seconds and ended now."""
        self.seconds += seconds
        self.done = int(self._limit.fraction(step, elapsed) * self._count)
