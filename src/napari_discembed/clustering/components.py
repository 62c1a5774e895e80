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
import scipy
import skimage
from numpy.typing import NDArray

from napari_discembed.clustering.base import grid_min_size, least_foreground
from napari_discembed.clustering.blocks import row_blocks
from napari_discembed.config import ClusteringConfig
from napari_discembed.types import Embedding, IntArray

Pairs: TypeAlias = NDArray[np.intp]
Window: TypeAlias = tuple[slice, ...]

SMALLEST_PART = 0.05
"""Share of its object's largest part below which a separate part is dropped."""

AS_USUAL = 0.9
"""Share of the median object's mean foreground from which on an object is as good as others."""


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
    foreground
        ``(F,)``: the foreground probability of each component, summed over its pixels.
    adjacent
        ``(K, 2)``: pairs of components, from 0, that touch.
    hole_borders
        ``(L, 2)``: each hole, from 0, and a component, from 0, beside it.
    """

    image: NDArray[np.int32]
    region: NDArray[np.intp]
    sizes: NDArray[np.intp]
    foreground: NDArray[np.float64]
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
            Says whether unconnected parts become objects of their own, and how much like
            foreground an object must look.
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
        if config.split_parts:
            owner = np.where(owner > 0, part + 1, 0)
        return self._without_unlikely(owner, least_foreground(config))

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

    def _without_unlikely(self, owner: NDArray[np.intp], least: float) -> NDArray[np.intp]:
        """Return the owners without objects whose mean foreground probability is too low.

        Where a network is less sure of a whole image, its usual objects stay.
        """
        if not least or not owner.any():
            return owner
        sizes = np.bincount(owner, weights=self.sizes[: len(owner)])
        means = np.bincount(owner, weights=self.foreground) / np.maximum(sizes, 1)
        usual = np.median(means[1:][sizes[1:] > 0])
        return np.where(means[owner] >= min(least, AS_USUAL * usual), owner, 0)

    def _parts(self, owner: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the connected part of an object, or of what is none, of each component."""
        first, second = self.adjacent[:, 0], self.adjacent[:, 1]
        same = owner[first] == owner[second]
        return _united(np.stack([first[same], second[same]], axis=1), len(owner))[1]

    def _around_holes(self, owner: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the object around each hole, 0 where there are several or none."""
        n_holes = len(self.sizes) - len(self.region)
        largest = np.zeros(n_holes, dtype=np.intp)
        smallest = np.full(n_holes, np.iinfo(np.intp).max)
        hole, beside = self.hole_borders[:, 0], owner[self.hole_borders[:, 1]]
        np.maximum.at(largest, hole, beside)
        np.minimum.at(smallest, hole, beside)
        return np.where(largest == smallest, largest, 0)


def label_components(
    regions: NDArray[np.int32],
    inside: NDArray[np.bool_] | None = None,
    probability: NDArray[np.floating] | None = None,
) -> Components:
    """Label the connected components of each region, diagonals connecting.

    Parameters
    ----------
    regions
        ``(*S)``: 0 for background, a number for each region.
    inside
        ``(*S)``: what of the regions counts; the rest is background. None for all.
    probability
        ``(*S)`` of foreground; None for 1.
    """
    image = np.empty(regions.shape, dtype=np.int32)
    region = _label_blocks(image, regions, inside)
    found, part = _united(_seams(image, region, above=True), len(region))
    n_background = -int(image.min(initial=0))
    n_empty, empty = _united(_seams(image, region, above=False), n_background + 1)
    count = found - 1
    holes = _inner(image, empty, n_empty)
    number = np.where(holes, np.cumsum(holes) + count, 0)
    # Background is numbered down from -1: it looks its holes up from the end of the table.
    table = np.concatenate([part, number[empty[:0:-1]]]).astype(np.int32)
    sizes = np.zeros(count + int(holes.sum()) + 1, dtype=np.intp)
    foreground = np.zeros(len(sizes))
    for rows in row_blocks(image):
        image[rows] = table[image[rows]]
        block = image[rows].ravel()
        sizes += np.bincount(block, minlength=len(sizes))
        if probability is not None:
            weights = probability[rows].ravel()
            foreground += np.bincount(block, weights=weights, minlength=len(sizes))
    if probability is None:
        foreground += sizes
    of_component = np.zeros(count + 1, dtype=np.intp)
    of_component[part] = region
    touching = _neighbours(image, diagonal=True)
    adjacent = touching[touching[:, 1] <= count] - 1
    hole_borders: Pairs = np.zeros((0, 2), dtype=np.intp)
    if holes.any():
        pairs = _neighbours(image, diagonal=False)
        pairs = pairs[(pairs[:, 1] > count) & (pairs[:, 0] <= count)]
        hole_borders = pairs[:, ::-1] - np.array([count + 1, 1])
    in_components = foreground[1 : count + 1]
    return Components(image, of_component[1:], sizes[1:], in_components, adjacent, hole_borders)


def _label_blocks(
    image: NDArray[np.int32], regions: NDArray[np.int32], inside: NDArray[np.bool_] | None
) -> NDArray[np.intp]:
    """Label each block: its components from 1 up, its background from -1 down.

    Returns
    -------
    The region of each number from 0 up.
    """
    region, n, n_background = [np.zeros(1, dtype=np.intp)], 0, 0
    for rows in row_blocks(image):
        shown = regions[rows]
        if inside is not None:
            shown = np.where(inside[rows], shown, np.int32(0))
        own, most = skimage.measure.label(shown, return_num=True)  # 0 is none, diagonals connect
        background, most_background = scipy.ndimage.label(shown == 0)
        image[rows] = np.where(own > 0, own + n, -background - n_background)
        of_own = np.zeros(most + 1, dtype=np.intp)
        of_own[own] = shown
        region.append(of_own[1:])
        n, n_background = n + most, n_background + most_background
    return np.concatenate(region)


def _seams(image: NDArray[np.int32], region: NDArray[np.intp], *, above: bool) -> Pairs:
    """Return the pairs of numbers above 0, or below it, that are one across blocks.

    Those below are returned as above.
    """
    found = [np.zeros((0, 2), dtype=np.intp)]
    for rows in row_blocks(image)[1:]:
        both = image[rows.start - 1 : rows.start + 1].astype(np.intp)
        for here, there in neighbour_windows(both.shape, diagonal=above):
            a, b = both[here].ravel(), both[there].ravel()
            if above:
                one = (a > 0) & (b > 0)
                one[one] = region[a[one]] == region[b[one]]
            else:
                one = (a < 0) & (b < 0)
            found.append(np.unique(np.abs(np.stack([a[one], b[one]], axis=1)), axis=0))
    return np.concatenate(found)


def _united(pairs: Pairs, n: int) -> tuple[int, NDArray[np.intp]]:
    """Return how many groups pairs make of the numbers below n, and each number's group."""
    graph = scipy.sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    count, group = scipy.sparse.csgraph.connected_components(graph, directed=False)
    return int(count), group.astype(np.intp)


def _looked_up(table: NDArray[np.int32], image: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return ``table[image]``."""
    found = np.empty(image.shape, dtype=np.int32)
    for rows in row_blocks(image):
        # Numbers are all of the table: "wrap" looks nothing up out of it, and is twice as quick.
        np.take(table, image[rows], out=found[rows], mode="wrap")
    return found


def mask_regions(
    embedding: Embedding, regions: NDArray[np.int32], threshold: float
) -> NDArray[np.int32]:
    """Return the regions where the foreground reaches a threshold, 0 elsewhere."""
    return np.where(embedding.is_foreground(threshold), regions, np.int32(0))


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
    probability = np.asarray(embedding.foreground_probability)
    inside = probability >= config.foreground_threshold
    components = label_components(regions, inside, probability)
    return components.labels(objects, config, grid_min_size(config, embedding))


def _inner(image: NDArray[np.int32], empty: NDArray[np.intp], n: int) -> NDArray[np.bool_]:
    """Return ``(n,)``: which components of the background do not touch the image's border.

    Parameters
    ----------
    image
        ``(*S)``: background is below 0.
    empty
        The component of each number of the background, sign reversed; 0 for 0.
    n
        How many components there are, 0 included.
    """
    inner = np.ones(n, dtype=bool)
    inner[0] = False
    for axis in range(image.ndim):
        for end in (0, -1):
            face = np.unique(image.take(end, axis=axis))
            inner[empty[np.abs(face[face < 0])]] = False
    return inner


def _neighbours(image: NDArray[np.int32], *, diagonal: bool) -> Pairs:
    """Return the pairs of different numbers above 0 that touch, the lower first, each once."""
    width = int(image.max()) + 1
    found = [np.zeros(0, dtype=np.int64)]
    for rows in row_blocks(image):
        block = image[rows.start : rows.stop + 1]  # with the first row of the next
        for here, there in neighbour_windows(block.shape, diagonal=diagonal):
            a, b = block[here], block[there]
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
