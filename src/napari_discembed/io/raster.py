"""Pictures that Pillow reads: PNG, JPEG, BMP, GIF, WebP and others."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageOps, ImageSequence

from napari_discembed.errors import FileFormatError, InputError
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.found import MAYBE_SMEARED, SMEARED, FilePixels, SeriesInfo, upright

_WANTED = {"P": "RGB", "PA": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "HSV": "RGB", "RGBX": "RGB",
           "RGBa": "RGBA", "LA": "L", "La": "L"}  # fmt: skip
_ORIENTATION = 0x0112
_LOSSY = frozenset({"JPEG", "MPO", "AVIF"})
_READ = frozenset({"PNG", "JPEG", "MPO", "BMP", "DIB", "GIF", "WEBP", "AVIF", "JPEG2000", "PPM",
                   "TGA"})  # fmt: skip
"""Of others, Pillow gives a first plane or a layer: FITS, PSD, ICO."""
_REMEDY = "Expected TIFF, PNG, JPEG, BMP, GIF, WebP or NPY; export it as one of them."


def read_raster(path: Path, *, labels: bool = False) -> FilePixels:
    """Read a picture, turned upright; several frames, as of a GIF, are a time-lapse.

    Parameters
    ----------
    path
        Of the file.
    labels
        Whether numbers are wanted: the indices of a palette of colours, or the greys of a grey one.

    Raises
    ------
    FileFormatError
        If it is damaged, too large, or in colours that are not read.
    InputError
        If labels are wanted of a JPEG.
    """
    with _opened(path) as picture:
        if picture.format == "PNG":
            _check_png(path)
        if labels and (picture.format in _LOSSY or _is_lossy_webp(path)):
            raise InputError(SMEARED.format(path=path))
        n = getattr(picture, "n_frames", 1)
        notes = []
        if labels and picture.format == "JPEG2000":
            notes.append(MAYBE_SMEARED.format(name="JPEG 2000"))
        if picture.format == "MPO" or n == 1:  # a phone's picture, with a preview behind it
            pixels = _pixels(path, picture, labels=labels)
            if n > 1:
                notes.append(f"it holds {n} pictures; the first is read.")
            return FilePixels(pixels, notes=tuple(notes))
        frames = [_frame(frame, labels=labels) for frame in ImageSequence.Iterator(picture)]
        if picture.info.get("default_image"):
            frames = frames[1:]
            notes.append("its still picture, which is no part of the film, is not read.")
        data = _alike(frames)
        return FilePixels(data, "TYXC" if data.ndim == 4 else "TYX", notes=tuple(notes))


def raster_series(path: Path) -> list[SeriesInfo]:
    """Return the one picture of a file, as stored."""
    with _opened(path) as picture:
        n = getattr(picture, "n_frames", 1)
        frames = (n,) if n > 1 else ()
        shape = (*frames, picture.height, picture.width)
        axes = "TYX" if frames else "YX"
        return [SeriesInfo(0, picture.mode, axes, shape, "", files=(path.name,), is_read=True)]


@contextmanager
def _opened(path: Path) -> Iterator[Picture.Image]:
    what = "an image this program reads"
    with told_as_damaged(path, what, _REMEDY):
        try:
            with Picture.open(path) as picture:
                if picture.format not in _READ:
                    raise FileFormatError(
                        f"{path}: a picture of the format {picture.format}, which is not read. "
                        f"{_REMEDY}"
                    )
                yield picture
        except Picture.DecompressionBombError as error:
            raise FileFormatError(
                f"{path}: too large for a picture of this kind ({error}). Save it as TIFF, of "
                "which any size is read."
            ) from error


def _check_png(path: Path) -> None:
    """Compare the checksum of every chunk: Pillow stops at the last row, before that of pixels."""
    with path.open("rb") as file:
        file.seek(8)
        while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
            left, found = int.from_bytes(head[:4], "big"), zlib.crc32(head[4:])
            while left and (block := file.read(min(left, 2**20))):
                left, found = left - len(block), zlib.crc32(block, found)
            if left or file.read(4) != found.to_bytes(4, "big"):
                raise FileFormatError(
                    f"{path}: damaged or cut short: the part {head[4:].decode('latin-1')!r} of the "
                    f"PNG does not match its checksum. Copy or export it again."
                )


def _is_lossy_webp(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(64)
    return head[8:12] == b"WEBP" and b"VP8 " in head


def _pixels(path: Path, picture: Picture.Image, *, labels: bool) -> NDArray[Any]:
    deep = _sixteen_bits(path, picture)
    if deep is not None:
        return upright(deep, int(picture.getexif().get(_ORIENTATION, 1)))
    return _frame(ImageOps.exif_transpose(picture), labels=labels)


def _sixteen_bits(path: Path, picture: Picture.Image) -> NDArray[Any] | None:
    """Return the pixels of a PNG of 16 bits in colours or with alpha, which Pillow cuts to 8."""
    if picture.format != "PNG":
        return None
    with path.open("rb") as file:
        depth, kind = file.read(26)[24:]
    if depth != 16 or kind == 0:
        return None
    import imagecodecs

    pixels: NDArray[Any] = imagecodecs.png_decode(path.read_bytes())
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 2 else pixels


def _frame(picture: Picture.Image, *, labels: bool) -> NDArray[Any]:
    if picture.mode == "LAB":
        raise FileFormatError("expected grey, RGB or CMYK colours, got Lab. Save it as RGB.")
    if labels and picture.mode == "P":
        red, green, blue = np.asarray(picture.convert("RGB")).transpose(2, 0, 1)
        grey = (red == green).all() and (green == blue).all()
        return red if grey else np.asarray(picture)
    wanted = _WANTED.get(picture.mode)
    return np.asarray(picture.convert(wanted) if wanted else picture)


def _alike(frames: list[NDArray[Any]]) -> NDArray[Any]:
    """Stack frames, greys among them made colours; all of them greys where they look so."""
    colours = [f[..., :3] if f.ndim == 3 else np.repeat(f[..., None], 3, -1) for f in frames]
    if all((c == c[..., :1]).all() for c in colours):
        return np.stack([c[..., 0] for c in colours])
    return np.stack(colours)
