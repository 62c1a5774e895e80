"""What is done to one image of a batch, in this process or in another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from napari_discembed import pipeline
from napari_discembed.batch.entries import Row
from napari_discembed.batch.recipe import Recipe
from napari_discembed.batch.sources import Source
from napari_discembed.batch.stores import StoreWork
from napari_discembed.batch.summary import Summary, summarise
from napari_discembed.blockwise import DoBlocks
from napari_discembed.io.labels import write_segmentation
from napari_discembed.models import Model
from napari_discembed.progress import Job


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
        if self.target is not None and self.source.is_store:
            return self._into_store(model, self.target, do_blocks)
        return self._into_file(model)

    def stored(self, model: Model, target: Target, do_blocks: DoBlocks | None = None) -> StoreWork:
        """Return what is done to an image of a store."""
        name, folder, overwrite = target.label_name, target.folder, target.overwrite
        return StoreWork(
            self.source, self.recipe, model, self.settings, name, folder, overwrite, do_blocks
        )

    def _into_store(
        self, model: Model, target: Target, do_blocks: DoBlocks | None
    ) -> Job[list[Row]]:
        started = time.monotonic()
        found = yield from self.stored(model, target, do_blocks).run()
        return self._rows(model, found.summaries, found.diameter, time.monotonic() - started)

    def _into_file(self, model: Model) -> Job[list[Row]]:
        started = time.monotonic()
        recipe = self.recipe
        image = recipe.reading.read(self.source.path)
        found = yield from pipeline.segment(
            image, model, diameter=recipe.diameter, config=recipe.config, tile=recipe.tiling
        )
        seconds = time.monotonic() - started
        rows = self._rows(model, summarise(found), found.provenance.config["diameter"], seconds)
        if self.target is not None:
            write_segmentation(self.target.labels, found)
            if found.class_image is not None:
                classes = replace(found, labels=found.class_image, quality=None)
                write_segmentation(self.target.classes, classes)
        return rows

    def _rows(
        self, model: Model, summaries: Sequence[Summary], diameter: float, seconds: float
    ) -> list[Row]:
        source = self.source
        about = {
            "image": source.name,
            "diameter": round(diameter, 1),
            "model": model.name,
            "seconds": round(seconds, 3),
        }
        if self.target is not None:
            group = str(self.target.labels)
            about["labels"] = group if source.is_store else f"{source.key}_labels.tif"
        return [{**summary.row(), **about, "frame": None, **summary.where} for summary in summaries]
