"""Training images, and which of them are the frames of movies."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    def centroids(self) -> NDArray[np.float64]:
        """``(N + 1, ndim)``: the centre of each object by its number; NaN where there is none."""
        inside = np.nonzero(self.labels > 0)
        numbers = self.labels[inside]
        sizes = np.bincount(numbers, minlength=1).astype(float)
        sizes[sizes == 0] = np.nan
        return np.stack([np.bincount(numbers, at, len(sizes)) / sizes for at in inside], axis=1)

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


class MovieFrames(NamedTuple):
    """Which images are the frames of a movie, and who divides into whom.

    Attributes
    ----------
    frames
        Their numbers, in the order of time.
    parents
        By an object's number that of the object it comes from by division.
    """

    frames: range
    parents: Mapping[int, int] = MappingProxyType({})


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
        Which items are the frames of movies; the others stand alone.
    """

    items: Sequence[TrainingImage]
    balanced: bool = False
    movies: Sequence[MovieFrames] = ()
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

    def movie_of(self, number: int) -> MovieFrames:
        """Return the movie that an image is a frame of; of one frame where it stands alone."""
        alone = MovieFrames(range(number, number + 1))
        return next((movie for movie in self.movies if number in movie.frames), alone)

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
        movie = self.movie_of(number).frames
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


def centres_before(
    item: TrainingImage, last: TrainingImage | None, parents: Mapping[int, int]
) -> NDArray[np.float64]:
    """Return ``(N + 1, ndim)``: by an object's number its centre in the frame before.

    NaN for background, and where neither the object nor its parent was there.

    Parameters
    ----------
    item, last
        A frame and the one before; None where there is none.
    parents
        By an object's number that of its parent.
    """
    found = np.full((len(item.centroids), item.labels.ndim), np.nan)
    if last is None:
        return found
    known = last.centroids[: len(found)]
    found[: len(known)] = known
    for child, parent in parents.items():
        if child < len(found) and parent < len(last.centroids) and np.isnan(found[child]).any():
            found[child] = last.centroids[parent]
    return found
