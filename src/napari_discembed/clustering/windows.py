"""The objects of a window of a large image, on the window's grid and on a box of the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.base import Prepared
from napari_discembed.clustering.finish import classes_on_grid, compacted, to_image_box
from napari_discembed.clustering.quality import object_quality
from napari_discembed.config import ClusteringConfig
from napari_discembed.imaging import Resampling
from napari_discembed.types import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class WindowObjects:
    """The objects of a window, N of them, numbered from 1.

    Attributes
    ----------
    on_grid
        ``(*S)`` of the window.
    on_image
        ``(*S)`` of the box of the image, with the same numbers; some may not be in it.
    sizes
        ``(N,)``: pixels of each in the box.
    classes
        ``(N,)``: the class of each, from 1; None where there is one.
    quality
        ``(N,)`` in [0, 1]; None where it is not known.
    """

    on_grid: IntArray
    on_image: IntArray
    sizes: NDArray[np.int64]
    classes: IntArray | None = None
    quality: NDArray[np.float64] | None = None


def window_objects(
    prepared: Prepared,
    config: ClusteringConfig,
    to_image: Resampling,
    window: tuple[slice, ...],
    box: tuple[slice, ...],
) -> WindowObjects:
    """Group a window of an embedding.

    Parameters
    ----------
    prepared
        The window's embedding.
    config
        How to group.
    to_image, window, box
        As for :func:`~napari_discembed.clustering.finish.to_image_box`.
    """
    embedding = prepared.embedding
    labels, thresholds = compacted(prepared.labels(config), prepared.thresholds(config))
    needed = config.foreground_threshold if thresholds is None else thresholds
    probability = np.asarray(embedding.foreground_probability)
    on_image = to_image_box(labels, probability, needed, to_image, window, box)
    count = int(labels.max(initial=0))
    return WindowObjects(
        on_grid=labels,
        on_image=on_image,
        sizes=np.bincount(on_image.ravel(), minlength=count + 1)[1:].astype(np.int64),
        classes=classes_on_grid(labels, embedding),
        quality=object_quality(labels, embedding, count),
    )
