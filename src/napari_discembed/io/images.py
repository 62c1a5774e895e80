"""Images from files, with their axes and pixel size."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.calibration import pixel_sizes
from napari_discembed.io.readers import read_file
from napari_discembed.types import Axes, Image


def read_image(
    path: str | Path,
    axes: str | None = None,
    name: str | None = None,
    series: int | None = None,
    level: int = 0,
) -> Image:
    """Read an image from a TIFF, PNG, JPEG, BMP, GIF, WebP or NPY file, or an OME-Zarr store.

    What a file is, its first bytes say, not its name. Large uncompressed TIFF and NPY files are
    memory-mapped; the pixels of OME-Zarr are a
    :class:`~napari_discembed.imaging.lazy.LazyArray`, which is read where it is asked for. Pictures
    are turned upright, and have the colours that they are meant to have.

    Parameters
    ----------
    path
        Of the file; of an OME set in several files any of them; of the group of an OME-Zarr image.
    axes
        One letter an axis of ``TCZYX``; None for what the file says, or a guess from the shape.
    name
        Of the image; None for the file's.
    series
        Number of the picture among those of the file, from 0, as
        :func:`~napari_discembed.io.readers.list_series` counts; None for the first.
    level
        Which resolution of a pyramid, from 0, the finest; pixels are larger by as much.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If it is empty, cut short or no image.
    InputError
        If the axes do not fit, or there is no such series or level.
    MissingDependencyError
        If it is an OME-Zarr store and zarr is not installed.

    Warns
    -----
    FileNote
        Of what the file says and what cannot be heeded: pixel sizes that are none, and pictures
        that are not read.
    """
    return read_pixels(Path(path), axes, name, series, level)


def read_pixels(
    path: Path,
    axes: str | None = None,
    name: str | None = None,
    series: int | None = None,
    level: int = 0,
    *,
    labels: bool = False,
) -> Image:
    """Read an image, or with `labels` the numbers as stored, as :func:`read_image` does."""
    found = read_file(path, series, level, labels=labels, named=bool(axes))
    if found.data.dtype.kind not in "buif":
        raise FileFormatError(f"{path}: expected numbers as pixels, got {found.data.dtype}.")
    data, names = _squeezed(found.data, axes or found.axes)
    image = Image(data, Axes(names), name=name or path.stem)
    sizes, unit, notes = pixel_sizes(found.calibration, image.spatial_axes)
    for note in (*found.notes, *notes):
        warnings.warn(f"{path}: {note}", FileNote, stacklevel=3)
    size = tuple(sizes.get(axis, 1.0) for axis in image.spatial_axes)
    return Image(data, image.axes, size, unit, image.name)


def _squeezed(data: NDArray[Any], axes: str) -> tuple[NDArray[Any], str]:
    """Drop axes of length one, but for Y and X."""
    if not axes:
        left = [i for i, n in enumerate(data.shape) if n != 1 or i >= data.ndim - 2]
        return _of_axes(data, left), ""
    axes = axes.upper()
    if len(axes) != data.ndim:
        raise InputError(
            f"Expected one letter for each of the {data.ndim} axes of shape {data.shape}, got "
            f"axes={axes!r}."
        )
    keep = [i for i, n in enumerate(data.shape) if n != 1 or axes[i] in "YX"]
    return _of_axes(data, keep), "".join(axes[i] for i in keep)


def _of_axes(data: NDArray[Any], kept: list[int]) -> NDArray[Any]:
    """Return a view of some axes; the others are of length one."""
    if len(kept) == data.ndim:
        return data
    view: NDArray[Any] = data[tuple(slice(None) if i in kept else 0 for i in range(data.ndim))]
    return view
