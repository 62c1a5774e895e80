"""Opening TIFF files, and which picture of which file of a set is meant."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tifffile

from napari_discembed.errors import DiscembedError, FileFormatError, InputError
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.ome import described_elsewhere

_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
AGAIN = "Copy or export it again."
_ASSOCIATED = frozenset({"thumbnail", "label", "macro", "overview", "map"})
"""Names of pictures that a slide has beside the specimen."""
# What it says of damaged files, told_as_damaged says in one sentence.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def is_tiff(path: Path) -> bool:
    """Tell whether a file is a TIFF by its first bytes, BigTIFF included; a folder is none."""
    if path.is_dir():
        return False
    with path.open("rb") as file:
        return file.read(4) in _STARTS


@contextmanager
def opened_tiff(path: Path) -> Iterator[tifffile.TiffFile]:
    """Open a TIFF file; what goes wrong within is told as damage.

    Raises
    ------
    FileFormatError
        If it is damaged.
    """
    with told_as_damaged(path, "a TIFF image", AGAIN), tifffile.TiffFile(path) as file:
        yield file


@contextmanager
def opened_set(path: Path) -> Iterator[tifffile.TiffFile]:
    """Open the file that describes a TIFF: of an OME set, another one may."""
    with opened_tiff(path) as file:
        name = described_elsewhere(file.ome_metadata) if file.is_ome else ""
        main = path.with_name(name) if name and Path(name).name == name else path
        if main == path or not main.is_file() or not is_tiff(main):
            yield file
            return
        with tifffile.TiffFile(main) as other:
            yield other if _own(other, path) else file


def data_set_of(path: Path, series: int | None = None) -> tuple[Path, int] | None:
    """Return which picture of an OME set reading a file gives: the set's first file and a number.

    None for a file that is no part of a set, or damaged.
    """
    try:
        if not is_tiff(path):
            return None
        with opened_set(path) as file:
            if not file.is_ome or "FileName" not in (file.ome_metadata or ""):
                return None
            number = series_in_file(file, path)[0] if series is None else series
            number = checked_series(number, file, path)
            pages = [page for page in file.series[number].pages if page]
            return file_of(pages[0]).resolve(), number
    except (DiscembedError, OSError):
        return None  # reading it says why


def other_files_of_set(path: Path) -> list[Path]:
    """Return the other files of the OME set that a file is of, in the order of its planes."""
    key = data_set_of(path)
    if key is None:
        return []
    with opened_set(path) as file:
        pages = file.series[key[1]].pages
        files = dict.fromkeys(file_of(page) for page in pages if page is not None)
        return [other for other in files if other.name != path.name]


def file_of(page: Any) -> Path:  # noqa: ANN401 - a TiffPage or TiffFrame
    """Return the file that a page lies in."""
    return Path(page.parent.filehandle.path)


def series_in_file(file: tifffile.TiffFile, path: Path) -> list[int]:
    """Return the numbers of the series of which pages lie in a file of a set."""
    if not file.series:
        raise FileFormatError(
            f"{path}: not a TIFF image, damaged or cut short (no picture in it). {AGAIN}"
        )
    return _own(file, path) or [0]


def _own(file: tifffile.TiffFile, path: Path) -> list[int]:
    return [
        number
        for number, series in enumerate(file.series)
        if any(page is not None and file_of(page).name == path.name for page in series.pages)
        and str(series.name).lower() not in _ASSOCIATED
        and not series.keyframe.is_reduced  # a thumbnail before its picture
    ]


def checked_series(series: int, file: tifffile.TiffFile, path: Path) -> int:
    """Return a series' number, if there is such a series.

    Raises
    ------
    InputError
        If there is none.
    """
    n = len(file.series)
    if not 0 <= series < n:
        raise InputError(
            f"{path}: expected a series from 0 to {n - 1}, got {series}. `discembed info` lists "
            "them."
        )
    return series
