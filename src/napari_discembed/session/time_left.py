"""How long a job still takes, estimated from what is done, in a person's words."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from napari_discembed.progress import Portion, Progress
from napari_discembed.text import pluralize

SECONDS_OF_SILENCE = 2.0
"""From the first progress on, in which nothing is foretold."""
LEAST_SHARE = 0.02
"""Of the work that has to be done before anything is foretold."""
MINUTE, HOUR, DAY = 60, 3600, 86400


class TimeLeft:
    """Follows the progress of a job and foretells its end.

    The time before the first known share, in which models are loaded, is left out, and so is the
    time on hold. Where the share falls, another part of the work began, and it counts anew.

    Parameters
    ----------
    clock
        Gives the seconds, from whenever.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: tuple[float, float] | None = None  # time and share
        self._last = (0.0, 0.0)
        self._held: float | None = None
        self.portion: Portion | None = None

    def add(self, progress: Progress) -> None:
        """Take note of a job's progress."""
        self.portion = progress.portion
        if progress.fraction is None:
            return
        now = (self._clock(), progress.fraction)
        if self._first is None or progress.fraction < self._last[1]:
            self._first = now
        self._last = now

    def hold(self, on: bool) -> None:
        """Stand still while the job is paused, or go on."""
        if on and self._held is None:
            self._held = self._clock()
        elif not on and self._held is not None:
            lost, self._held = self._clock() - self._held, None
            if self._first is not None:
                self._first = (self._first[0] + lost, self._first[1])
                self._last = (self._last[0] + lost, self._last[1])

    @property
    def seconds(self) -> float | None:
        """How long it still takes; None as long as that cannot be told."""
        if self._first is None:
            return None
        taken, share = (b - a for a, b in zip(self._first, self._last, strict=True))
        if taken < SECONDS_OF_SILENCE or share < LEAST_SHARE:
            return None
        now = self._clock() if self._held is None else self._held
        since = now - self._last[0]
        return max(0.0, taken * (1 - self._last[1]) / share - since)

    @property
    def words(self) -> str:
        """What is done and how long the rest takes: ``12 of 40 planes, 2 min left``."""
        parts = [words_of_portion(self.portion), words_of_seconds(self.seconds)]
        return ", ".join(part for part in parts if part)


def words_of_portion(portion: Portion | None) -> str:
    """Return ``12 of 40 planes``; nothing for none."""
    return "" if portion is None else f"{portion.done} of {pluralize(portion.total, portion.noun)}"


def words_of_seconds(seconds: float | None) -> str:
    """Return ``2 min left``, in steps that do not flicker; nothing from a day on."""
    if seconds is None or seconds >= DAY:
        return ""
    if seconds < 10:
        return "a few seconds left"
    tens = 10 * math.ceil(seconds / 10)
    if tens < MINUTE:
        return f"{tens} s left"
    minutes = math.ceil(seconds / MINUTE)
    if minutes < HOUR // MINUTE:
        return f"{minutes} min left"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min left" if rest else f"{hours} h left"
