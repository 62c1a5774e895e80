"""The number of objects at each bandwidth, and where it is stable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusteringConfig

POINTS = 48


def bandwidth_curve(
    prepared: Prepared, config: ClusteringConfig
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return bandwidths, from half a pull margin to four push margins, and the objects at each."""
    margins = prepared.embedding.margins
    bandwidths = np.linspace(0.5 * margins.pull, 4 * margins.push, POINTS)
    return bandwidths, clustering.count_curve(prepared, bandwidths, config)


def plateau(counts: NDArray[np.int64]) -> slice:
    """Return the longest run of one count above zero: where the count is stable.

    The last run is left out where there are others: there all that can merge has merged, however
    far one goes on.
    """
    edges = np.flatnonzero(np.diff(counts)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(counts)]
    length = np.where(counts[starts] > 0, stops - starts, 0)
    if (length[:-1] > 0).any():
        length[-1] = 0
    best = int(length.argmax())
    return slice(int(starts[best]), int(stops[best]))
