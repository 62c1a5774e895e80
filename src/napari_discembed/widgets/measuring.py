"""What the Count dock shows, computed in threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import metrics
from napari_discembed.config import ClusterConfig, TileConfig
from napari_discembed.datasets.readers import image_files
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import IntArray
from napari_discembed.wording import counted

FRAME_NAMES = ("frame", "plane")


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The table of a Labels layer.

    Attributes
    ----------
    columns
        A row an object.
    unit
        Of lengths.
    n_frame_axes
        How many first axes were gone through; each has a column.
    frames
        How many frames there are.
    """

    columns: Mapping[str, NDArray[Any]]
    unit: str
    n_frame_axes: int = 0
    frames: int = 1

    @property
    def frame_names(self) -> tuple[str, ...]:
        """The columns that say which frame a row is of."""
        return FRAME_NAMES[: self.n_frame_axes]


def measure_layer(
    labels: IntArray,
    pixels: NDArray[Any] | None,
    scale: tuple[float, ...],
    unit: str,
    name: str,
    *,
    n_frame_axes: int = 0,
) -> Job[Measured]:
    """Measure the objects of a layer, frame by frame.

    Parameters
    ----------
    labels
        ``(*frames, *S)``; more than three axes are always taken apart.
    pixels
        ``(*frames, *S)`` or with colour last; None for no intensities.
    scale, unit, name
        Of the layer.
    n_frame_axes
        How many first axes are frames.
    """
    n = max(n_frame_axes, labels.ndim - 3)
    shape = labels.shape[:n]
    count = int(np.prod(shape, dtype=int))
    tables: list[dict[str, NDArray[Any]]] = []
    for i, index in enumerate(np.ndindex(shape)):
        yield Progress(i / count, f"Measuring {i + 1}/{count}")
        frame = labels[index]
        channels = None if pixels is None else _channels(pixels[index], frame.ndim)
        found = metrics.measure(frame, channels, pixel_size=scale[n:], unit=unit, name=name)
        rows = dict(found.columns)
        where = {a: np.full(found.count, at) for a, at in zip(FRAME_NAMES, index, strict=False)}
        tables.append({**where, **rows})
    columns = {k: np.concatenate([t[k] for t in tables]) for k in tables[0]}
    return Measured(columns, unit, n, count)


def _channels(pixels: NDArray[Any], ndim: int) -> NDArray[Any]:
    return pixels[None] if pixels.ndim == ndim else np.moveaxis(pixels, -1, 0)


def describe(measured: Measured) -> str:
    """Say in words how many objects there are and how large."""
    count = len(measured.columns["label"])
    name = "area" if "area" in measured.columns else "volume"
    power, size = "\u00b2" if name == "area" else "\u00b3", measured.columns[name]
    unit = ("px" if measured.unit == "pixel" else _short(measured.unit)) + power
    words = counted(count, "object")
    if measured.frames > 1:
        words += f" in {measured.frames} frames, {count / measured.frames:.1f} each"
    if not count:
        return words
    spread = f" \u00b1 {size.std(ddof=1):.4g}" if count > 1 else ""
    return f"{words}\nTotal {name} {size.sum():.5g} {unit}, each {size.mean():.4g}{spread} {unit}"


def _short(unit: str) -> str:
    return {"micrometer": "\u00b5m", "nanometer": "nm", "millimeter": "mm"}.get(unit, unit)


def summary_row(name: str, labels: IntArray, scale: tuple[float, ...], unit: str) -> dict[str, Any]:
    """Return count and sizes of one label image."""
    pixels = np.bincount(labels.ravel())[1:]
    ndim = min(labels.ndim, 3)
    sizes = pixels[pixels > 0] * float(np.prod(np.abs(scale[-ndim:])))
    return {
        "image": name,
        "count": len(sizes),
        "mean_size": float(sizes.mean()) if len(sizes) else 0.0,
        "sd_size": float(sizes.std(ddof=1)) if len(sizes) > 1 else 0.0,
        "total_size": float(sizes.sum()),
        "unit": f"{unit}^{ndim}",
    }


def summary_rows(
    name: str, labels: IntArray, scale: tuple[float, ...], unit: str, n_frame_axes: int = 0
) -> list[dict[str, Any]]:
    """Return a summary row of a layer, or one for each of its frames."""
    shape = labels.shape[: max(n_frame_axes, labels.ndim - 3)]
    return [
        summary_row(f"{name}{list(index) if index else ''}", labels[index], scale, unit)
        for index in np.ndindex(shape)
    ]


def folder_rows(
    folder: Path, model: str, knobs: ClusterConfig, tile: TileConfig | None = None
) -> Job[dict[str, NDArray[Any]]]:
    """Segment each image of a folder; a job of a summary row each.

    A file that cannot be done has a row that says why.

    Raises
    ------
    InputError
        If there is no image.
    """
    from napari_discembed import pipeline  # here, since it loads torch
    from napari_discembed.io.images import read_image
    from napari_discembed.models import load_model

    files = image_files(folder)
    if not files:
        raise InputError(f"{folder}: expected images (TIFF, PNG, JPEG), found none.")
    loaded = load_model(model)
    rows = []
    for i, path in enumerate(files):
        try:
            image = read_image(path)
            job = pipeline.segment(image, loaded, knobs=knobs, tile=tile)
            title = f"{path.name} ({i + 1}/{len(files)})"
            found = yield from scaled(job, i / len(files), (i + 1) / len(files), title)
            row = summary_row(path.name, found.labels, found.pixel_size, found.unit)
            rows.append({**row, "error": ""})
        except DiscembedError as error:
            empty = summary_row(path.name, np.zeros((1, 1), np.uint8), (1.0, 1.0), "pixel")
            rows.append({**empty, "error": str(error)})
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
