"""Training images and the patches drawn from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
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
    """

    items: Sequence[TrainingImage]
    balanced: bool = False
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

    def draw(self, rng: np.random.Generator) -> TrainingImage:
        """Draw an image."""
        return self.items[int(rng.choice(len(self.items), p=self._weights))]


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
    """

    images: Tensor
    labels: Tensor
    origins: Tensor
    classes: Tensor | None


def sample_batch(
    data: TrainingSet,
    rng: np.random.Generator,
    *,
    patch_size: int,
    batch_size: int,
    augmentation: AugmentationConfig,
) -> Batch:
    """Draw augmented patches, most of them near objects.

    Parameters
    ----------
    data
        To draw from; images smaller than a patch are mirrored beyond their borders.
    rng
        Decides everything: the same state gives the same batch.
    patch_size
        Side of the square or cubic patches.
    batch_size
        How many.
    augmentation
        How to vary them.
    """
    patches = [_patch(data.draw(rng), rng, patch_size, augmentation) for _ in range(batch_size)]
    images = torch.from_numpy(np.stack([p.image for p in patches]))
    labels = torch.from_numpy(np.stack([p.maps[0] for p in patches]).astype(np.int64))
    origins = torch.from_numpy(np.stack([p.origin for p in patches]).astype(np.float32))
    classes = None
    if all(len(p.maps) == 2 for p in patches):
        classes = torch.from_numpy(np.stack([p.maps[1] for p in patches]).astype(np.int64))
    return Batch(images, labels, origins, classes)


class _Patch(NamedTuple):
    """Pixels, labels and perhaps classes, and where they begin in their image."""

    image: NDArray[np.float32]
    maps: list[NDArray[np.integer]]
    origin: NDArray[np.float64]


def _patch(
    item: TrainingImage, rng: np.random.Generator, size: int, augmentation: AugmentationConfig
) -> _Patch:
    near_object = rng.random() < OBJECT_SHARE and len(item.object_centres)
    centres = item.object_centres if near_object else item.labelled_centres
    centre = centres[rng.integers(len(centres))] + rng.uniform(
        -size / 3, size / 3, item.labels.ndim
    )
    centre = np.clip(centre, 0, np.array(item.labels.shape) - 1)
    matrix = random_geometry(rng, augmentation, item.labels.ndim)
    maps = [item.labels] if item.classes is None else [item.labels, item.classes]
    image, warped = warp(item.image, maps, centre, matrix, size)
    return _Patch(vary_intensity(image, rng, augmentation), warped, centre - (size - 1) / 2)
