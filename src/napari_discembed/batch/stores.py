"""Images of OME-Zarr stores: segmented, large ones by blocks, and labelled in the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from napari_discembed import pipeline
from napari_discembed.batch.large import BEFORE_WRITING, LargeWork, Outcome, summary
from napari_discembed.batch.summary import summarise
from napari_discembed.blockwise import BlockLabels
from napari_discembed.clustering import label_dtype
from napari_discembed.io.ome_zarr.label_metadata import notes_of
from napari_discembed.io.ome_zarr.label_table import write_label_table
from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.labels import fill_coarser, new_labels, write_labels_into
from napari_discembed.metrics.gathered import GatheredMeasures
from napari_discembed.metrics.measure import class_columns
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import Image, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class StoreWork:
    """What is done to an image of a store.

    Attributes
    ----------
    large
        What is done to it, should it be a large one.
    label_name
        Of the labels that are written.
    overwrite
        Whether labels of that name are replaced.
    """

    large: LargeWork
    label_name: str
    overwrite: bool = False

    def run(self) -> Job[Outcome]:
        """Segment the image and write its labels.

        Raises
        ------
        DiscembedError
            If it cannot be read or segmented, labels of that name are there, or nothing can be
            written.
        """
        path, reading = self.large.source.path, self.large.recipe.reading
        target = LabelTarget.of(
            path,
            self.label_name,
            series=reading.series,
            level=reading.level,
            axes=reading.axes,
        )
        # After a run that was killed before it noted that it was done.
        overwrite = self.overwrite or target.written_with() == self.large.settings
        target.check_free(overwrite=overwrite)
        image = reading.read(path)
        if self.large.has_blocks(image):
            return (yield from self._by_blocks(image, target, overwrite))
        return (yield from self._whole(image, target, overwrite))

    def _whole(self, image: Image, target: LabelTarget, overwrite: bool) -> Job[Outcome]:
        recipe, model = self.large.recipe, self.large.model
        job = pipeline.segment(
            image, model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        found = yield from scaled(job, 0, BEFORE_WRITING)
        notes = notes_of(found.classes, found.class_kinds, found.provenance, self.large.settings)
        table = pipeline.measure(found, image)
        writing = write_labels_into(
            target, found.labels, found.axes, notes, table, overwrite=overwrite
        )
        yield from scaled(writing, BEFORE_WRITING, 1.0)
        return Outcome(summarise(found), found.provenance.config["diameter"])

    def _by_blocks(self, image: Image, target: LabelTarget, overwrite: bool) -> Job[Outcome]:
        found = yield from scaled(self.large.find(image), 0, BEFORE_WRITING)
        target = replace(target, chunk=found.chunk)
        writing = write_blocks_into(target, found, image, self.large.settings, overwrite=overwrite)
        yield from scaled(writing, BEFORE_WRITING, 1.0)
        return Outcome([summary(found, image)], found.diameter)


def write_blocks_into(
    target: LabelTarget, found: BlockLabels, image: Image, settings: str, *, overwrite: bool
) -> Job[None]:
    """Write objects that were found block by block into the image that they are of.

    Parameters
    ----------
    target
        Where they go.
    found
        The objects.
    image
        That they are of.
    settings
        Hash of all that they depend on.
    overwrite
        Whether labels of that name are replaced.

    Raises
    ------
    InputError
        If there are labels of that name that are not to be replaced.
    DiscembedError
        If the store is read-only or the disk is full.
    """
    joined = found.joined
    notes = notes_of(joined.classes, found.kinds, found.provenance, settings)
    dtype = label_dtype(joined.count)
    measures = GatheredMeasures(joined.count, image.axes.ndim)
    with new_labels(target, dtype, notes, overwrite=overwrite) as levels:
        for i, (box, labels) in enumerate(found.blocks()):
            index, shown = target.placed(box, labels.astype(dtype))
            levels[0][index] = shown
            measures.add(box, labels)
            yield Progress(0.7 * (i + 1) / len(found.boxes), "writing labels")
        yield from scaled(fill_coarser(levels), 0.7, 1.0)
        table = measures.table(image.ordered_pixel_size, image.unit, image.name)
        write_label_table(target, table.with_columns(_known_of(found, table["label"] - 1)))


def _known_of(found: BlockLabels, rows: IntArray) -> dict[str, NDArray[Any]]:
    """Return quality, class and kind of objects, as far as they are known."""
    joined, columns = found.joined, dict[str, NDArray[Any]]()
    if joined.quality is not None:
        columns["quality"] = joined.quality[rows]
    if joined.classes is not None:
        columns |= class_columns(joined.classes[rows], found.kinds)
    return columns
