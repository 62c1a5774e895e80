"""A movie: the objects of each frame, followed through time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import (
    CandidatesConfig,
    ClusteringConfig,
    LinkingConfig,
    LinkMethod,
    MotionConfig,
    PairsConfig,
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
from napari_discembed.tracking.pairing import joint_groups, no_groups
from napari_discembed.tracking.persistence import link_candidates
from napari_discembed.types import Candidates, Embedding, Image, Tracks

NEEDED = {
    "motion": "needs what a network says of each pixel, which labels have not. Call track() with a "
    "model that has a motion head",
    "pairs": "groups the embeddings of two frames as one, which labels have not. Call track() with "
    "a model",
    "candidates": "chooses among nested masks of an embedding, which labels have not. Call track() "
    "with a model",
}
"""What methods do that need more than labels, and what to do."""


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
        How objects are linked: ``"lap"`` (if None), ``"overlap"``, ``"candidates"``,
        ``"motion"``, ``"pairs"``, ``"rosette"`` or a config.

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
    if isinstance(linking, MotionConfig | PairsConfig):
        return (yield from _guided(frames, model, diameter, config, tile, linking))
    if not isinstance(linking, CandidatesConfig):
        same = has_one_scale(linking, model)
        finding = segment(image, model, diameter=diameter, config=config, tile=tile, one_scale=same)
        return link((yield from scaled(finding, 0, 0.99)), linking)
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


def has_one_scale(linking: LinkingConfig, model: Model) -> bool:
    """Tell whether all frames of a movie are embedded at one scale.

    Not those of what grows, unless the network remembers the frame before.
    """
    return not linking.grows or model.net.is_recurrent


def _guided(
    frames: Sequence[Image],
    model: Model,
    diameter: float | None,
    config: ClusteringConfig | None,
    tile: TilingConfig | None,
    linking: LinkingConfig,
) -> Job[Tracks]:
    """Track by what the network says of each frame, or of two in a row, besides its objects."""
    if diameter is None:
        diameter = (yield from estimate_scale(model, frames[len(frames) // 2], tile=tile)).diameter
    memory, linker, hints, labels = memory_of(model), Linker(linking), Hints(linking), []
    for i, frame in enumerate(frames):
        job = embed(frame, model, diameter=diameter, tile=tile, memory=memory)
        embedding = yield from scaled(job, i / len(frames), (i + 0.9) / len(frames), frame.name)
        grouping = config or model.card.recommended(embedding)
        found = cluster(embedding, grouping)
        labels.append(linker.add(found.labels, hints.of(embedding, grouping)))
    about = replace(found, name=found.name.split("[")[0])
    settings = linking.model_dump(mode="json")
    return tracks_of(np.stack(labels), linker.table(), linker.links(), about, settings)


class Hints:
    """What a network says of each frame, beside its objects, for the methods that ask for it.

    For linking by pairs it keeps the embedding of the last frame, and no other.

    Parameters
    ----------
    linking
        The method.
    """

    def __init__(self, linking: LinkingConfig) -> None:
        self._linking = linking
        self._last: Embedding | None = None

    def begin(self, embedding: Embedding) -> None:
        """Take in the frame before the next one, whose hint is not asked for."""
        if isinstance(self._linking, PairsConfig):
            self._last = embedding

    def of(self, embedding: Embedding, config: ClusteringConfig) -> NDArray[Any] | None:
        """Return the hint of the next frame, as linking takes it; None where none is needed.

        Parameters
        ----------
        embedding
            Of the frame.
        config
            How it is grouped by itself.
        """
        if isinstance(self._linking, MotionConfig):
            return motion(embedding)
        if not isinstance(self._linking, PairsConfig):
            return None
        last = self._last
        self.begin(embedding)
        if last is None:
            return no_groups(embedding.image_shape)
        return joint_groups(last, embedding, config)


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
        ``"lap"`` (if None), ``"overlap"``, ``"rosette"``, or a config.
    **changes
        Single settings, such as ``gap=3``.

    Raises
    ------
    InputError
        If frames differ in size or there is one only, or the method needs an embedding.
    """
    config = linking_of(method, changes)
    if config.method in NEEDED:
        raise InputError(
            f"Linking by {config.method} {NEEDED[config.method]}, or choose 'lap' or 'overlap'."
        )
    frames, about = label_frames(segmentations)
    return link_frames(frames, about, config)
