"""Label images from and to files."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from napari_discembed.errors import DiscembedError, FileNote, InputError
from napari_discembed.files import atomic_path
from napari_discembed.io.images import read_pixels
from napari_discembed.io.label_kinds import note_of_kinds, noted_kinds
from napari_discembed.io.label_quality import note_of_quality, noted_quality
from napari_discembed.io.tiff_sets import is_tiff, opened_tiff
from napari_discembed.types import Axes, IntArray, Segmentation, label_axes

_EXACT, _LARGEST = 2**53, 2**63 - 1
"""Beyond these, floats are no longer every whole number, and signed integers end."""
_IMAGEJ_DTYPES = frozenset("BHf")
MOST_COLOURS, PIXELS_A_COLOUR = 1000, 20
"""A picture of more colours, or of fewer pixels for each, is no label image but a photograph."""
SOFTWARE = "napari-discembed"
"""In the TIFF tag of that name."""
FRAME_AXES = "frame_axes"
"""Key in the TIFF's metadata: which axes are frames, where it is not time alone."""


def read_segmentation(
    path: str | Path, name: str | None = None, series: int | None = None, level: int = 0
) -> Segmentation:
    """Read a label image with what its file says: axes, pixel size, unit.

    Parameters
    ----------
    path
        Of the file.
    name
        Of the segmentation; None for the file's.
    series, level
        Which picture of the file in which resolution, as
        :func:`~napari_discembed.io.images.read_image` counts.

    Returns
    -------
    The objects, with their axes in the order ``TZYX``. Where the file does not say what its axes
    are, three are ``ZYX`` and four ``TZYX``; channels that are no colours are read as such, too,
    since many programs write any stack as channels. Floating-point files are taken where all their
    values are whole numbers, pictures with a palette of colours by their indices, and those of
    a few flat colours with a number for each.

    Raises
    ------
    FileFormatError
        If the file is no image.
    InputError
        If it holds negative, fractional or colour values, has too many axes, or is a JPEG.
    """
    path = Path(path)
    image = read_pixels(path, name=name, series=series, level=level, labels=True)
    if image.axes.has_colour_last:
        grey = _without_colours(np.asarray(image.data), str(path))
        image = replace(image, data=grey, axes=image.axes.without_channels())
    elif image.axes.has_channels:
        image = image.with_axes(Axes.guess_labels(image.data.ndim))
    labels = _whole_numbers(np.asarray(image.data), str(path))
    axes, notes = label_axes(image.axes), _notes(path)
    classes, kinds = noted_kinds(notes, labels)
    found = Segmentation(
        labels.transpose(image.axes.order(axes)),
        axes,
        _written_frame_axes(notes, axes),
        classes=classes,
        kinds=kinds,
        pixel_size=image.ordered_pixel_size,
        unit=image.unit,
        name=image.name,
    )
    return replace(found, quality=noted_quality(notes, found))


def read_labels(path: str | Path) -> IntArray:
    """Read the labels alone of a label image.

    Returns
    -------
    Integers, axes in the order ``TZYX``: 0 for nothing, a number for each object.

    Raises
    ------
    FileFormatError, InputError
        As :func:`read_segmentation`.
    """
    return read_segmentation(path).labels


def _notes(path: Path) -> list[Mapping[str, Any]]:
    """Return what :func:`write_segmentation` noted beside the pixels, and others."""
    if not is_tiff(path):
        return []
    with opened_tiff(path) as file:
        return [file.imagej_metadata or {}, *(file.shaped_metadata or ())]


def _written_frame_axes(notes: Sequence[Mapping[str, Any]], axes: Axes) -> Axes | None:
    """Return what :func:`write_labels` noted of planes that were segmented one by one."""
    found = next((str(note[FRAME_AXES]) for note in notes if FRAME_AXES in note), "")
    return Axes(found) if found and axes.startswith(found) else None


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
        pixels = _without_colours(pixels, name)
    return _whole_numbers(pixels, name)


def _whole_numbers(pixels: NDArray[Any], name: str) -> IntArray:
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8)
    if pixels.dtype.kind == "f":
        if not (np.isfinite(pixels).all() and (pixels == np.round(pixels)).all()):
            raise InputError(
                f"{name}: expected whole numbers as labels, got fractions or NaN. This looks "
                "like an image or a probability map; choose the label image."
            )
        _check_small(pixels, _EXACT, name)
        pixels = pixels.astype(np.int64)
    if pixels.dtype.kind not in "ui":
        raise InputError(f"{name}: expected whole numbers as labels, got {pixels.dtype}.")
    if pixels.dtype.kind == "i" and pixels.size and pixels.min() < 0:
        raise InputError(
            f"{name}: expected labels of 0 and above, got {pixels.min()}. 0 is for what is not "
            "painted; give background scribbles a number of their own."
        )
    if pixels.dtype.itemsize == 8:
        _check_small(pixels, _LARGEST, name)
    return pixels


def _check_small(pixels: NDArray[Any], most: int, name: str) -> None:
    if pixels.size and int(pixels.max()) > most:
        raise InputError(
            f"{name}: expected labels up to {most}, got {int(pixels.max())}. Number the objects "
            "from 1."
        )


def _without_colours(pixels: NDArray[Any], name: str) -> NDArray[Any]:
    """Return the one channel of grey, or a number for each colour of a few that are painted flat.

    So annotation programs export labels; black and transparent are background in them.
    """
    colour = pixels[..., :3]
    if (colour == colour[..., :1]).all():
        return colour[..., 0]
    most = min(MOST_COLOURS, colour[..., 0].size // PIXELS_A_COLOUR)
    if pixels.dtype == np.uint8:
        code = colour.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
        if pixels.shape[-1] == 4:
            code[pixels[..., 3] == 0] = 0
        colours, numbers = np.unique(code, return_inverse=True)
        if len(colours) <= most:
            numbers = numbers.reshape(code.shape) + (colours[0] != 0)
            note = (
                f"{name}: its colours were taken for {numbers.max()} objects, black and "
                "transparent for background. Two of one colour are one: if they are two, export "
                "numbers."
            )
            warnings.warn(note, FileNote, stacklevel=2)
            return numbers.astype(np.uint16)
    raise InputError(
        f"{name}: expected a label image with a number a pixel, got a colour picture of shape "
        f"{pixels.shape}. Export the labels as a 16-bit TIFF."
    )


def is_ours(path: Path) -> bool:
    """Tell whether a file is a label image that :func:`write_labels` wrote."""
    try:
        with opened_tiff(path) as file:
            tag = file.pages.first.tags.get("Software")
            return tag is not None and str(tag.value) == SOFTWARE
    except (DiscembedError, OSError):
        return False


def write_labels(
    path: str | Path,
    labels: IntArray,
    *,
    pixel_size: Sequence[float] = (1.0,),
    unit: str = "pixel",
    axes: str | None = None,
) -> None:
    """Write a label array as :func:`write_segmentation` does.

    Parameters
    ----------
    path
        Of the file.
    labels
        Unsigned integers; the dtype is kept.
    pixel_size, unit
        Of the spatial axes.
    axes
        Of the labels, such as ``YX``, ``ZYX`` or ``TYX``; None for ``YX``, ``ZYX`` or ``TZYX``.
    """
    named = Axes(axes) if axes else Axes.guess_labels(labels.ndim)
    size = tuple(pixel_size)
    write_segmentation(path, Segmentation(labels, named, pixel_size=size, unit=unit))


def write_segmentation(path: str | Path, segmentation: Segmentation) -> None:
    """Write a segmentation as a compressed TIFF, whole or not at all.

    Parameters
    ----------
    path
        Of the file.
    segmentation
        Labels with their axes, pixel size, unit, kinds and quality; :func:`read_segmentation` gives
        them back.

    Notes
    -----
    Up to 65,535 objects the file is one that ImageJ opens, with its pixel size; beyond that, or
    for other types, it is a plain TIFF, which knows pixel sizes in micrometers alone.
    """
    labels, axes, unit = segmentation.labels, segmentation.axes, segmentation.unit
    size = dict(zip(axes.spatial, segmentation.pixel_size, strict=True))
    metadata: dict[str, Any] = {"axes": str(axes), "unit": unit}
    if axes.has_depth:
        metadata["spacing"] = size["Z"]
    if segmentation.frame_axes != axes.frames():
        metadata[FRAME_AXES] = str(segmentation.frame_axes)
    metadata |= note_of_kinds(segmentation) | note_of_quality(segmentation)
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
