"""Nested masks of frames: brought to the image, thinned out, compared with those of the next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering import bandwidth_of, to_image_grid
from napari_discembed.config import ClusteringConfig, UnseededConfig
from napari_discembed.types import Candidates, Embedding

USUAL = "usual_bandwidth"
"""Key in the provenance of candidates: the bandwidth that objects are usually taken at."""
WIDEST = 3.0
"""Candidates that are objects at no bandwidth within this factor of the usual one are left out."""
AS_USUAL = 0.9
"""Share of the median foreground probability of the usual objects that is enough in any case."""


def on_image(embedding: Embedding, candidates: Candidates, config: ClusteringConfig) -> Candidates:
    """Return candidates on the image's grid, without those that are no objects near the usual.

    Parameters
    ----------
    embedding
        What they are of.
    candidates
        On its grid.
    config
        What they were made with: says the usual bandwidth, how sure objects must be.
    """
    usual = bandwidth_of(config, embedding.space)
    kept = distance_to_usual(candidates, usual) <= np.log(WIDEST)
    sure = candidates.scores["foreground"]
    least = config.object_threshold if isinstance(config, UnseededConfig) else 0.0
    there = sure[candidates.at(usual)]
    if len(there):
        least = min(least, AS_USUAL * float(np.median(there)))
    thin = thinned(candidates, kept & (sure >= least))
    smallest = to_image_grid(thin.smallest, embedding, config.foreground_threshold)
    provenance = thin.provenance.with_step(USUAL, usual)
    return replace(thin, smallest=smallest.astype(np.int32), provenance=provenance)


def distance_to_usual(candidates: Candidates, usual: float) -> NDArray[np.float64]:
    """Return ``(N,)``: by what factor, as logarithm, the bandwidth must differ for each to be one.

    0 for those that are objects at the usual bandwidth.
    """
    birth = np.log(np.maximum(candidates.birth, 1e-9) / usual)
    death = np.log(np.maximum(candidates.death, 1e-9) / usual)
    return np.asarray(np.maximum(np.maximum(birth, -death), 0.0), dtype=np.float64)


def thinned(candidates: Candidates, kept: NDArray[np.bool_]) -> Candidates:
    """Return some candidates; pixels of others are of the smallest kept one that holds them.

    Parameters
    ----------
    candidates
        Nested masks.
    kept
        ``(N,)``.
    """
    n = len(candidates)
    nearest = np.where(kept, np.arange(n), -1)
    for i in range(n - 1, -1, -1):  # what holds a candidate comes after it
        if nearest[i] < 0 and candidates.parent[i] >= 0:
            nearest[i] = nearest[candidates.parent[i]]
    before = np.concatenate([[0], np.cumsum(kept)])
    number = np.append(np.where(kept, before[:-1], -1), -1)
    above = np.append(nearest, -1)[candidates.parent]
    table = np.concatenate([[0], number[nearest] + 1]).astype(np.int32)
    return replace(
        candidates,
        smallest=table[candidates.smallest],
        first=before[candidates.first[kept]],
        parent=number[above[kept]],
        birth=candidates.birth[kept],
        scores={name: values[kept] for name, values in candidates.scores.items()},
    )


def shared_pixels(
    one: Candidates, other: Candidates, shift: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return ``(N, M)``: the pixels that each candidate of a frame shares with each of the next.

    Parameters
    ----------
    one, other
        On grids of one shape.
    shift
        ``(ndim,)``: how far the first is moved before, in pixels.
    """
    pixels = np.array(np.nonzero(one.smallest))
    moved = pixels + shift[:, None]
    shape = np.array(other.smallest.shape)[:, None]
    inside = ((moved >= 0) & (moved < shape)).all(axis=0)
    a = one.smallest[tuple(pixels[:, inside])].astype(np.int64)
    b = other.smallest[tuple(moved[:, inside])]
    n, m = len(one), len(other)
    own = np.bincount(a * (m + 1) + b, minlength=(n + 1) * (m + 1)).reshape(n + 1, m + 1)[1:, 1:]
    rows = _sums(own, one.first)
    return _sums(rows.T, other.first).T


def _sums(own: NDArray[np.integer], first: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the sum of the rows of each candidate and those that it holds."""
    until = np.concatenate([np.zeros((1, own.shape[1]), np.int64), np.cumsum(own, axis=0)])
    return np.asarray(until[1:] - until[first], dtype=np.int64)
