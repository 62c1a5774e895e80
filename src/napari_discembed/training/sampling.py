"""The patches of each step, drawn beside the step before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from napari_discembed.config import TrainingConfig
from napari_discembed.datasets.patches import Batch, sample_batch
from napari_discembed.datasets.training_set import TrainingSet


def patch_side(config: TrainingConfig, ndim: int, stride: int) -> int:
    """Return the side of a patch: of about `patch_size` squared pixels, in 2-D and 3-D.

    Parameters
    ----------
    config
        Its `patch_size`.
    ndim
        2 or 3.
    stride
        Of the network; the side is a multiple of it.
    """
    side = float(config.patch_size) ** (2 / ndim)
    # Two pixels at the coarsest scale: of one alone, nothing could be normalised.
    return max(2, math.ceil(side / stride)) * stride


CLIP = 4
"""Frames of a clip for a network that remembers: in minutes of one core it learns more of many
short clips than of few of 8, as Payer et al. 2018 have them."""


def clip_frames(config: TrainingConfig, data: TrainingSet, *, is_recurrent: bool) -> int:
    """Return how many frames are learnt in a row: 1 where there are no movies.

    Parameters
    ----------
    config
        Its `clip_frames`.
    data
        To draw from.
    is_recurrent
        Whether the network remembers frames.
    """
    if not data.movies:
        return 1
    return config.clip_frames or (CLIP if is_recurrent else 1)


@contextmanager
def batches(
    data: TrainingSet, config: TrainingConfig, side: int, first: int, frames: int = 1
) -> Iterator[Callable[[int], Batch]]:
    """Give the batch of a step by its number, while the next one is drawn in a thread.

    Parameters
    ----------
    data
        To draw from.
    config
        Batch size, augmentation and seed: a batch depends on the seed and the step's number alone.
    side
        Of the patches.
    first
        Number of the first step; the others follow one by one.
    frames
        Of a clip.
    """

    def draw(step: int) -> Batch:
        return sample_batch(
            data,
            np.random.default_rng((config.seed, step)),
            patch_size=side,
            batch_size=config.batch_size,
            augmentation=config.augmentation,
            frames=frames,
        )

    with ThreadPoolExecutor(1, thread_name_prefix="discembed-patches") as beside:
        coming = {first: beside.submit(draw, first)}

        def batch_of(step: int) -> Batch:
            batch = coming.pop(step).result()
            coming[step + 1] = beside.submit(draw, step + 1)
            return batch

        try:
            yield batch_of
        finally:
            beside.shutdown(wait=True, cancel_futures=True)
