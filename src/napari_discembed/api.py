"""The functions that people call: each answers when it is done, with a bar meanwhile.

:mod:`napari_discembed.jobs` has the same as jobs, for programs with an interface of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed import movies, pipeline
from napari_discembed.bars import run_with_bar
from napari_discembed.config import (
    FINE_TUNING,
    FROM_SCRATCH,
    ClusteringConfig,
    FinetuningConfig,
    GroupsLike,
    LinkingConfig,
    LinkMethod,
    NetworkConfig,
    TilingConfig,
)
from napari_discembed.finetuning import finetune as finetuning_job
from napari_discembed.finetuning.frames import LabelsLike
from napari_discembed.imaging.reading import as_image
from napari_discembed.models import Model
from napari_discembed.pipeline import ImageLike
from napari_discembed.results import Result, TrackResult
from napari_discembed.tracking.frames import FramesLike
from napari_discembed.types import Embedding, Instances, IntArray, Kind, ObjectTable, Segmentation
from napari_discembed.types.kinds import named_kinds


def embed(
    image: ImageLike,
    model: Model | str = "generalist",
    *,
    axes: str | None = None,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
    store: Path | None = None,
    progress: bool = True,
) -> Embedding:
    """Map each pixel of an image to a point in embedding space.

    Parameters
    ----------
    image
        A single frame: an :class:`~napari_discembed.Image` or an array of numpy, dask, zarr or
        xarray.
    model
        A model, or the name or file of one.
    axes
        One letter an axis, such as ``"CYX"``; None for what the image says, or a guess.
    diameter
        Typical object diameter in image pixels; None to estimate it.
    tile
        Tile size, device and precision.
    store
        Folder to write the embedding to as memory-mapped arrays, for images larger than memory.
    progress
        Whether to draw a bar.

    Returns
    -------
    The embedding, to be grouped by :func:`cluster`.
    """
    job = pipeline.embed(as_image(image, axes), model, diameter=diameter, tile=tile, store=store)
    return run_with_bar(job, "embed", show=progress)


def cluster(
    embedding: Embedding,
    config: ClusteringConfig | None = None,
    *,
    seeds: NDArray[np.floating[Any]] | None = None,
    **changes: object,
) -> Result:
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
    The objects.
    """
    return Result(pipeline.cluster(embedding, config, seeds=seeds, **changes))


def segment(
    image: ImageLike,
    model: Model | str = "generalist",
    *,
    axes: str | None = None,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
    progress: bool = True,
) -> Result:
    """Find the objects of an image, frame by frame where it has a time axis.

    Parameters
    ----------
    image, model, axes, diameter, tile, progress
        As for :func:`embed`.
    config
        How to group; None for what the model recommends.

    Returns
    -------
    The objects: ``.labels``, ``.count``, ``.table()``, ``.save(...)``.
    """
    pixels = as_image(image, axes)
    job = pipeline.segment(pixels, model, diameter=diameter, config=config, tile=tile)
    return Result(run_with_bar(job, "segment", show=progress), pixels)


def track(
    series: ImageLike,
    model: Model | str = "generalist",
    *,
    axes: str | None = None,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    method: LinkMethod | LinkingConfig | None = None,
    tile: TilingConfig | None = None,
    progress: bool = True,
) -> TrackResult:
    """Find the objects of each frame of a movie and follow them through time.

    Parameters
    ----------
    series
        With a time axis; of a plain array say ``axes="TYX"``.
    model, axes, diameter, config, tile, progress
        As for :func:`segment`.
    method
        How objects are linked: ``"lap"`` (if None), ``"overlap"``, ``"candidates"``, ``"motion"``
        or a config.

    Returns
    -------
    The tracks: ``.labels``, ``.table()``, ``.counts()``, ``.napari()``, ``.save(...)``.
    """
    job = movies.track(
        as_image(series, axes), model, diameter=diameter, config=config, tile=tile, method=method
    )
    return TrackResult(run_with_bar(job, "track", show=progress))


def link(
    segmentations: Result | FramesLike,
    method: LinkMethod | LinkingConfig | None = None,
    **changes: object,
) -> TrackResult:
    """Follow objects that are found already through time.

    Parameters
    ----------
    segmentations
        Of all frames: what :func:`segment` returns of a movie, a segmentation with time, labels
        ``(T, *S)``, or one for each frame.
    method
        ``"lap"`` (if None), ``"overlap"``, or a config.
    **changes
        Single settings, such as ``gap=3``.

    Returns
    -------
    The tracks.
    """
    found = segmentations.segmentation if isinstance(segmentations, Result) else segmentations
    return TrackResult(movies.link(found, method, **changes))


def finetune(
    images: ImageLike | Sequence[ImageLike],
    labels: LabelsLike | Sequence[LabelsLike],
    model: Model | str | None = "generalist",
    *,
    network: NetworkConfig | None = None,
    config: FinetuningConfig | None = None,
    seconds: float | None = None,
    complete: bool = False,
    background_label: int | None = None,
    diameter: float | None = None,
    classes: Sequence[IntArray] | None = None,
    kinds: Sequence[Kind | str] = (),
    validation: tuple[Sequence[ImageLike], Sequence[IntArray]] | None = None,
    name: str = "fine-tuned",
    progress: bool = True,
) -> Model:
    """Teach a network the objects that a person painted.

    Parameters
    ----------
    images
        One or several.
    labels
        ``(*S)`` an image: a number for each painted object; 0 is unpainted. ``(T, *S)`` a movie, an
        object having one number throughout, or its tracks.
    model
        To start from; None for from scratch.
    network
        What to build where there is no model to start from.
    config
        How to learn; None for what suits the start.
    seconds
        Time, in place of the config's.
    complete
        Whether 0 in the labels means background.
    background_label
        The number that a scribble of background was painted with.
    diameter
        Typical object diameter in image pixels; None to measure the painted objects.
    classes
        For several foreground classes: ``(*S)`` an image, the class, from 1, of each object's
        pixels. A model that does not know them learns them.
    kinds
        What the classes are called, such as ``["leaf", "cotyledon"]``.
    validation
        Images and complete labels to choose the best weights by.
    name
        Of the new model.
    progress
        Whether to draw a bar.

    Returns
    -------
    The model: for :func:`segment`, and ``.save(path)``. Where what was learnt was no clear gain, it
    is the start, and its ``.learnt`` is what was learnt: look at both.
    """
    job = finetuning_job(
        images,
        labels,
        model=model,
        network=network,
        config=_with_seconds(config, model, seconds),
        complete=complete,
        background_label=background_label,
        diameter=diameter,
        classes=classes,
        kinds=named_kinds(kinds),
        validation=validation,
        name=name,
    )
    return run_with_bar(job, "fine-tune", show=progress)


def _with_seconds(
    config: FinetuningConfig | None, model: Model | str | None, seconds: float | None
) -> FinetuningConfig | None:
    if seconds is None:
        return config
    base = config or (FROM_SCRATCH if model is None else FINE_TUNING)
    return base.changed(seconds=seconds, steps=None, epochs=None)


def measure(
    objects: Result | Segmentation | Instances | NDArray[np.integer[Any]],
    image: ImageLike | None = None,
    groups: GroupsLike | None = None,
) -> ObjectTable:
    """Count the objects and measure each.

    Parameters
    ----------
    objects
        Of :func:`segment` or :func:`cluster`, a label image, or objects that may overlap: with
        `groups` each shared pixel then counts for one of them.
    image
        The pixels, for intensities; None for those that the objects were found in, if known.
    groups
        How objects are put together, as :func:`count_groups` takes it; None for not at all.

    Returns
    -------
    A row an object: area or volume, centroid, bounding box, intensities, shape, class where there
    are several; the number of its ``group``.
    """
    if isinstance(objects, Result):
        pixels = objects.image if image is None else image
        return pipeline.measure(objects.segmentation, pixels, groups)
    return pipeline.measure(objects, image, groups)


def count_groups(
    objects: Result | Segmentation | NDArray[np.integer[Any]],
    groups: GroupsLike = "touching",
    gap: str | float | None = None,
) -> dict[str, NDArray[Any]]:
    """Count the objects of each group, such as the leaves of each plant of a tray.

    Parameters
    ----------
    objects
        As for :func:`measure`.
    groups, gap
        As for :func:`napari_discembed.pipeline.count_groups`: ``"touching"``, or a grid such as
        ``(4, 5)``; the gap in pixels, or as ``"0.2d"`` in typical diameters.

    Returns
    -------
    Columns, with a row a group in reading order: image, group, name, row and column of a grid,
    count, total size, centroid, bounding box. :func:`write_table` writes them.
    """
    found = objects.segmentation if isinstance(objects, Result) else objects
    return pipeline.count_groups(found, groups, gap)
