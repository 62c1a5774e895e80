"""Training images and the patches drawn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_discembed.config import AugmentationConfig
from napari_discembed.datasets.augment import random_geometry, vary_intensity, warp

OBJECT_SHARE = 0.75
"""Share of the patches that are centred near an object; the rest near any labelled pixel."""

MOST_CENTRES = 10_000

ALIKE = 0.06
"""How far images that look alike are from each other: root mean square difference of the mean
intensities of their objects and of the rest, in each channel, where an image's range is 1."""


@dataclass(frozen=True, eq=False)
class TrainingImage:
    """An image at the network's scale, and what is known of its pixels.

    Attributes
    ----------
    image
        ``(C, *S)`` float32, normalised.
    labels
        ``(*S)`` int32: -1 unlabelled, 0 background, above an object.
    classes
        ``(*S)``: the foreground class, from 1, of objects' pixels; None for a single class.
    """

    image: NDArray[np.float32]
    labels: NDArray[np.int32]
    classes: NDArray[np.int32] | None = None

    @cached_property
    def object_centres(self) -> NDArray[np.intp]:
        """``(N, ndim)``: pixels of objects to centre patches on; each object as often."""
        return self._some_pixels(self.labels > 0, per_object=True)

    @cached_property
    def labelled_centres(self) -> NDArray[np.intp]:
        """``(N, ndim)``: labelled pixels to centre patches on."""
        return self._some_pixels(self.labels >= 0, per_object=False)

    @cached_property
    def mean_intensities(self) -> NDArray[np.float64]:
        """``(2 C)``: the mean intensities of the objects, and of the rest, in each channel."""
        objects = self.labels > 0
        parts = [part if part.any() else np.ones_like(part) for part in (objects, ~objects)]
        return np.concatenate([self.image[:, part].mean(axis=1, dtype=float) for part in parts])

    def _some_pixels(self, mask: NDArray[np.bool_], *, per_object: bool) -> NDArray[np.intp]:
        where = np.flatnonzero(mask)
        rng = np.random.default_rng(0)
        if per_object and len(where):
            # As many pixels of a small object as of a large one.
            labels = self.labels.ravel()[where]
            size = np.bincount(labels)
            n = min(len(where), MOST_CENTRES)
            chance = 1.0 / size[labels]
            where = rng.choice(where, n, p=chance / chance.sum())
        elif len(where) > MOST_CENTRES:
            where = rng.choice(where, MOST_CENTRES, replace=False)
        return np.stack(np.unravel_index(where, mask.shape), axis=1)


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """The images to learn from.

    Attributes
    ----------
    items
        At least one.
    balanced
        Whether images that look unlike the others are drawn more often.
    movies
        Which items are the frames of a movie, in the order of time: a range for each movie. The
        others stand alone.
    """

    items: Sequence[TrainingImage]
    balanced: bool = False
    movies: Sequence[range] = ()
    _weights: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Larger images are drawn from more often, yet small ones are not forgotten.
        shares = np.array([item.labels.size for item in self.items], dtype=float) ** 0.5
        if self.balanced:
            # Rare kinds of images too: of each the more, the less often.
            shares /= _how_many_alike(self.items) ** 0.5
        useful = np.array([bool((item.labels >= 0).any()) for item in self.items])
        weights = shares * useful if useful.any() else shares
        object.__setattr__(self, "_weights", weights / weights.sum())

    @property
    def n_pixels(self) -> int:
        """Pixels of all images."""
        return sum(item.labels.size for item in self.items)

    @property
    def has_background(self) -> bool:
        """Whether background is labelled anywhere."""
        return any(bool((item.labels == 0).any()) for item in self.items)

    def fingerprint(self) -> str:
        """Return a hash of all that is learnt from, by which a resumed training knows it."""
        digest = hashlib.sha256()
        for item in self.items:
            for array in (item.image, item.labels, item.classes):
                digest.update(str(None if array is None else array.shape).encode())
                if array is not None:
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def draw(self, rng: np.random.Generator) -> int:
        """Draw the number of an image."""
        return int(rng.choice(len(self.items), p=self._weights))

    def clip(self, number: int, frames: int, rng: np.random.Generator) -> list[TrainingImage]:
        """Return frames in a row, of which one is an image.

        A movie that is shorter goes to and fro; an image without a movie stands still.

        Parameters
        ----------
        number
            Of the image.
        frames
            How many.
        rng
            Decides which of the frames it is.
        """
        movie = next((m for m in self.movies if number in m), range(number, number + 1))
        if frames == 1:
            return [self.items[number]]
        low = max(movie.start, number - frames + 1)
        start = int(rng.integers(low, max(low, min(number, movie.stop - frames)) + 1))
        period = max(1, 2 * (len(movie) - 1))
        steps = [(start - movie.start + t) % period for t in range(frames)]
        return [self.items[movie.start + min(s, period - s)] for s in steps]


def _how_many_alike(items: Sequence[TrainingImage]) -> NDArray[np.float64]:
    """Return ``(N,)``: how many images look like each, itself counted; others count in part."""
    means = np.stack([item.mean_intensities for item in items])
    return np.array(
        [np.exp(-((means - one) ** 2).mean(axis=1) / (2 * ALIKE**2)).sum() for one in means]
    )


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
    """

    images: Tensor
    labels: Tensor
    origins: Tensor
    classes: Tensor | None
    frames: int = 1

    def parts(self, frames: int) -> Iterator[Batch]:
        """Yield the clips in parts of so many frames, or less for the last."""
        each = len(self.images) // self.frames
        for first in range(0, self.frames, frames):
            count = min(frames, self.frames - first)
            part = slice(first * each, (first + count) * each)
            classes = None if self.classes is None else self.classes[part]
            yield Batch(self.images[part], self.labels[part], self.origins[part], classes, count)


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
    return Batch(images, labels, origins, classes, frames)


class _Patch(NamedTuple):
    """Pixels, labels and perhaps classes, and where they begin in their image."""

    image: NDArray[np.float32]
    maps: list[NDArray[np.integer]]
    origin: NDArray[np.float64]


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
    return [_Patch(varied[:, t], maps[t], origin) for t in range(frames)]
