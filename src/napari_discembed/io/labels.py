"""Label images from and to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.files import atomic_path
from napari_discembed.io.images import read_image, read_indices
from napari_discembed.types import IntArray

_IMAGEJ_DTYPES = frozenset("BHf")
SOFTWARE = "napari-discembed"
"""In the TIFF tag of that name."""


def read_labels(path: str | Path) -> IntArray:
    """Read a label image.

    Returns
    -------
    ``(*S)`` integers: 0 for nothing, a number for each object. Floating-point files are taken
    where all their values are whole numbers, and pictures with a palette of colours by their
    indices.

    Raises
    ------
    FileFormatError
        If the file is no image.
    InputError
        If it holds negative, fractional or colour values.
    """
    indices = read_indices(Path(path))
    pixels = np.asarray(read_image(path).data) if indices is None else indices
    return as_labels(pixels, str(path))


def as_labels(pixels: NDArray[Any], name: str = "labels") -> IntArray:
    """Return labels as integers, if that is what they are.

    Parameters
    ----------
    pixels
        Of any real dtype.
    name
        For the message.

    Raises
    ------
    InputError
        If there are negative, fractional, NaN or colour values.
    """
    if pixels.ndim == 3 and pixels.shape[-1] in (3, 4) and min(pixels.shape[:2]) > 4:
        pixels = _single_channel(pixels, name)
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8)
    if pixels.dtype.kind == "f":
        if not (np.isfinite(pixels).all() and (pixels == np.round(pixels)).all()):
            raise InputError(
                f"{name}: expected whole numbers as labels, got fractions or NaN. This looks "
                "like an image or a probability map; choose the label image."
            )
        pixels = pixels.astype(np.int64)
    if pixels.dtype.kind not in "ui":
        raise InputError(f"{name}: expected whole numbers as labels, got {pixels.dtype}.")
    if pixels.dtype.kind == "i" and pixels.size and pixels.min() < 0:
        raise InputError(
            f"{name}: expected labels of 0 and above, got {pixels.min()}. 0 is for what is not "
            "painted; give background scribbles a number of their own."
        )
    return pixels


def _single_channel(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    colour = pixels[..., :3]
    if not (colour == colour[..., :1]).all():
        raise InputError(
            f"{name}: expected a label image with a number a pixel, got a colour picture of shape "
            f"{pixels.shape}. Export the labels as a 16-bit TIFF."
        )
    return colour[..., 0]


def is_ours(path: Path) -> bool:
    """Tell whether a file is a label image that :func:`write_labels` wrote."""
    try:
        with tifffile.TiffFile(path) as file:
            tag = file.pages.first.tags.get("Software")
            return tag is not None and str(tag.value) == SOFTWARE
    except (OSError, ValueError, IndexError):
        return False


def write_labels(
    path: str | Path,
    labels: IntArray,
    *,
    pixel_size: Sequence[float] = (1.0,),
    unit: str = "pixel",
    axes: str | None = None,
) -> None:
    """Write a label image as a compressed TIFF, whole or not at all.

    Parameters
    ----------
    path
        Of the file.
    labels
        Unsigned integers; the dtype is kept.
    pixel_size, unit
        Of the spatial axes.
    axes
        Of the labels, such as ``YX``, ``ZYX`` or ``TYX``; None for ``YX`` or ``ZYX``.

    Notes
    -----
    Up to 65,535 objects the file is one that ImageJ opens, with its pixel size; beyond that, or
    for other types, it is a plain TIFF, which knows pixel sizes in micrometers alone.
    """
    axes = axes or "TZYX"[-labels.ndim :]
    spatial = [a for a in axes if a in "ZYX"]
    size = dict(zip(spatial, tuple(pixel_size) * len(spatial), strict=False))
    if len(pixel_size) == len(spatial):
        size = dict(zip(spatial, pixel_size, strict=True))
    metadata: dict[str, Any] = {"axes": axes, "unit": unit}
    if "Z" in size:
        metadata["spacing"] = size["Z"]
    imagej = labels.dtype.char in _IMAGEJ_DTYPES
    # A plain TIFF knows no micrometers.
    scale = 1.0 if imagej or unit != "micrometer" else 1e4
    with atomic_path(Path(path)) as partial:
        tifffile.imwrite(
            partial,
            labels,
            imagej=imagej,
            photometric="minisblack",
            compression="zlib",
            resolution=(scale / size["X"], scale / size["Y"]),
            resolutionunit=None if scale == 1 else "CENTIMETER",
            metadata=metadata,
            software=SOFTWARE,
        )
