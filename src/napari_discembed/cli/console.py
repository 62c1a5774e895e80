"""What every command shares: the bar, the errors of one line, the JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import TypeVar

from napari_discembed.progress import Job, Progress, run

T = TypeVar("T")


def say(text: str) -> None:
    """Print a line for a person, on the error stream, so that the output stays for machines."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def answer(text: str) -> None:
    """Print a line that is the command's result."""
    sys.stdout.write(text + "\n")


def answer_json(values: Mapping[str, object]) -> None:
    """Print the command's result as one JSON document."""
    json.dump(values, sys.stdout, indent=2, allow_nan=False, default=str)
    sys.stdout.write("\n")


def run_with_bar(
    job: Job[T],
    title: str,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    quiet: bool = False,
) -> T:
    """Run a job under a progress bar, drawn only where someone looks at a terminal.

    Parameters
    ----------
    job
        Any.
    title
        Left of the bar.
    on_progress
        Called with each progress; what it says appears above the bar.
    quiet
        Whether no bar is drawn.
    """
    if quiet or not sys.stderr.isatty():
        return run(job, on_progress)
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, note="")

        def show(progress: Progress) -> None:
            bar.update(task, completed=progress.fraction, note=progress.message)
            if on_progress is not None:
                on_progress(progress)

        return run(job, show)
