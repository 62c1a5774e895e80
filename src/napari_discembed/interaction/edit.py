"""Corrections of labels: each takes labels and returns new ones, the old stay as they are.

Shapes: ``*S`` spatial axes, 2-D or 3-D.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import scipy
import skimage
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.imaging import resample_labels
from napari_discembed.types import Embedding, FloatArray, IntArray

Point = tuple[int, ...]
Window = tuple[slice, ...]
COVERED = 0.5
"""Share of a new object that committed ones cover, above which it is one of them, and goes."""


def merge(labels: IntArray, first: int, second: int) -> IntArray:
    """Make the second object part of the first.

    Raises
    ------
    InputError
        If one of both is background.
    """
    _check_objects(first, second)
    return np.where(labels == second, labels.dtype.type(first), labels)


def delete(labels: IntArray, label: int) -> IntArray:
    """Make an object background."""
    _check_objects(label)
    return np.where(labels == label, labels.dtype.type(0), labels)


def fill_holes(labels: IntArray, label: int) -> IntArray:
    """Give an object the background that it encloses; other objects inside it stay."""
    _check_objects(label)
    window = _window(labels == label)
    filled = scipy.ndimage.binary_fill_holes(labels[window] == label)
    return _with(labels, window, filled & (labels[window] == 0), label)


def dilate(labels: IntArray, label: int, pixels: int = 1) -> IntArray:
    """Grow an object into background, by as many pixels; other objects stay."""
    _check_objects(label)
    window = _window(labels == label, pixels)
    mask = labels[window] == label
    dilated = skimage.segmentation.expand_labels(mask.astype(np.uint8), pixels) > 0
    return _with(labels, window, dilated & (labels[window] == 0), label)


def erode(labels: IntArray, label: int, pixels: int = 1) -> IntArray:
    """Shrink an object by as many pixels on each side, that of the image's border included."""
    _check_objects(label)
    window = _window(labels == label)
    mask = labels[window] == label
    depth = scipy.ndimage.distance_transform_edt(np.pad(mask, 1))[(slice(1, -1),) * mask.ndim]
    return _with(labels, window, mask & (depth <= pixels), 0)


def split_by_line(labels: IntArray, label: int, path: Sequence[Point]) -> IntArray:
    """Cut an object along a line; the largest part keeps the number.

    Parameters
    ----------
    labels
        ``(Y, X)``.
    label
        To cut.
    path
        Two or more pixels, joined by straight lines, that cross the object.

    Raises
    ------
    InputError
        If the line does not cut the object in two.
    """
    _check_objects(label)
    mask = labels == label
    cut = np.zeros(labels.shape, dtype=bool)
    for pixel in pixels_along(path, labels.shape):
        cut[pixel] = True
    window = _window(mask)
    parts, count = scipy.ndimage.label((mask & ~cut)[window])  # 4-connected: thin lines separate
    if count < 2:
        raise InputError(
            f"The line does not cut object {label} in two. Draw it from one side of the object "
            "to beyond the other."
        )
    nearest = scipy.ndimage.distance_transform_edt(
        parts == 0, return_distances=False, return_indices=True
    )
    owner = np.zeros(labels.shape, dtype=np.intp)
    owner[window] = parts[tuple(nearest)]
    return renumber_parts(labels, mask, owner)


def split_by_points(
    labels: IntArray, label: int, points: Sequence[Point], embedding: Embedding | None = None
) -> IntArray:
    """Share an object among points: each pixel goes to the point it is most alike.

    Parameters
    ----------
    labels
        ``(*S)``.
    label
        To split.
    points
        Pixels in the object, two or more; the first keeps the number.
    embedding
        Decides what is alike; without it the nearer point does.

    Raises
    ------
    InputError
        If there are fewer than two points, one is not in the object, or the embedding is the
        same at two of them.
    """
    _check_objects(label)
    if len(points) < 2 or any(labels[p] != label for p in points):
        raise InputError(f"Expected two points or more inside object {label}. Click inside it.")
    mask = labels == label
    where = np.stack(np.nonzero(mask))
    if embedding is None:
        seeds = np.array(points, dtype=np.float64).T
        pixels: FloatArray = where.astype(np.float64)
    else:
        pixels = values_at(embedding, where)
        offsets = np.stack(np.meshgrid(*[(-1, 0, 1)] * labels.ndim, indexing="ij")).reshape(
            labels.ndim, -1
        )
        limit = np.array(labels.shape)[:, None] - 1
        around = [np.clip(np.array(p)[:, None] + offsets, 0, limit) for p in points]
        seeds = np.stack([np.median(values_at(embedding, a), axis=1) for a in around], axis=1)
    distance = np.square(pixels[:, :, None] - seeds[:, None]).sum(axis=0)
    nearest = distance.argmin(axis=1) + 1
    if len(np.unique(nearest)) < len(points):
        raise InputError(
            "The embedding sees no difference between these points. Click further apart, or draw "
            "a line across the object."
        )
    owner = np.zeros(labels.shape, dtype=np.intp)
    owner[tuple(where)] = nearest
    return renumber_parts(labels, mask, owner, first_keeps=True)


def snap(
    labels: IntArray, label: int, embedding: Embedding, bandwidth: float, threshold: float = 0.5
) -> IntArray:
    """Grow or shrink an object to the border that the embedding sees.

    It becomes what lies within the bandwidth of its mean embedding, is foreground and is
    connected with it; pixels of other objects stay theirs.

    Raises
    ------
    InputError
        If nothing of the object would be left.
    """
    _check_objects(label)
    grid = resample_labels(labels, embedding.shape)
    own = grid == label
    if not own.any():
        raise InputError(f"Object {label} is too small to be seen by the embedding.")
    values = embedding.space.normalise(np.asarray(embedding.values))
    centre = np.median(values[:, own], axis=1)
    distance = np.square(values - centre.reshape(-1, *[1] * own.ndim)).sum(axis=0)
    near = (distance <= bandwidth**2) & embedding.is_foreground(threshold) & ((grid == 0) | own)
    pieces, _ = scipy.ndimage.label(near)
    touched = np.unique(pieces[own & near])
    new = resample_labels(np.isin(pieces, touched[touched > 0]).astype(np.uint8), labels.shape) > 0
    if not new.any():
        raise InputError(
            f"The embedding sees no border for object {label}: nothing near it is within the "
            "bandwidth. Choose a larger bandwidth."
        )
    free = (labels == 0) | (labels == label)
    result = np.where(labels == label, labels.dtype.type(0), labels)
    return np.where(new & free, labels.dtype.type(label), result)


def add(labels: IntArray, mask: NDArray[np.bool_], label: int) -> IntArray:
    """Give the background pixels of a mask to an object."""
    return np.where(mask & (labels == 0), labels.dtype.type(label), labels)


def paste(target: IntArray, objects: IntArray, *, only_empty: bool) -> IntArray:
    """Put objects into labels, numbered on from those there.

    Parameters
    ----------
    target
        ``(*S)`` what is there.
    objects
        ``(*S)`` to put in.
    only_empty
        Keep what is there: only background is written, and an object that is covered by more
        than half is left out, being there already. Otherwise `target` is replaced.

    Raises
    ------
    InputError
        If the target's dtype cannot count that far.
    """
    count = np.bincount(objects.ravel())
    count[:1] = 0
    if only_empty:
        free = np.bincount(objects[target == 0].ravel(), minlength=len(count))
        count = np.where(free >= (1 - COVERED) * count, count, 0)
    start = int(target.max(initial=0)) if only_empty else 0
    table = np.cumsum(count > 0) * (count > 0)
    table = np.where(table > 0, table + start, 0)
    if int(table.max(initial=0)) > np.iinfo(target.dtype).max:
        raise InputError(
            f"{int(table.max())} objects do not fit the Labels layer's type {target.dtype}. "
            "Commit into a new layer."
        )
    new: IntArray = table.astype(target.dtype)[objects] if len(table) else np.zeros_like(target)
    return np.where(target == 0, new, target) if only_empty else new


def values_at(embedding: Embedding, pixels: NDArray[np.integer]) -> FloatArray:
    """Return ``(E, P)``: the normalised embedding at ``(ndim, P)`` pixels of the image."""
    ratio = np.array(embedding.shape) / np.array(embedding.image_shape)
    at = ((pixels + 0.5) * ratio[:, None]).astype(np.intp)
    values = np.asarray(embedding.values[(slice(None), *at)], dtype=np.float64)
    return embedding.space.normalise(values)


def _window(mask: NDArray[np.bool_], margin: int = 0) -> Window:
    """Return the window of what is true, with a margin; an empty one where nothing is."""
    window = []
    for axis in range(mask.ndim):
        hit = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        first, last = (hit[0], hit[-1] + 1) if len(hit) else (margin, -margin)
        window.append(slice(max(0, first - margin), last + margin))
    return tuple(window)


def _with(labels: IntArray, window: Window, mask: NDArray[np.bool_], label: int) -> IntArray:
    """Return labels in which a mask of a window has a number."""
    result = labels.copy()
    result[window][mask] = label
    return result


def renumber_parts(
    labels: IntArray,
    mask: NDArray[np.bool_],
    part: NDArray[np.integer],
    *,
    first_keeps: bool = False,
) -> IntArray:
    """Give each part of a mask a number; one keeps the old."""
    sizes = np.bincount(part[mask])
    order = np.flatnonzero(sizes)
    keeper = order[0] if first_keeps else int(sizes.argmax())
    top = int(labels.max())
    table = np.zeros(len(sizes), dtype=np.int64)
    table[keeper] = labels[mask][0]
    others = [p for p in order if p != keeper]
    if top + len(others) > np.iinfo(labels.dtype).max:
        raise InputError(f"There is no number left in labels of type {labels.dtype}.")
    table[others] = np.arange(top + 1, top + 1 + len(others))
    result = labels.copy()
    result[mask] = table[part[mask]]
    return result


def _check_objects(*labels: int) -> None:
    if any(label <= 0 for label in labels):
        raise InputError("Expected an object, got background. Click on an object.")


def pixels_along(path: Sequence[Point], shape: tuple[int, ...]) -> list[Point]:
    """Return the pixels of an image that a line goes over."""
    found: list[Point] = []
    for start, stop in itertools.pairwise(path):
        rows, columns = skimage.draw.line(start[0], start[1], stop[0], stop[1])
        found += [
            (int(r), int(c))
            for r, c in zip(rows, columns, strict=True)
            if 0 <= r < shape[0] and 0 <= c < shape[1]
        ]
    return found
