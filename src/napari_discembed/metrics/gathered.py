"""Measurements of objects whose labels come box by box, at the memory of their number."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.metrics.measure import equivalent_diameters
from napari_discembed.types import Axes, IntArray, ObjectTable
from napari_discembed.types.track_points import points_of


class GatheredMeasures:
    """Sizes, centroids and boxes of objects 1 to N, gathered from boxes that cover an image once.

    Parameters
    ----------
    count
        N.
    ndim
        2 or 3.
    """

    def __init__(self, count: int, ndim: int) -> None:
        self._pixels = np.zeros(count, dtype=np.int64)
        self._sums = np.zeros((count, ndim))
        self._lows = np.full((count, ndim), np.iinfo(np.int64).max)
        self._highs = np.zeros((count, ndim), dtype=np.int64)

    def add(self, box: Sequence[slice], labels: IntArray) -> None:
        """Take the labels of a box, numbered through the whole image."""
        found = points_of([labels])
        at, start = found.ids - 1, np.array([along.start for along in box])
        self._pixels[at] += found.sizes
        self._sums[at] += (found.centroids + start) * found.sizes[:, None]
        self._lows[at] = np.minimum(self._lows[at], found.lows + start)
        self._highs[at] = np.maximum(self._highs[at], found.highs + start)

    def table(self, pixel_size: Sequence[float], unit: str, name: str) -> ObjectTable:
        """Return a row an object that has a pixel; columns as :func:`measure` has them.

        Parameters
        ----------
        pixel_size
            Of each axis.
        unit, name
            Of the image.
        """
        seen, ndim = np.flatnonzero(self._pixels), len(pixel_size)
        axes, pixels = Axes.spatial_of(ndim).lower(), self._pixels[seen]
        extent = pixels * math.prod(pixel_size)
        columns: dict[str, NDArray[np.generic]] = {"label": seen + 1, "pixels": pixels}
        columns["area" if ndim == 2 else "volume"] = extent
        for i, axis in enumerate(axes):
            columns[f"centroid_{axis}"] = self._sums[seen, i] / pixels * pixel_size[i]
        for i, axis in enumerate(axes):
            columns[f"bbox_{axis}_min"] = self._lows[seen, i]
            columns[f"bbox_{axis}_max"] = self._highs[seen, i]
        columns["equivalent_diameter"] = equivalent_diameters(extent, ndim)
        return ObjectTable(columns, name=name, unit=unit)
