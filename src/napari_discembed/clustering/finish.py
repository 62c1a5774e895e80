"""Segmentations out of labels on the embedding's grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.clustering.blocks import row_blocks
from napari_discembed.clustering.quality import object_quality
from napari_discembed.config import ClusteringConfig
from napari_discembed.imaging import Resampling, nearest_index, renumbered
from napari_discembed.types import Embedding, IntArray, Segmentation


def label_dtype(n_objects: int) -> type[np.uint16] | type[np.uint32]:
    """Return the smallest unsigned dtype, of at least 16 bits, that holds the labels 0 to N."""
    return np.uint16 if n_objects <= np.iinfo(np.uint16).max else np.uint32


def relabel(labels: NDArray[Any]) -> IntArray:
    """Renumber the objects 1 to N without gaps, in the order of their numbers; negative is none.

    Returns
    -------
    The labels in the smallest of uint16 and uint32 that holds them.
    """
    if labels.max(initial=0) > labels.size:
        labels = renumbered(np.maximum(labels, 0))[0]
    present = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
    for rows in row_blocks(labels):
        present[np.maximum(labels[rows], 0)] = True
    present[0] = False
    table = np.where(present, np.cumsum(present), 0)
    table = table.astype(label_dtype(int(table.max())))
    found = np.empty(labels.shape, dtype=table.dtype)
    for rows in row_blocks(labels):
        found[rows] = table[np.maximum(labels[rows], 0)]
    return found


def to_image_grid(
    labels: IntArray, embedding: Embedding, threshold: float | NDArray[np.float64]
) -> IntArray:
    """Bring labels from the embedding's grid to the image's, with smooth borders.

    The border is where the linearly resampled foreground probability crosses the threshold, not
    the staircase of the coarser grid; each pixel inside takes the nearest object's label.

    Parameters
    ----------
    labels
        ``(*S)`` on the embedding's grid.
    embedding
        What was clustered; says both shapes and the foreground.
    threshold
        Foreground probability that a pixel needs; or ``(N + 1,)``, that which it needs to be of
        each object, by its number.
    """
    to_image = Resampling(labels.shape, embedding.image_shape)
    if to_image.is_identity:
        return labels
    probability = np.asarray(embedding.foreground_probability)
    window, box = (tuple(slice(0, n) for n in s) for s in (labels.shape, to_image.target))
    return to_image_box(labels, probability, threshold, to_image, window, box)


def to_image_box(
    labels: IntArray,
    probability: NDArray[np.floating[Any]],
    threshold: float | NDArray[np.float64],
    to_image: Resampling,
    window: tuple[slice, ...],
    box: tuple[slice, ...],
) -> IntArray:
    """Bring labels of a window of the embedding's grid to a box of the image.

    Each pixel is what :func:`to_image_grid` gives of the whole grid.

    Parameters
    ----------
    labels, probability
        ``(*S)`` of the window: numbers, and the foreground probability.
    threshold
        As for :func:`to_image_grid`.
    to_image
        From the whole grid to the whole image.
    window
        Of the grid; reaches a pixel beyond ``to_image.source(box)``, but for the grid's border.
    box
        Of the image.
    """
    grid, target = to_image.shape, to_image.target
    starts = [w.start for w in window]
    index = np.ix_(*(
        nearest_index(n, m, part) - start
        for n, m, part, start in zip(grid, target, box, starts, strict=True)
    ))  # fmt: skip
    nearest: NDArray[Any] = labels[index]
    if all(n <= m for n, m in zip(target, grid, strict=True)):
        return nearest
    source = to_image.source(box)
    part = tuple(slice(s.start - a, s.stop - a) for s, a in zip(source, starts, strict=True))
    seen = to_image.sample(np.asarray(probability[part], dtype=np.float32)[None], box)[0]
    # What was cleaned away, or is a filled hole, stays so: only pixels beside a border change.
    dilated = scipy.ndimage.maximum_filter(labels, size=3)[index]
    border = (scipy.ndimage.minimum_filter(labels, size=3) == 0)[index]
    result = np.where((nearest == 0) & (seen >= _needed(threshold, dilated)), dilated, nearest)
    outside = border & (seen < _needed(threshold, result))
    return np.where(outside, 0, result).astype(labels.dtype)


def _needed(
    threshold: float | NDArray[np.float64], labels: IntArray
) -> float | NDArray[np.float64]:
    """Return the foreground probability that each pixel needs to be of its object."""
    return threshold if isinstance(threshold, float | int) else threshold[labels]


def finish(
    embedding: Embedding,
    labels: IntArray,
    config: ClusteringConfig,
    thresholds: NDArray[np.float64] | None = None,
) -> Segmentation:
    """Make a segmentation of labels on the embedding's grid.

    Parameters
    ----------
    embedding
        What was clustered.
    labels
        ``(*S)`` on its grid; numbers may have gaps.
    config
        Says the foreground threshold; kept as provenance.
    thresholds
        ``(N + 1,)``: the foreground probability that a pixel needs to be of each object, by its
        number; None where that is the config's for all.
    """
    labels, thresholds = compacted(labels, thresholds)
    needed = config.foreground_threshold if thresholds is None else thresholds
    on_image = to_image_grid(labels, embedding, needed)
    classes = classes_on_grid(labels, embedding)
    quality = object_quality(labels, embedding, int(labels.max(initial=0)))
    if classes is not None or quality is not None:  # one smaller than a pixel of the image is gone
        there = np.unique(on_image[on_image > 0]) - 1
        classes = None if classes is None else classes[there]
        quality = None if quality is None else quality[there]
    return Segmentation(
        labels=relabel(on_image),
        classes=classes,
        kinds=embedding.kinds,
        quality=quality,
        pixel_size=embedding.pixel_size,
        unit=embedding.unit,
        name=embedding.name,
        provenance=embedding.provenance.with_step("clustering", config.model_dump(mode="json")),
    )


def compacted(
    labels: IntArray, thresholds: NDArray[np.float64] | None
) -> tuple[IntArray, NDArray[np.float64] | None]:
    """Return labels numbered 1 to N, and the thresholds of those that are there."""
    if thresholds is not None:
        present = np.bincount(labels.ravel()) > 0
        present[0] = True
        thresholds = thresholds[: len(present)][present]
    return relabel(labels), thresholds


def classes_on_image(labels: IntArray, embedding: Embedding) -> IntArray | None:
    """Return the class of each object on the image's grid; None where there is one class.

    Parameters
    ----------
    labels
        ``(*S)`` of the image's shape.
    embedding
        Says the probability of each class.

    Returns
    -------
    ``(N,)``: by the number of the object, from 1, the most probable class, from 1; 0 for a number
    that no object has.
    """
    count = embedding.foreground.shape[0]
    if count == 1:
        return None
    top, inside = int(labels.max(initial=0)), labels > 0
    numbers = labels[inside]
    grid = np.ix_(*(
        np.minimum((np.arange(n) + 0.5) * m // n, m - 1).astype(np.intp)
        for n, m in zip(labels.shape, embedding.shape, strict=True)
    ))  # fmt: skip
    sums = [
        np.bincount(numbers, np.asarray(channel)[grid][inside], minlength=top + 1)
        for channel in embedding.foreground
    ]
    present = np.bincount(numbers, minlength=top + 1) > 0
    classes = np.where(present, np.argmax(np.array(sums), axis=0) + 1, 0)
    return classes[1:].astype(np.uint8)


def classes_on_grid(labels: IntArray, embedding: Embedding) -> IntArray | None:
    """Return the most probable class, from 1, of each object; None where there is one class."""
    if embedding.foreground.shape[0] == 1:
        return None
    index = np.unique(labels[labels > 0])
    means = [
        scipy.ndimage.mean(np.asarray(channel), labels, index) for channel in embedding.foreground
    ]
    return (np.argmax(np.array(means), axis=0) + 1).astype(np.uint8)
