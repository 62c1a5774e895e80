"""Images from the arrays that people have."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Image
from napari_discembed.types.axes import named_axes

IRREGULAR = 1e-3
"""Relative difference of steps from which coordinates are not those of pixels."""


def as_image(array: Any, axes: str | None = None) -> Image:  # noqa: ANN401 - whatever people have
    """Return an image of an array, without reading one that lies on disk.

    Parameters
    ----------
    array
        An :class:`~napari_discembed.types.Image`; an xarray.DataArray, whose dimensions say the
        axes by their first letters and whose coordinates the pixel size; any other array with a
        shape that can be indexed, as those of numpy, dask and zarr; nested lists of numbers.
    axes
        One letter an axis; None for what the array says, or a guess from its shape.

    Raises
    ------
    InputError
        If it is no array of numbers, or the axes do not fit.
    """
    if isinstance(array, Image):
        return array if axes is None else array.with_axes(Axes(axes))
    if hasattr(array, "dims") and hasattr(array, "coords"):
        return _of_xarray(array, axes)
    if not (hasattr(array, "shape") and hasattr(array, "dtype") and hasattr(array, "ndim")):
        array = _of_lists(array)
    kind = np.dtype(array.dtype).kind
    if kind not in "buif":
        raise InputError(f"Expected an array of real numbers as an image, got {array.dtype}.")
    return Image(array, Axes(axes or ""))


def _of_lists(values: Any) -> Any:  # noqa: ANN401
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(
            f"Expected an image as an array of numbers, got {type(values).__name__} ({error})."
        ) from error
    if array.dtype.kind not in "buif" or array.ndim < 2:
        raise InputError(
            f"Expected an image as an array of numbers, got {type(values).__name__}. Of several "
            "images, give one at a time."
        )
    return array


def _of_xarray(array: Any, axes: str | None) -> Image:  # noqa: ANN401 - an xarray.DataArray
    known = Axes(axes) if axes else named_axes([str(dim) for dim in array.dims])
    if known is None:
        raise InputError(
            f"Expected dimensions named by their first letters t, c, z, y, x, got {array.dims}. "
            "Rename them, or give axes='TCZYX'."
        )
    steps, units = [], set()
    for dim, letter in zip(array.dims, known, strict=True):
        if letter in known.spatial and dim in array.coords:
            steps.append(_step(np.asarray(array.coords[dim])))
            units.add(str(array.coords[dim].attrs.get("units", "")))
    complete = len(steps) == known.ndim and all(steps) and len(units) == 1 and units != {""}
    return Image(
        array.data,
        known,
        tuple(float(step or 1.0) for step in steps) if complete else (1.0,),
        units.pop() if complete else "pixel",
        str(array.name or "image"),
    )


def _step(coordinates: Any) -> float | None:  # noqa: ANN401
    """Return the step of evenly spaced numbers; None where they are not."""
    if coordinates.dtype.kind not in "uif" or len(coordinates) < 2:
        return None
    steps = np.diff(coordinates.astype(float))
    first = float(abs(steps[0]))
    even = first > 0 and bool(np.all(np.abs(np.abs(steps) - first) <= IRREGULAR * first))
    return first if even else None
