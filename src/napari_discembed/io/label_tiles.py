"""Label images that are larger than memory, as tiled TIFF."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
import tifffile
from numpy.typing import DTypeLike

from napari_discembed.files import atomic_path
from napari_discembed.io.labels import SOFTWARE
from napari_discembed.progress import Job, Progress
from napari_discembed.types import IntArray
from napari_discembed.types.axes import SPATIAL

_BIG = 2**31
"""Bytes of pixels from which the file is a BigTIFF, whose offsets have 64 bits."""
_TO_WRITE = 0.9
"""Share of the time after which all tiles are compressed."""


@dataclass(frozen=True, slots=True)
class LabelFile:
    """A tiled TIFF of labels.

    Attributes
    ----------
    path
        Of the file.
    shape
        Of the labels, in the order Z, Y, X.
    dtype
        Unsigned.
    tile
        Side of a tile, a multiple of 16.
    pixel_size, unit
        In the order of the shape.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: DTypeLike
    tile: int
    pixel_size: tuple[float, ...]
    unit: str = "pixel"

    def write(self, blocks: Iterable[tuple[tuple[slice, ...], IntArray]], total: int) -> Job[None]:
        """Write the file, whole or not at all, at constant memory.

        Parameters
        ----------
        blocks
            Boxes that cover the labels once, with the labels; they begin at multiples of a tile.
        total
            How many blocks there are.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self.path.parent) as scratch:
            tiles = _Tiles(scratch, self.shape, self.tile, np.dtype(self.dtype))
            for i, (box, labels) in enumerate(blocks):
                tiles.add(box, labels)
                yield Progress(_TO_WRITE * (i + 1) / total, "writing labels")
            with atomic_path(self.path) as partial:
                tifffile.imwrite(partial, iter(tiles), **self._options())

    def _options(self) -> dict[str, Any]:
        """Return how the file is written: as a plain TIFF, which knows micrometers alone."""
        dtype = np.dtype(self.dtype)
        axes = SPATIAL[-len(self.shape) :]
        metadata: dict[str, Any] = {"axes": axes, "unit": self.unit}
        if len(self.shape) > 2:
            metadata["spacing"] = self.pixel_size[0]
        scale = 1e4 if self.unit == "micrometer" else 1.0
        return {
            "shape": self.shape,
            "dtype": dtype,
            "bigtiff": math.prod(self.shape) * dtype.itemsize > _BIG,
            "tile": (self.tile, self.tile),
            "photometric": "minisblack",
            "compression": "zlib",
            "resolution": (scale / self.pixel_size[-1], scale / self.pixel_size[-2]),
            "resolutionunit": None if scale == 1 else "CENTIMETER",
            "metadata": metadata,
            "software": SOFTWARE,
        }


@dataclass(slots=True)
class _Tiles:
    """Compressed tiles in a file, which come in any order and go in that of TIFF."""

    scratch: IO[bytes]
    shape: Sequence[int]
    side: int
    dtype: np.dtype[Any]
    places: dict[tuple[int, ...], tuple[int, int]] = field(default_factory=dict)

    def add(self, box: Sequence[slice], labels: IntArray) -> None:
        """Compress the tiles of a box."""
        import imagecodecs  # here, since it takes long to load

        steps = (*[1] * (len(self.shape) - 2), self.side, self.side)
        starts = [range(0, b.stop - b.start, n) for b, n in zip(box, steps, strict=True)]
        for at in itertools.product(*starts):
            part = labels[tuple(slice(a, a + n) for a, n in zip(at, steps, strict=True))]
            tile = np.zeros((self.side, self.side), self.dtype)
            tile[: part.shape[-2], : part.shape[-1]] = part.reshape(part.shape[-2:])
            stored = imagecodecs.zlib_encode(tile.tobytes())
            place = tuple((b.start + a) // n for b, a, n in zip(box, at, steps, strict=True))
            self.places[place] = self.scratch.tell(), len(stored)
            self.scratch.write(stored)

    def __iter__(self) -> Iterator[bytes]:
        for place in sorted(self.places):
            start, count = self.places[place]
            self.scratch.seek(start)
            yield self.scratch.read(count)
