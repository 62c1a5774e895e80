"""Jobs: long operations that yield their progress and return their result.

Three things can be said to a job where it waits at a yield, and each reaches the parts that it
delegates to, however deep:

- ``next(job)``: go on;
- ``job.close()``: cancel; ``finally`` blocks run, memory is freed and partial files go;
- ``job.throw(Finish())``: end early with what there is, where the job can (a training can).

The command line drives a job with a bar, the plugin with a worker, a test with :func:`run`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Portion:
    """How many of the parts of a job are done, in a person's words: 12 of 40 planes.

    Attributes
    ----------
    done, total
        How many.
    noun
        What one of them is called.
    """

    done: int
    total: int
    noun: str


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
        Things to show, such as the preview of a training; mostly empty.
    portion
        Planes, frames or images that are done; None for a job of one part.
    """

    fraction: float | None
    message: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    portion: Portion | None = None


Job: TypeAlias = Generator[Progress, None, T]
"""A generator of :class:`Progress` that returns a ``T``."""


class Finish(Exception):  # noqa: N818 - a signal, not an error
    """Signal, thrown into a job: end early with what there is.

    A job that can do so catches it at a yield. Through any other it propagates, which ends that
    job as if it had been cancelled.
    """


class Interrupted(BaseException):
    """Signal, raised within a step of a job that nobody waits for any more.

    As :class:`GeneratorExit` it is no :class:`Exception`: who handles errors lets it pass.
    """


_UNWANTED: ContextVar[Callable[[], bool] | None] = ContextVar("unwanted", default=None)


@contextmanager
def interruptible(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Let long steps of jobs that are driven in this block, in this thread, end in the middle.

    Parameters
    ----------
    unwanted
        Whether the job is to end; asked often, and from within :func:`check_interrupted`.
    """
    token = _UNWANTED.set(unwanted)
    try:
        yield
    finally:
        _UNWANTED.reset(token)


def check_interrupted() -> None:
    """Raise :class:`Interrupted` if the job that this step belongs to is not wanted any more.

    For steps that take more than a moment between two yields, such as a network's pass.
    """
    unwanted = _UNWANTED.get()
    if unwanted is not None and unwanted():
        raise Interrupted


def run(
    job: Job[T],
    on_progress: Callable[[Progress], None] | None = None,
    *,
    finish: Callable[[], bool] | None = None,
) -> T:
    """Run a job to its end and return its result.

    Parameters
    ----------
    job
        The generator, as returned by :func:`napari_discembed.embed` and its kin.
    on_progress
        Called with each :class:`Progress`. An exception raised in it cancels the job.
    finish
        As for :func:`finish_when`.

    Returns
    -------
    The job's result.

    Raises
    ------
    Finish
        If the job cannot end early with a result.
    """
    driven = job if finish is None else finish_when(job, finish)
    try:
        while True:
            progress = next(driven)
            if on_progress is not None:
                on_progress(progress)
    except StopIteration as stop:
        result: T = stop.value
        return result
    finally:
        driven.close()


def relay(job: Job[T], emit: Callable[[Progress], Job[None]]) -> Job[T]:
    """Run a job as a part of another one that shows its progress in its own way.

    Like ``yield from job``, but that `emit` yields in its place.

    Parameters
    ----------
    job
        The part; closed with this one.
    emit
        Job that yields for a :class:`Progress` of the part, or does not. What is thrown into this
        job where it waits is thrown into the part, unless `emit` catches it.
    """
    try:
        part = next(job)
        while True:
            try:
                yield from emit(part)
            except Exception as thrown:  # noqa: BLE001 - whatever it is, it is meant for the part
                part = job.throw(thrown)
            else:
                part = next(job)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        job.close()


def scaled(
    job: Job[T], start: float, stop: float, message: str = "", portion: Portion | None = None
) -> Job[T]:
    """Run a job as one part of a longer one.

    Its fractions are mapped from [0, 1] to [start, stop]; `message` goes before its own, `portion`
    is told in place of its own.
    """

    def emit(part: Progress) -> Job[None]:
        fraction = None if part.fraction is None else start + part.fraction * (stop - start)
        text = f"{message}: {part.message}" if message and part.message else message
        whole = portion or part.portion
        yield replace(part, fraction=fraction, message=text or part.message, portion=whole)

    return (yield from relay(job, emit))


def finish_when(job: Job[T], asked: Callable[[], bool]) -> Job[T]:
    """Run a job until it ends, or until someone asks for the end: then finish it early.

    Parameters
    ----------
    job
        To run.
    asked
        Called after each :class:`Progress`; :class:`Finish` is thrown into the job, once, when it
        returns True.
    """
    thrown = False

    def emit(part: Progress) -> Job[None]:
        nonlocal thrown
        yield part
        if not thrown and asked():
            thrown = True
            raise Finish

    return relay(job, emit)


def uninterrupted(job: Job[T]) -> Job[tuple[T, bool]]:
    """Run a job to its own end even where :class:`Finish` is thrown into it.

    Returns
    -------
    A job of its result, and whether the signal came meanwhile. Closing still cancels it.
    """
    asked = False

    def emit(part: Progress) -> Job[None]:
        nonlocal asked
        try:
            yield part
        except Finish:
            asked = True

    result = yield from relay(job, emit)
    return result, asked
