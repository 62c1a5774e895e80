"""Picking one of the nested candidates under the pointer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.clustering import QUALITY, THRESHOLD, to_image_grid
from napari_discembed.imaging import renumbered
from napari_discembed.types import Candidates, Embedding, IntArray

COVERED = 0.5
"""Share of an object from which on it is replaced by what covers it."""


LINE = 2
"""Width of an outline in pixels of the image."""


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A candidate under the pointer.

    Attributes
    ----------
    candidate
        Its number.
    mask
        ``(*S)`` on the image's grid.
    level, levels
        Which of the candidates that hold the pixel it is, from 1, the smallest; and how many do.
    quality
        The overlap with one object that is expected of it; None where that is not known.
    """

    candidate: int
    mask: NDArray[np.bool_]
    level: int
    levels: int
    quality: float | None

    @property
    def pixels(self) -> int:
        """How many pixels of the image it has."""
        return int(np.count_nonzero(self.mask))


class Picker:
    """Finds the candidates under the pointer.

    Parameters
    ----------
    embedding
        Of the image.
    candidates
        Nested masks of it.
    chosen
        Candidates that are objects now, none holding another: what is shown first.
    threshold
        Foreground probability that a pixel needs, where candidates have none of their own.
    """

    def __init__(
        self, embedding: Embedding, candidates: Candidates, chosen: IntArray, threshold: float
    ) -> None:
        self.embedding, self.candidates, self.threshold = embedding, candidates, threshold
        self._owner = candidates.owners(chosen)
        self._probability = np.asarray(embedding.foreground_probability)

    def at(self, pixel: tuple[int, ...], now: int | None = None, steps: int = 0) -> Pick | None:
        """Return a candidate that holds a pixel; None where none does.

        Parameters
        ----------
        pixel
            Of the image.
        now
            The candidate that is shown; where it does not hold the pixel, the one that is an object
            now is meant, or else the smallest.
        steps
            How far to go up the tree from there; below 0, down.
        """
        shape = self.embedding.image_shape
        at = tuple(
            int((p + 0.5) * g / n)
            for p, g, n in zip(pixel, self.embedding.shape, shape, strict=True)
        )
        chain = self.candidates.containing(at)
        chain = chain[self._probability[at] >= self._thresholds(chain)]
        if not len(chain):
            return None
        start = now if now is not None and now in chain else int(self._owner[chain[0] + 1]) - 1
        found = np.flatnonzero(chain == start)
        level = int(np.clip((found[0] if len(found) else 0) + steps, 0, len(chain) - 1))
        candidate = int(chain[level])
        quality = self.candidates.scores.get(QUALITY)
        sure = None if quality is None else float(quality[candidate])
        return Pick(candidate, self.mask(candidate), level + 1, len(chain), sure)

    def mask(self, candidate: int) -> NDArray[np.bool_]:
        """Return ``(*S)``: a candidate on the image's grid, without holes."""
        threshold = float(self._thresholds(np.array([candidate]))[0])
        mask = self.candidates.mask(candidate) & (self._probability >= threshold)
        mask = np.asarray(scipy.ndimage.binary_fill_holes(mask))
        return to_image_grid(mask.astype(np.uint8), self.embedding, threshold) > 0

    def _thresholds(self, chain: IntArray) -> NDArray[np.float64]:
        known = self.candidates.scores.get(THRESHOLD)
        return np.full(len(chain), self.threshold) if known is None else known[chain]


def put(labels: IntArray, mask: NDArray[np.bool_], label: int) -> IntArray:
    """Make a mask an object, in place of those of which it covers half or more.

    Others lose what it covers of them.
    """
    compact, numbers = renumbered(labels)
    size = np.bincount(compact.ravel(), minlength=len(numbers))
    under = np.bincount(compact[mask], minlength=len(numbers))
    gone = under >= COVERED * np.maximum(size, 1)
    gone[0] = False
    return np.where(mask, labels.dtype.type(label), np.where(gone[compact], 0, labels)).astype(
        labels.dtype
    )


def outlined(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return ``(*S)``: 2 on the outline of a mask, 1 in it."""
    shown = mask.astype(np.uint8)
    boxes = scipy.ndimage.find_objects(shown)
    if boxes:
        inside = scipy.ndimage.binary_erosion(np.pad(mask[boxes[0]], 1), iterations=LINE)
        middle = inside[tuple(slice(1, -1) for _ in mask.shape)]
        shown[boxes[0]] += mask[boxes[0]] & ~middle
    return shown
