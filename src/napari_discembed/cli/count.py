"""``discembed count``: count and measure the objects of label images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_discembed.batch.sources import find_label_files
from napari_discembed.cli.console import answer, answer_json, say_failure
from napari_discembed.cli.options import JsonOption
from napari_discembed.errors import DiscembedError

if TYPE_CHECKING:
    from napari_discembed.batch.summary import Summary
    from napari_discembed.types import ObjectTable


def count(
    paths: Annotated[
        list[Path], typer.Argument(metavar="LABELS...", help="Label images, or folders of them.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="A row an image.")
    ] = None,
    objects: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A row an object (.csv, .tsv, .parquet).")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the objects of label images and measure each."""
    from napari_discembed.batch.summary import summarise
    from napari_discembed.io.doubts import check_labels
    from napari_discembed.io.labels import read_segmentation
    from napari_discembed.metrics import measure_frames

    tables: list[ObjectTable] = []
    summaries: list[Summary] = []
    failed: dict[str, str] = {}
    for source in find_label_files(paths):
        try:
            segmentation = read_segmentation(source.path, name=source.name)
            check_labels(source.path, segmentation)
            tables += measure_frames(segmentation) if objects is not None else []
            summaries += summarise(segmentation)
        except (DiscembedError, OSError, MemoryError) as error:
            failed[str(source.path)] = str(error) or type(error).__name__
            say_failure(source.path, failed[str(source.path)])
    rows = [_row(summary) for summary in summaries]
    _write(output, [{name: [value] for name, value in row.items()} for row in rows])
    _write(objects, [{"image": [t.name] * t.count, **t.columns} for t in tables])
    if as_json:
        answer_json({"images": rows, "failed": failed})
    else:
        for row in rows:
            answer(f"{row['image']}: {row['count']}")
    if failed:
        raise typer.Exit(1)


def _row(summary: Summary) -> dict[str, Any]:
    size = summary.size_name
    return {
        "image": summary.name,
        "count": summary.count,
        f"mean_{size}": summary.mean,
        f"std_{size}": summary.sd,
        f"total_{size}": summary.total,
        "unit": summary.unit,
    }


def _write(path: Path | None, tables: Sequence[Mapping[str, Any]]) -> None:
    """Write tables below each other; what one has not is left empty there."""
    from napari_discembed.io.tables import write_table

    if path is None or not tables:
        return
    names = dict.fromkeys(name for table in tables for name in table)
    lengths = [len(next(iter(table.values()))) for table in tables]
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for table, length in zip(tables, lengths, strict=True):
        for name, column in columns.items():
            column += list(table.get(name, [None] * length))
    write_table(path, columns)
