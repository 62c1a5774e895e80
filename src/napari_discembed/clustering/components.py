"""Connected components of a map of regions, on whose graph objects are cleaned up.

The components are labelled once; from then on sizes, parts and holes are questions about a small
graph, and an answer is one look-up over the image.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from skimage.measure import label as connected_labels

from napari_discembed.clustering.base import grid_min_size
from napari_discembed.config import ClusteringConfig
from napari_discembed.types import Embedding, IntArray

Pairs: TypeAlias = NDArray[np.intp]
Window: TypeAlias = tuple[slice, ...]

BLOCK = 2**20
"""Pixels that are looked up at once."""

SMALLEST_PART = 0.05
"""Share of its object's largest part below which a separate part is dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """The connected components of a map of regions, their holes, and which of them touch.

    Attributes
    ----------
    image
        ``(*S)``: 0, the components 1 to F, then the holes F + 1 to F + H.
    region
        ``(F,)``: the region of each component.
    sizes
        ``(F + H,)``: pixels of each component and hole.
    adjacent
        ``(K, 2)``: pairs of components, from 0, that touch.
    hole_borders
        ``(L, 2)``: each hole, from 0, and a component, from 0, beside it.
    """

    image: NDArray[np.int32]
    region: NDArray[np.intp]
    sizes: NDArray[np.intp]
    adjacent: Pairs
    hole_borders: Pairs

    def assign(
        self, objects: NDArray[np.intp], config: ClusteringConfig, min_size: float
    ) -> NDArray[np.intp]:
        """Return ``(F,)``: the object, from 1, that each component belongs to; 0 for none.

        Parameters
        ----------
        objects
            ``(R + 1,)``: the object, from 1, that each region belongs to; 0 for none.
        config
            Says whether unconnected parts become objects of their own.
        min_size
            In pixels of this grid: smaller unconnected parts are dropped.
        """
        owner = objects[self.region]
        part = self._parts(owner)
        part_sizes = np.bincount(part, weights=self.sizes[: len(owner)])[part]
        largest = np.zeros(int(objects.max()) + 1)
        np.maximum.at(largest, owner, part_sizes)
        keeps = part_sizes >= np.maximum(min_size, SMALLEST_PART * largest[owner])
        owner = np.where(keeps, owner, 0)
        return np.where(owner > 0, part + 1, 0) if config.split_parts else owner

    def labels(
        self, objects: NDArray[np.intp], config: ClusteringConfig, min_size: float
    ) -> IntArray:
        """Return the image ``(*S)`` of objects, with holes filled if the config says so.

        Parameters are those of :meth:`assign`.
        """
        count = len(self.region)
        table = np.zeros(len(self.sizes) + 1, dtype=np.int32)
        table[1 : count + 1] = owner = self.assign(objects, config, min_size)
        if config.fill_holes:
            table[count + 1 :] = self._around_holes(owner)
        return _looked_up(table, self.image)

    def _parts(self, owner: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the connected part of an object, or of what is none, of each component."""
        first, second = self.adjacent[:, 0], self.adjacent[:, 1]
        same = owner[first] == owner[second]
        n = len(owner)
        graph = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(n, n))
        _, part = connected_components(graph, directed=False)
        return part.astype(np.intp)

    def _around_holes(self, owner: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the object around each hole, 0 where there are several or none."""
        n_holes = len(self.sizes) - len(self.region)
        largest = np.zeros(n_holes, dtype=np.intp)
        smallest = np.full(n_holes, np.iinfo(np.intp).max)
        hole, beside = self.hole_borders[:, 0], owner[self.hole_borders[:, 1]]
        np.maximum.at(largest, hole, beside)
        np.minimum.at(smallest, hole, beside)
        return np.where(largest == smallest, largest, 0)


def label_components(regions: NDArray[np.int32]) -> Components:
    """Label the connected components of each region, diagonals connecting.

    Parameters
    ----------
    regions
        ``(*S)``: 0 for background, a number for each region.
    """
    # 0 is background, diagonals connect
    image = connected_labels(regions).astype(np.int32, copy=False)
    count = int(image.max())
    region = np.zeros(count + 1, dtype=np.intp)
    for rows in _blocks(image):
        region[image[rows]] = regions[rows]
    adjacent = _neighbours(image, diagonal=True)
    background, n_background = ndimage.label(image == 0)
    holes = _inner(background, n_background)
    hole_borders: Pairs = np.zeros((0, 2), dtype=np.intp)
    if holes.any():
        number = np.where(holes, np.cumsum(holes) + count, 0).astype(np.int32)
        for rows in _blocks(image):
            image[rows] += number[background[rows]]  # 0 where there is a component
        del background
        pairs = _neighbours(image, diagonal=False)
        pairs = pairs[(pairs[:, 1] > count) & (pairs[:, 0] <= count)]
        hole_borders = pairs[:, ::-1] - np.array([count + 1, 1])
    sizes = np.zeros(int(image.max()) + 1, dtype=np.intp)
    for rows in _blocks(image):
        sizes += np.bincount(image[rows].ravel(), minlength=len(sizes))
    return Components(image, region[1:], sizes[1:], adjacent - 1, hole_borders)


def _blocks(image: NDArray[np.integer]) -> list[slice]:
    """Return parts of the first axis: what is looked up by 32 bits needs 64 for a while."""
    rows = max(1, BLOCK * len(image) // max(1, image.size))
    return [slice(start, start + rows) for start in range(0, len(image), rows)]


def _looked_up(table: NDArray[np.int32], image: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return ``table[image]``."""
    found = np.empty(image.shape, dtype=np.int32)
    for rows in _blocks(image):
        found[rows] = table[image[rows]]
    return found


def mask_regions(
    embedding: Embedding, regions: NDArray[np.int32], threshold: float
) -> NDArray[np.int32]:
    """Return the regions where the foreground reaches a threshold, 0 elsewhere."""
    inside = np.asarray(embedding.foreground_probability) >= threshold
    return np.where(inside, regions, np.int32(0))


def clean(
    embedding: Embedding,
    regions: NDArray[np.int32],
    objects: NDArray[np.intp],
    config: ClusteringConfig,
) -> IntArray:
    """Return the image ``(*S)`` of objects: foreground only, no small parts, holes filled.

    Parameters
    ----------
    embedding
        What was grouped.
    regions
        ``(*S)`` on its grid: 0 for background, a number for each region.
    objects
        ``(R + 1,)``: the object, from 1, that each region belongs to; 0 for none.
    config
        Says the foreground threshold and how to clean.
    """
    inside = mask_regions(embedding, regions, config.foreground_threshold)
    return label_components(inside).labels(objects, config, grid_min_size(config, embedding))


def _inner(background: NDArray[np.integer], n: int) -> NDArray[np.bool_]:
    """Return ``(n + 1,)``: which components of the background do not touch the image's border."""
    inner = np.ones(n + 1, dtype=bool)
    inner[0] = False
    for axis in range(background.ndim):
        for end in (0, -1):
            inner[np.unique(background.take(end, axis=axis))] = False
    return inner


def _neighbours(image: NDArray[np.int32], *, diagonal: bool) -> Pairs:
    """Return the pairs of different numbers above 0 that touch, the lower first, each once."""
    width = int(image.max()) + 1
    found: list[NDArray[np.int64]] = []
    for here, there in neighbour_windows(image.shape, diagonal=diagonal):
        a, b = image[here], image[there]
        touch = (a != b) & (a > 0) & (b > 0)
        a, b = a[touch].astype(np.int64), b[touch].astype(np.int64)
        found.append(np.unique(np.minimum(a, b) * width + np.maximum(a, b)))
    return np.stack(np.divmod(np.unique(np.concatenate(found)), width), axis=1).astype(np.intp)


def neighbour_windows(
    shape: tuple[int, ...], *, diagonal: bool = True
) -> Iterator[tuple[Window, Window]]:
    """Yield pairs of windows of a grid whose elements are neighbours, each pair once.

    Parameters
    ----------
    shape
        Of the grid.
    diagonal
        Whether elements that share but an edge or a corner are neighbours.
    """
    for offset in itertools.product((-1, 0, 1), repeat=len(shape)):
        if offset <= (0,) * len(shape) or (not diagonal and sum(map(abs, offset)) > 1):
            continue
        pairs = list(zip(offset, shape, strict=True))
        here = tuple(slice(max(0, -o), n - max(0, o)) for o, n in pairs)
        there = tuple(slice(max(0, o), n + min(0, o)) for o, n in pairs)
        yield here, there
