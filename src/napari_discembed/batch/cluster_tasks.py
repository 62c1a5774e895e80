"""The tasks of a batch on a cluster: images, and blocks of large images."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from napari_discembed.batch.cluster import Cluster
from napari_discembed.batch.entries import Row
from napari_discembed.batch.image_work import ImageWork
from napari_discembed.batch.recipe import Recipe
from napari_discembed.blockwise import BlockRun
from napari_discembed.errors import DiscembedError
from napari_discembed.files import partial_path
from napari_discembed.io.work_folder import WorkFolder
from napari_discembed.models import Model, load_model, save_model
from napari_discembed.progress import Job, Portion, Progress, run

PATIENCE = 90.0
"""Seconds until a file that another computer has written is seen here: network drives take some."""

POLL_SECONDS = 0.1
"""Time between two looks for it."""


@dataclass(frozen=True, slots=True)
class ImageTask:
    """An image that a worker segments; returns its rows.

    Attributes
    ----------
    work
        With paths from the root.
    model
        File of the model.
    """

    work: ImageWork
    model: Path

    def __call__(self) -> list[Row]:
        """Segment the image and write its labels."""
        return run(self.work.run(worker_model(self.model)))


@dataclass(frozen=True, slots=True)
class BlockTask:
    """A block that a worker embeds and groups, into the folder of its image.

    Attributes
    ----------
    image
        That it is of.
    number
        Of the block.
    """

    image: BlockedImage
    number: int

    def __call__(self) -> None:
        """Do the block, unless another worker was faster."""
        blocks = _block_run(self.image)
        if not blocks.work.has(self.number):
            run(blocks.block(self.number))


@dataclass(frozen=True, slots=True)
class BlockedImage:
    """A large image, as a worker opens it.

    Attributes
    ----------
    path
        Of the image, from the root.
    recipe
        What is done to it; its model is a file.
    work
        Folder of its blocks.
    settings, diameter
        Of its :class:`~napari_discembed.blockwise.BlockRun`.
    """

    path: Path
    recipe: Recipe
    work: WorkFolder
    settings: str
    diameter: float


@lru_cache(maxsize=1)
def worker_model(path: Path) -> Model:
    """Return the model of a file, read once for all tasks of a worker."""
    return load_model(path)


@lru_cache(maxsize=1)
def _block_run(image: BlockedImage) -> BlockRun:
    """Open a large image and measure its intensities, once for all blocks of a worker."""
    recipe = image.recipe
    return BlockRun.of(
        recipe.reading.read(image.path),
        worker_model(Path(str(recipe.model))),
        image.work,
        image.settings,
        image.diameter,
        recipe.config,
        recipe.tiling,
        recipe.block,
    )


@dataclass(frozen=True, slots=True, eq=False)
class ClusterBatch:
    """A batch whose images and blocks are done by the workers of a cluster.

    Attributes
    ----------
    cluster
        That does them.
    model
        File of the model, where all workers see it.
    """

    cluster: Cluster
    model: Path

    @classmethod
    @contextmanager
    def of(cls, cluster: Cluster, model: Model, folder: Path) -> Iterator[ClusterBatch]:
        """Write the model into a folder that all workers see, until the block ends."""
        path = partial_path(folder.absolute() / "model.safetensors")
        try:
            save_model(path, model)
            yield cls(cluster, path)
        finally:
            path.unlink(missing_ok=True)

    def images(
        self, works: Sequence[ImageWork], ended: Callable[[int, list[Row] | Exception], Progress]
    ) -> Job[None]:
        """Segment images.

        Parameters
        ----------
        works
            Of the images.
        ended
            Called with the number of an image that has ended, and its rows or why it failed;
            returns the progress that is yielded then.
        """

        def seen(number: int, outcome: Any) -> Progress:  # noqa: ANN401 - rows or an exception
            work = works[number]
            if work.target is not None and not isinstance(outcome, Exception):
                path = work.target.labels
                if not _is_there(path.exists):
                    outcome = DiscembedError(_unseen(path))
                elif work.source.is_store:  # as it is called here
                    outcome = [{**row, "labels": str(path)} for row in outcome]
            return ended(number, outcome)

        tasks = [ImageTask(self._elsewhere(work), self.model) for work in works]
        yield from self.cluster.run(tasks, seen)

    def blocks(self, source: Path, recipe: Recipe, blocks: BlockRun) -> Job[None]:
        """Do the blocks of a large image that are not done.

        Parameters
        ----------
        source
            Path of the image.
        recipe
            What is done to it.
        blocks
            The run that they belong to.
        """
        numbers, total = blocks.missing(), len(blocks.plan.boxes)
        done = total - len(numbers)

        def ended(number: int, outcome: object) -> Progress:
            nonlocal done
            if isinstance(outcome, Exception):
                raise outcome
            block = numbers[number]
            if not _is_there(lambda: blocks.work.has(block)):
                raise DiscembedError(_unseen(blocks.work.path))
            done += 1
            return Progress(done / total, "blocks", portion=Portion(done, total, "block"))

        image = BlockedImage(
            source.absolute(),
            replace(recipe, model=str(self.model)),
            WorkFolder(blocks.work.path.absolute()),
            blocks.settings,
            blocks.embedder.diameter,
        )
        yield from self.cluster.run([BlockTask(image, i) for i in numbers], ended)

    def _elsewhere(self, work: ImageWork) -> ImageWork:
        """Return what is done to an image, as another process in another folder finds it."""
        target = work.target
        if target is not None:
            folder, labels, classes = target.folder, target.labels, target.classes
            target = replace(
                target,
                folder=folder.absolute(),
                labels=labels.absolute(),
                classes=classes.absolute(),
            )
        source = replace(work.source, path=work.source.path.absolute())
        recipe = replace(work.recipe, model=str(self.model))
        return replace(work, source=source, recipe=recipe, target=target)


def _is_there(there: Callable[[], bool]) -> bool:
    """Tell whether something is there, now or soon."""
    until = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _unseen(path: Path) -> str:
    return (
        f"A worker has written {path}, and it is not to be seen from here. Let --output and the "
        "images be on a drive that all computers have under the same path."
    )
