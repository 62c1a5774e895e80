"""Readers and writers for napari: ROIs of ImageJ, GeoJSON of QuPath and COCO, as Labels layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import napari
import napari.layers
import numpy as np
import pandas as pd
from napari.utils.notifications import show_warning
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.io.calibration import MICROMETERS
from napari_discembed.io.instances import holds_instances, read_all_instances, write_instances
from napari_discembed.metrics import measure_instances
from napari_discembed.text import pluralize
from napari_discembed.types import Axes, Instances, IntArray
from napari_discembed.types.axes import NAMES
from napari_discembed.widgets.contributions.writers import segmentation_written
from napari_discembed.widgets.layers import (
    FRAMES,
    axes_choices,
    image_of,
    placement,
    result_of,
)

LayerTuple = tuple[Any, dict[str, Any], str]
SUFFIXES = (".zip", ".roi", ".geojson", ".json")
MOST_IMAGES = 50
"""Of a file of many images as many are opened."""


def instances_reader(path: str | list[str]) -> Callable[[str], list[LayerTuple]] | None:
    """Return the reader of ROIs, GeoJSON and COCO; None for any other archive or JSON."""
    if not isinstance(path, str | Path) or Path(path).suffix.lower() not in SUFFIXES:
        return None
    return _read if Path(path).is_file() and holds_instances(Path(path)) else None


def _read(path: str) -> list[LayerTuple]:
    """Return a Labels layer an image; on the image that is shown, where it is of that size."""
    shown = _image_shown()
    try:
        like = None if shown is None else image_of(*shown)
        found = read_all_instances(path, like, smallest=True)
    except InputError:  # of another image than the one that is shown
        found, shown = read_all_instances(path, smallest=True), None
    if len(found) > MOST_IMAGES:
        show_warning(f"{path}: of {len(found)} images the first {MOST_IMAGES} are opened.")
    return [_layer(each, shown) for each in found[:MOST_IMAGES]]


def _image_shown() -> tuple[napari.layers.Image, Axes] | None:
    """Return the image layer that is selected, or else the only one, with its axes."""
    viewer = napari.current_viewer()
    if viewer is None:
        return None
    images = [
        layer
        for layer in viewer.layers
        if isinstance(layer, napari.layers.Image) and result_of(layer) is None
    ]
    chosen = [layer for layer in images if layer in viewer.layers.selection] or images
    axes = axes_choices(chosen[0]) if len(chosen) == 1 else []
    return (chosen[0], axes[0]) if axes else None


def _layer(instances: Instances, shown: tuple[napari.layers.Image, Axes] | None) -> LayerTuple:
    labels = instances.labels()
    if np.iinfo(labels.dtype).bits <= 32 and labels.max(initial=0) < 2**31:
        labels = labels.astype(np.int32)
    _tell_overlaps(instances, labels)
    name = f"{instances.name.removesuffix(' objects')} objects"
    about: dict[str, Any] = {"name": name, **_place(instances)}
    if shown is not None and _lies_on(instances, *shown):
        about |= placement(*shown, instances.axes)
    if instances.frame_axes:
        about["metadata"] = {FRAMES: str(instances.frame_axes)}
    features: dict[str, NDArray[Any]] = {"index": instances.numbers}
    if instances.scores is not None:
        features["score"] = instances.scores
    if instances.classes is not None:
        features["class"] = np.array(instances.classes, dtype=object)
    if len(features) > 1 and len(np.unique(instances.numbers)) == len(instances):
        about["features"] = pd.DataFrame(features)
    return labels, about, "labels"


def _place(instances: Instances) -> dict[str, Any]:
    """Return scale, units and axes as the file says them."""
    sizes = dict(zip(instances.axes.spatial, instances.pixel_size, strict=True))
    place: dict[str, Any] = {"scale": [sizes.get(axis, 1.0) for axis in instances.axes]}
    if instances.unit in MICROMETERS:
        units = [instances.unit if axis in sizes else "pixel" for axis in instances.axes]
        place |= {"units": units, "axis_labels": [NAMES[axis] for axis in instances.axes]}
    return place


def _lies_on(instances: Instances, layer: napari.layers.Image, axes: Axes) -> bool:
    """Tell whether objects are of the shape of an image layer, channels apart."""
    image = image_of(layer, axes)
    return image.axes.sizes(image.data.shape) | dict(
        zip(instances.axes, instances.shape, strict=True)
    ) == image.axes.sizes(image.data.shape)


def _tell_overlaps(instances: Instances, labels: IntArray) -> None:
    pairs = len(instances.overlaps())
    if not pairs:
        return
    left = sum(
        bool((labels[tuple(slice(a, b) for a, b in box)] == number).any())
        for box, number in zip(instances.boxes.tolist(), instances.numbers.tolist(), strict=True)
    )
    lost = len(instances) - left
    winner = "smaller one" if instances.scores is None else "one of the higher score"
    hidden = f", and {pluralize(lost, 'object')} lost by it" if lost else ""
    show_warning(
        f"{instances.name}: {pluralize(pairs, 'pair')} of objects overlap, which a Labels layer "
        f"cannot hold: the {winner} keeps the pixels{hidden}. From Python, "
        "napari_discembed.read_instances keeps all."
    )


def write_instances_of(path: str, data: NDArray[Any], about: dict[str, Any]) -> list[str]:
    """Write a Labels layer as ROIs, GeoJSON or COCO, as the ending says.

    Parameters
    ----------
    path
        Ends in ``.zip``, ``.geojson`` or ``.json``.
    data
        The labels.
    about
        The layer's attributes, as napari gives them; scores and classes are taken from the
        features of these names.

    Returns
    -------
    What was written.
    """
    instances = Instances.of_labels(segmentation_written(data, about))
    instances = _with_features(instances, about.get("features"))
    table = measure_instances(instances) if path.lower().endswith(".geojson") else None
    write_instances(path, instances, table)
    return [path]


def _with_features(instances: Instances, features: Any) -> Instances:  # noqa: ANN401
    """Return objects with the scores and classes that the features of their layer say."""
    table = pd.DataFrame(features if features is not None else {})
    if "index" not in table.columns:
        return instances
    rows = table.drop_duplicates("index").set_index("index").reindex(instances.numbers)
    if "score" in rows.columns and pd.api.types.is_numeric_dtype(rows["score"]):
        instances = replace(instances, scores=rows["score"].fillna(0).to_numpy(np.float64))
    if "class" in rows.columns:
        kinds = rows["class"].astype(object).where(rows["class"].notna(), "")
        instances = replace(instances, classes=tuple(_plain(kind) for kind in kinds))
    return instances


def _plain(kind: object) -> str:
    """Return a class as text, 2 rather than 2.0, as tables with gaps have it."""
    return str(int(kind)) if isinstance(kind, float) and kind.is_integer() else str(kind)
