"""A long operation is a generator that yields its progress and returns its result.

Cancelling is closing it: ``finally`` blocks run, memory is freed and partial files go.
The command line drives a job with a bar, the plugin with a worker, a test with :func:`run`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Attributes
    ----------
    fraction
        Share of the work done, in [0, 1], or None where the end is not known.
    message
        What is being done, for a person.
    values
        Named figures of this moment, such as the loss of a training step.
    data
        Things to look at, such as the preview of a training; mostly empty.
    """

    fraction: float | None
    message: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


Job: TypeAlias = Generator[Progress, None, T]
"""A generator of :class:`Progress` that returns a ``T``."""


def run(job: Job[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Run a job to its end and return its result.

    Parameters
    ----------
    job
        The generator, as returned by :func:`napari_discembed.embed` and its kin.
    on_progress
        Called with each :class:`Progress`. An exception raised in it cancels the job.

    Returns
    -------
    The job's result.
    """
    try:
        while True:
            progress = next(job)
            if on_progress is not None:
                on_progress(progress)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        job.close()


def scaled(job: Job[T], start: float, stop: float, message: str = "") -> Job[T]:
    """Run a job as one part of a longer one.

    Its fractions are mapped from [0, 1] to [start, stop]; `message` goes before its own.
    """
    try:
        while True:
            part = next(job)
            fraction = None if part.fraction is None else start + part.fraction * (stop - start)
            text = f"{message}: {part.message}" if message and part.message else message
            yield Progress(fraction, text or part.message, part.values, part.data)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        job.close()
