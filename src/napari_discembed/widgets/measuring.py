"""What the Count dock shows, computed in threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import metrics
from napari_discembed.config import ClusteringConfig, TilingConfig
from napari_discembed.datasets.readers import image_files
from napari_discembed.errors import DiscembedError, InputError
from napari_discembed.imaging import object_sizes
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.text import pluralize
from napari_discembed.types import Axes, Image, IntArray

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
    words = pluralize(count, "object")
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
    ndim = min(labels.ndim, 3)
    sizes = object_sizes(labels) * float(np.prod(np.abs(scale[-ndim:])))
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


@dataclass(frozen=True, slots=True)
class Reading:
    """How the images of a folder are read and segmented.

    Attributes
    ----------
    model
        Name or file.
    config
        Of the clustering.
    diameter
        Of the objects, in pixels; None to measure it.
    axes
        Letters of the axes where a file does not say whether it is time or depth.
    channel
        To take alone; None for all.
    """

    model: str
    config: ClusteringConfig
    diameter: float | None = None
    axes: str = ""
    channel: int | None = None

    def _axes_of(self, own: str) -> str:
        """Return a file's axes, where it leaves open what a person said."""
        if len(self.axes) == len(own) and "C" in self.axes and "C" not in own:
            return self.axes
        said, there = ([a for a in axes if a in "TZ"] for axes in (self.axes, own))
        if len(said) != len(there):
            return own
        names = iter(said)
        return "".join(next(names) if a in "TZ" else a for a in own)

    def image(self, image: Image) -> Image:
        """Return an image as it is to be read."""
        said = self._axes_of(image.axes)
        if said != image.axes:
            axes = Axes(said)
            image = replace(image, axes=axes, pixel_size=image.pixel_size[-axes.ndim :])
        if self.channel is None or "C" not in image.axes or image.axes.endswith("C"):
            return image
        at = image.axes.index("C")
        if self.channel >= image.n_channels:
            raise InputError(
                f"{image.name}: expected a channel {self.channel}, got {image.n_channels} channels."
            )
        data = np.take(image.data, self.channel, axis=at)
        return replace(image, data=data, axes=image.axes.without_channels())


ROWS = "rows"
"""Key in the progress of a folder: the rows of the file that has just been done."""


def folder_rows(
    folder: Path, reading: Reading, tile: TilingConfig | None = None
) -> Job[dict[str, NDArray[Any]]]:
    """Segment each image of a folder; a job of a summary row each, or each of its time points.

    A file that cannot be done has a row that says why. Each row is in the progress, too.

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
    loaded = load_model(reading.model)
    rows: list[dict[str, Any]] = []
    for i, path in enumerate(files):
        title = f"{path.name} ({i + 1}/{len(files)})"
        try:
            image = reading.image(read_image(path))
            job = pipeline.segment(
                image, loaded, diameter=reading.diameter, config=reading.config, tile=tile
            )
            found = yield from scaled(job, i / len(files), (i + 1) / len(files), title)
            timed = int("T" in image.axes)
            done = summary_rows(path.name, found.labels, found.pixel_size, found.unit, timed)
            error = ""
        except DiscembedError as problem:
            done = [summary_row(path.name, np.zeros((1, 1), np.uint8), (1.0, 1.0), "pixel")]
            error = str(problem)
        new = [{**row, "error": error} for row in done]
        rows += new
        yield Progress((i + 1) / len(files), title, {}, {ROWS: new})
    return as_columns(rows)


def as_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[Any]]:
    """Return rows as columns."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
