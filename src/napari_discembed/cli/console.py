"""What every command shares: the bar, lines for a person, JSON for machines."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from napari_discembed import bars
from napari_discembed.errors import FileNote
from napari_discembed.progress import Job, Progress

T = TypeVar("T")


def say(text: str) -> None:
    """Print a line for a person, on the error stream, so that the output stays for machines."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def say_failure(path: Path, reason: str) -> None:
    """Say why a file failed, its path once."""
    say(f"error: {reason}" if reason.startswith(str(path)) else f"error: {path}: {reason}")


def answer(text: str) -> None:
    """Print a line that is the command's result."""
    sys.stdout.write(text + "\n")


def answer_json(values: Mapping[str, object]) -> None:
    """Print the command's result as one JSON document."""
    json.dump(values, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


@contextmanager
def notes_told() -> Iterator[None]:
    """Say what readers note of files as lines for a person, each once."""
    told: set[str] = set()
    usual = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        *where: Any,  # noqa: ANN401
        **more: Any,  # noqa: ANN401
    ) -> None:
        if not issubclass(category, FileNote):
            usual(message, category, *where, **more)
        elif str(message) not in told:
            told.add(str(message))
            say(f"note: {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("always", FileNote)
        warnings.showwarning = show
        yield


def run_with_bar(
    job: Job[T],
    title: str,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    quiet: bool = False,
) -> T:
    """Run a job under :func:`~napari_discembed.bars.run_with_bar`, or quietly."""
    return bars.run_with_bar(job, title, on_progress, show=not quiet)
