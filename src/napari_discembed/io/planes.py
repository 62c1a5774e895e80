"""Masks plane by plane, as the formats of other programs hold them."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from napari_discembed.errors import FileNote, InputError
from napari_discembed.text import pluralize
from napari_discembed.types import Axes, Image, Instances, Segmentation, label_axes
from napari_discembed.types.boxes import tight_box

OURS = "discembed"
"""Key under which files say what their formats have no place for."""
MOST_PIXELS = 2**33
"""Of the bounding boxes of all objects together: a byte each."""
Box: TypeAlias = list[tuple[int, int]]
"""Start and stop along each axis."""
_Length = Annotated[int, Field(gt=0, le=2**31)]
_Size = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Picture(BaseModel):
    """The image that objects lie in: its size and what its axes are.

    Attributes
    ----------
    shape, axes, frame_axes, pixel_size, unit, name
        As :class:`~napari_discembed.Instances` has them.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    shape: tuple[_Length, ...] = Field(min_length=2, max_length=4)
    axes: str = ""
    frame_axes: str | None = None
    pixel_size: tuple[_Size, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"

    @classmethod
    def of(cls, like: Instances | Image | Segmentation | Sequence[int]) -> Self:
        """Take it from what has a shape; of an image without its channels."""
        if isinstance(like, Instances):
            names = ("shape", "axes", "frame_axes", "pixel_size", "unit", "name")
            return cls(**{name: getattr(like, name) for name in names})
        if isinstance(like, Segmentation):
            return cls.of(Instances.of_labels(replace(like, labels=np.zeros_like(like.labels))))
        if isinstance(like, Image):
            axes = label_axes(like.axes)
            return cls(
                shape=like.axes.shape(like.data.shape, axes),
                axes=axes,
                pixel_size=like.ordered_pixel_size,
                unit=like.unit,
                name=like.name,
            )
        return cls(shape=tuple(like), axes=Axes.guess_labels(len(like)))

    @classmethod
    def read(cls, values: object) -> Self | None:
        """Return what a file says, None where it is none that was written here."""
        try:
            picture = cls.model_validate(values)
            picture.empty()
        except (ValidationError, InputError):
            return None
        return picture

    @property
    def outer(self) -> str:
        """The axes along which a plane lies somewhere: all but Y and X."""
        return Axes(self.axes or "ZYX"[-len(self.shape) :]).without("YX")

    @property
    def plane_shape(self) -> tuple[int, int]:
        """``(Y, X)``."""
        return self.shape[-2], self.shape[-1]

    def about(self) -> dict[str, Any]:
        """Return the attributes of instances that it tells."""
        frames = None if self.frame_axes is None else Axes(self.frame_axes)
        return {**dict(self), "axes": Axes(self.axes), "frame_axes": frames}

    def empty(self) -> Instances:
        """Return instances of no object."""
        none = np.zeros((0, len(self.shape), 2), np.intp)
        return Instances(none, (), np.zeros(0, np.int64), **self.about())


@dataclass(frozen=True, slots=True, eq=False)
class PlaneMask:
    """The pixels of an object in one plane.

    Attributes
    ----------
    start
        ``(Y, X)`` where the mask begins.
    mask
        ``(H, W)``, within the image.
    index
        By the letters of the other axes: in which plane.
    number
        Of the object; None for one of its own.
    score
        How sure it is; None where it is not known.
    kind
        Name of its class, empty for none.
    """

    start: tuple[int, int]
    mask: NDArray[np.bool_]
    index: Mapping[str, int]
    number: int | None = None
    score: float | None = None
    kind: str = ""


def planes_of(instances: Instances) -> Iterator[PlaneMask]:
    """Yield the objects plane by plane."""
    outer = instances.axes[:-2]
    for i, crop in enumerate(instances.crops):
        begin = instances.boxes[i, :, 0]
        for at in np.ndindex(crop.shape[:-2]):
            box = tight_box(crop[at])
            if box is None:
                continue
            where = (begin[:-2] + at).tolist()
            yield PlaneMask(
                (int(begin[-2]) + box[0].start, int(begin[-1]) + box[1].start),
                crop[at][box],
                dict(zip(outer, where, strict=True)),
                int(instances.numbers[i]),
                None if instances.scores is None else float(instances.scores[i]),
                "" if instances.classes is None else instances.classes[i],
            )


def joined(masks: Iterable[PlaneMask], picture: Picture, path: Path) -> Instances:
    """Put the planes of objects together.

    Parameters
    ----------
    masks
        Those of one number in different planes of a frame are one object; those without a number,
        and a second one of a number in a plane, get a number of their own.
    picture
        The image that they lie in.
    path
        Of the file, for notes.

    Raises
    ------
    InputError
        If a mask lies in a plane that is not there.

    Warns
    -----
    FileNote
        Of masks without a pixel, which are left out.
    """
    masks = list(masks)
    try:
        nothing = picture.empty()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    full = [mask for mask in masks if mask.mask.any()]
    if len(full) < len(masks):
        empty = pluralize(len(masks) - len(full), "object")
        note = f"{path}: {empty} without a pixel in the image left out."
        warnings.warn(note, FileNote, stacklevel=3)
    n_frames = len(nothing.frame_axes or "")
    fresh = itertools.count(max((mask.number or 0 for mask in full), default=0) + 1)
    taken: set[tuple[int, ...]] = set()
    groups: dict[tuple[int, ...], list[tuple[tuple[int, ...], PlaneMask]]] = {}
    for mask in full:
        where = _place(mask, picture, path)
        number = mask.number
        if number is None or (*where, number) in taken:  # a copy that someone made
            number = next(fresh)
        taken.add((*where, number))
        groups.setdefault((*where[:n_frames], number), []).append((where, mask))
    if not groups:
        return nothing
    spans = [[_span(where, mask) for where, mask in parts] for parts in groups.values()]
    boxes = [_around(each) for each in spans]
    check_total(path, sum(math.prod(stop - start for start, stop in box) for box in boxes))
    pairs = [
        _one(box, each, [mask.mask for _, mask in parts])
        for box, each, parts in zip(boxes, spans, groups.values(), strict=True)
    ]
    firsts = [parts[0][1] for parts in groups.values()]
    scores = [mask.score for mask in firsts]
    known = [np.nan if score is None else score for score in scores]
    return replace(
        nothing,
        boxes=np.array([box for box, _ in pairs], np.intp),
        crops=tuple(crop for _, crop in pairs),
        numbers=np.array([key[-1] for key in groups], np.int64),
        scores=None if all(score is None for score in scores) else np.nan_to_num(known),
        classes=tuple(m.kind for m in firsts) if any(m.kind for m in firsts) else None,
    )


def check_total(path: Path, pixels: float) -> None:
    """Refuse objects that fill more than memory.

    Raises
    ------
    InputError
        If their bounding boxes have too many pixels.
    """
    if pixels > MOST_PIXELS:
        raise InputError(
            f"{path}: expected objects whose boxes have up to {MOST_PIXELS} pixels, got "
            f"{pixels:.0f}. Divide the image."
        )


def _place(mask: PlaneMask, picture: Picture, path: Path) -> tuple[int, ...]:
    """Return in which plane of the image a mask lies."""
    lengths = dict(zip(picture.outer, picture.shape, strict=False))
    for letter, at in mask.index.items():
        if at >= lengths.get(letter, 1):
            raise InputError(
                f"{path}: an object lies in place {at + 1} along {letter}, but the image has "
                f"{lengths.get(letter, 1)} there (shape {picture.shape}, axes {picture.axes}). "
                "Name the image that it belongs to."
            )
    missing = [a for a in picture.outer if a not in mask.index and lengths[a] > 1]
    if missing:
        raise InputError(
            f"{path}: the image has the axes {picture.axes}, but an object does not say where it "
            f"lies along {', '.join(missing)}. Name the plane's own image."
        )
    return tuple(mask.index.get(letter, 0) for letter in picture.outer)


def _span(where: Sequence[int], mask: PlaneMask) -> Box:
    sides = zip(mask.start, mask.mask.shape, strict=True)
    return [*((at, at + 1) for at in where), *((start, start + n) for start, n in sides)]


def _around(spans: Sequence[Box]) -> Box:
    """Return the box about some boxes."""
    sides = zip(*spans, strict=True)
    return [(min(start for start, _ in side), max(stop for _, stop in side)) for side in sides]


def _one(
    box: Box, spans: Sequence[Box], masks: Sequence[NDArray[np.bool_]]
) -> tuple[Box, NDArray[np.bool_]]:
    """Return the box about an object's pixels and its mask, out of its planes."""
    crop = np.zeros([stop - start for start, stop in box], bool)
    for span, mask in zip(spans, masks, strict=True):
        within = zip(span, box, strict=True)
        crop[tuple(slice(a - first, b - first) for (a, b), (first, _) in within)] |= mask
    tight = tight_box(crop) or ()
    if crop[tight].shape == crop.shape:
        return box, crop
    first = [start for start, _ in box]
    return [(f + s.start, f + s.stop) for f, s in zip(first, tight, strict=True)], crop[
        tight
    ].copy()
