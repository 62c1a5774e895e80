"""What is done to one image of a batch, in this process or in another."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from napari_discembed import pipeline
from napari_discembed.batch.entries import Row
from napari_discembed.batch.large import LargeWork, Outcome
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.batch.stores import StoreWork
from napari_discembed.batch.summary import summarise
from napari_discembed.blockwise import DoBlocks
from napari_discembed.io.labels import write_segmentation
from napari_discembed.models import Model
from napari_discembed.progress import Job
from napari_discembed.types import Image


@dataclass(frozen=True, slots=True)
class Target:
    """Where what comes of an image goes.

    Attributes
    ----------
    folder
        Of the results.
    labels, classes
        Files of the labels, and of the classes of pixels; for a stored image the labels are a group
        of its store.
    label_name
        Of the labels of a stored image.
    overwrite
        Whether labels of that name are replaced in a store.
    """

    folder: Path
    labels: Path
    classes: Path
    label_name: str
    overwrite: bool


@dataclass(frozen=True, slots=True)
class ImageWork:
    """An image, and what is done to it.

    Attributes
    ----------
    source
        The image.
    recipe
        What is done to it, but for the model.
    settings
        Hash of all that the labels depend on.
    target
        Where the labels go; None to write nothing.
    """

    source: Source
    recipe: Recipe
    settings: str = ""
    target: Target | None = None

    def run(self, model: Model, do_blocks: DoBlocks | None = None) -> Job[list[Row]]:
        """Segment the image and write its labels.

        Parameters
        ----------
        model
            Network and card.
        do_blocks
            Does the blocks of a large image; None to do them here, one after the other.

        Returns
        -------
        A job of a row an image, or a frame of it.
        """
        started = time.monotonic()
        target = self.target
        if target is None:
            outcome = yield from self._whole(model, self.recipe.reading.read(self.source.path))
        elif self.source.is_store:
            large = self.large(model, target, do_blocks)
            outcome = yield from StoreWork(large, target.label_name, target.overwrite).run()
        else:
            outcome = yield from self._into_files(model, target, do_blocks)
        return self._rows(model, outcome, time.monotonic() - started)

    def large(self, model: Model, target: Target, do_blocks: DoBlocks | None = None) -> LargeWork:
        """Return what is done to the image, should it be a large one."""
        folder = target.folder
        return LargeWork(self.source, self.recipe, model, self.settings, folder, do_blocks)

    def _into_files(self, model: Model, target: Target, do_blocks: DoBlocks | None) -> Job[Outcome]:
        image = self.recipe.reading.read(self.source.path)
        large = self.large(model, target, do_blocks)
        if large.has_blocks(image):
            return (yield from large.into_files(image, target.labels, target.classes))
        return (yield from self._whole(model, image, target))

    def _whole(self, model: Model, image: Image, target: Target | None = None) -> Job[Outcome]:
        recipe = self.recipe
        found = yield from pipeline.segment(
            image, model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        if target is not None:
            write_segmentation(target.labels, found)
            if found.class_image is not None:
                classes = replace(found, labels=found.class_image, quality=None)
                write_segmentation(target.classes, classes)
        return Outcome(summarise(found), found.provenance.config["diameter"])

    def _rows(self, model: Model, outcome: Outcome, seconds: float) -> list[Row]:
        source = self.source
        about = {
            "image": source.name,
            "diameter": round(outcome.diameter, 1),
            "model": model.name,
            "seconds": round(seconds, 3),
        }
        if self.target is not None:
            group = str(self.target.labels)
            about["labels"] = group if source.is_store else f"{source.key}_labels.tif"
        return [
            {**summary.row(), **about, "frame": None, **summary.where}
            for summary in outcome.summaries
        ]
