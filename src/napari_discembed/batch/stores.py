"""Images of OME-Zarr stores: segmented, large ones by blocks, and labelled in the store."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from napari_discembed import pipeline
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.batch.summary import Summary, count_unsure, summarise, summarise_sizes
from napari_discembed.blockwise import BlockLabels, DoBlocks, segment_blocks
from napari_discembed.clustering import label_dtype
from napari_discembed.io.ome_zarr.label_metadata import notes_of
from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.labels import fill_coarser, new_labels, write_labels_into
from napari_discembed.io.work_folder import WorkFolder
from napari_discembed.models import Model
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import Image

BEFORE_WRITING = 0.95
"""Share of the time after which what is left is to write labels."""

MOST_WHOLE = 2**26
"""Pixels of a frame up to which it is segmented as a whole, if nothing else is asked."""


@dataclass(frozen=True, slots=True, eq=False)
class StoreResult:
    """What came of an image of a store.

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
class StoreWork:
    """What is done to an image of a store.

    Attributes
    ----------
    source
        The image.
    recipe, model
        What is done to it.
    settings
        Hash of all that the labels depend on.
    label_name
        Of the labels that are written.
    folder
        Of the results, where what is done of a large image lies until it is whole.
    overwrite
        Whether labels of that name are replaced.
    do_blocks
        Does the blocks of a large image; None to do them here, one after the other.
    """

    source: Source
    recipe: Recipe
    model: Model
    settings: str
    label_name: str
    folder: Path
    overwrite: bool = False
    do_blocks: DoBlocks | None = None

    @property
    def blocks(self) -> WorkFolder:
        """What is done of the image, block by block."""
        place = self.folder / self.source.relative
        return WorkFolder(place.with_name(f".{place.name}_blocks"))

    def run(self) -> Job[StoreResult]:
        """Segment the image and write its labels.

        Raises
        ------
        DiscembedError
            If it cannot be read or segmented, labels of that name are there, or nothing can be
            written.
        """
        reading = self.recipe.reading
        target = LabelTarget.of(
            self.source.path,
            self.label_name,
            series=reading.series,
            level=reading.level,
            axes=reading.axes,
        )
        # After a run that was killed before it noted that it was done.
        overwrite = self.overwrite or target.written_with() == self.settings
        target.check_free(overwrite=overwrite)
        image = reading.read(self.source.path)
        if self._has_blocks(image):
            return (yield from self._by_blocks(image, target, overwrite))
        return (yield from self._whole(image, target, overwrite))

    def is_large(self) -> bool:
        """Tell whether the image is done block by block."""
        return self._has_blocks(self.recipe.reading.read(self.source.path))

    def _has_blocks(self, image: Image) -> bool:
        """Tell whether an image is done block by block: series of frames never are."""
        most = MOST_WHOLE if self.recipe.block is None else self.recipe.block**2
        is_single = not image.axes.frames(self.model.config.ndim)
        return is_single and math.prod(image.shape) > most

    def _whole(self, image: Image, target: LabelTarget, overwrite: bool) -> Job[StoreResult]:
        recipe = self.recipe
        job = pipeline.segment(
            image, self.model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        found = yield from scaled(job, 0, BEFORE_WRITING)
        notes = notes_of(found.classes, found.class_kinds, found.provenance, self.settings)
        writing = write_labels_into(target, found.labels, found.axes, notes, overwrite=overwrite)
        yield from scaled(writing, BEFORE_WRITING, 1.0)
        return StoreResult(summarise(found), found.provenance.config["diameter"])

    def _by_blocks(self, image: Image, target: LabelTarget, overwrite: bool) -> Job[StoreResult]:
        recipe = self.recipe
        job = segment_blocks(
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
        found = yield from scaled(job, 0, BEFORE_WRITING)
        target = replace(target, chunk=found.chunk)
        writing = self._write(found, target, overwrite)
        yield from scaled(writing, BEFORE_WRITING, 1.0)
        return StoreResult([_summary(found, image)], found.diameter)

    def _write(self, found: BlockLabels, target: LabelTarget, overwrite: bool) -> Job[None]:
        joined = found.joined
        notes = notes_of(joined.classes, found.kinds, found.provenance, self.settings)
        dtype = label_dtype(joined.count)
        with new_labels(target, dtype, notes, overwrite=overwrite) as levels:
            for i, (box, labels) in enumerate(found.blocks()):
                index, shown = target.placed(box, labels.astype(dtype))
                levels[0][index] = shown
                yield Progress(0.7 * (i + 1) / len(found.boxes), "writing labels")
            yield from scaled(fill_coarser(levels), 0.7, 1.0)


def _summary(found: BlockLabels, image: Image) -> Summary:
    joined, size = found.joined, math.prod(image.pixel_size)
    summary = summarise_sizes(joined.sizes * size, image.name, image.unit, image.axes.ndim)
    kinds = {}
    if joined.classes is not None:
        counts = np.bincount(joined.classes, minlength=len(found.kinds) + 1)[1:]
        kinds = {kind.name: int(n) for kind, n in zip(found.kinds, counts, strict=True)}
    return replace(summary, kinds=kinds, unsure=count_unsure(joined.quality))
