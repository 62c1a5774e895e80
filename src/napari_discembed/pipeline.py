"""The straight way through, on one page.

An image becomes an embedding, the embedding candidates and a segmentation, the segmentation a
table; the network that does it is made by :func:`~napari_discembed.finetuning.finetune`. Long steps
are jobs, for :func:`~napari_discembed.progress.run` or a worker; the others answer at once.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering, metrics
from napari_discembed.config import (
    ClusteringConfig,
    GroupsLike,
    TilingConfig,
    clustering_config,
    grouping_config,
    suited_config,
)
from napari_discembed.imaging.reading import as_image
from napari_discembed.inference import FrameMemory, embed_image, estimate_scale, memory_of
from napari_discembed.mining import judged
from napari_discembed.models import Model, load_model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import (
    Candidates,
    Embedding,
    Image,
    Instances,
    ObjectTable,
    Segmentation,
    concatenated,
    stacked,
)

BEFORE_JUDGING = 0.8
"""Share of the time after which what is left is to judge candidates."""

MOST_JUDGED = 2**24
"""Pixels of the grid up to which candidates are judged: it takes several times their memory."""

ImageLike: TypeAlias = Image | NDArray[Any]
"""An image, or an array of numpy, dask, zarr or xarray."""


def embed(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
    store: Path | None = None,
    memory: FrameMemory | None = None,
) -> Job[Embedding]:
    """Map each pixel of an image to a point in embedding space.

    Parameters
    ----------
    image
        A single frame; a plain array's axes are guessed.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None to estimate it, from that of the objects the
        model was fine-tuned on.
    tile
        Tile size, device and precision.
    store
        Folder to write the embedding to as memory-mapped arrays, for images larger than memory.
    memory
        Of the frames before, of :func:`~napari_discembed.inference.memory_of`, where the image is a
        frame of a movie; it takes this one in.

    Returns
    -------
    A job of the embedding.
    """
    model = load_model(model) if isinstance(model, str) else model
    image = as_image(image).loaded()
    job = _embedding(image, model, diameter, tile, store, memory)
    if model.judge is None or store is not None:
        return (yield from job)
    embedding = yield from scaled(job, 0, BEFORE_JUDGING)
    if math.prod(embedding.shape) > MOST_JUDGED:
        return embedding
    return (yield from scaled(judged(embedding, model.judge), BEFORE_JUDGING, 1.0))


def _embedding(
    image: Image,
    model: Model,
    diameter: float | None,
    tile: TilingConfig | None,
    store: Path | None,
    memory: FrameMemory | None,
) -> Job[Embedding]:
    start = 0.0
    if diameter is None:
        seen = yield from scaled(estimate_scale(model, image, tile=tile), 0, 0.5)
        if seen.embedding is not None and store is None and memory is None:
            return seen.embedding
        diameter, start = seen.diameter, 0.5
    job = embed_image(model, image, diameter=diameter, tile=tile, store=store, memory=memory)
    return (yield from scaled(job, start, 1.0))


def candidates(
    embedding: Embedding, config: ClusteringConfig | None = None, **changes: object
) -> Candidates:
    """Return the nested masks that may be objects.

    Parameters
    ----------
    embedding
        From :func:`embed`.
    config, **changes
        As for :func:`cluster`.

    Returns
    -------
    The candidates: for the density method those of its merge tree at all bandwidths, for others
    the objects at this one.
    """
    return clustering.candidates(embedding, _config(embedding, config, changes))


def cluster(
    embedding: Embedding,
    config: ClusteringConfig | None = None,
    *,
    seeds: NDArray[np.floating[Any]] | None = None,
    **changes: object,
) -> Segmentation:
    """Group the pixels of an embedding into objects, on the image's own grid.

    Parameters
    ----------
    embedding
        From :func:`embed`.
    config
        How to group; None for the method that suits the space, by the model's margins.
    seeds
        ``(N, ndim)`` points in image pixels, one an object; for ``method="seeded"`` alone.
    **changes
        Single settings, such as ``bandwidth=1.5`` or ``method="hdbscan"``.

    Returns
    -------
    The objects, numbered 1 to N.

    Raises
    ------
    InputError
        If the method does not read a setting, or a value is out of its bounds.
    """
    return clustering.group(embedding, _config(embedding, config, changes), seeds)


def _config(
    embedding: Embedding, config: ClusteringConfig | None, changes: dict[str, Any]
) -> ClusteringConfig:
    config = config or suited_config(embedding.space)
    config = config.with_method(changes.pop("method", config.method))
    return clustering_config(**{**config.model_dump(), **changes})


def segment(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
    one_scale: bool = True,
) -> Job[Segmentation]:
    """Find the objects of an image, frame by frame where it has a time axis.

    Each frame is read once, when its turn comes.

    Parameters
    ----------
    image, model, diameter, tile
        As for :func:`embed`.
    config
        How to group; None for what the model's card recommends.
    one_scale
        Whether the diameter is estimated on the middle frame for all, and not on each.

    Returns
    -------
    A job of the segmentation.
    """
    image = as_image(image)
    model = load_model(model) if isinstance(model, str) else model
    frames = image.frames()
    known: dict[int, Image] = {}  # read before its turn
    if diameter is None and len(frames) > 1 and one_scale:
        middle = len(frames) // 2
        known[middle] = frames[middle]
        diameter = (yield from estimate_scale(model, known[middle], tile=tile)).diameter
    found: list[Segmentation] = []
    memory = memory_of(model) if len(frames) > 1 else None
    for i in range(len(frames)):
        frame = known.pop(i) if i in known else frames[i]
        job = embed(frame, model, diameter=diameter, tile=tile, memory=memory)
        span = (i / len(frames), (i + 0.9) / len(frames))
        embedding = yield from scaled(job, *span, "" if frames.is_single else frame.name)
        found.append(cluster(embedding, config or model.card.recommended(embedding)))
    return stacked(found, frames, image.name)


def measure(
    segmentation: Segmentation | Instances | NDArray[np.integer[Any]],
    image: ImageLike | None = None,
    groups: GroupsLike | None = None,
) -> ObjectTable:
    """Count the objects and measure each.

    Parameters
    ----------
    segmentation
        Objects, of several frames too, and such as overlap; a plain array is labels of 2 or 3
        dimensions.
    image
        The pixels, for intensities.
    groups
        How objects are put together, as :func:`count_groups` takes it; None for not at all.

    Returns
    -------
    A row an object: the frame where there are several, area or volume, centroid, bounding box,
    intensities, shape, class where there are several; the number of its ``group``.
    """
    pixels = None if image is None else as_image(image)
    if isinstance(segmentation, Instances) and groups is None:
        return metrics.measure_instances(segmentation, pixels)
    segmentation = _segmentation(segmentation)
    if groups is None:
        return metrics.measure_segmentation(segmentation, pixels)
    found = metrics.measure_grouped(segmentation, grouping_config(groups), pixels)
    return concatenated([frame.objects for frame in found], segmentation.name)


def count_groups(
    segmentation: Segmentation | NDArray[np.integer[Any]],
    groups: GroupsLike = "touching",
    gap: str | float | None = None,
) -> dict[str, NDArray[Any]]:
    """Count the objects of each group, such as the leaves of each plant of a tray.

    Parameters
    ----------
    segmentation
        As for :func:`measure`.
    groups
        ``"touching"``; a grid over the picture as ``"4x5"`` or ``(4, 5)``, rows first; or a config.
    gap
        Objects nearer than this touch, in pixels; ``"0.2d"`` is in typical diameters. None for the
        usual.

    Returns
    -------
    Columns, with a row a group in reading order, empty cells of a grid included: image, group,
    name, row and column of a grid, count, total size, centroid, bounding box.

    Raises
    ------
    InputError
        If that is no grouping.
    """
    config = grouping_config(groups, gap)
    return metrics.stacked_groups(
        list(metrics.measure_grouped(_segmentation(segmentation), config))
    )


def _segmentation(objects: Segmentation | Instances | NDArray[np.integer[Any]]) -> Segmentation:
    if isinstance(objects, Instances):
        return objects.segmentation()
    return objects if isinstance(objects, Segmentation) else Segmentation(np.asarray(objects))
