"""The number of objects at each bandwidth, and where it is stable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusteringConfig

POINTS = 48
TOLERANCE = 0.05
"""Share of the objects that may come or go where the count is called steady."""


def bandwidth_curve(
    prepared: Prepared, config: ClusteringConfig
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return bandwidths, from half a pull margin to four push margins, and the objects at each."""
    margins = prepared.embedding.margins
    bandwidths = np.linspace(0.5 * margins.pull, 4 * margins.push, POINTS)
    return bandwidths, clustering.count_curve(prepared, bandwidths, config)


def steady(bandwidths: NDArray[np.float64], counts: NDArray[np.int64], bandwidth: float) -> slice:
    """Return where the count stays as it is at a bandwidth, nearly.

    Elsewhere it may stay longer, as where nearly all has merged: that says nothing of the objects.

    Parameters
    ----------
    bandwidths, counts
        As :func:`bandwidth_curve` returns them.
    bandwidth
        That the model recommends.
    """
    at = int(np.abs(bandwidths - bandwidth).argmin())
    other = np.flatnonzero(np.abs(counts - counts[at]) > TOLERANCE * counts[at])
    before, after = other[other < at], other[other > at]
    start = 0 if not len(before) else int(before[-1]) + 1
    return slice(start, len(counts) if not len(after) else int(after[0]))
