"""A job under a bar, in a terminal or a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from napari_discembed.progress import Job, Progress, run

T = TypeVar("T")


def run_with_bar(
    job: Job[T],
    title: str,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    show: bool = True,
) -> T:
    """Run a job under a progress bar, drawn only where someone looks at it.

    Parameters
    ----------
    job
        To run to its end.
    title
        In front of the bar.
    on_progress
        Called with each progress; what it says appears above the bar.
    show
        False for no bar.
    """
    if not show or not (sys.stderr.isatty() or _in_notebook()):
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

        def update(progress: Progress) -> None:
            bar.update(task, completed=progress.fraction, note=progress.message)
            if on_progress is not None:
                on_progress(progress)

        return run(job, update)


def _in_notebook() -> bool:
    return "ipykernel" in sys.modules
