"""Frames of a movie that a recurrent network goes through: to any of them, and what moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging import resample
from napari_discembed.inference.embedder import embed_image
from napari_discembed.inference.memory import FrameMemory
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image

MOTION = "motion"
"""Name of the head that says where objects were."""


def remember(
    frames: Sequence[Image],
    number: int,
    model: Model,
    memory: FrameMemory | None,
    *,
    diameter: float,
    tile: TilingConfig | None = None,
) -> Job[None]:
    """Bring a memory to just before a frame, by the frames that it lacks.

    Nothing is done where it is there, or there is none.

    Parameters
    ----------
    frames
        Of the movie.
    number
        Of the frame.
    model, diameter, tile
        As for :func:`embed_image`.
    memory
        Of the movie.
    """
    if memory is None:
        return
    first = memory.window_start(number)
    if not first <= memory.next_frame <= number:
        memory.forget(first)
    for i in range(memory.next_frame, number):
        job = embed_image(model, frames[i], diameter=diameter, tile=tile, memory=memory)
        yield from scaled(job, (i - first) / (number - first), (i + 1 - first) / (number - first))


def motion(embedding: Embedding) -> NDArray[np.float32]:
    """Return where each pixel's object was in the frame before, on the image's grid.

    Parameters
    ----------
    embedding
        Of a model with a motion head.

    Returns
    -------
    ``(ndim, *S)``: the offset to its centre, in image pixels.

    Raises
    ------
    InputError
        If the model has no such head.
    """
    found = embedding.maps.get(MOTION)
    if found is None:
        raise InputError(
            "Linking by motion needs a model that says where objects were. Train one with "
            "--network backbone=hourglass --network heads.motion.kind=motion, or link by 'lap'."
        )
    shape = embedding.image_shape
    steps = [n / m for n, m in zip(shape, embedding.shape, strict=True)]
    scale = np.array(steps, dtype=np.float32).reshape(-1, *(1 for _ in steps))
    return resample(np.asarray(found), shape) * scale
