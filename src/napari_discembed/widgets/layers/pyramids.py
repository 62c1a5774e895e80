"""Layers of large files, of several resolutions, of which napari reads what it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_discembed.io.images import read_pixels
from napari_discembed.io.ome_zarr.folders import find_stores, is_store
from napari_discembed.io.readers import list_series
from napari_discembed.types import Image
from napari_discembed.types.axes import RGBA
from napari_discembed.widgets.layers.metadata import FILE

LayerTuple = tuple[Any, dict[str, Any], str]


def slide_layers(path: Path) -> list[LayerTuple]:
    """Return the layers of a slide: the image, and the labels that its store holds.

    Parameters
    ----------
    path
        Of an OME-Zarr image, or of a TIFF file.

    Raises
    ------
    DiscembedError
        If it cannot be read.
    """
    image = _layer(path, "image")
    folder = path / "labels"
    stores = [store for store in find_stores(folder) if store != folder] if path.is_dir() else []
    return [image, *(label_layer(path, store.name) for store in stores)]


def label_layer(path: Path, name: str) -> LayerTuple:
    """Return the layer of labels of a stored image."""
    data, about, kind = _layer(path / "labels" / name, "labels")
    return data, {**about, "name": f"{path.name.split('.')[0]} {name}"}, kind


def _layer(path: Path, kind: str) -> LayerTuple:
    labels = kind == "labels"
    shown = next(series for series in list_series(path) if series.is_read)
    count = max(1, len(shown.levels))
    levels = [read_pixels(path, level=level, labels=labels) for level in range(count)]
    finest = levels[0]
    about = {**_place(finest), "name": finest.name, "metadata": {FILE: str(path.absolute())}}
    if not labels:
        about["rgb"] = _is_rgb(finest)
    data = [level.data for level in levels]
    return (data if count > 1 else data[0]), {**about, "multiscale": count > 1}, kind


def _is_rgb(image: Image) -> bool:
    return image.axes.has_colour_last and image.n_channels in (3, RGBA)


def _place(image: Image) -> dict[str, Any]:
    axes = image.axes.without_channels() if _is_rgb(image) else image.axes
    sizes = dict(zip(image.spatial_axes, image.pixel_size, strict=True))
    units = dict.fromkeys(image.spatial_axes, image.unit)
    return {
        "scale": [sizes.get(a, 1.0) for a in axes],
        "units": [units.get(a, "pixel") for a in axes],
        "axis_labels": [a.lower() for a in axes],
    }


def stored_path(layer: Any) -> Path | None:  # noqa: ANN401 - a napari layer
    """Return the OME-Zarr image that a layer shows; None where it shows none."""
    named = layer.metadata.get(FILE) or layer.source.path
    path = None if named is None else Path(str(named))
    return path if path is not None and is_store(path) else None
