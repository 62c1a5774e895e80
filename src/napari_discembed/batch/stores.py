"""Images of OME-Zarr stores: segmented, and their labels written into the store."""

from __future__ import annotations

from dataclasses import dataclass

from napari_discembed import pipeline
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.io.ome_zarr.label_metadata import notes_of
from napari_discembed.io.ome_zarr.labels import LabelTarget, write_labels_into
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Segmentation

BEFORE_WRITING = 0.9
"""Share of the time after which what is left is to write labels."""


@dataclass(frozen=True, slots=True, eq=False)
class StoreWork:
    """What is done to an image of a store.

    Attributes
    ----------
    source
        The image.
    recipe, model
        What is done to it.
    label_name
        Of the labels that are written.
    overwrite
        Whether labels of that name are replaced.
    """

    source: Source
    recipe: Recipe
    model: Model
    label_name: str
    overwrite: bool = False

    def run(self) -> Job[Segmentation]:
        """Segment the image and write its labels.

        Raises
        ------
        DiscembedError
            If it cannot be read or segmented, labels of that name are there, or nothing can be
            written.
        """
        reading, recipe = self.recipe.reading, self.recipe
        target = LabelTarget.of(
            self.source.path,
            self.label_name,
            series=reading.series,
            level=reading.level,
            axes=reading.axes,
        )
        target.check_free(overwrite=self.overwrite)
        image = reading.read(self.source.path)
        job = pipeline.segment(
            image, self.model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        found = yield from scaled(job, 0, BEFORE_WRITING)
        notes = notes_of(found.classes, found.class_kinds, found.provenance)
        writing = write_labels_into(
            target, found.labels, found.axes, notes, overwrite=self.overwrite
        )
        yield from scaled(writing, BEFORE_WRITING, 1.0)
        return found
