"""OME-Zarr images, read lazily: axes, pixel sizes, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.imaging.lazy import LazyArray
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.found import FilePixels, SeriesInfo
from napari_discembed.io.ome_zarr.metadata import AGAIN
from napari_discembed.io.ome_zarr.stored import StoredImage, stored_images
from napari_discembed.text import pluralize
from napari_discembed.types.axes import LETTERS

MOST_COUNTED = 200_000
"""Chunks of an array up to which those that are stored are counted: their files are listed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Chunked:
    """An array of zarr whose damaged chunks are told in a sentence."""

    array: Any
    path: Path

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.array.dtype)

    def __getitem__(self, index: Any) -> NDArray[Any]:  # noqa: ANN401
        with told_as_damaged(self.path, "an OME-Zarr image", "Copy the store again, as a whole."):
            return np.asarray(self.array[index])


def read_store(
    path: Path, series: int | None = None, level: int = 0, *, named: bool = False
) -> FilePixels:
    """Open a picture of an OME-Zarr store; its pixels are read when they are asked for.

    Parameters
    ----------
    path
        Of the group of the image.
    series
        Which of several pictures; None for the first.
    level
        Which resolution, from the finest.
    named
        Whether the caller knows the axes.

    Raises
    ------
    FileFormatError
        If it is no OME-Zarr image, its metadata are damaged, or its axes are not told or known.
    InputError
        If there is no such series or level.
    MissingDependencyError
        If zarr is not installed.
    """
    image = chosen_image(path, series)
    array = image.arrays[image.checked_level(level)]
    axes = "" if named else _letters(image, array.shape)
    calibration, wrong = image.multiscale.calibration(level)
    notes = tuple(note for note in (wrong, missing_chunks(array)) if note)
    return FilePixels(LazyArray.of(_Chunked(array, path)), axes, calibration, notes)  # type: ignore[arg-type]


def chosen_image(path: Path, series: int | None = None) -> StoredImage:
    """Return one of the pictures of a store.

    Raises
    ------
    InputError
        If there is no such one.
    """
    images = stored_images(path)
    if not 0 <= (series or 0) < len(images):
        raise InputError(
            f"{path}: expected a series from 0 to {len(images) - 1}, got {series}. `discembed "
            "info` lists them."
        )
    return images[series or 0]


def store_series(path: Path) -> list[SeriesInfo]:
    """Return what pictures an OME-Zarr store holds.

    Raises
    ------
    FileFormatError
        If it holds none.
    """
    return [
        SeriesInfo(
            number,
            image.multiscale.name or image.path.name,
            image.multiscale.letters,
            tuple(image.arrays[0].shape),
            str(image.arrays[0].dtype),
            tuple(tuple(array.shape) for array in image.arrays),
            (image.path.name,),
            number == 0,
        )
        for number, image in enumerate(stored_images(path))
    ]


def _letters(image: StoredImage, shape: tuple[int, ...]) -> str:
    letters = image.multiscale.letters
    if not letters:
        raise FileFormatError(
            f"{image.path}: names no axes, as OME-Zarr does since 0.3, of arrays of shape {shape}. "
            "Say them with axes, such as --axes TCZYX."
        )
    kept = [a for a, n in zip(letters, shape, strict=True) if n > 1 or a in "YX"]
    if "?" in kept or len(set(kept)) != len(kept) or not {"Y", "X"} <= set(kept):
        names = ", ".join(axis.name for axis in image.multiscale.axes)
        raise FileFormatError(
            f"{image.path}: expected axes out of {LETTERS} with Y and X, got {names} of shape "
            f"{shape}. Say them with axes, such as --axes TCZYX. {AGAIN}"
        )
    return letters


def missing_chunks(array: Any) -> str:  # noqa: ANN401 - a zarr.Array
    """Say how many chunks of an array are not stored; empty where all are, or there are too many.

    They are read as the fill value: zarr leaves out empty ones, and nothing tells a lost one.
    """
    if array.nchunks > MOST_COUNTED:
        return ""
    absent = array.nchunks - array.nchunks_initialized
    if not absent:
        return ""
    fill = array.metadata.fill_value
    return (
        f"{absent} of its {pluralize(array.nchunks, 'chunk')} are not stored, read as {fill}: "
        "empty, or lost in copying."
    )
