"""Windows of a compressed TIFF: the tiles or strips that a window needs are read, no others."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError
from napari_discembed.imaging.lazy import Index, LazyArray
from napari_discembed.io.colours import JPEG
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.tiff_sets import AGAIN, file_of

LAZY_FROM = 2**27
"""Bytes of a plane from which its pixels are read when they are asked for."""
LARGEST_WHOLE = 2**31
"""Bytes of a picture up to which one that cannot be read in parts is read as a whole."""
LARGEST_PART = 2**28
"""Bytes of a tile or strip beyond which reading it is no reading in parts."""

_COLOURS = frozenset({1, 2, 6})
"""Greys from black, RGB, and YCbCr, which its decoder turns to RGB: the same in any window."""


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """Where the tiles or strips of a page lie.

    Attributes
    ----------
    path
        Of the file.
    offsets, counts
        Of each tile or strip in it, in bytes; nothing is stored of one of 0 bytes.
    options
        For its decoder.
    """

    path: Path
    offsets: Sequence[int]
    counts: Sequence[int]
    options: dict[str, Any]

    @classmethod
    def of(cls, page: Any) -> _Plane:  # noqa: ANN401 - a TiffPage or TiffFrame
        options: dict[str, Any] = {}
        if int(page.keyframe.compression) in JPEG:
            options = {"jpegtables": page.jpegtables, "jpegheader": page.keyframe.jpegheader}
        return cls(file_of(page), page.dataoffsets, page.databytecounts, options)


@dataclass(frozen=True, slots=True, eq=False)
class TiffWindows:
    """A series of a TIFF file whose windows are read; the file is open while one is.

    Attributes
    ----------
    shape, dtype
        Of the series.
    planes
        In the order of its leading axes.
    samples
        Lengths of the axes of samples before and after Y and X; one of them at least is 1.
    part
        Height and width of a tile or strip.
    decode
        Of a tile or strip: bytes and number to pixels.
    empty
        What pixels are of which nothing is stored.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    planes: Sequence[_Plane]
    samples: tuple[int, int]
    part: tuple[int, int]
    decode: Callable[..., Any]
    empty: Any

    @classmethod
    def of(cls, series: Any) -> TiffWindows:  # noqa: ANN401 - a TiffPageSeries
        """Return the windows of a series of which :func:`why_not_in_windows` says nothing."""
        page = series.keyframe
        separate, _, _, _, together = page.shaped
        return cls(
            tuple(series.shape),
            np.dtype(page.dtype),
            [_Plane.of(each) for each in series.pages],
            (separate, together),
            _part(page),
            page.decode,
            page.nodata,
        )

    def __getitem__(self, index: tuple[Index, ...]) -> NDArray[Any]:
        """Read a window: an integer or a slice of positive steps for each axis.

        Raises
        ------
        FileFormatError
            If a tile or strip of it is damaged.
        """
        taken = [
            range(*k.indices(n)) if isinstance(k, slice) else range(k, k + 1)
            for k, n in zip(index, self.shape, strict=True)
        ]
        leading, plane = self._leading(taken)
        found = np.empty([len(along) for along in (*leading, *plane)], self.dtype)
        lengths = self.shape[: len(leading)]
        for place in np.ndindex(*map(len, leading)):
            at = [along[i] for along, i in zip(leading, place, strict=True)]
            number = int(np.ravel_multi_index(at, lengths)) if at else 0
            self._fill(found[place], self.planes[number], plane)
        kept = [slice(None) if isinstance(k, slice) else 0 for k in index]
        return found.reshape([len(along) for along in taken])[tuple(kept)]

    def _leading(self, taken: list[range]) -> tuple[list[range], list[range]]:
        """Return what is taken along the leading axes, and in a plane ``(S, Y, X, S)``."""
        before, after = (n > 1 for n in self.samples)
        first = len(taken) - 2 - before - after
        plane = taken[first:]
        one = [range(1)]
        return taken[:first], [*(one if not before else []), *plane, *(one if not after else [])]

    def _fill(self, found: NDArray[Any], plane: _Plane, taken: list[range]) -> None:
        """Read a window ``(S, Y, X, S)`` of a plane, part by part."""
        before, rows, columns, after = taken
        high, wide = self.part
        height, width = (self.shape if self.samples[1] == 1 else self.shape[:-1])[-2:]
        down, across = math.ceil(height / high), math.ceil(width / wide)
        last = slice(after.start, after.stop, after.step)
        with told_as_damaged(plane.path, "a TIFF image", AGAIN), plane.path.open("rb") as file:
            for i, (ys, from_y), (xs, from_x) in itertools.product(
                range(len(before)), _by_part(rows, high), _by_part(columns, wide)
            ):
                number = (before[i] * down + ys) * across + xs
                pixels = self._decoded(file, plane, number)
                target = found[i][from_y[0], from_x[0]]
                if pixels is None:
                    target[...] = self.empty
                else:
                    target[...] = pixels[from_y[1], from_x[1], last]

    def _decoded(self, file: BinaryIO, plane: _Plane, number: int) -> NDArray[Any] | None:
        """Return the pixels ``(Y, X, S)`` of a tile or strip; None where nothing is stored."""
        count = plane.counts[number]
        if not count:
            return None
        file.seek(plane.offsets[number])
        stored = file.read(count)
        if len(stored) < count:
            raise FileFormatError(
                f"{plane.path}: cut short: expected {count} bytes of a tile or strip, got "
                f"{len(stored)}. {AGAIN}"
            )
        pixels, _, shape = self.decode(stored, number, **plane.options)
        return None if pixels is None else pixels[0, : shape[1], : shape[2]]


def _by_part(taken: range, side: int) -> Iterator[tuple[int, tuple[slice, slice]]]:
    """Yield each part that a range needs, with where that goes and where it lies in the part."""
    done = 0
    while done < len(taken):
        part = taken[done] // side
        rest = taken[done:]
        count = min(len(rest), -(-((part + 1) * side - rest.start) // rest.step))
        first = rest.start - part * side
        there = slice(first, first + (count - 1) * rest.step + 1, rest.step)
        yield part, (slice(done, done + count), there)
        done += count


def _part(page: Any) -> tuple[int, int]:  # noqa: ANN401 - a TiffPage
    """Return the height and width of a tile or strip."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def why_not_in_windows(series: Any) -> str:  # noqa: ANN401 - a TiffPageSeries
    """Say why windows of a series cannot be read; empty where they can."""
    page = series.keyframe
    high, wide = _part(page)
    size = high * wide * page.shaped[4] * np.dtype(page.dtype).itemsize
    leading = tuple(series.shape)[: len(series.shape) - len(page.shape)]
    turns = {p.tags.valueof("Orientation", 1) for p in (page, *series.pages) if _has_tags(p)}
    if size > LARGEST_PART:
        kind = "tiles" if page.is_tiled else "strips"
        return f"its pixels lie in {kind} of {high} x {wide}, which cannot be read in part"
    if int(page.photometric) not in _COLOURS:
        return f"its colours, {page.photometric.name}, are made true of the whole alone"
    if turns != {1}:
        return "its pixels are stored turned or mirrored"
    plain = page.axes in {"YX", "YXS", "SYX"} and math.prod(leading) == len(series.pages)
    if not plain or tuple(series.shape) != (*leading, *page.shape):
        return f"its pixels are laid out as {series.axes}"
    return ""


def _has_tags(page: Any) -> bool:  # noqa: ANN401 - a TiffPage or TiffFrame, without tags
    return isinstance(page, tifffile.TiffPage)


def large_pixels(path: Path, series: Any) -> LazyArray | None:  # noqa: ANN401 - a TiffPageSeries
    """Return the pixels of a series with large planes, to be read in windows.

    Parameters
    ----------
    path
        Of the file, for messages.
    series
        Compressed, or scattered in its file.

    Returns
    -------
    None where the series is to be read as a whole: its planes are small, or it is small enough and
    no window of it can be read.

    Raises
    ------
    FileFormatError
        If it is too large to be read as a whole, and nothing else is possible.
    """
    page = series.keyframe
    if math.prod(page.shape) * np.dtype(page.dtype).itemsize <= LAZY_FROM:
        return None
    reason = why_not_in_windows(series)
    if not reason:
        page.decode(None, 0)  # raises where its compression is not known
        return LazyArray.of(TiffWindows.of(series))
    if series.nbytes <= LARGEST_WHOLE:
        return None
    raise FileFormatError(
        f"{path}: {series.nbytes / 1e9:.1f} GB of pixels, too large to be read as a whole, and "
        f"{reason}. Save it in tiles, such as by `vips tiffsave IN OUT --tile --bigtiff`, or as "
        "OME-Zarr."
    )
