"""Parts of an image on disk, embedded one at a time as if the whole were.

What a window of the network's grid gives depends neither on the window nor on what was read before:
scale, intensities and tiles are those of the whole image.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import TilingConfig
from napari_discembed.imaging import Resampling
from napari_discembed.inference.embedder import as_embedding, image_source, provenance_of
from napari_discembed.inference.run import map_shapes
from napari_discembed.inference.source import Source
from napari_discembed.inference.tiling import Box, Grid, aligned, clipped, core_sides, sides
from napari_discembed.inference.views import embed_views
from napari_discembed.io.store import MemoryMaps
from napari_discembed.models import Model
from napari_discembed.progress import Job
from napari_discembed.types import Embedding, Image, Provenance

HALO = 2.5
"""How far a block's window reaches beyond it, in typical diameters on the network's grid."""

BLOCK = 3072
"""Side of a block on the network's grid, about, if nothing else is asked: some 2 GB of memory."""

CHUNK = {2: 1024, 3: 256}
"""Side of a chunk of labels, by the number of dimensions, which blocks are made of."""


def plan_blocks(shape: Sequence[int], side: int, chunk: int) -> list[Box]:
    """Cover an image with blocks whose sides are multiples of a chunk's.

    Parameters
    ----------
    shape
        Of the image, ``*S``.
    side
        Of a 2-D block in pixels, about; a 3-D one has as many voxels.
    chunk
        Side of a chunk of the labels.

    Returns
    -------
    Boxes that cover each pixel once, row by row.
    """
    grid = Grid(tuple(shape), chunk, 0)
    axes = [
        [slice(start, min(start + length, n)) for start in range(0, n, length)]
        for n, length in zip(shape, core_sides(grid, side), strict=True)
    ]
    return [tuple(box) for box in itertools.product(*axes)]


@dataclass(frozen=True, slots=True, eq=False)
class BlockEmbedder:
    """An image on disk that is embedded window by window.

    Attributes
    ----------
    image
        A single frame; its pixels are read where they are sliced.
    model
        Network and card.
    diameter
        Typical object diameter in image pixels.
    tile
        Tile size, device and precision.
    source
        The image as the network sees it.
    """

    image: Image
    model: Model
    diameter: float
    tile: TilingConfig
    source: Source

    @classmethod
    def of(
        cls, image: Image, model: Model, diameter: float, tile: TilingConfig | None = None
    ) -> BlockEmbedder:
        """Measure the intensities of an image, of pixels all over it.

        Raises
        ------
        InputError
            If the image is no frame for the model.
        """
        source = image_source(image, model, diameter, on_disk=True)
        return cls(image, model, diameter, model.card.tiling(tile), source)

    @property
    def grid(self) -> Grid:
        """The network's grid."""
        net = self.model.net
        return Grid(self.source.shape, net.stride, net.receptive_radius)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of the image, in the order of the grid's axes."""
        return self.source.resampling.shape

    @property
    def provenance(self) -> Provenance:
        """Model and settings."""
        return provenance_of(self.model, self.diameter, self.tile)

    @property
    def to_image(self) -> Resampling:
        """From the network's grid to the image's."""
        return Resampling(self.source.shape, self.source.resampling.shape)

    def window(self, box: Box, halo: int) -> Box:
        """Return the box of the grid that the labels of a box of the image are made of.

        Parameters
        ----------
        box
            Of the image.
        halo
            Pixels of the grid around it, at least.
        """
        needed = self.to_image.source(box)
        pairs = zip(needed, self.grid.padded, strict=True)
        grown = tuple(slice(max(0, b.start - halo), min(n, b.stop + halo)) for b, n in pairs)
        return clipped(aligned(grown, self.grid), self.grid.shape)

    def embed(self, window: Box) -> Job[Embedding]:
        """Embed a window of the grid.

        Parameters
        ----------
        window
            From :meth:`window`: begins and ends at multiples of the network's stride, or at the end
            of the grid.

        Returns
        -------
        A job of the embedding of the window.

        Raises
        ------
        InputError
            If pixels are NaN or infinite, or there is no such device.
        OutOfMemoryError
            If not even the smallest tile fits on the device.
        """
        net = self.model.net
        maps = MemoryMaps(map_shapes(net, sides(window)), tuple(s.start for s in window))
        padded = aligned(window, self.grid)
        yield from embed_views(net, self.source, self.tile, maps, padded)
        return self.as_embedding(maps.arrays, window)

    def as_embedding(self, maps: dict[str, NDArray[np.float32]], window: Box) -> Embedding:
        """Return the maps of a window of the grid with what is known of the image."""
        steps = self.source.resampling.steps
        shape = tuple(max(1, round(n * s)) for n, s in zip(sides(window), steps, strict=True))
        return as_embedding(maps, shape, self.image, self.model, self.diameter, self.tile)


@dataclass(frozen=True, slots=True, eq=False)
class BlockPlan:
    """The blocks of an image and the windows that they are made of.

    Attributes
    ----------
    boxes
        Of the image; they cover it once.
    windows
        Of the network's grid, one for each box.
    seams
        For each two neighbouring blocks: the pixels of the grid by which they are compared.
    chunk
        Side of a chunk of labels; the boxes begin at multiples of it.
    """

    boxes: list[Box]
    windows: list[Box]
    seams: dict[tuple[int, int], Box]
    chunk: int

    @classmethod
    def of(cls, embedder: BlockEmbedder, side: int, chunk: int) -> BlockPlan:
        """Plan blocks of a side, in pixels of the image.

        Parameters
        ----------
        embedder
            Of the image.
        side, chunk
            As for :func:`plan_blocks`.
        """
        grid = embedder.grid
        halo = round(HALO * embedder.model.config.diameter)
        boxes = plan_blocks(embedder.image_shape, side, chunk)
        windows = [embedder.window(box, halo) for box in boxes]
        trusted = [_shrunk(window, halo // 2, grid.shape) for window in windows]
        seams = {(i, j): _common(trusted[i], trusted[j]) for i, j in _neighbours(boxes)}
        return cls(boxes, windows, seams, chunk)


def block_side(embedder: BlockEmbedder, asked: int | None) -> tuple[int, int]:
    """Return the side of a block and of a chunk of labels, in image pixels.

    That of a chunk is a multiple of 16, as tiles of TIFF are.

    Parameters
    ----------
    embedder
        Of the image.
    asked
        Side of a block; None for what :data:`BLOCK` is on the image.
    """
    ndim = len(embedder.image_shape)
    step = embedder.source.resampling.steps[-1]
    side = max(64, round(BLOCK * step)) if asked is None else asked
    return side, max(16, min(CHUNK[ndim], round(side ** (2 / ndim))) // 16 * 16)


def _shrunk(window: Box, margin: int, shape: Sequence[int]) -> Box:
    """Return a window without the pixels near its border: objects there are cut."""
    return tuple(
        slice(w.start + margin if w.start else 0, w.stop - margin if w.stop < n else n)
        for w, n in zip(window, shape, strict=True)
    )


def _common(a: Box, b: Box) -> Box:
    return tuple(
        slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(a, b, strict=True)
    )


def _neighbours(boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Yield each two blocks that share a face, an edge or a corner, the earlier first."""
    places = [sorted({box[axis].start for box in boxes}) for axis in range(len(boxes[0]))]
    index = {
        tuple(p.index(b.start) for p, b in zip(places, box, strict=True)): i
        for i, box in enumerate(boxes)
    }
    for at, i in index.items():
        for step in itertools.product((-1, 0, 1), repeat=len(at)):
            j = index.get(tuple(a + s for a, s in zip(at, step, strict=True)))
            if j is not None and i < j:
                yield i, j
