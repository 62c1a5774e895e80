"""``discembed suggest``: which images of a folder to label next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from napari_discembed.batch.recipe import Reading
from napari_discembed.batch.sources import find_sources
from napari_discembed.cli.console import answer, answer_json, run_with_bar, say_failure
from napari_discembed.cli.options import (
    AxesOption,
    DeviceOption,
    DiameterOption,
    JsonOption,
    ModelOption,
    SeriesOption,
)
from napari_discembed.config import TilingConfig
from napari_discembed.errors import DiscembedError

if TYPE_CHECKING:
    from napari_discembed.session.suggesting import Doubt


def suggest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, globs, folders.")],
    model: ModelOption = "generalist",
    diameter: DiameterOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A row an image (.csv).")
    ] = None,
    axes: AxesOption = None,
    series: SeriesOption = None,
    device: DeviceOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Say which images to label next: those that a model is least sure of, and why."""
    from napari_discembed.io.tables import write_table
    from napari_discembed.models import load_model
    from napari_discembed.session.suggesting import judge, least_sure_first

    loaded, reading = load_model(model), Reading(axes, series=series)
    doubts: list[Doubt] = []
    failed: dict[str, str] = {}
    for source in find_sources(paths, series):
        try:
            image = reading.read(source.path)
            tile = TilingConfig(device=device)
            job = judge(image, loaded, diameter=diameter, tile=tile, key=source.name)
            doubts.append(run_with_bar(job, source.name, quiet=as_json))
        except (DiscembedError, OSError, MemoryError) as error:
            failed[str(source.path)] = str(error) or type(error).__name__
            say_failure(source.path, failed[str(source.path)])
    rows = [_row(doubt) for doubt in least_sure_first(doubts)]
    if output is not None and rows:
        write_table(output, {name: [row[name] for row in rows] for name in rows[0]})
    if as_json:
        answer_json({"images": rows, "failed": failed})
    else:
        for row in rows:
            answer(f"{row['image']}: {row['reason']}")
    if failed:
        raise typer.Exit(1)


def _row(doubt: Doubt) -> dict[str, str | int]:
    return {
        "image": doubt.key,
        "objects": doubt.objects,
        "unsure": doubt.unsure,
        "reason": doubt.reason,
    }
