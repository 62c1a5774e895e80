"""Which reader a file is for, by its first bytes: a name may promise what is not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.found import FilePixels, SeriesInfo
from napari_discembed.io.ome_zarr.reading import read_store, store_series
from napari_discembed.io.raster import raster_series, read_raster
from napari_discembed.io.tiff import read_tiff, tiff_series
from napari_discembed.io.tiff_sets import is_tiff

_NUMPY = b"\x93NUMPY"
TIFF_SUFFIXES = frozenset({".tif", ".tiff", ".btf", ".tf8", ".lsm", ".stk"})
"""Names of what should be TIFF."""
_RAW_SUFFIXES = frozenset({".dng", ".nef", ".cr2", ".arw", ".orf", ".pef", ".srw", ".rw2"})
"""Raw pictures of cameras: TIFF whose first page is a thumbnail."""
_OTHERS = {
    b"PK\x03\x04": ("an archive (zip, npz)", "Take the image out of it."),
    b"\x89HDF\r\n\x1a\n": ("an HDF5 file", "Export the image as OME-TIFF."),
    b"\x1f\x8b": ("a file packed by gzip", "Unpack it."),
    b"ZISRAWFILE": ("a CZI file", "Export it as OME-TIFF, from ZEN or Fiji."),
    b"\xda\xce\xbe\x0a": ("an ND2 file", "Export it as OME-TIFF, from NIS-Elements or Fiji."),
    b"\x70\x00\x00\x00": ("a LIF file", "Export it as OME-TIFF, from LAS X or Fiji."),
    b"<?xml": ("a text in XML", "Name the TIFF file that it describes, saved as one OME-TIFF."),
    b"8BPS": ("a Photoshop file", "Save it as TIFF or PNG, its layers as one."),
    b"\xff\x0a": ("a JPEG XL file", "Save it as TIFF or PNG."),
    b"\0\0\0\x0cJXL ": ("a JPEG XL file", "Save it as TIFF or PNG."),
    b"%PDF": ("a PDF file", "Export its pictures as TIFF or PNG."),
}


def read_file(
    path: Path,
    series: int | None = None,
    level: int = 0,
    *,
    labels: bool = False,
    named: bool = False,
) -> FilePixels:
    """Read a file by what is in it.

    Parameters
    ----------
    path
        Of the file, or of the group of an OME-Zarr image.
    series
        Which of several pictures; None for the first.
    level
        Which resolution of a pyramid, from the finest.
    labels
        Whether numbers are wanted as stored, not colours.
    named
        Whether the caller knows the axes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    FileFormatError
        If it is empty, damaged or no image.
    InputError
        If there is no such series or level.
    """
    if path.is_dir():
        return read_store(path, series, level, named=named)
    head = _head(path)
    if is_tiff(path):
        return read_tiff(path, series, level, labels=labels, named=named)
    for what, asked in (("series", series), ("level", level)):
        if asked:
            raise InputError(f"{path}: expected {what} 0, the only one, got {asked}.")
    if not head.startswith(_NUMPY):
        return read_raster(path, labels=labels)
    return FilePixels(_read_numpy(path))


def list_series(path: str | Path) -> list[SeriesInfo]:
    """Return what pictures a file holds: series of a TIFF, positions of an OME set.

    Parameters
    ----------
    path
        Of the file or OME-Zarr store.

    Returns
    -------
    In the order of their numbers, which :func:`~napari_discembed.io.images.read_image` takes.

    Raises
    ------
    FileNotFoundError, FileFormatError
        If it is no image.
    """
    path = Path(path)
    if path.is_dir():
        return store_series(path)
    head = _head(path)
    if is_tiff(path):
        return tiff_series(path)
    if not head.startswith(_NUMPY):
        return raster_series(path)
    data = _read_numpy(path)
    return [SeriesInfo(0, "", "", data.shape, str(data.dtype), files=(path.name,), is_read=True)]


def _head(path: Path) -> bytes:
    """Return the first bytes of a file that may be an image."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Check the spelling.")
    with path.open("rb") as file:
        head = file.read(16)
    if not head:
        raise FileFormatError(f"{path}: the file is empty. Copy or export the image again.")
    if path.suffix.lower() in _RAW_SUFFIXES:
        raise FileFormatError(
            f"{path}: a raw picture of a camera. Develop it to a TIFF or PNG of 8 or 16 bits."
        )
    for start, (what, remedy) in _OTHERS.items():
        if head.startswith(start):
            raise FileFormatError(f"{path}: expected an image, got {what}. {remedy}")
    if path.suffix.lower() in TIFF_SUFFIXES and head.isascii() and b"\0" not in head:
        raise FileFormatError(
            f"{path}: not a TIFF image, damaged or cut short. Copy or export it again."
        )
    return head


def _read_numpy(path: Path) -> NDArray[Any]:
    with told_as_damaged(path, "an array of numbers", "Save it again with numpy.save."):
        pixels: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return pixels
