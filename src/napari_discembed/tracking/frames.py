"""Frames that are to be linked: of what people have, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, IntArray, Numbering, Segmentation
from napari_discembed.types.axes import TIME

FramesLike: TypeAlias = Segmentation | NDArray[np.integer[Any]] | Sequence[Any]
"""A segmentation with time, labels ``(T, *S)``, or a segmentation or labels for each frame."""


def label_frames(frames: FramesLike) -> tuple[list[IntArray], Segmentation]:
    """Return the labels of each frame, and one frame that says pixel size, unit and name.

    Raises
    ------
    InputError
        If there is no time, one frame only, or frames differ in size; the frame is named.
    """
    if isinstance(frames, Segmentation):
        if frames.frame_axes != TIME:
            raise InputError(
                f"{frames.name}: expected labels with a time axis to link through, each time point "
                f"whole, got axes {frames.axes}. Say axes='TYX' or 'TZYX'."
            )
        each = list(frames.frames())
    elif isinstance(frames, np.ndarray):
        if frames.ndim not in (3, 4):
            raise InputError(
                f"Expected labels with time as the first of 3 or 4 axes, got shape {frames.shape}."
            )
        axes = Axes(TIME + Axes.guess_labels(frames.ndim - 1))
        each = list(Segmentation(frames, axes).frames())
    else:
        each = [f if isinstance(f, Segmentation) else Segmentation(np.asarray(f)) for f in frames]
    check_frames([frame.labels.shape for frame in each], [f.name for f in each])
    about = replace(each[0], numbering=Numbering.per_frame, name=each[0].name.split("[")[0])
    return [frame.labels for frame in each], about


def check_frames(shapes: Sequence[tuple[int, ...]], names: Sequence[str]) -> None:
    """Refuse frames that cannot be a movie.

    Parameters
    ----------
    shapes, names
        Of each frame.

    Raises
    ------
    InputError
        If there is one frame or none, or one is of another size than the first.
    """
    if len(shapes) < 2:
        raise InputError(
            f"{names[0] if names else 'The movie'}: expected two frames or more to link objects "
            f"through time, got {len(shapes)}. A single picture is for `segment`."
        )
    for shape, name in zip(shapes, names, strict=True):
        if shape != shapes[0]:
            raise InputError(
                f"{name}: expected a frame of {shapes[0]} as the first, {names[0]}, is, got "
                f"{shape}. Crop them alike."
            )
