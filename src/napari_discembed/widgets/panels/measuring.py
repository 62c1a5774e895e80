"""What the Count dock shows, computed in threads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import metrics
from napari_discembed.batch.sources import find_sources
from napari_discembed.batch.summary import (
    columns_of_kinds,
    summarise,
    summarise_sizes,
    words_of_kinds,
)
from napari_discembed.config import GroupingConfig
from napari_discembed.io.doubts import planes_look_apart
from napari_discembed.progress import Job, Portion, Progress
from napari_discembed.reports.columns import short_unit
from napari_discembed.text import pluralize
from napari_discembed.types import Image, ObjectTable, Segmentation, concatenated
from napari_discembed.types.axes import FRAME_COLUMNS, Axes
from napari_discembed.types.image import frame_suffix
from napari_discembed.types.kinds import COUNT_OF

if TYPE_CHECKING:
    from napari_discembed.batch.recipe import Recipe
    from napari_discembed.batch.results import BatchResult, FileResult

SUMMARY_COLUMNS = ("image", "count", "mean_size", "sd_size", "total_size", "unit")
NO_AXES = Axes("")
MOST_TOLD = 3
"""Files whose problem stands above the table; it has all."""
APART = (
    "Careful: the planes look as if each was numbered by itself, and are counted as one volume. "
    "Choose 'each plane' to count them one by one."
)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The table of a Labels layer.

    Attributes
    ----------
    table
        A row an object.
    frame_axes
        The first axes of the layer, which were gone through; each has a column.
    frames
        How many frames there are.
    groups
        A row a group, as :func:`napari_discembed.metrics.measure_grouped` has it; None for none.
    warning
        What may be wrong with the count, in words; empty for nothing.
    known_kinds
        Names of the kinds that there are, whether or not an object is one; empty for one.
    """

    table: ObjectTable
    frame_axes: Axes = NO_AXES
    frames: int = 1
    groups: Mapping[str, NDArray[Any]] | None = None
    warning: str = ""
    known_kinds: tuple[str, ...] = ()

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """The columns of the table."""
        return self.table.columns

    @property
    def kinds(self) -> dict[str, int]:
        """How many objects there are of each kind; empty where there is one."""
        found = [str(name) for name in self.columns.get("kind", ())]
        return {name: found.count(name) for name in dict.fromkeys([*self.known_kinds, *found])}

    @property
    def frame_names(self) -> tuple[str, ...]:
        """The columns that say which frame a row is of."""
        return tuple(FRAME_COLUMNS[axis] for axis in self.frame_axes)


def measure_layer(
    segmentation: Segmentation, image: Image | None = None, grouping: GroupingConfig | None = None
) -> Job[Measured]:
    """Measure the objects of a layer, frame by frame.

    Parameters
    ----------
    segmentation
        From :func:`~napari_discembed.widgets.layers.layer_segmentation`.
    image
        For intensities; None for none.
    grouping
        How objects are put together; None for not at all.
    """
    frames = segmentation.frames()
    tables: list[ObjectTable] = []
    grouped: list[metrics.GroupedFrame] = []
    measuring: Iterator[ObjectTable | metrics.GroupedFrame] = (
        metrics.measure_frames(segmentation, image)
        if grouping is None
        else metrics.measure_grouped(segmentation, grouping, image)
    )
    for i in range(len(frames)):
        portion = Portion(i, len(frames), "frame") if len(frames) > 1 else None
        yield Progress(i / len(frames), f"Measuring {i + 1}/{len(frames)}", portion=portion)
        found = next(measuring)
        if isinstance(found, metrics.GroupedFrame):
            grouped.append(found)
        tables.append(found.objects if isinstance(found, metrics.GroupedFrame) else found)
    table = concatenated(tables, segmentation.name)
    groups = metrics.stacked_groups(grouped) if grouped else None
    warning = APART if planes_look_apart(segmentation) else ""
    known = tuple(kind.name for kind in segmentation.class_kinds)
    return Measured(table, frames.axes, len(frames), groups, warning, known)


def describe(measured: Measured) -> str:
    """Say in words how many objects there are and how large."""
    table = measured.table
    words = pluralize(table.count, "object")
    if measured.kinds:
        words += f": {words_of_kinds(measured.kinds)}"
    if measured.frames > 1:
        words += f" in {measured.frames} frames, {table.count / measured.frames:.1f} each"
    if measured.warning:
        words = f"{measured.warning}\n{words}"
    if not table.count:
        return words
    if measured.groups is not None:
        counts = measured.groups["count"]
        words += f"\n{pluralize(len(counts), 'group')}, {_with_spread(counts)} objects each"
    found, unit = summarise_sizes(table.sizes, table.name), size_unit(table)
    spread = f" \u00b1 {found.sd:.4g}" if table.count > 1 else ""
    return (
        f"{words}\nTotal {table.size_name} {found.total:.5g} {unit}, each {found.mean:.4g}{spread} "
        f"{unit}"
    )


def _with_spread(counts: NDArray[Any]) -> str:
    spread = f" \u00b1 {np.std(counts, ddof=1):.1f}" if len(counts) > 1 else ""
    return f"{np.mean(counts):.1f}{spread}"


def size_unit(table: ObjectTable) -> str:
    """Return the unit of the sizes in a table, in short."""
    return short_unit(table.unit, 3 if table.size_name == "volume" else 2)


def summary_rows(segmentation: Segmentation) -> list[dict[str, Any]]:
    """Return a row with count and sizes of a layer, or of each of its frames."""
    return [summary.row() for summary in summarise(segmentation)]


def count_folder(folder: Path, recipe: Recipe) -> Job[BatchResult]:
    """Segment each image of a folder and count its objects; nothing is written.

    Raises
    ------
    InputError
        If there is no image.
    """
    from napari_discembed.batch.runner import run_batch  # here, since it loads torch

    return (yield from run_batch(find_sources([folder]), recipe))


def file_rows(file: FileResult) -> list[dict[str, Any]]:
    """Return the rows of a table for a file of a batch.

    Of one that failed, a row that says why, without numbers: nothing was counted there.
    """
    failed = [] if file.rows else [dict.fromkeys(SUMMARY_COLUMNS) | {"image": file.source.name}]
    return [
        {
            **{name: row[name] for name in (*SUMMARY_COLUMNS, *columns_of_kinds([row]))},
            "image": row["image"] + _suffix(row),
            "error": file.error,
        }
        for row in [*file.rows, *failed]
    ]


def describe_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """Say in words how many objects are in how many images, and which images failed."""
    counts = [row["count"] for row in rows if row["count"] is not None]
    kinds = {
        c.removeprefix(COUNT_OF): sum(r.get(c) or 0 for r in rows) for c in columns_of_kinds(rows)
    }
    of_kinds = f" ({words_of_kinds(kinds)})" if kinds else ""
    objects = f"{pluralize(sum(counts), 'object')}{of_kinds}"
    words = f"{objects} in {pluralize(len(counts), 'image')}."
    failed = [f"{row['image']}: {row['error']}" for row in rows if row["count"] is None]
    if not failed:
        return words
    return "\n".join([f"{words} Not counted: {len(failed)}.", *failed[:MOST_TOLD]])


def _suffix(row: Mapping[str, Any]) -> str:
    """Return which frame a row is of, as the names of frames end."""
    return frame_suffix([row[c] for c in FRAME_COLUMNS.values() if row.get(c) is not None])


def as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return rows as columns."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: np.array([row.get(name) for row in rows]) for name in names}
