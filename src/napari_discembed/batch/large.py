"""Images that are too large to be segmented as a whole: block by block, in a folder of blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.batch.summary import Summary, count_unsure, summarise_sizes
from napari_discembed.blockwise import BlockLabels, DoBlocks, segment_blocks
from napari_discembed.clustering import label_dtype
from napari_discembed.io.label_tiles import LabelFile
from napari_discembed.io.readers import list_series
from napari_discembed.io.work_folder import WorkFolder
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Image, IntArray

BEFORE_WRITING = 0.95
"""Share of the time after which what is left is to write labels."""

MOST_WHOLE = 2**26
"""Pixels of a frame up to which it is segmented as a whole, if nothing else is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of an image.

    Attributes
    ----------
    summaries
        Of its frames.
    diameter
        That it was embedded at.
    """

    summaries: list[Summary]
    diameter: float


@dataclass(frozen=True, slots=True, eq=False)
class LargeWork:
    """What is done to an image, should it be a large one.

    Attributes
    ----------
    source
        The image.
    recipe, model
        What is done to it.
    settings
        Hash of all that the labels depend on.
    folder
        Of the results, where what is done of a large image lies until it is whole.
    do_blocks
        Does the blocks of a large image; None to do them here, one after the other.
    """

    source: Source
    recipe: Recipe
    model: Model
    settings: str
    folder: Path
    do_blocks: DoBlocks | None = None

    @property
    def blocks(self) -> WorkFolder:
        """What is done of the image, block by block."""
        place = self.folder / self.source.relative
        return WorkFolder(place.with_name(f".{place.name}_blocks"))

    def has_blocks(self, image: Image) -> bool:
        """Tell whether an image is done block by block: series of frames never are."""
        is_single = not image.axes.frames(self.model.config.ndim)
        return is_single and math.prod(image.shape) > self._most

    def is_large(self) -> bool:
        """Tell whether the image is done block by block; small files are not read."""
        path = self.source.path
        if not self.source.is_store:
            sizes = [math.prod(series.shape) for series in list_series(path)]
            if max(sizes) <= self._most:
                return False
        return self.has_blocks(self.recipe.reading.read(path))

    @property
    def _most(self) -> int:
        return MOST_WHOLE if self.recipe.block is None else self.recipe.block**2

    def find(self, image: Image) -> Job[BlockLabels]:
        """Find the objects of the image, block by block."""
        recipe = self.recipe
        return segment_blocks(
            image,
            self.model,
            self.blocks,
            self.settings,
            diameter=recipe.diameter,
            config=recipe.config,
            tile=recipe.tiling,
            side=recipe.block,
            blocks=self.do_blocks,
        )

    def into_files(self, image: Image, labels: Path, classes: Path) -> Job[Outcome]:
        """Segment the image and write its labels as tiled TIFF.

        Parameters
        ----------
        image
            That of the source.
        labels, classes
            Files of the labels, and of the classes of pixels.
        """
        found = yield from scaled(self.find(image), 0, BEFORE_WRITING)
        shape = tuple(max(b.stop for b in along) for along in zip(*found.boxes, strict=True))
        size, unit = image.ordered_pixel_size, image.unit
        total, joined = len(found.boxes), found.joined
        dtype = label_dtype(joined.count)
        file = LabelFile(labels, shape, dtype, found.chunk, size, unit)
        middle = 1.0 if joined.classes is None else (1 + BEFORE_WRITING) / 2
        yield from scaled(file.write(found.blocks(), total), BEFORE_WRITING, middle)
        if joined.classes is not None:
            of_pixels = replace(file, path=classes, dtype=np.uint8)
            writing = of_pixels.write(_classes_of_pixels(found, joined.classes), total)
            yield from scaled(writing, middle, 1.0)
        return Outcome([summary(found, image)], found.diameter)


def _classes_of_pixels(
    found: BlockLabels, classes: IntArray
) -> Iterator[tuple[tuple[slice, ...], IntArray]]:
    table = np.concatenate([[0], classes]).astype(np.uint8)
    for box, labels in found.blocks():
        yield box, table[labels]


def summary(found: BlockLabels, image: Image) -> Summary:
    """Summarise the objects of an image, in its physical units."""
    joined, size = found.joined, math.prod(image.pixel_size)
    result = summarise_sizes(joined.sizes * size, image.name, image.unit, image.axes.ndim)
    kinds = {}
    if joined.classes is not None:
        counts = np.bincount(joined.classes, minlength=len(found.kinds) + 1)[1:]
        kinds = {kind.name: int(n) for kind, n in zip(found.kinds, counts, strict=True)}
    return replace(result, kinds=kinds, unsure=count_unsure(joined.quality))
