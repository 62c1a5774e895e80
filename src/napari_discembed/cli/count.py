"""``discembed count``: count and measure the objects of label images."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_discembed.batch.sources import find_label_files
from napari_discembed.cli.console import answer, answer_json, say_failure
from napari_discembed.cli.options import JsonOption
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.types.kinds import COUNT_OF

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_discembed.batch.summary import Summary
    from napari_discembed.cli.reporting import Reporting
    from napari_discembed.config import GroupingConfig
    from napari_discembed.types import ObjectTable, Segmentation


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
    groups: Annotated[
        str | None,
        typer.Option(
            metavar="touching|RxC",
            help="Count each group too, such as a plant of a tray: what touches, or the cells of "
            "a grid of R rows and C columns.",
        ),
    ] = None,
    gap: Annotated[
        str | None,
        typer.Option(
            metavar="PX|0.2d",
            help="With --groups: objects nearer than this touch, in pixels or typical diameters.",
        ),
    ] = None,
    groups_table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A row a group; needs --groups.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="One page: counts, outlines, plots, settings."),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="With --report: the images, of the names of the labels."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Count the objects of label images and measure each, by kinds where a file tells them."""
    from napari_discembed.batch.summary import summarise
    from napari_discembed.io.doubts import check_labels
    from napari_discembed.io.labels import read_segmentation

    config = _grouping(groups, gap, groups_table)
    pages = _reporting(report, images, config)
    found = _Found([], [])
    summaries: list[Summary] = []
    failed: dict[str, str] = {}
    for source in find_label_files(paths):
        try:
            segmentation = read_segmentation(source.path, name=source.name)
            check_labels(source.path, segmentation)
            found.add(segmentation, config, wanted=objects is not None)
            summaries += summarise(segmentation)
            if pages is not None:
                pages.add(source, segmentation)
        except (DiscembedError, OSError, MemoryError) as error:
            failed[str(source.path)] = str(error) or type(error).__name__
            say_failure(source.path, failed[str(source.path)])
            if pages is not None:
                pages.fail(source, failed[str(source.path)])
    rows = [_row(summary) for summary in summaries]
    _write(output, [{name: [value] for name, value in row.items()} for row in rows])
    _write(objects, [{"image": [t.name] * t.count, **t.columns} for t in found.objects])
    _write(groups_table, found.groups)
    if pages is not None:
        pages.write()
    of_groups = {} if config is None else {"groups": found.rows()}
    if as_json:
        answer_json({"images": rows, **of_groups, "failed": failed})
    else:
        _say(rows, found.rows())
    if failed:
        raise typer.Exit(1)


@dataclass
class _Found:
    """Tables of the frames: a row an object, and a row a group."""

    objects: list[ObjectTable]
    groups: list[dict[str, NDArray[Any]]]

    def add(
        self, segmentation: Segmentation, config: GroupingConfig | None, *, wanted: bool
    ) -> None:
        """Measure the frames of a file, as far as anyone wants it."""
        from napari_discembed.metrics import measure_frames, measure_grouped

        if config is not None:
            frames = list(measure_grouped(segmentation, config))
            self.objects += [frame.objects for frame in frames]
            self.groups += [frame.groups for frame in frames]
        elif wanted:
            self.objects += measure_frames(segmentation)

    def rows(self) -> list[dict[str, Any]]:
        """Return a row a group, of plain values; what an empty cell has not is None."""
        return [
            {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in zip(t, row, strict=True)
            }
            for t in self.groups
            for row in zip(*(column.tolist() for column in t.values()), strict=True)
        ]


def _grouping(
    groups: str | None, gap: str | None, groups_table: Path | None
) -> GroupingConfig | None:
    from napari_discembed.config import grouping_config

    if groups is not None:
        return grouping_config(groups, gap)
    if gap is not None or groups_table is not None:
        raise InputError("--gap and --groups-table need --groups: 'touching', or a grid as 4x5.")
    return None


def _reporting(
    report: Path | None, images: Path | None, config: GroupingConfig | None
) -> Reporting | None:
    from napari_discembed.cli.reporting import Reporting

    if report is not None:
        return Reporting.of(report, images, config)
    if images is not None:
        raise InputError("--images needs --report FILE.html: they are drawn there.")
    return None


def _say(rows: Sequence[Mapping[str, Any]], groups: Sequence[Mapping[str, Any]]) -> None:
    from napari_discembed.batch.summary import words_of_kinds

    for row in rows:
        kinds = {n.removeprefix(COUNT_OF): c for n, c in row.items() if n.startswith(COUNT_OF)}
        of_kinds = f" ({words_of_kinds(kinds)})" if kinds else ""
        answer(f"{row['image']}: {row['count']}{of_kinds}")
        for group in groups:
            if group["image"] == row["image"]:
                answer(f"  {group['name']}: {group['count']}")


def _row(summary: Summary) -> dict[str, Any]:
    from napari_discembed.batch.summary import count_columns

    size = summary.size_name
    return {
        "image": summary.name,
        "count": summary.count,
        f"mean_{size}": summary.mean,
        f"std_{size}": summary.sd,
        f"total_{size}": summary.total,
        "unit": summary.unit,
        **count_columns(summary.kinds),
        **({} if summary.unsure is None else {"unsure": summary.unsure}),
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
