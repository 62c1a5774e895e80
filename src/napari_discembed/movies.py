"""A movie: the objects of each frame, followed through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_discembed.config import (
    CandidatesConfig,
    ClusteringConfig,
    LinkingConfig,
    LinkMethod,
    MotionConfig,
    TilingConfig,
    linking_of,
)
from napari_discembed.errors import InputError
from napari_discembed.imaging.reading import as_image
from napari_discembed.inference import FrameMemory, estimate_scale, memory_of, motion
from napari_discembed.models import Model, load_model
from napari_discembed.pipeline import ImageLike, candidates, cluster, embed, segment
from napari_discembed.progress import Job, scaled
from napari_discembed.tracking import Linker, link_frames
from napari_discembed.tracking.frames import FramesLike, check_frames, label_frames
from napari_discembed.tracking.linker import tracks_of
from napari_discembed.tracking.nested import on_image
from napari_discembed.tracking.persistence import link_candidates
from napari_discembed.types import Candidates, Image, Tracks


def track(
    image: ImageLike,
    model: Model | str,
    *,
    diameter: float | None = None,
    config: ClusteringConfig | None = None,
    tile: TilingConfig | None = None,
    method: LinkMethod | LinkingConfig | None = None,
) -> Job[Tracks]:
    """Find the objects of each frame of a movie and follow them through time.

    Parameters
    ----------
    image
        With a time axis.
    model, diameter, config, tile
        As for :func:`~napari_discembed.pipeline.segment`.
    method
        How objects are linked: ``"overlap"``, ``"lap"``, ``"candidates"``, ``"motion"`` or a
        config.

    Returns
    -------
    A job of the tracks.

    Raises
    ------
    InputError
        If there is no time axis, or one frame only.
    """
    image, linking = as_image(image), linking_of(method)
    model = (load_model(model) if isinstance(model, str) else model).for_grouping(config)
    frames = image.frames()
    check_frames([image.shape] * len(frames), [image.name] * len(frames))
    if isinstance(linking, MotionConfig):
        return (yield from _by_motion(frames, model, diameter, config, tile, linking))
    if not isinstance(linking, CandidatesConfig):
        found = yield from scaled(
            segment(image, model, diameter=diameter, config=config, tile=tile), 0, 0.99
        )
        return link(found, linking)
    if diameter is None:
        diameter = (yield from estimate_scale(model, frames[len(frames) // 2], tile=tile)).diameter
    grouping, nested = config or model.card.clustering, []
    memory = memory_of(model)
    for i, frame in enumerate(frames):
        job = nested_masks(
            frame, model, diameter=diameter, config=grouping, tile=tile, memory=memory
        )
        nested.append(
            (yield from scaled(job, i / len(frames), (i + 0.9) / len(frames), frame.name))
        )
    return link_candidates(nested, linking)


def _by_motion(
    frames: Sequence[Image],
    model: Model,
    diameter: float | None,
    config: ClusteringConfig | None,
    tile: TilingConfig | None,
    linking: MotionConfig,
) -> Job[Tracks]:
    if diameter is None:
        diameter = (yield from estimate_scale(model, frames[len(frames) // 2], tile=tile)).diameter
    memory, linker, labels = memory_of(model), Linker(linking), []
    for i, frame in enumerate(frames):
        job = embed(frame, model, diameter=diameter, tile=tile, memory=memory)
        embedding = yield from scaled(job, i / len(frames), (i + 0.9) / len(frames), frame.name)
        found = cluster(embedding, config or model.card.recommended(embedding))
        labels.append(linker.add(found.labels, motion(embedding)))
    about = replace(found, name=found.name.split("[")[0])
    return tracks_of(np.stack(labels), linker.table(), linker.links(), about, linking)


def nested_masks(
    image: ImageLike,
    model: Model,
    *,
    diameter: float | None,
    config: ClusteringConfig,
    tile: TilingConfig | None = None,
    memory: FrameMemory | None = None,
) -> Job[Candidates]:
    """Find the nested masks of a frame, on its own grid, of which linking may choose.

    Parameters are those of :func:`~napari_discembed.pipeline.segment`, and the memory of
    :func:`~napari_discembed.pipeline.embed`.
    """
    embedding = yield from embed(image, model, diameter=diameter, tile=tile, memory=memory)
    return on_image(embedding, candidates(embedding, config), config)


def link(
    segmentations: FramesLike,
    method: LinkMethod | LinkingConfig | None = None,
    **changes: object,
) -> Tracks:
    """Follow objects that are found already through time.

    Parameters
    ----------
    segmentations
        Of all frames: a segmentation with time, labels ``(T, *S)``, or one for each frame.
    method
        ``"lap"`` (if None), ``"overlap"``, or a config.
    **changes
        Single settings, such as ``gap=3``.

    Raises
    ------
    InputError
        If frames differ in size or there is one only, or the method needs an embedding.
    """
    config = linking_of(method, changes)
    if isinstance(config, MotionConfig):
        raise InputError(
            "Linking by motion needs what a network says of each pixel, which labels have not. "
            "Call track() with a model that has a motion head, or choose 'lap' or 'overlap'."
        )
    if isinstance(config, CandidatesConfig):
        raise InputError(
            "Linking by candidates chooses among nested masks of an embedding, which labels have "
            "not. Call track() with a model, or choose 'lap' or 'overlap'."
        )
    frames, about = label_frames(segmentations)
    return link_frames(frames, about, config)
