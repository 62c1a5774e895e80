"""Candidates out of a merge tree (single linkage), or out of flat labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.clustering.tree import MergeTree, climb
from napari_discembed.config import ClusteringConfig
from napari_discembed.types import Candidates, Embedding, IntArray
from napari_discembed.types.candidates import subtree_sums


def flat_candidates(embedding: Embedding, labels: IntArray, config: ClusteringConfig) -> Candidates:
    """Return each object as a candidate; none holds another, and all are there at any bandwidth.

    Parameters
    ----------
    embedding
        What was grouped.
    labels
        ``(*S)`` on its grid; numbers may have gaps.
    config
        Kept as provenance.
    """
    sizes = np.bincount(labels.ravel())
    present = sizes > 0
    present[:1] = False
    number = np.where(present, np.cumsum(present), 0).astype(np.int32)
    n = int(present.sum())
    smallest = number[labels]
    seediness: NDArray[np.float64] = np.ones(n)
    if embedding.seediness is not None:
        best = np.zeros(n + 1)
        np.maximum.at(best, smallest.ravel(), np.asarray(embedding.seediness).ravel())
        seediness = best[1:]
    own = np.bincount(smallest.ravel(), weights=_probability(embedding), minlength=n + 1)[1:]
    scores = {"seediness": seediness, "foreground": own / sizes[present]}
    alone = np.full(n, -1, dtype=np.intp)
    return _candidates(embedding, config, smallest, (np.arange(n), alone, np.zeros(n)), scores)


def tree_candidates(
    embedding: Embedding,
    regions: NDArray[np.int32],
    tree: MergeTree,
    seediness: NDArray[np.float64],
    config: ClusteringConfig,
    *,
    margin: float,
    min_size: float,
    seed_threshold: float,
) -> Candidates:
    """Return the regions of a merge tree and what they merge into, at all bandwidths.

    Those that are too small or not seedy enough are left out; what they are part of stays.

    Parameters
    ----------
    embedding
        What was grouped.
    regions
        ``(*S)``: the peak, from 1, of each pixel that takes part; 0 elsewhere.
    tree
        Of N peaks.
    seediness
        ``(N,)``: the best of each peak's pixels.
    config
        Kept as provenance.
    margin
        Peaks nearer than this are one, in embedding units.
    min_size
        In pixels of the grid.
    seed_threshold
        Least seediness.
    """
    n = len(tree.parent)
    pixels = np.bincount(regions.ravel(), minlength=n + 1)[1:]
    linkage = single_linkage(tree, tree.levels(margin), pixels, seediness)
    death = np.append(linkage.birth, np.inf)[linkage.parent]
    kept = death > linkage.birth
    kept &= (linkage.pixels >= min_size) & (linkage.seediness >= seed_threshold)
    nearest, parent = _kept_ancestors(linkage.parent, kept)
    first, place = _postorder(parent, kept)
    nodes = np.flatnonzero(kept)
    order = nodes[np.argsort(place[nodes])]
    candidate = place[nearest[linkage.leaf]]
    table = np.concatenate([[0], candidate + 1]).astype(np.int32)
    smallest = table[regions]
    own = np.bincount(smallest.ravel(), weights=_probability(embedding), minlength=len(order) + 1)
    count = np.bincount(candidate + 1, weights=pixels, minlength=len(order) + 1)
    mean = subtree_sums(first, own[1:]) / subtree_sums(first, count[1:])
    scores = {"seediness": linkage.seediness[order], "foreground": mean}
    structure = (first, place[parent[order]], linkage.birth[order])
    return _candidates(embedding, config, smallest, structure, scores)


@dataclass(frozen=True, slots=True, eq=False)
class Linkage:
    """A binary merge tree: first the leaves, then the merges by their level.

    Attributes
    ----------
    leaf
        ``(N,)``: the node of each peak; -1 where it has no pixels.
    parent
        ``(M,)``: the node that each is merged into, -1 for none.
    birth
        ``(M,)``: the level of each merge; 0 for leaves.
    pixels, seediness
        ``(M,)``: the sum and the best of the leaves.
    """

    leaf: NDArray[np.intp]
    parent: NDArray[np.intp]
    birth: NDArray[np.float64]
    pixels: NDArray[np.int64]
    seediness: NDArray[np.float64]


def single_linkage(
    tree: MergeTree,
    levels: NDArray[np.float64],
    pixels: NDArray[np.integer],
    seediness: NDArray[np.float64],
) -> Linkage:
    """Join peaks along the tree's edges, the lowest first (Kruskal).

    Peaks without pixels join others, but are no leaves and make no merges.

    Parameters
    ----------
    tree
        Of N peaks.
    levels
        ``(N,)``: where each joins its parent.
    pixels, seediness
        ``(N,)`` of each peak.
    """
    n = len(tree.parent)
    filled = np.flatnonzero(pixels > 0)
    leaf = np.full(n, -1, dtype=np.intp)
    leaf[filled] = np.arange(len(filled))
    parent, birth = [-1] * len(filled), [0.0] * len(filled)
    size, best = pixels[filled].tolist(), seediness[filled].tolist()
    node, root = leaf.tolist(), list(range(n))

    def find(peak: int) -> int:
        while root[peak] != peak:
            root[peak] = root[root[peak]]
            peak = root[peak]
        return peak

    edges = np.flatnonzero(tree.parent != np.arange(n))
    edges = edges[np.argsort(levels[edges], kind="stable")]
    for a, b, level in zip(
        edges.tolist(), tree.parent[edges].tolist(), levels[edges].tolist(), strict=True
    ):
        one, other = find(a), find(b)
        root[one] = other
        first, second = node[one], node[other]
        if min(first, second) < 0:
            node[other] = max(first, second)
            continue
        node[other] = parent[first] = parent[second] = len(parent)
        parent.append(-1)
        birth.append(level)
        size.append(size[first] + size[second])
        best.append(max(best[first], best[second]))
    return Linkage(
        leaf,
        np.array(parent, dtype=np.intp),
        np.array(birth, dtype=np.float64),
        np.array(size, dtype=np.int64),
        np.array(best, dtype=np.float64),
    )


def _kept_ancestors(
    parent: NDArray[np.intp], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the nearest kept node of each, itself included, and the nearest above.

    Parameters
    ----------
    parent, kept
        ``(M,)``.

    Returns
    -------
    ``(M + 1,)`` and ``(M,)``: M stands for none, and so does the last of the first.
    """
    none = len(parent)
    # At -1 is the last, which is none.
    nearest = climb(np.append(np.where(kept, np.arange(none), parent), none))
    return nearest, nearest[parent]


def _postorder(
    parent: NDArray[np.intp], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the post-order of the kept nodes: those below a node come right before it.

    Parameters
    ----------
    parent
        ``(M,)``: the nearest kept node above each, M for none; above each, higher numbers.
    kept
        ``(M,)``.

    Returns
    -------
    The first number below each kept node, by number, and ``(M + 1,)``: the number of each kept
    node, -1 for none.
    """
    nodes = np.flatnonzero(kept).tolist()
    up = parent.tolist()
    size = [1] * len(up) + [0]  # the last stands for what is above all
    for node in nodes:
        size[up[node]] += size[node]
    free = [0] * len(size)  # where the next child of each goes
    place = np.full(len(size), -1, dtype=np.intp)
    first = np.zeros(len(nodes), dtype=np.intp)
    for node in reversed(nodes):
        start = free[up[node]]
        free[up[node]] += size[node]
        free[node] = start
        place[node] = last = start + size[node] - 1
        first[last] = start
    return first, place


def _candidates(
    embedding: Embedding,
    config: ClusteringConfig,
    smallest: NDArray[np.int32],
    structure: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]],
    scores: Mapping[str, NDArray[np.float64]],
) -> Candidates:
    return Candidates(
        smallest,
        *structure,
        scores=scores,
        image_shape=embedding.image_shape,
        pixel_size=embedding.pixel_size,
        unit=embedding.unit,
        name=embedding.name,
        provenance=embedding.provenance.with_step("clustering", config.model_dump(mode="json")),
    )


def _probability(embedding: Embedding) -> NDArray[np.floating]:
    return np.asarray(embedding.foreground_probability).ravel()
