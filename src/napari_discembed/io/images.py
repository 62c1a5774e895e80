"""Images from files, with their axes and pixel size."""

from __future__ import annotations

import html
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.types import Axes, Image
from napari_discembed.types.axes import LETTERS

TIFF_SUFFIXES = frozenset({".tif", ".tiff"})
_UNITS = {"µm": "micrometer", "um": "micrometer", "\\u00b5m": "micrometer", "micron": "micrometer"}
_OME_UNITS = {
    "µm": 1.0, "μm": 1.0, "um": 1.0, "nm": 1e-3, "mm": 1e3, "cm": 1e4, "m": 1e6, "Å": 1e-4,
}  # fmt: skip
_BROKEN_TIFF = (
    tifffile.TiffFileError,
    ValueError,
    IndexError,
    KeyError,
    RuntimeError,
    TypeError,
    struct.error,
)
_MICROMETERS = {1: None, 2: 25_400.0, 3: 10_000.0}  # TIFF ResolutionUnit: none, inch, centimetre


def read_image(path: str | Path, axes: str | None = None, name: str | None = None) -> Image:
    """Read an image from a TIFF, PNG, JPEG, BMP or NPY file.

    Large uncompressed TIFF and NPY files are memory-mapped.

    Parameters
    ----------
    path
        Of the file.
    axes
        One letter an axis of ``TCZYX``; None for what the file says, or a guess from the shape.
    name
        Of the image; None for the file's.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If it is empty, cut short or no image.
    InputError
        If the axes do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Check the spelling.")
    if not path.stat().st_size:
        raise FileFormatError(f"{path}: the file is empty. Copy or export the image again.")
    suffix = path.suffix.lower()
    if suffix in TIFF_SUFFIXES:
        data, found, pixel_size, unit = _read_tiff(path)
    else:
        data, found = (_read_numpy(path) if suffix == ".npy" else _read_picture(path)), ""
        pixel_size, unit = {}, "pixel"
    if data.dtype.kind not in "buif":
        raise FileFormatError(f"{path}: expected numbers as pixels, got {data.dtype}.")
    data, names = _squeezed(data, axes or found)
    image = Image(data, Axes(names), name=name or path.stem)
    sizes = tuple(pixel_size.get(axis, 1.0) for axis in image.spatial_axes)
    known = bool(pixel_size)
    return Image(data, image.axes, sizes, unit if known else "pixel", image.name)


def _read_tiff(path: Path) -> tuple[NDArray[Any], str, dict[str, float], str]:
    """Return the pixels, their axes, the pixel size of each axis and its unit."""
    try:
        with tifffile.TiffFile(path) as file:
            series = file.series[0]
            data = _tiff_pixels(path, series)
            axes = "".join({"S": "C", "I": "Z", "Q": "?"}.get(a, a) for a in series.axes)
            if not set(axes) <= set(LETTERS) or len(set(axes)) != len(axes):
                axes = ""
            pixel_size, unit = _tiff_pixel_size(file)
    except _BROKEN_TIFF as error:
        raise FileFormatError(
            f"{path}: not a TIFF image, damaged or cut short ({_first_line(error)}). Copy or "
            "export it again."
        ) from error
    return data, axes, pixel_size, unit


def _tiff_pixels(path: Path, series: tifffile.TiffPageSeries) -> NDArray[Any]:
    expected = path.stat().st_size
    if series.dataoffset is not None:  # contiguous and uncompressed
        if series.dataoffset + series.nbytes > expected:
            raise FileFormatError(
                f"{path}: cut short: expected {series.dataoffset + series.nbytes} bytes, got "
                f"{expected}. Copy or export it again."
            )
        mapped: NDArray[Any] = tifffile.memmap(path, mode="r")
        return mapped
    pixels: NDArray[Any] = series.asarray()
    return pixels


def _tiff_pixel_size(file: tifffile.TiffFile) -> tuple[dict[str, float], str]:
    if file.is_ome and file.ome_metadata:
        return _ome_pixel_size(html.unescape(file.ome_metadata))
    page, imagej = file.pages.first, file.imagej_metadata or {}
    found = {}
    for axis in "YX":
        tag = page.tags.get(f"{axis}Resolution")
        if tag is not None and tag.value[0] and tag.value[1]:
            found[axis] = tag.value[1] / tag.value[0]
    unit = _UNITS.get(str(imagej.get("unit", "")), str(imagej.get("unit", "")))
    if imagej:
        if "spacing" in imagej:
            found["Z"] = float(imagej["spacing"])
        return (found, unit) if unit and unit != "pixel" else ({}, "pixel")
    resolution = page.tags.get("ResolutionUnit")
    micrometers = _MICROMETERS.get(int(resolution.value)) if resolution is not None else None
    # A printer's 72 or 300 dots per inch says nothing of the specimen.
    if micrometers is None or int(resolution.value) == 2:
        return {}, "pixel"
    found = {axis: size * micrometers for axis, size in found.items()}
    for written in file.shaped_metadata or ():  # by write_labels
        if "spacing" in written:
            found["Z"] = float(written["spacing"])
    return found, "micrometer"


def _ome_pixel_size(metadata: str) -> tuple[dict[str, float], str]:
    """Return the pixel size of each axis in micrometers; none where the unit is no length."""
    found = {}
    for axis in "XYZ":
        size = re.search(rf'PhysicalSize{axis}="([^"]+)"', metadata)
        unit = re.search(rf'PhysicalSize{axis}Unit="([^"]+)"', metadata)
        factor = _OME_UNITS.get(unit[1] if unit else "µm")
        if size is None:
            continue
        if factor is None:
            return {}, "pixel"
        found[axis] = float(size[1]) * factor
    if "X" in found:  # a depth that is not told is no micrometer
        found.setdefault("Z", found["X"])
    return found, "micrometer"


def _read_numpy(path: Path) -> NDArray[Any]:
    try:
        pixels: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise FileFormatError(
            f"{path}: not an array of numbers, or cut short ({_first_line(error)})."
        ) from error
    return pixels


def _read_picture(path: Path) -> NDArray[Any]:
    try:
        with Picture.open(path) as picture:
            indirect = picture.mode in {"P", "PA", "CMYK", "YCbCr"}
            grey = "L" if picture.mode in {"LA", "La"} else None
            wanted = "RGB" if indirect else grey
            pixels = np.asarray(picture.convert(wanted) if wanted else picture)
    except Picture.DecompressionBombError as error:
        raise FileFormatError(
            f"{path}: too large for a picture of this kind ({_first_line(error)}). Save it as "
            "TIFF, of which any size is read."
        ) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise FileFormatError(
            f"{path}: not an image this program reads, damaged or cut short "
            f"({_first_line(error)}). Expected TIFF, PNG, JPEG, BMP or NPY."
        ) from error
    return pixels


def read_indices(path: Path) -> NDArray[Any] | None:
    """Return the indices of a picture with a palette of colours, or the greys of one of greys.

    None for any other file. So label images are often saved, as those of CVPPP and PASCAL VOC.
    """
    if path.suffix.lower() not in {".png", ".bmp"}:
        return None
    try:
        with Picture.open(path) as picture:
            if picture.mode != "P":
                return None
            red, green, blue = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
            grey = (red == green).all() and (green == blue).all()
            return red if grey else np.asarray(picture)
    except (OSError, SyntaxError, ValueError, Picture.DecompressionBombError):
        return None  # read_image says what is wrong


def _squeezed(data: NDArray[Any], axes: str) -> tuple[NDArray[Any], str]:
    """Drop axes of length one, but for Y and X."""
    if not axes:
        axes_left = [i for i, n in enumerate(data.shape) if n > 1 or i >= data.ndim - 2]
        lost = data.ndim - len(axes_left)
        return (data.reshape([data.shape[i] for i in axes_left]) if lost else data), ""
    axes = axes.upper()
    if len(axes) != data.ndim:
        raise InputError(
            f"Expected one letter for each of the {data.ndim} axes of shape {data.shape}, got "
            f"axes={axes!r}."
        )
    keep = [i for i, n in enumerate(data.shape) if n > 1 or axes[i] in "YX"]
    return data.reshape([data.shape[i] for i in keep]), "".join(axes[i] for i in keep)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
