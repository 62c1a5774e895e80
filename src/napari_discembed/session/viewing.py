"""What is in view of a large image, embedded piece by piece: a piece that was embedded is kept."""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging.lazy import on_disk
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.session.embeddings import EmbeddingSeries, series_of
from napari_discembed.types import Embedding, Image

if TYPE_CHECKING:
    from napari_discembed.inference.blocks import BlockEmbedder
    from napari_discembed.models import Model

Box = tuple[slice, ...]
Cell = tuple[int, int]
Part = tuple[Cell, Cell]
"""The first and the last piece of a rectangle."""
Maps = dict[str, NDArray[np.float32]]

MOST_SIDE = 2048
"""Side of the largest view that is embedded, on the network's grid."""
CELL = 256
"""Side of a piece, on the network's grid: a multiple of every network's stride."""
MOST_BYTES = 2**30
"""Of all pieces that are kept; those used last stay."""
LOOKED_AT = 1024
"""Side of the part of a view by which the size of objects is estimated, in image pixels."""
LARGE = 2**22
"""Pixels from which an image of several resolutions is embedded view by view: 2048 x 2048."""
LARGE_FLAT = 2**26
"""Pixels from which one of a single resolution is."""


def is_large(image: Image, *, multiscale: bool) -> bool:
    """Tell whether an image is embedded view by view: a plane of many pixels."""
    few = LARGE if multiscale else LARGE_FLAT
    return not image.axes.frames() and image.axes.ndim == 2 and math.prod(image.shape) > few


@dataclass(slots=True, eq=False)
class Viewing:
    """A large image of which views are embedded as if the whole were.

    Attributes
    ----------
    image
        A plane; its pixels are read where they are sliced.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None to estimate it on the first view.
    tile
        Tile size and device.
    """

    image: Image
    model: Model | str
    diameter: float | None = None
    tile: TilingConfig | None = None
    _embedder: BlockEmbedder | None = None
    _cells: OrderedDict[Cell, Maps] = field(default_factory=OrderedDict)

    def embed(self, view: Box) -> Job[EmbeddingSeries]:
        """Embed a view, and no piece of it twice.

        Parameters
        ----------
        view
            Of the image, in the order Y, X.

        Returns
        -------
        A job of the embedding, whose `corner` says where in the image it begins. A job that is
        closed leaves the pieces that it has embedded.

        Raises
        ------
        InputError
            If the view is too large, or pixels are NaN or infinite.
        """
        embedder = yield from scaled(self._begun(view), 0, 0.3)
        window = self._window(embedder, view)
        missing = [cell for cell in _cells_of(window) if cell not in self._cells]
        total, done = max(1, len(missing)), 0
        for part in rectangles(missing):
            count = len(_in_rectangle(part))
            span = (0.3 + 0.7 * done / total, 0.3 + 0.7 * (done + count) / total)
            yield from scaled(self._embed_part(embedder, part), *span)
            done += count
        embedding = yield from self._assembled(embedder, window)
        steps = [n / m for n, m in zip(embedder.image_shape, embedder.grid.shape, strict=True)]
        corner = tuple(w.start * step for w, step in zip(window, steps, strict=True))
        return series_of([embedding], embedder.model, corner=corner)

    def fits(self, view: Box) -> bool:
        """Tell whether a view is small enough; of objects of unknown size it may still be not."""
        sides = [v.stop - v.start for v in view]
        if self._embedder is None:
            return math.prod(sides) <= MOST_SIDE**2
        pairs = zip(sides, self._embedder.image_shape, self._embedder.grid.shape, strict=True)
        return math.prod(n * grid / image for n, image, grid in pairs) <= MOST_SIDE**2

    def _begun(self, view: Box) -> Job[BlockEmbedder]:
        """Load the model, estimate the size of objects, and measure intensities, once."""
        if self._embedder is not None:
            return self._embedder
        yield Progress(None, "Loading the model")
        from napari_discembed.inference import estimate_scale  # here, since it loads torch
        from napari_discembed.inference.blocks import BlockEmbedder
        from napari_discembed.models import load_model

        model = load_model(self.model) if isinstance(self.model, str) else self.model
        if self.diameter is None:
            part = self.image.crop(middle_of(view, LOOKED_AT)).loaded()
            job = estimate_scale(model, part, tile=self.tile)
            self.diameter = (yield from scaled(job, 0, 0.9, "Measuring the typical size")).diameter
        yield Progress(0.9, "Measuring intensities")
        image = replace(self.image, data=on_disk(self.image.data))
        self._embedder = BlockEmbedder.of(image, model, self.diameter, self.tile)
        return self._embedder

    def _window(self, embedder: BlockEmbedder, view: Box) -> Box:
        """Return the box of the grid that shows a view, with an object's width around it."""
        if not self.fits(view):
            sides = " x ".join(str(v.stop - v.start) for v in view)
            raise InputError(
                f"The view shows {sides} pixels, more than can be grouped live. Zoom in, or find "
                "the objects of the whole image."
            )
        return embedder.window(view, round(embedder.model.config.diameter))

    def _embed_part(self, embedder: BlockEmbedder, part: Part) -> Job[None]:
        shape = embedder.grid.shape
        box = _clipped(_box(part), shape)
        found = yield from embedder.embed(box)
        for cell in _in_rectangle(part):
            inside = _relative(_clipped(_box((cell, cell)), shape), box)
            self._cells[cell] = {n: m[(slice(None), *inside)].copy() for n, m in found.maps.items()}

    def _assembled(self, embedder: BlockEmbedder, window: Box) -> Job[Embedding]:
        """Put the embedding of a window together from pieces."""
        maps: Maps = {}
        for cell in _cells_of(window):
            self._cells.move_to_end(cell)
            at = _clipped(_box((cell, cell)), embedder.grid.shape)
            both = tuple(
                slice(max(a.start, w.start), min(a.stop, w.stop))
                for a, w in zip(at, window, strict=True)
            )
            there, here = _relative(both, at), _relative(both, window)
            for name, piece in self._cells[cell].items():
                if name not in maps:
                    shape = (len(piece), *(w.stop - w.start for w in window))
                    maps[name] = np.empty(shape, np.float32)
                maps[name][(slice(None), *here)] = piece[(slice(None), *there)]
        self._forget_oldest(len(_cells_of(window)))
        embedding = embedder.as_embedding(maps, window)
        judge = embedder.model.judge
        if judge is None:
            return embedding
        from napari_discembed.mining import judged

        return (yield from judged(embedding, judge))

    def _forget_oldest(self, needed: int) -> None:
        first = next(iter(self._cells.values()))
        each = max(1, sum(m.nbytes for m in first.values()))
        while len(self._cells) > max(needed, MOST_BYTES // each):
            self._cells.popitem(last=False)


def middle_of(view: Box, side: int) -> Box:
    """Return the middle of a box, of at most a side."""
    found = []
    for v in view:
        start = v.start + max(0, v.stop - v.start - side) // 2
        found.append(slice(start, min(v.stop, start + side)))
    return tuple(found)


def rectangles(cells: Sequence[Cell]) -> list[Part]:
    """Cover pieces, given by row and column, with few rectangles: their first and last pieces."""
    left, found = set(cells), []
    for y, x in sorted(left):
        if (y, x) not in left:
            continue
        right = x
        while (y, right + 1) in left:
            right += 1
        bottom = y
        while all((bottom + 1, column) in left for column in range(x, right + 1)):
            bottom += 1
        left -= set(_in_rectangle(((y, x), (bottom, right))))
        found.append(((y, x), (bottom, right)))
    return found


def _in_rectangle(part: Part) -> list[Cell]:
    (top, left), (bottom, right) = part
    return list(itertools.product(range(top, bottom + 1), range(left, right + 1)))


def _box(part: Part) -> Box:
    return tuple(slice(a * CELL, (b + 1) * CELL) for a, b in zip(*part, strict=True))


def _clipped(box: Box, shape: Sequence[int]) -> Box:
    return tuple(slice(b.start, min(b.stop, n)) for b, n in zip(box, shape, strict=True))


def _relative(box: Box, outer: Box) -> Box:
    """Return where a box is in another one."""
    pairs = zip(box, outer, strict=True)
    return tuple(slice(b.start - o.start, b.stop - o.start) for b, o in pairs)


def _cells_of(window: Box) -> list[Cell]:
    rows, columns = (range(w.start // CELL, -(-w.stop // CELL)) for w in window)
    return list(itertools.product(rows, columns))


def view_box(corners: NDArray[Any], shape: Sequence[int]) -> Box | None:
    """Return the pixels between the corners of a view; None where it shows none.

    Parameters
    ----------
    corners
        ``(2, ndim)``: first and last place in image pixels.
    shape
        Of the image.
    """
    low, high = np.floor(np.min(corners, axis=0)), np.ceil(np.max(corners, axis=0)) + 1
    pairs = zip(low, high, shape, strict=True)
    box = tuple(slice(int(max(0, a)), int(min(n, b))) for a, b, n in pairs)
    return box if all(b.stop > b.start for b in box) else None
