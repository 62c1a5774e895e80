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
from napari_discembed.batch.summary import summarise, summarise_sizes
from napari_discembed.config import GroupingConfig
from napari_discembed.progress import Job, Progress
from napari_discembed.text import pluralize
from napari_discembed.types import Image, ObjectTable, Segmentation, concatenated
from napari_discembed.types.axes import FRAME_COLUMNS, Axes
from napari_discembed.types.image import frame_suffix

if TYPE_CHECKING:
    from napari_discembed.batch.recipe import Recipe
    from napari_discembed.batch.results import BatchResult, FileResult

SHORT_UNITS = {"pixel": "px", "micrometer": "\u00b5m", "nanometer": "nm", "millimeter": "mm"}
SUMMARY_COLUMNS = ("image", "count", "mean_size", "sd_size", "total_size", "unit")
NO_AXES = Axes("")
POWERS = {"area": "\u00b2", "volume": "\u00b3"}


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
    """

    table: ObjectTable
    frame_axes: Axes = NO_AXES
    frames: int = 1
    groups: Mapping[str, NDArray[Any]] | None = None

    @property
    def columns(self) -> Mapping[str, NDArray[Any]]:
        """The columns of the table."""
        return self.table.columns

    @property
    def frame_names(self) -> tuple[str, ...]:
        """The columns that say which frame a row is of."""
        return tuple(FRAME_COLUMNS[axis] for axis in self.frame_axes)

    @property
    def size_title(self) -> str:
        """What the sizes are, with their unit."""
        return f"{self.table.size_name} ({size_unit(self.table)})"


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
        yield Progress(i / len(frames), f"Measuring {i + 1}/{len(frames)}")
        found = next(measuring)
        if isinstance(found, metrics.GroupedFrame):
            grouped.append(found)
        tables.append(found.objects if isinstance(found, metrics.GroupedFrame) else found)
    table = concatenated(tables, segmentation.name)
    groups = metrics.stacked_groups(grouped) if grouped else None
    return Measured(table, frames.axes, len(frames), groups)


def describe(measured: Measured) -> str:
    """Say in words how many objects there are and how large."""
    table = measured.table
    words = pluralize(table.count, "object")
    if measured.frames > 1:
        words += f" in {measured.frames} frames, {table.count / measured.frames:.1f} each"
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
    return SHORT_UNITS.get(table.unit, table.unit) + POWERS[table.size_name]


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
    """Return the rows of a table for a file of a batch; one that says why where it failed."""
    failed = [] if file.rows else [summarise_sizes(np.zeros(0), file.source.name).row()]
    return [
        {
            **{name: row[name] for name in SUMMARY_COLUMNS},
            "image": row["image"] + _suffix(row),
            "error": file.error,
        }
        for row in [*file.rows, *failed]
    ]


def _suffix(row: Mapping[str, Any]) -> str:
    """Return which frame a row is of, as the names of frames end."""
    return frame_suffix([row[c] for c in FRAME_COLUMNS.values() if row.get(c) is not None])


def as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return rows as columns."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
