"""How bright tracked objects are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.tracking.draft import box_of, object_mask
from napari_discembed.types import IntArray, TrackPoints


def mean_intensities(
    image: Any,  # noqa: ANN401 - numpy, dask, zarr
    labels: IntArray,
    points: TrackPoints,
    rows: slice,
) -> NDArray[np.float64]:
    """Return the mean intensity of some objects, of each its box alone being read.

    Parameters
    ----------
    image
        ``(T, *S)``, or with colours last, whose mean counts.
    labels
        ``(T, *S)``.
    points
        Where their objects are.
    rows
        Which of them.

    Returns
    -------
    ``(K,)``; NaN for an object that is not there any more.
    """
    found = []
    for row in range(rows.start, rows.stop):
        mask = object_mask(labels, points, row)
        box = np.asarray(image[int(points.frames[row])][box_of(points, row)], dtype=np.float64)
        inside = box[mask]
        found.append(float(inside.mean()) if inside.size else np.nan)
    return np.array(found, dtype=np.float64)
