"""The straight way through, on one page.

An image becomes an embedding, the embedding a segmentation, the segmentation counts; the network
that does it is made by :func:`~napari_discembed.teaching.fit`. Long steps are jobs, for
:func:`~napari_discembed.progress.run` or a worker; the others answer at once.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering, metrics
from napari_discembed.config import ClusteringConfig, DensityConfig, TilingConfig, clustering_config
from napari_discembed.inference import embed_image, estimate_scale
from napari_discembed.models import Model, load_model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image, ObjectTable, Segmentation, stacked

ImageLike: TypeAlias = Image | NDArray[Any]


def as_image(image: ImageLike) -> Image:
    """Return the image, or one made of a plain array with its axes guessed."""
    return image if isinstance(image, Image) else Image(np.asarray(image))


def embed(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
    store: Path | None = None,
) -> Job[Embedding]:
    """Map each pixel of an image to a point in embedding space.

    Parameters
    ----------
    image
        A single frame; a plain array's axes are guessed.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None for what a first look measures, from that
        of the objects the model was fine-tuned on.
    tile
        Tile size, device and precision.
    store
        Folder to write the embedding to as memory-mapped arrays, for images larger than memory.

    Returns
    -------
    A job of the embedding.
    """
    model = load_model(model) if isinstance(model, str) else model
    image, start = as_image(image), 0.0
    if diameter is None:
        seen = yield from scaled(estimate_scale(model, image, tile=tile), 0, 0.5)
        if seen.embedding is not None and store is None:
            return seen.embedding
        diameter, start = seen.diameter, 0.5
    job = embed_image(model, image, diameter=diameter, tile=tile, store=store)
    embedding = yield from scaled(job, start, 1.0)
    return embedding


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
        How to group; the defaults follow the model's margins.
    seeds
        ``(N, ndim)`` points in image pixels, one an object; for ``method="seeded"`` alone.
    **changes
        Single config, such as ``bandwidth=1.5``.

    Returns
    -------
    The objects, numbered 1 to N.
    """
    config = clustering_config(**{**(config or DensityConfig()).model_dump(), **changes})
    return clustering.group(embedding, config, seeds)


def segment(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
) -> Job[Segmentation]:
    """Find the objects of an image, frame by frame where it has a time axis.

    Parameters
    ----------
    image, model, diameter, tile
        As for :func:`embed`.
    config
        How to group; None for what the model's card recommends.

    Returns
    -------
    A job of the segmentation.
    """
    image = as_image(image)
    model = load_model(model) if isinstance(model, str) else model
    frames = list(image.frames())
    if diameter is None and len(frames) > 1:  # all frames at one scale
        diameter = (yield from estimate_scale(model, frames[len(frames) // 2], tile=tile)).diameter
    found: list[Segmentation] = []
    for i, frame in enumerate(frames):
        job = embed(frame, model, diameter=diameter, tile=tile)
        span = (i / len(frames), (i + 0.9) / len(frames))
        embedding = yield from scaled(job, *span, frame.name if len(frames) > 1 else "")
        found.append(cluster(embedding, config or model.card.clustering))
    return stacked(found, image.frames(), image.name)


def measure(segmentation: Segmentation, image: ImageLike | None = None) -> ObjectTable:
    """Count the objects and measure each.

    Parameters
    ----------
    segmentation
        A single frame.
    image
        The pixels, for intensities.

    Returns
    -------
    A row an object: area or volume, centroid, bounding box, intensities, shape, class where there
    are several.
    """
    channels = None if image is None else as_image(image).channels_first()
    counts = metrics.measure(
        segmentation.labels,
        channels,
        pixel_size=segmentation.pixel_size,
        unit=segmentation.unit,
        name=segmentation.name,
    )
    columns = dict(counts.columns)
    if segmentation.classes is not None:
        columns["class"] = segmentation.classes
    return replace(counts, columns=columns, provenance=segmentation.provenance)
