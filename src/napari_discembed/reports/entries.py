"""What a report says of each image: its objects measured, its groups, a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from napari_discembed.config import GroupingConfig
from napari_discembed.metrics import measure_frames, measure_grouped
from napari_discembed.metrics.measure import matching_frames
from napari_discembed.progress import Job, Progress
from napari_discembed.reports.pictures import colours_of, jpeg_of
from napari_discembed.types import Image, Kind, ObjectTable, Segmentation

MOST_PICTURES = 40
"""Images of one report that have a picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An image of a report, or a frame of one.

    Attributes
    ----------
    name
        Of the image.
    table
        A row an object; None where the image could not be counted.
    groups
        A row a group, as :func:`napari_discembed.metrics.measure_grouped` has it; None for none.
    picture
        A JPEG file; empty for none.
    note
        What is to be known of it, such as why it was not counted.
    kinds
        Of the objects, whose colours the outlines in the picture have; empty for one kind.
    """

    name: str
    table: ObjectTable | None
    groups: Mapping[str, NDArray[Any]] | None = None
    picture: bytes = field(default=b"", repr=False)
    note: str = ""
    kinds: tuple[Kind, ...] = ()


def entries_of(
    segmentation: Segmentation,
    image: Image | None = None,
    grouping: GroupingConfig | None = None,
    pictures: int = MOST_PICTURES,
) -> Job[list[Entry]]:
    """Measure the frames of a segmentation and draw each.

    Parameters
    ----------
    segmentation, image
        As for :func:`~napari_discembed.metrics.measure_frames`.
    grouping
        How objects are put together; None for not at all.
    pictures
        How many are drawn at most, from the first frame on.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    series = segmentation.frames()
    measured: Any = (
        measure_frames(segmentation, image)
        if grouping is None
        else measure_grouped(segmentation, grouping, image)
    )
    images = None if image is None else matching_frames(segmentation, image)
    entries = []
    for i, (index, frame, found) in enumerate(zip(series.indices(), series, measured, strict=True)):
        yield Progress(i / len(series), f"Drawing {frame.name}")
        where = dict(zip(series.axes, index, strict=True))
        pixels = None if images is None else images.at(tuple(where[a] for a in images.axes))
        drawn, note = _picture(frame, pixels) if i < pictures else (b"", "no picture is drawn")
        table, groups = (found, None) if grouping is None else (found.objects, found.groups)
        entries.append(Entry(frame.name, table, groups, drawn, note, frame.class_kinds))
    return entries


def _picture(frame: Segmentation, image: Image | None) -> tuple[bytes, str]:
    """Return a picture of a frame; of a volume, of the plane with most of its objects."""
    labels, axes = frame.labels, frame.axes
    labels = labels.transpose(axes.order("ZYX" if axes.ndim == 3 else "YX"))
    colours, note = None, ""
    if labels.ndim == 3:
        at = int((labels > 0).sum(axis=(1, 2)).argmax())
        labels, note = labels[at], f"Plane {at} of {len(labels)} is shown."
        if image is not None:
            plane = image.channels_first(3)[:, at]
            colours = colours_of(Image(plane, image.axes.__class__("CYX")))
    elif image is not None:
        colours = colours_of(image)
    outlines = [kind.rgb for kind in frame.class_kinds]
    return jpeg_of(labels, colours, frame.classes, outlines), note
