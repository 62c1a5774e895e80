"""Outlines of other programs, made into masks of an image of known size."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.imaging.polygons import Points, fill_polygon
from napari_discembed.io.planes import Picture, PlaneMask, check_total, joined
from napari_discembed.text import pluralize
from napari_discembed.types import Instances

MARGIN = 0.5
"""Pixels by which outlines may reach beyond the image, as those of pixel centres do."""
FARTHEST = 2.0**31
"""A coordinate beyond is no pixel's."""


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """The outline of an object in one plane.

    Attributes
    ----------
    polygons
        Parts of the object; each is one ring and those of its holes, points as ``(x, y)``.
    index
        In which plane it lies along T and Z, as far as it says so.
    number, score, kind
        As :class:`~napari_discembed.io.planes.PlaneMask` has them.
    """

    polygons: Sequence[Sequence[Points]]
    index: Mapping[str, int] = field(default_factory=dict)
    number: int | None = None
    score: float | None = None
    kind: str = ""

    @property
    def reach(self) -> tuple[float, float, float, float]:
        """Least and greatest x, then least and greatest y."""
        points = np.concatenate([ring for polygon in self.polygons for ring in polygon])
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(right), float(top), float(bottom)


def instances_of(
    path: Path,
    outlines: Sequence[Outline],
    own: Picture | None,
    like: Picture | None,
    *,
    smallest: bool = False,
) -> Instances:
    """Fill outlines.

    Parameters
    ----------
    path
        Of the file.
    outlines
        Of objects.
    own
        The image as the file says; None where it does not.
    like
        The image as the caller says.
    smallest
        Whether the smallest image that holds all is taken, where neither is known.

    Raises
    ------
    InputError
        If the size of the image is not known, or the two differ.
    FileFormatError
        If a coordinate is no number.
    """
    check_same_image(path, own, like)
    _check_coordinates(path, outlines)
    picture = own or like
    if picture is None and smallest:
        picture = _smallest(path, outlines)
    if picture is None:
        raise InputError(
            f"{path} does not say how large its image is. Name the image: --images IMAGE, or "
            "like=image in Python."
        )
    return joined(filled(path, outlines, picture), picture, path)


def check_same_image(path: Path, own: Picture | None, like: Picture | None) -> None:
    """Refuse a file that is of another image than the one that was named.

    Raises
    ------
    InputError
        If the planes of the two differ in size.
    """
    if own is not None and like is not None and own.plane_shape != like.plane_shape:
        raise InputError(
            f"{path}: its objects are of an image of shape {own.shape}, but the image that was "
            f"named has {like.shape}. Name the image that they were found in."
        )


def filled(path: Path, parts: Sequence[Outline | PlaneMask], picture: Picture) -> list[PlaneMask]:
    """Return the masks of outlines in an image; what is a mask stays.

    Raises
    ------
    FileFormatError
        If a coordinate is no number.

    Warns
    -----
    FileNote
        Of outlines that reach beyond the image.
    """
    outlines = [part for part in parts if isinstance(part, Outline)]
    _check_coordinates(path, outlines)
    cut = sum(_reaches_beyond(outline, picture) for outline in outlines)
    if cut:
        note = f"{path}: {pluralize(cut, 'outline')} beyond the image, cut off at its edge."
        warnings.warn(note, FileNote, stacklevel=4)
    check_total(path, sum(_box_pixels(outline, picture) for outline in outlines))
    return [_filled(part, picture) if isinstance(part, Outline) else part for part in parts]


def _check_coordinates(path: Path, outlines: Sequence[Outline]) -> None:
    for outline in outlines:
        if not all(abs(v) <= FARTHEST for v in outline.reach):  # nor NaN
            raise FileFormatError(
                f"{path}: expected coordinates of pixels, got {outline.reach}. Write it anew."
            )


def _smallest(path: Path, outlines: Sequence[Outline]) -> Picture:
    """Return the smallest image that holds all."""
    reaches = [outline.reach for outline in outlines]
    letters = [a for a in "TZ" if any(o.index.get(a) for o in outlines)]
    lengths = [max(outline.index.get(a, 0) for outline in outlines) + 1 for a in letters]
    sides = [max((1, *(int(np.ceil(reach[k])) for reach in reaches))) for k in (3, 1)]
    frames = "".join(letters)
    return Picture(shape=(*lengths, *sides), axes=f"{frames}YX", frame_axes=frames, name=path.stem)


def _reaches_beyond(outline: Outline, picture: Picture) -> bool:
    left, right, top, bottom = outline.reach
    height, width = picture.plane_shape
    return min(left, top) < -MARGIN or right > width + MARGIN or bottom > height + MARGIN


def _box_pixels(outline: Outline, picture: Picture) -> float:
    """Return how many pixels of the image its box has, at most."""
    left, right, top, bottom = outline.reach
    height, width = picture.plane_shape
    sides = min(bottom, height) - max(top, 0) + 1, min(right, width) - max(left, 0) + 1
    return max(sides[0], 0) * max(sides[1], 0)


def _filled(outline: Outline, picture: Picture) -> PlaneMask:
    """Return the pixels of an outline: those of any of its polygons."""
    parts = [fill_polygon(polygon, picture.plane_shape) for polygon in outline.polygons]
    about = outline.index, outline.number, outline.score, outline.kind
    if len(parts) == 1:
        start, mask = parts[0]
        return PlaneMask(start, mask, *about)
    starts = np.array([start for start, _ in parts])
    stops = starts + [mask.shape for _, mask in parts]
    first = starts.min(axis=0)
    whole = np.zeros(stops.max(axis=0) - first, bool)
    for (y, x), (_, mask) in zip(starts - first, parts, strict=True):
        whole[y : y + mask.shape[0], x : x + mask.shape[1]] |= mask
    return PlaneMask((int(first[0]), int(first[1])), whole, *about)
