"""``discembed count``: count and measure the objects of label images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from napari_discembed.cli.console import answer, answer_json, say
from napari_discembed.cli.options import JsonOption
from napari_discembed.cli.paths import label_images_below
from napari_discembed.errors import DiscembedError, InputError
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
    tables: list[ObjectTable] = []
    failed: dict[str, str] = {}
    for path, name in _label_files(paths):
        try:
            tables += _measure(path, name)
        except (DiscembedError, OSError, MemoryError) as error:
            failed[str(path)] = str(error) or type(error).__name__
            say(f"error: {path}: {failed[str(path)]}")
    summary = [_summarise(table) for table in tables]
    _write(tables, summary, output, objects)
    if as_json:
        answer_json({"images": summary, "failed": failed})
    else:
        for row in summary:
            answer(f"{row['image']}: {row['count']}")
    if failed:
        raise typer.Exit(1)


def _label_files(paths: list[Path]) -> list[tuple[Path, str]]:
    """Return the files named, and what to call them; of a folder, its label images.

    All of its images where none is named so.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            files = label_images_below(path)
            named = [p for p in files if p.stem.endswith(("_labels", "_label"))] or files
            found += [(p, p.relative_to(path).as_posix()) for p in named]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise InputError(f"{path}: no such file or folder. Check the spelling.")
    if not found:
        raise InputError(f"No label images in {', '.join(map(str, paths))}.")
    return found


def _measure(path: Path, name: str) -> list[ObjectTable]:
    """Return the table of a label image, or one of each frame, as each is numbered anew."""
    from napari_discembed.io.images import read_image
    from napari_discembed.io.labels import read_labels
    from napari_discembed.metrics import measure

    image = read_image(path)
    frames, names = [read_labels(path)], [name]
    if "T" in image.axes:
        frames = list(np.moveaxis(frames[0], image.axes.index("T"), 0))
        names = [f"{name}[{t}]" for t in range(len(frames))]
    return [
        measure(labels, pixel_size=image.pixel_size, unit=image.unit, name=each)
        for labels, each in zip(frames, names, strict=True)
    ]


def _summarise(table: ObjectTable) -> dict[str, Any]:
    name = "area" if "area" in table.columns else "volume"
    sizes = np.asarray(table.columns[name], dtype=float)
    return {
        "image": table.name,
        "count": table.count,
        f"mean_{name}": float(sizes.mean()) if len(sizes) else 0.0,
        f"std_{name}": float(sizes.std()) if len(sizes) else 0.0,
        f"total_{name}": float(sizes.sum()),
        "unit": table.unit,
    }


def _write(
    tables: list[ObjectTable], summary: list[dict[str, Any]], output: Path | None, objects: Path | None
) -> None:
    from napari_discembed.io.tables import write_table

    if output is not None and summary:
        names = dict.fromkeys(name for row in summary for name in row)
        write_table(output, {name: [row.get(name) for row in summary] for name in names})
    if objects is not None and tables:
        names = dict.fromkeys(name for table in tables for name in table.columns)
        columns: dict[str, list[Any]] = {"image": [], **{name: [] for name in names}}
        for table in tables:
            columns["image"] += [table.name] * table.count
            for name in names:
                columns[name] += list(table.columns.get(name, [None] * table.count))
        write_table(objects, columns)
