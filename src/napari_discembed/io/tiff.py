"""TIFF files of all kinds: which of their pictures is read, and how its pixels are meant."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.colours import (
    JPEG,
    PERHAPS_LOSSY,
    palette_indices,
    refuse_unknown_colours,
    true_colours,
)
from napari_discembed.io.found import MAYBE_SMEARED, SMEARED, FilePixels, SeriesInfo, upright
from napari_discembed.io.levels import checked_level
from napari_discembed.io.ome import described_elsewhere, missing_files, ome_root
from napari_discembed.io.tiff_calibration import tiff_calibration
from napari_discembed.io.tiff_programs import not_heeded
from napari_discembed.io.tiff_sets import (
    AGAIN,
    checked_series,
    file_of,
    opened_set,
    series_in_file,
)
from napari_discembed.io.tiff_windows import large_pixels
from napari_discembed.text import pluralize
from napari_discembed.types.axes import LETTERS

_COMPRESSED_AT_MOST, _SUSPECT = 10_000, 2**30
_WORDS = {"P": "positions", "R": "regions", "M": "tiles of a mosaic", "H": "lifetimes",
          "E": "wavelengths", "A": "angles", "L": "exposures", "V": "events"}  # fmt: skip


def read_tiff(
    path: Path,
    series: int | None = None,
    level: int = 0,
    *,
    labels: bool = False,
    named: bool = False,
) -> FilePixels:
    """Read a picture of a TIFF file.

    Parameters
    ----------
    path
        Of the file; of a set of OME files any.
    series
        Its number, as :func:`tiff_series` counts; None for the first that lies in this file.
    level
        Which resolution of a pyramid, from the finest.
    labels
        Whether numbers are wanted as they are stored: indices of a palette, greys not inverted.
    named
        Whether the caller knows the axes, so that unknown ones are no error.

    Raises
    ------
    FileFormatError
        If it is damaged, not whole, or has colours or axes that are not read.
    InputError
        If there is no such series or level.
    """
    with opened_set(path) as file:
        own = series_in_file(file, path)
        number = own[0] if series is None else checked_series(series, file, path)
        whole = file.series[number]
        found = whole.levels[checked_level(level, len(whole.levels), path)]
        page = found.keyframe
        if not labels:
            refuse_unknown_colours(path, page)
        elif int(page.compression) in JPEG:
            raise InputError(SMEARED.format(path=path))
        _check_whole(path, file, found)
        _check_alike(path, found)
        data, axes = _pixels(path, found, labels=labels), str(found.axes)
        if labels:
            data = palette_indices(data, page)
        else:
            data, axes = true_colours(data, axes, page, is_lut=bool(file.is_imagej))
        calibration = tiff_calibration(file, number, level)
        turn = page.tags.get("Orientation") or whole.keyframe.tags.get("Orientation")
        if turn is not None and turn.value in range(2, 9) and {"Y", "X"} <= set(axes):
            data = upright(data, int(turn.value), axes.index("Y"), axes.index("X"))
            calibration = calibration.transposed() if turn.value >= 5 else calibration
        notes = [*_notes(file, whole, own if series is None else []), not_heeded(file, calibration)]
        if labels and int(page.compression) in PERHAPS_LOSSY:
            notes.append(MAYBE_SMEARED.format(name=page.compression.name))
        return FilePixels(data, _letters(path, axes, data, named), calibration, _said(notes))


def tiff_series(path: Path) -> list[SeriesInfo]:
    """Return what pictures a TIFF file, or the OME set that it is of, holds.

    Raises
    ------
    FileFormatError
        If it is damaged.
    """
    with opened_set(path) as file:
        first = series_in_file(file, path)[0]
        return [
            SeriesInfo(
                number,
                str(found.name),
                str(found.axes),
                tuple(found.shape),
                str(found.dtype),
                tuple(tuple(level.shape) for level in found.levels),
                tuple(dict.fromkeys(file_of(page).name for page in found.pages if page)),
                number == first,
            )
            for number, found in enumerate(file.series)
        ]


def _check_whole(path: Path, file: tifffile.TiffFile, found: Any) -> None:  # noqa: ANN401
    """Refuse a series of which planes are missing, which would be read as zeros."""
    absent = sum(page is None for page in found.pages)
    if absent:
        files = missing_files(file.ome_metadata, path.parent) if file.is_ome else []
        where = f" Missing beside it: {', '.join(files[:3])}." if files else ""
        raise FileFormatError(
            f"{path}: expected {pluralize(len(found.pages), 'plane')}, of which {absent} are not "
            f"there.{where} Put all files of a set into one folder, or export it again."
        )
    stored = path.stat().st_size
    if found.nbytes > max(_SUSPECT, _COMPRESSED_AT_MOST * stored):
        raise FileFormatError(
            f"{path}: damaged: it claims {found.nbytes} bytes of pixels in a file of {stored}. "
            f"{AGAIN}"
        )


def _check_alike(path: Path, found: Any) -> None:  # noqa: ANN401
    """Refuse a stack whose pages mean their pixels otherwise than the first; frames are like it."""
    first = found.keyframe
    turned = first.tags.valueof("Orientation", 1)
    for number, page in enumerate(found.pages):
        if page is first or not _is_page(page):
            continue
        unlike = (
            page.tags.valueof("Orientation", turned) != turned,
            page.colormap is not None and not np.array_equal(page.colormap, first.colormap),
        )
        if any(unlike):
            what = "orientation" if unlike[0] else "palette"
            raise FileFormatError(
                f"{path}: expected pages of one {what}, got another one on page {number}. Save "
                "them upright and in true colours, or as files of their own."
            )


def _pixels(path: Path, found: Any, *, labels: bool) -> NDArray[Any]:  # noqa: ANN401 - a TiffPageSeries
    first = found.pages[0]
    together = all(page.parent is first.parent for page in found.pages)
    if found.dataoffset is None or not together:
        _check_segments(path, found.pages)
        lazy: Any = None if labels else large_pixels(path, found)
        pixels: NDArray[Any] = found.asarray() if lazy is None else lazy
        return pixels
    file, start = file_of(first), found.dataoffset  # contiguous and uncompressed
    stored = file.stat().st_size
    if start + found.nbytes > stored:
        raise FileFormatError(
            f"{path}: cut short: expected {start + found.nbytes} bytes, got {stored}. {AGAIN}"
        )
    dtype = np.dtype(first.parent.byteorder + found.dtype.char)
    return np.memmap(file, dtype, "r", start, tuple(found.shape))


def _check_segments(path: Path, pages: Any) -> None:  # noqa: ANN401
    """Refuse pages of fewer strips or tiles than their size asks for: the rest would be zeros."""
    for page in pages:
        wanted, stored = math.prod(page.keyframe.chunked), len(page.dataoffsets)
        if wanted > stored:
            raise FileFormatError(
                f"{path}: damaged or cut short: expected {wanted} strips or tiles of pixels, got "
                f"{stored}. {AGAIN}"
            )


def _letters(path: Path, axes: str, data: NDArray[Any], named: bool) -> str:
    """Return our letters for tifffile's; empty where the file names none."""
    where = {axis for axis, n in zip(axes, data.shape, strict=True) if n > 1 or axis in "YX"}
    sequence = "T" if "Z" in where else "Z"
    names = {"S": "C", "I": sequence}
    if "C" in where and "S" in where:
        names["S"] = "?"
    letters = "".join(names.get(a, a) for a in axes)
    kept = [x for x, a in zip(letters, axes, strict=True) if a in where]
    if named or "Q" in kept:
        return ""
    unknown = [a for a in kept if a not in LETTERS]
    if unknown or len(set(kept)) != len(kept):
        words = ", ".join(_WORDS.get(a, f"axis {a}") for a in unknown) or "two axes of one kind"
        raise FileFormatError(
            f"{path}: expected axes out of {LETTERS}, got {axes} of shape {data.shape} "
            f"({words}). Export one of them, or say what they are with axes, such as "
            f"--axes TCZYX."
        )
    return letters


def _said(notes: list[str]) -> tuple[str, ...]:
    return tuple(note for note in notes if note)


def _notes(file: tifffile.TiffFile, found: Any, own: list[int]) -> tuple[str, ...]:  # noqa: ANN401
    """Say what of the file is not read."""
    notes = []
    if len(own) > 1:
        notes.append(
            f"it holds {len(own)} pictures; number {own[0]}, {found.name or 'without a name'}, is "
            "read. `discembed info` lists them; choose with --series N or series=N."
        )
    elsewhere = described_elsewhere(file.ome_metadata) if file.is_ome else ""
    if elsewhere:
        notes.append(
            f"what its planes are and how large its pixels is told in {elsewhere}, which is not "
            "read: export it as one OME-TIFF."
        )
    if file.is_ome and ome_root(file.ome_metadata) is None:
        notes.append("its OME description cannot be read: axes and sizes are guessed.")
    scales = {page.tags.valueof("XResolution") for page in found.pages if _is_page(page)}
    if len(scales) > 1 and found.kind in {"generic", "uniform"}:
        notes.append("its pages have pixels of different sizes; the first page's are taken.")
    nothing = found.keyframe.tags.valueof("GDAL_NODATA")
    if nothing is not None:
        notes.append(f"its number for no data, {nothing}, is read as a brightness.")
    notes += _absent(file, found)
    left = 0 if elsewhere else _pages_left(file, found)
    if left:
        notes.append(f"{pluralize(left, 'page')} that its description does not name are not read.")
    return tuple(notes)


def _absent(file: tifffile.TiffFile, found: Any) -> list[str]:  # noqa: ANN401
    """Say which planes and tiles are not there though the file speaks of them."""
    notes = []
    said = (file.imagej_metadata or {}).get("images", 0) if file.is_imagej else 0
    there = len(found.pages) if found.dataoffset is None else said
    if isinstance(said, int) and said > there:
        notes.append(f"its description speaks of {said} planes, of which {there} are there.")
    tiles = [n for page in found.pages for n in page.databytecounts]
    if found.dataoffset is None and 0 in tiles:
        notes.append(
            f"{tiles.count(0)} of its {len(tiles)} strips or tiles are empty, read as "
            f"{found.keyframe.nodata}."
        )
    return notes


def _is_page(page: Any) -> bool:  # noqa: ANN401 - a TiffPage or TiffFrame, without tags
    return isinstance(page, tifffile.TiffPage)


def _pages_left(file: tifffile.TiffFile, found: Any) -> int:  # noqa: ANN401
    """Return how many pages of the file are in none of its series, where a text rules these."""
    if found.kind not in {"ome", "imagej", "shaped"} or len(file.pages) < 2:
        return 0
    described = {
        page.treeindex
        for series in file.series
        for level in series.levels
        for page in level.pages
        if page is not None and page.parent is file
    }
    one_page = found.dataoffset is not None and len(found.pages) == 1
    whole = one_page and len(found.shape) > 2  # ImageJ: all planes behind the first page
    return 0 if whole else sum((i,) not in described for i in range(len(file.pages)))
