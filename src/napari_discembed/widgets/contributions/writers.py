"""Writers for napari: labels with their table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import metrics
from napari_discembed.errors import InputError
from napari_discembed.files import free_path
from napari_discembed.io.embeddings import write_embedding
from napari_discembed.io.labels import write_segmentation
from napari_discembed.io.tables import write_table
from napari_discembed.types import Embedding, Segmentation
from napari_discembed.widgets.layers import EMBEDDING, frames_said, layer_segmentation
from napari_discembed.widgets.layers.kinds import with_kinds_said

OBJECT_COLUMNS = {"label", "pixels"}
"""Columns that every table of objects has, after those that say the frame."""


def write_labels_and_table(path: str, data: NDArray[Any], about: dict[str, Any]) -> list[str]:
    """Write a Labels layer as a TIFF, and beside it a CSV with a row an object.

    A table of that name that is none of objects stays: ours then has the next free name.

    Parameters
    ----------
    path
        Ends in ``.tif`` or ``.tiff``.
    data
        The labels.
    about
        The layer's attributes, as napari gives them.

    Returns
    -------
    What was written.
    """
    target = Path(path)
    segmentation = segmentation_written(data, about)
    write_segmentation(target, segmentation)
    table = metrics.measure_segmentation(segmentation)
    rows = target.with_suffix(".csv")
    if not _is_table_of_objects(rows):
        rows = free_path(rows)
    write_table(rows, table)
    return [str(target), str(rows)]


def segmentation_written(data: NDArray[Any], about: dict[str, Any]) -> Segmentation:
    """Return the objects of a Labels layer that napari gives to a writer.

    Parameters
    ----------
    data
        The labels.
    about
        The layer's attributes.
    """
    labels = np.asarray(data)
    scale = tuple(abs(float(s)) for s in about.get("scale", (1.0,) * labels.ndim))
    units = about.get("units") or ("pixel",)
    unit = str(units[-1])
    named = about.get("axis_labels") or [""]
    frames = frames_said(about.get("metadata", {}), named, labels.ndim)
    name = str(about.get("name", ""))
    found = layer_segmentation(labels, scale, unit, name, frame_axes=frames or "")
    return with_kinds_said(found, about.get("metadata", {}))


def _is_table_of_objects(path: Path) -> bool:
    """Tell whether a file is a table that was written here, by the names of its first columns."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            names = file.readline(1000).strip().split(",")
    except OSError:
        return False
    return set(names[:6]) >= OBJECT_COLUMNS


def write_embedding_of(path: str, data: NDArray[Any], about: dict[str, Any]) -> list[str]:  # noqa: ARG001
    """Write the embedding that an image layer is a view of.

    Parameters
    ----------
    path
        Ends in ``.dembed``.
    data
        The view; not written, since the embedding itself is.
    about
        The layer's attributes, as napari gives them.

    Raises
    ------
    InputError
        If the layer is no view of an embedding.
    """
    embedding = about.get("metadata", {}).get(EMBEDDING)
    if not isinstance(embedding, Embedding):
        raise InputError(
            f"The layer {about.get('name', '')!r} shows no embedding. In the Segment dock, tick a "
            "view under 'Show the embedding', and save that layer."
        )
    return [str(write_embedding(path, embedding))]
