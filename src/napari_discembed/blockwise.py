"""Segmentation out of core: an image of any size, block by block, at constant memory.

Each block is embedded and grouped in a window that reaches beyond it, so that objects at its border
are whole; the objects of neighbouring windows are joined where they share pixels, and numbered from
1 to N. What is done lies in a folder, so that a run that was killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering
from napari_discembed.clustering.joining import Joined, Pairs, join, same_objects
from napari_discembed.clustering.windows import WindowObjects, window_objects
from napari_discembed.config import ClusteringConfig, TilingConfig
from napari_discembed.errors import DiscembedError, FileFormatError
from napari_discembed.imaging.lazy import on_disk
from napari_discembed.inference.blocks import BlockEmbedder, BlockPlan, block_side
from napari_discembed.inference.representative import estimate_scale_of_parts
from napari_discembed.inference.tiling import Box
from napari_discembed.io.work_folder import WorkFolder
from napari_discembed.mining import judged
from napari_discembed.models import Model
from napari_discembed.progress import Job, Portion, Progress, scaled
from napari_discembed.types import Image, Kind, Provenance
from napari_discembed.types.kinds import kinds_of_classes

SCALE_SHARE, BLOCKS_SHARE = 0.05, 0.97
"""Shares of the time after which the scale is known, and all blocks are done."""


@dataclass(frozen=True, slots=True, eq=False)
class BlockLabels:
    """The objects of an image, whose labels are read block by block.

    Attributes
    ----------
    joined
        Numbers, sizes, classes and quality of the objects.
    boxes
        Of the image, in the order Z, Y, X of its axes.
    chunk
        Side of the chunks of labels that the boxes are made of.
    work
        Where the blocks are.
    diameter
        That the image was embedded at.
    kinds
        What the classes are called, for each class; empty where there is one.
    provenance
        Model and settings.
    """

    joined: Joined
    boxes: list[Box]
    chunk: int
    work: WorkFolder
    diameter: float
    kinds: tuple[Kind, ...]
    provenance: Provenance

    def blocks(self) -> Iterator[tuple[Box, NDArray[np.int64]]]:
        """Yield each box of the image with its labels, numbered through the whole image."""
        for i, box in enumerate(self.boxes):
            labels = _read(self.work, i, ("labels",))["labels"]
            yield box, self.joined.numbered(i, labels)


def segment_blocks(
    image: Image,
    model: Model,
    work: WorkFolder,
    settings: str,
    *,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
    side: int | None = None,
    blocks: DoBlocks | None = None,
) -> Job[BlockLabels]:
    """Find the objects of an image that may be larger than memory.

    Parameters
    ----------
    image
        A single frame; its pixels are read where they are sliced.
    model
        Network and card.
    work
        Folder for what is done.
    settings
        Hash of all that the labels depend on, the image included: what was done under another one
        is not taken up.
    diameter
        Typical object diameter in image pixels; None to estimate it on a few parts of the image.
    config
        How to group; None for what the model's card recommends.
    tile
        Tile size, device and precision.
    side
        Of a block, in image pixels, about; None for what takes some 2 GB of memory.
    blocks
        Does those blocks that are not done, such as on other computers; None to do them here, one
        after the other.

    Returns
    -------
    A job of the objects. A job that was cancelled or killed goes on where it was when it is run
    again with the same folder and settings.

    Raises
    ------
    InputError
        If the image is no frame for the model, or pixels are NaN or infinite.
    """
    model = model.for_grouping(config)
    image = replace(image, data=on_disk(image.data))
    settings = f"{settings}, blocks of {side}"
    noted = work.begin(settings)
    known = noted.get("diameter")
    if known is None:
        known = diameter
        if known is None:
            job = estimate_scale_of_parts(model, image, tile=tile)
            known = yield from scaled(job, 0, SCALE_SHARE, "scale")
        work.note(settings, {"diameter": known})
    run = BlockRun.of(image, model, work, settings, known, config, tile, side)
    doing = run.blocks() if blocks is None else blocks(run)
    yield from scaled(doing, SCALE_SHARE, BLOCKS_SHARE)
    joined = yield from scaled(run.joined(), BLOCKS_SHARE, 1.0)
    return run.result(joined)


@dataclass(frozen=True, slots=True, eq=False)
class BlockRun:
    """The blocks of an image: any of them can be done alone, in any process that sees the folder.

    Attributes
    ----------
    embedder, plan
        Of the image.
    work
        Folder for what is done.
    settings
        That the folder belongs to.
    config
        How to group.
    """

    embedder: BlockEmbedder
    plan: BlockPlan
    work: WorkFolder
    settings: str
    config: ClusteringConfig

    @classmethod
    def of(
        cls,
        image: Image,
        model: Model,
        work: WorkFolder,
        settings: str,
        diameter: float,
        config: ClusteringConfig | None = None,
        tile: TilingConfig | None = None,
        side: int | None = None,
    ) -> BlockRun:
        """Plan the blocks of an image; the parameters are those of :func:`segment_blocks`."""
        model = model.for_grouping(config)
        image = replace(image, data=on_disk(image.data))
        embedder = BlockEmbedder.of(image, model, diameter, tile)
        plan = BlockPlan.of(embedder, *block_side(embedder, side))
        card = model.card
        if config is None:  # as the card recommends it for an embedding that is judged, or is not
            judged_config = None if model.judge is None else card.learned
            config = judged_config or card.clustering
        return cls(embedder, plan, work, settings, config)

    def missing(self) -> list[int]:
        """Return the numbers of the blocks that are not done."""
        return [i for i in range(len(self.plan.boxes)) if not self.work.has(i)]

    def blocks(self) -> Job[None]:
        """Do what is not done."""
        total = len(self.plan.boxes)
        for i in range(total):
            done = Portion(i, total, "block")
            if not self.work.has(i):
                job = self.block(i)
                yield from scaled(job, i / total, (i + 1) / total, f"block {i + 1}/{total}", done)
            yield Progress((i + 1) / total, "", portion=Portion(i + 1, total, "block"))

    def block(self, number: int) -> Job[None]:
        """Embed and group a block, and write it into the folder.

        Raises
        ------
        DiscembedError
            If the folder has been given to a run with other settings, or is not there.
        """
        window = self.plan.windows[number]
        embedding = yield from scaled(self.embedder.embed(window), 0, 0.8)
        model = self.embedder.model
        if model.judge is not None:
            embedding = yield from scaled(judged(embedding, model.judge), 0.8, 0.9)
        prepared = clustering.prepare(embedding, self.config.method)
        yield Progress(0.95, "grouping")
        box = self.plan.boxes[number]
        found = window_objects(prepared, self.config, self.embedder.to_image, window, box)
        if not self.work.belongs_to(self.settings):
            raise DiscembedError(
                f"{self.work.path} is not there any more, or has become that of a run with other "
                "settings. Start one run after the other, and let all computers see that folder."
            )
        self.work.add(number, self._arrays(number, found))

    def _arrays(self, number: int, found: WindowObjects) -> dict[str, NDArray[Any]]:
        """Return what is kept of a block: its labels, and those by which it is joined."""
        starts = [w.start for w in self.plan.windows[number]]
        kept: dict[str, NDArray[Any]] = {"labels": found.on_image, "sizes": found.sizes}
        for pair, region in self.plan.seams.items():
            if number in pair:
                part = tuple(
                    slice(r.start - a, r.stop - a) for r, a in zip(region, starts, strict=True)
                )
                kept[_seam(pair)] = found.on_grid[part]
        optional = {"classes": found.classes, "quality": found.quality}
        return {**kept, **{name: a for name, a in optional.items() if a is not None}}

    def joined(self) -> Job[Joined]:
        """Join the objects at seams, and number all of them."""
        parts = [
            _read(self.work, i, ("sizes", "classes", "quality"))
            for i in range(len(self.plan.boxes))
        ]
        seams: list[tuple[int, int, Pairs]] = []
        for n, pair in enumerate(self.plan.seams):
            here, there = (_read(self.work, i, (_seam(pair),))[_seam(pair)] for i in pair)
            seams.append((*pair, same_objects(here, there)))
            yield Progress((n + 1) / len(self.plan.seams), "joining")
        classes, quality = (
            [part[name] for part in parts] if all(name in part for part in parts) else None
            for name in ("classes", "quality")
        )
        return join([part["sizes"] for part in parts], seams, classes, quality)

    def result(self, joined: Joined) -> BlockLabels:
        """Return the objects with what is known of all."""
        embedder = self.embedder
        grouping = self.config.model_dump(mode="json")
        provenance = embedder.provenance.with_step("clustering", grouping)
        kinds: tuple[Kind, ...] = ()
        if joined.classes is not None:
            named = embedder.model.card.kinds
            top = int(joined.classes.max(initial=0))
            kinds = kinds_of_classes(max(len(named), top), named)
        boxes, chunk = self.plan.boxes, self.plan.chunk
        return BlockLabels(joined, boxes, chunk, self.work, embedder.diameter, kinds, provenance)


DoBlocks: TypeAlias = Callable[[BlockRun], Job[None]]
"""Does the blocks of a run that are not done."""


def _seam(pair: tuple[int, int]) -> str:
    return f"seam_{pair[0]}_{pair[1]}"


def _read(work: WorkFolder, number: int, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    found = work.read(number, names)
    if found is None:
        work.remove(number)
        raise FileFormatError(
            f"{work.path}: block {number} was damaged and is removed. Start again: all other "
            "blocks are kept."
        )
    return found
