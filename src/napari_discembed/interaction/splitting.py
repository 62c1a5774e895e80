"""Split an object without a click: where its embedding has two peaks of density."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.interaction.edit import renumber_parts, values_at
from napari_discembed.types import Embedding, FloatArray, IntArray

MOST_PIXELS = 6000
"""Looked at of an object, spread over it."""
FEWEST_PIXELS = 16
ROUNDS = 20
BINS = 20
SMOOTH = 1.5
"""Of the density along the line between the peaks, in bins."""
DEEPEST_VALLEY = 0.5
"""Share of the lower peak that the density between both may have."""
SMALLEST_SHARE = 0.08
"""Of an object's pixels, that its smaller part must have."""
COHERENT = 0.8
"""Share of a part's pixels that hang together."""


def split_in_two(labels: IntArray, label: int, embedding: Embedding) -> IntArray | None:
    """Split an object at the two peaks of its embedding; the larger part keeps the number.

    The object's pixels are shared between two centres (2-means, from the ends of the first
    principal axis); they are two peaks if the density between them falls well below both, and if
    each part of the image hangs together. What lies apart of a part goes to the nearer one.

    Parameters
    ----------
    labels
        ``(*S)``.
    label
        The object.
    embedding
        Of the same image.

    Returns
    -------
    New labels; None where there is one peak alone.
    """
    mask = labels == label
    where = np.stack(np.nonzero(mask))
    if where.shape[1] < FEWEST_PIXELS:
        return None
    step = max(1, where.shape[1] // MOST_PIXELS)
    some = values_at(embedding, where[:, ::step])
    centres = _two_means(some)
    if centres is None or not _has_valley(some, centres):
        return None
    values = values_at(embedding, where)
    distance = np.square(values[:, :, None] - centres[:, None]).sum(axis=0)
    part = np.zeros(labels.shape, dtype=np.intp)
    part[tuple(where)] = distance.argmin(axis=1) + 1
    window = scipy.ndimage.find_objects(mask.astype(np.uint8))[0]
    owner = _whole(part[window])
    if owner is None:
        return None
    part[window] = np.where(mask[window], owner, 0)
    smaller = np.bincount(part[mask], minlength=3)[1:].min()
    if smaller < SMALLEST_SHARE * where.shape[1]:
        return None
    return renumber_parts(labels, mask, part)


def _two_means(values: FloatArray) -> FloatArray | None:
    """Return ``(E, 2)``: centres of two groups of ``(E, P)`` points; None for equal points."""
    middle = values.mean(axis=1, keepdims=True)
    _, vectors = np.linalg.eigh(np.cov(values - middle).reshape(len(values), len(values)))
    along = vectors[:, -1] @ (values - middle)
    if np.ptp(along) < 1e-6:
        return None
    low, high = np.percentile(along, (10, 90))
    centres = middle + np.stack([vectors[:, -1] * low, vectors[:, -1] * high], axis=1)
    for _ in range(ROUNDS):
        distance = np.square(values[:, :, None] - centres[:, None]).sum(axis=0)
        second = distance[:, 1] < distance[:, 0]
        if second.all() or not second.any():
            return None
        new = np.stack([np.median(values[:, ~second], 1), np.median(values[:, second], 1)], axis=1)
        if np.allclose(new, centres):
            break
        centres = new
    return centres


def _has_valley(values: FloatArray, centres: FloatArray) -> bool:
    """Tell whether the density between two centres falls well below that at both."""
    line = centres[:, 1] - centres[:, 0]
    length = float(line @ line)
    if length < 1e-12:
        return False
    along = line @ (values - centres[:, :1]) / length  # 0 at the first centre, 1 at the second
    counts, _ = np.histogram(along, bins=2 * BINS, range=(-0.5, 1.5))
    density = scipy.ndimage.gaussian_filter1d(counts.astype(np.float64), SMOOTH)
    first, second = density[:BINS], density[BINS:]
    left, right = int(first.argmax()), BINS + int(second.argmax())
    valley = density[left : right + 1].min()
    return bool(valley <= DEEPEST_VALLEY * min(density[left], density[right]))


def _whole(part: NDArray[np.intp]) -> NDArray[np.intp] | None:
    """Give each pixel to the nearer of both parts' largest pieces; None where one is scattered."""
    owner = np.zeros_like(part)
    for number in (1, 2):
        pieces, count = scipy.ndimage.label(part == number)
        if not count:
            return None
        sizes = np.bincount(pieces.ravel())[1:]
        if sizes.max() < COHERENT * sizes.sum():
            return None
        owner[pieces == sizes.argmax() + 1] = number
    nearest = scipy.ndimage.distance_transform_edt(
        owner == 0, return_distances=False, return_indices=True
    )
    whole: NDArray[np.intp] = owner[tuple(nearest)]
    return whole
