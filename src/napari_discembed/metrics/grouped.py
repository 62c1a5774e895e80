"""Measurements of objects and of their groups, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config.grouping import GroupingConfig
from napari_discembed.metrics.groups import group_columns, group_objects
from napari_discembed.metrics.measure import measure_frames
from napari_discembed.types import Axes, Image, ObjectTable, Segmentation
from napari_discembed.types.axes import FRAME_COLUMNS


@dataclass(frozen=True, slots=True, eq=False)
class GroupedFrame:
    """The objects of a frame and its groups.

    Attributes
    ----------
    objects
        A row an object; ``group`` is the number of its group.
    groups
        A row a group: ``image``, ``frame`` and ``plane`` where there are several, and what
        :func:`~napari_discembed.metrics.groups.group_columns` gives.
    """

    objects: ObjectTable
    groups: dict[str, NDArray[Any]]


def measure_grouped(
    segmentation: Segmentation, config: GroupingConfig, image: Image | None = None
) -> Iterator[GroupedFrame]:
    """Measure the objects and groups of each frame of a segmentation.

    Parameters
    ----------
    segmentation, image
        As for :func:`~napari_discembed.metrics.measure_frames`.
    config
        How objects are put together; each frame by itself.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    series = segmentation.frames()
    tables = measure_frames(segmentation, image)
    for index, frame, table in zip(series.indices(), series, tables, strict=True):
        spatial = frame.axes.spatial
        ordered = frame.labels.transpose(spatial.order(Axes.spatial_of(spatial.ndim)))
        found = group_objects(ordered, config)
        grouped = group_columns(found, dict(table.columns))
        where = {FRAME_COLUMNS[a]: at for a, at in zip(series.axes, index, strict=True)}
        about = {"image": np.full(found.count, frame.name, object)}
        about |= {name: np.full(found.count, at) for name, at in where.items()}
        unit = {"unit": np.full(found.count, table.unit, object)}
        yield GroupedFrame(
            table.with_columns({"group": found.number}), {**about, **grouped, **unit}
        )


def stacked_groups(frames: list[GroupedFrame]) -> dict[str, NDArray[Any]]:
    """Return the groups of frames of one image below each other."""
    tables = [frame.groups for frame in frames]
    return {name: np.concatenate([t[name] for t in tables]) for name in tables[0]}
