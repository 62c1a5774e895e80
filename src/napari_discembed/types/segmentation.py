"""Labelled objects on the image's own grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types.arrays import IntArray
from napari_discembed.types.axes import NO_AXES, Axes
from napari_discembed.types.image import frame_suffix
from napari_discembed.types.kinds import Kind, kinds_of_classes
from napari_discembed.types.provenance import Provenance
from napari_discembed.types.series import Series


class Numbering(StrEnum):
    """What one number in two frames means."""

    per_frame = "per frame"
    """Objects are numbered anew in each frame."""
    through_time = "through time"
    """The same object."""


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Labelled objects on the image's own grid.

    Attributes
    ----------
    labels
        Unsigned; 0 is background, objects are above.
    axes
        Of the labels, in their order: ``YX``, ``ZYX``, ``TYX`` or ``TZYX``; empty for the spatial
        axes that so many dimensions have, time not among them.
    frame_axes
        Those of them along which each place is a picture of its own: ``T``, and ``Z`` where planes
        were segmented one by one. None for the time axis, if there is one.
    numbering
        What one number in two frames means.
    classes
        ``(N,)``: the foreground class, from 1, of the object of each number, from 1 (0 for a
        number of none); None where there is one class. Where several frames have objects, each
        number has one class in all of them.
    kinds
        What the classes are called; of those without a name :attr:`class_kinds` tells.
    quality
        ``(N,)`` in [0, 1]: the overlap (IoU) with a true object that is expected of each object,
        in the order of their numbers, one frame after the other; None where it is not known.
    pixel_size
        Of each spatial axis; one number serves all.
    unit, name
        Of the image.
    provenance
        Model and settings, those of the clustering included.

    Raises
    ------
    InputError
        If the axes or pixel sizes do not fit the labels.
    """

    labels: IntArray
    axes: Axes = NO_AXES
    frame_axes: Axes | None = None
    numbering: Numbering = Numbering.per_frame
    classes: IntArray | None = None
    kinds: tuple[Kind, ...] = ()
    quality: NDArray[np.float64] | None = None
    pixel_size: tuple[float, ...] = (1.0,)
    unit: str = "pixel"
    name: str = "image"
    provenance: Provenance = field(default_factory=Provenance)

    def __post_init__(self) -> None:
        ndim = self.labels.ndim
        if not self.axes and ndim not in (2, 3):
            raise InputError(
                f"{self.name}: expected labels of 2 or 3 axes, got shape {self.labels.shape}. Say "
                "which axes these are, for example axes='TZYX'."
            )
        axes = Axes(self.axes) if self.axes else Axes.spatial_of(ndim)
        if len(axes) != ndim or axes.has_channels:
            raise InputError(
                f"{self.name}: expected one letter out of T, Z, Y, X for each of the {ndim} axes "
                f"of labels of shape {self.labels.shape}, got {str(axes)!r}."
            )
        object.__setattr__(self, "axes", axes)
        frames = axes.frames() if self.frame_axes is None else Axes(self.frame_axes)
        if not set(axes.frames()) <= set(frames) or not axes.startswith(frames):
            raise InputError(
                f"{self.name}: expected frames along the first of the axes {axes}, time among "
                f"them, got {str(frames)!r}."
            )
        object.__setattr__(self, "frame_axes", frames)
        size = tuple(float(s) for s in self.pixel_size)
        size = size * axes.ndim if len(size) == 1 else size
        if len(size) != axes.ndim:
            raise InputError(
                f"{self.name}: expected {axes.ndim} pixel sizes (axes {axes.spatial}), got {size}."
            )
        object.__setattr__(self, "pixel_size", size)

    @property
    def count(self) -> int:
        """The number of objects; of several frames numbered anew, the sum over them."""
        if self.numbering is Numbering.through_time:
            return _count(self.labels)
        return sum(_count(frame.labels) for frame in self.frames())

    @property
    def class_image(self) -> IntArray | None:
        """The class of each pixel's object, 0 for background; None without classes."""
        if self.classes is None:
            return None
        return np.concatenate([[0], self.classes]).astype(np.uint8)[self.labels]

    @property
    def class_kinds(self) -> tuple[Kind, ...]:
        """The kind of each class; empty where there is one class."""
        if self.classes is None:
            return ()
        return kinds_of_classes(max(len(self.kinds), int(self.classes.max(initial=0))), self.kinds)

    def frames(self) -> Series[Segmentation]:
        """Return the frames: views of the labels."""
        axes = self.frame_axes or NO_AXES
        shape = self.axes.shape(self.labels.shape, axes)
        frames = [self._frame(index) for index in np.ndindex(shape)]
        if self.quality is not None and axes:
            ends = np.cumsum([_count(frame.labels) for frame in frames])[:-1]
            parts = np.split(self.quality, ends)
            frames = [replace(f, quality=part) for f, part in zip(frames, parts, strict=True)]
        return Series(frames, axes, shape)

    def _frame(self, index: Sequence[int]) -> Segmentation:
        if not self.frame_axes:
            return self
        kept = self.axes.without(self.frame_axes)
        return replace(
            self,
            labels=self.labels[tuple(index)],
            axes=kept,
            frame_axes=NO_AXES,
            quality=None,
            pixel_size=self.axes.spatial.select(self.pixel_size, kept.spatial),
            name=f"{self.name}{frame_suffix(index)}",
        )


def stacked(frames: Sequence[Segmentation], series: Series[Any], name: str) -> Segmentation:
    """Put the segmentations of frames together, each numbered anew.

    Where objects have classes, no number is given in two frames.

    Parameters
    ----------
    frames
        One for each frame of the series.
    series
        Says the axes and their lengths.
    name
        Of the whole.
    """
    if series.is_single:
        return frames[0]
    frames, classes = _numbered_apart(frames)
    first = frames[0]
    dtype = np.result_type(*(f.labels.dtype for f in frames))
    labels = np.stack([f.labels for f in frames]).astype(dtype, copy=False)
    return replace(
        first,
        labels=labels.reshape(*series.shape, *first.labels.shape),
        axes=Axes(series.axes + first.axes),
        frame_axes=series.axes,
        classes=classes,
        quality=_all_qualities(frames),
        name=name,
    )


def _numbered_apart(
    frames: Sequence[Segmentation],
) -> tuple[Sequence[Segmentation], IntArray | None]:
    """Return frames in which no number is given twice, and the class of each number."""
    classes = [frame.classes for frame in frames if frame.classes is not None]
    if len(classes) < len(frames):
        return frames, None
    shifted, top = [], 0
    for frame, own in zip(frames, classes, strict=True):
        dtype = np.result_type(frame.labels.dtype, np.min_scalar_type(top + len(own)))
        labels = frame.labels.astype(dtype)
        shifted.append(replace(frame, labels=np.where(labels > 0, labels + dtype.type(top), 0)))
        top += len(own)
    return shifted, np.concatenate(classes)


def _all_qualities(frames: Sequence[Segmentation]) -> NDArray[np.float64] | None:
    """Return the quality of all objects, one frame after the other, where each frame knows it."""
    known = [frame.quality for frame in frames if frame.quality is not None]
    return np.concatenate(known) if len(known) == len(frames) else None


def _count(labels: IntArray) -> int:
    numbers = np.unique(labels)
    return int((numbers > 0).sum())
