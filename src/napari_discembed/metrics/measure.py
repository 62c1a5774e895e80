"""Measurements of each object, in physical units."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.imaging import renumbered, whole_labels
from napari_discembed.metrics.colour import hues
from napari_discembed.metrics.rectangles import lengths_and_widths
from napari_discembed.metrics.shapes import Runs, perimeters, solidities
from napari_discembed.types import (
    Axes,
    Image,
    IntArray,
    Kind,
    ObjectTable,
    Segmentation,
    Series,
    concatenated,
)
from napari_discembed.types.axes import FRAME_COLUMNS


def measure(
    labels: IntArray,
    channels: NDArray[Any] | None = None,
    *,
    pixel_size: Sequence[float] = (1.0,),
    unit: str = "pixel",
    name: str = "image",
) -> ObjectTable:
    """Measure each object.

    Parameters
    ----------
    labels
        ``(Y, X)`` or ``(Z, Y, X)``: 0 for background, a number for each object.
    channels
        ``(C, *S)``: pixels, for mean intensities.
    pixel_size
        Of each axis; one number serves all.
    unit
        Of the pixel size.
    name
        Of the image.

    Returns
    -------
    A row an object: ``label``; ``pixels``; ``area`` or ``volume``; ``centroid_y``, ... in units;
    ``bbox_y_min``, ``bbox_y_max`` (not included), ... in pixels; ``equivalent_diameter``;
    ``length`` and ``width`` (2-D), the sides of the smallest rectangle about it; ``perimeter``
    (2-D, square pixels; scikit-image's); ``solidity``, the share that is filled of the convex hull
    of the pixels' corners, which is lower than scikit-image's of their centres;
    ``intensity_mean_0``, ... for each channel.

    Raises
    ------
    InputError
        If the shapes differ, or labels are not 2-D or 3-D, have no pixel, or are no whole numbers
        of 0 and above.
    """
    labels = whole_labels(labels, name)
    _check(labels, channels, pixel_size)
    ndim = labels.ndim
    size = tuple(pixel_size) * ndim if len(pixel_size) == 1 else tuple(pixel_size)
    labels, numbers = renumbered(labels)
    runs = Runs.of(labels)
    columns: dict[str, NDArray[Any]] = {"label": _signed(numbers[runs.numbers])}
    columns["pixels"] = runs.pixels
    extent = columns["pixels"] * math.prod(size)
    columns["area" if ndim == 2 else "volume"] = extent
    axes = Axes.spatial_of(ndim).lower()
    for i, axis in enumerate(axes):
        columns[f"centroid_{axis}"] = runs.centroid(i) * size[i]
    for i, axis in enumerate(axes):
        columns[f"bbox_{axis}_min"], columns[f"bbox_{axis}_max"] = runs.bounds(i)
    columns["equivalent_diameter"] = equivalent_diameters(extent, ndim)
    if ndim == 2:
        columns["length"], columns["width"] = lengths_and_widths(runs, size)
    if ndim == 2 and size[0] == size[1]:
        columns["perimeter"] = perimeters(runs) * size[0]
    columns["solidity"] = solidities(runs)
    for c, channel in enumerate(channels if channels is not None else ()):
        sums = scipy.ndimage.sum_labels(np.asarray(channel, dtype=np.float64), labels, runs.numbers)
        columns[f"intensity_mean_{c}"] = np.asarray(sums) / columns["pixels"]
    return ObjectTable(columns, name=name, unit=unit)


def equivalent_diameters(extent: NDArray[Any], ndim: int) -> NDArray[np.float64]:
    """Return the diameters of discs of such areas, or of balls of such volumes."""
    root = np.sqrt(extent / math.pi) if ndim == 2 else np.cbrt(0.75 * extent / math.pi)
    return np.asarray(2 * root, dtype=np.float64)


def measure_frames(segmentation: Segmentation, image: Image | None = None) -> Iterator[ObjectTable]:
    """Measure a segmentation, one frame at a time.

    Parameters
    ----------
    segmentation
        Of any axes.
    image
        The pixels, for intensities; its frames are those of the segmentation.

    Yields
    ------
    The table of each frame, in order: first the columns that say where it is, ``frame`` along time
    and ``plane`` along depth; those of :func:`measure`; ``hue`` in degrees where the image is a
    colour picture, as :func:`~napari_discembed.metrics.colour.hues` has it; ``class`` and, by name,
    ``kind`` where there are several; ``quality``, the overlap with a true object that is expected,
    where it is known.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    series = segmentation.frames()
    frames = None if image is None else matching_frames(segmentation, image)
    for index, frame in zip(series.indices(), series, strict=True):
        where = dict(zip(series.axes, index, strict=True))
        pixels = None if frames is None else frames.at(tuple(where[a] for a in frames.axes))
        table = _measure_frame(frame, pixels)
        columns = {FRAME_COLUMNS[a]: np.full(table.count, at) for a, at in where.items()}
        yield table.with_columns(columns, first=True)


def measure_segmentation(segmentation: Segmentation, image: Image | None = None) -> ObjectTable:
    """Measure each object of a segmentation, frame by frame where it has several.

    Parameters
    ----------
    segmentation, image
        As for :func:`measure_frames`.

    Returns
    -------
    A row an object, or an object of a frame; columns as :func:`measure_frames` has them.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    tables = list(measure_frames(segmentation, image))
    if not tables:
        raise InputError(f"{segmentation.name}: expected at least one frame to measure, got none.")
    return concatenated(tables, segmentation.name)


def matching_frames(segmentation: Segmentation, image: Image) -> Series[Image]:
    """Return the frames of an image, along the axes that a segmentation has them.

    Raises
    ------
    InputError
        If the image does not fit.
    """
    axes, frame_axes = segmentation.axes, segmentation.frame_axes or Axes("")
    frames = image.frames(axes.ndim - len(frame_axes.spatial))
    fits = set(frames.axes) == set(frame_axes) and all(
        image.axes.sizes(image.data.shape).get(a) == n
        for a, n in axes.sizes(segmentation.labels.shape).items()
    )
    if not fits:
        raise InputError(
            f"{image.name}: expected pixels of the labels' shape {segmentation.labels.shape} (axes "
            f"{axes}), got {image.data.shape} (axes {image.axes})."
        )
    return frames


def _measure_frame(frame: Segmentation, image: Image | None) -> ObjectTable:
    spatial = frame.axes.spatial
    order = Axes.spatial_of(spatial.ndim)
    table = measure(
        frame.labels.transpose(spatial.order(order)),
        None if image is None else image.channels_first(),
        pixel_size=spatial.select(frame.pixel_size, order),
        unit=frame.unit,
        name=frame.name,
    )
    table = replace(table, provenance=frame.provenance)
    if image is not None and image.axes.has_colour_last and image.n_channels >= 3:
        means = [table[f"intensity_mean_{c}"] for c in range(3)]
        table = table.with_columns({"hue": hues(means)})
    if frame.quality is not None:
        table = table.with_columns({"quality": frame.quality})
    if frame.classes is None:
        return table
    classes = frame.classes[table["label"] - 1]
    return table.with_columns(class_columns(classes, frame.class_kinds))


def class_columns(classes: IntArray, kinds: Sequence[Kind]) -> dict[str, NDArray[Any]]:
    """Return the columns that say of which class, from 1, each object is, and what it is called."""
    names = np.array(["", *(kind.name for kind in kinds)], object)
    return {"class": classes, "kind": names[classes]}


def _signed(numbers: IntArray) -> IntArray:
    """Return numbers as int64, as far as it can hold them."""
    return numbers if numbers.max(initial=0) >= 2**63 else numbers.astype(np.int64)


def _check(labels: IntArray, channels: NDArray[Any] | None, pixel_size: Sequence[float]) -> None:
    ndim = labels.ndim
    if ndim not in (2, 3):
        raise InputError(
            f"Expected labels of 2 or 3 axes, got shape {labels.shape}. Measure a time-lapse "
            "frame by frame."
        )
    if not labels.size:
        raise InputError(f"Expected labels of at least one pixel, got shape {labels.shape}.")
    if channels is not None and channels.shape[1:] != labels.shape:
        raise InputError(
            f"Expected pixels of the labels' shape {labels.shape}, got {channels.shape[1:]}."
        )
    if len(pixel_size) not in (1, ndim):
        raise InputError(
            f"Expected a pixel size for each axis of labels of shape {labels.shape}, got "
            f"{tuple(pixel_size)}. Measure a time-lapse frame by frame."
        )
