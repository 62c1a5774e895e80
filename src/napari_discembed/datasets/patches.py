"""Patches and clips drawn from training images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_discembed.config import AugmentationConfig
from napari_discembed.datasets.augment import random_geometry, vary_intensity, warp
from napari_discembed.datasets.training_set import TrainingSet, centres_before

OBJECT_SHARE = 0.75
"""Share of the patches that are centred near an object; the rest near any labelled pixel."""


class Batch(NamedTuple):
    """Patches to learn from.

    Attributes
    ----------
    images
        ``(B, C, *S)`` float32.
    labels
        ``(B, *S)`` int64: -1 unlabelled, 0 background, above an object.
    origins
        ``(B, ndim)`` float32: where in its image a patch begins, had it not been turned.
    classes
        ``(B, *S)`` int64, or None for a single class.
    frames
        T, of clips: B is then T times their number, the first frame of each clip first.
    before
        ``(B, ndim, *S)`` float32: the centre of each pixel's object in the frame before, in pixels
        from the patch's first; NaN where there is none. None for images that stand alone.
    """

    images: Tensor
    labels: Tensor
    origins: Tensor
    classes: Tensor | None
    frames: int = 1
    before: Tensor | None = None

    def parts(self, frames: int) -> Iterator[Batch]:
        """Yield the clips in parts of so many frames, or less for the last."""
        each = len(self.images) // self.frames
        for first in range(0, self.frames, frames):
            count = min(frames, self.frames - first)
            part = slice(first * each, (first + count) * each)
            classes, before = (
                None if more is None else more[part] for more in (self.classes, self.before)
            )
            images, labels, origins = self.images[part], self.labels[part], self.origins[part]
            yield Batch(images, labels, origins, classes, count, before)


def sample_batch(
    data: TrainingSet,
    rng: np.random.Generator,
    *,
    patch_size: int,
    batch_size: int,
    augmentation: AugmentationConfig,
    frames: int = 1,
) -> Batch:
    """Draw augmented patches, or clips of them, most of them near objects.

    Parameters
    ----------
    data
        To draw from; images smaller than a patch are mirrored beyond their borders.
    rng
        Decides everything: the same state gives the same batch.
    patch_size
        Side of the square or cubic patches.
    batch_size
        How many; of clips those whose frames are as many, one at least.
    augmentation
        How to vary them, all frames of a clip alike.
    frames
        Of a clip, which shows one place through time; 1 for patches of single images.
    """
    count = max(1, batch_size // frames)
    clips = [_clip(data, rng, patch_size, augmentation, frames) for _ in range(count)]
    patches = [clip[t] for t in range(frames) for clip in clips]
    images = torch.from_numpy(np.stack([p.image for p in patches]))
    labels = torch.from_numpy(np.stack([p.maps[0] for p in patches]).astype(np.int64))
    origins = torch.from_numpy(np.stack([p.origin for p in patches]).astype(np.float32))
    classes = None
    if all(len(p.maps) == 2 for p in patches):
        classes = torch.from_numpy(np.stack([p.maps[1] for p in patches]).astype(np.int64))
    before = None
    if frames > 1:
        before = torch.from_numpy(np.stack([p.before for p in patches if p.before is not None]))
    return Batch(images, labels, origins, classes, frames, before)


class _Patch(NamedTuple):
    """Pixels, labels and perhaps classes, where they begin in their image, centres before."""

    image: NDArray[np.float32]
    maps: list[NDArray[np.integer]]
    origin: NDArray[np.float64]
    before: NDArray[np.float32] | None = None


def _clip(
    data: TrainingSet,
    rng: np.random.Generator,
    size: int,
    augmentation: AugmentationConfig,
    frames: int,
) -> list[_Patch]:
    number = data.draw(rng)
    item, clip = data.items[number], data.clip(number, frames, rng)
    near_object = rng.random() < OBJECT_SHARE and len(item.object_centres)
    centres = item.object_centres if near_object else item.labelled_centres
    centre = centres[rng.integers(len(centres))] + rng.uniform(
        -size / 3, size / 3, item.labels.ndim
    )
    centre = np.clip(centre, 0, np.array(item.labels.shape) - 1)
    matrix = random_geometry(rng, augmentation, item.labels.ndim)
    origin, images, maps = centre - (size - 1) / 2, [], []
    for frame in clip:
        known = [frame.labels] if frame.classes is None else [frame.labels, frame.classes]
        image, warped = warp(frame.image, known, centre, matrix, size)
        images.append(image)
        maps.append(warped)
    if frames == 1:
        return [_Patch(vary_intensity(images[0], rng, augmentation), maps[0], origin)]
    varied = vary_intensity(np.stack(images, axis=1), rng, augmentation, frames=True)
    parents, inverse = data.movie_of(number).parents, np.linalg.inv(matrix)
    patches = []
    for t, last in enumerate([None, *clip[:-1]]):
        before = centres_before(clip[t], last, parents)
        before = (before - centre) @ inverse.T + (size - 1) / 2  # as the patch has them
        shown = before[np.maximum(maps[t][0], 0)].astype(np.float32)
        patches.append(_Patch(varied[:, t], maps[t], origin, np.moveaxis(shown, -1, 0)))
    return patches
