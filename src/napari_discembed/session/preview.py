"""Previews: what a training shows of itself while it runs, and of what it leaves to choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_discembed.imaging import object_sizes
from napari_discembed.types import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """What the network makes of an image at one moment of its training.

    Attributes
    ----------
    labels
        ``(*S)`` of the part of the image that `corner` begins.
    corner
        First pixel of that part.
    points
        ``(P, 2)``: labelled pixels in embedding space, two components or channels.
    owners
        ``(P,)``: the label of each.
    means
        ``(N, 2)``: of each labelled object.
    pull, push
        Margins, in embedding units.
    classes
        ``(N,)``: the class of each number of `labels`, from 1; None where there is one.
    """

    labels: IntArray
    corner: tuple[int, ...]
    points: NDArray[np.float32]
    owners: NDArray[np.int64]
    means: NDArray[np.float32]
    pull: float
    push: float
    classes: IntArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """What a model makes of an image, and how good it was by the objects that were held back.

    Attributes
    ----------
    preview
        The objects that it finds.
    score
        On what it was not taught; 1 is perfect.
    """

    preview: Preview
    score: float

    @property
    def count(self) -> int:
        """How many objects it finds."""
        return len(object_sizes(self.preview.labels))


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What a person may choose from where a training kept its start.

    Attributes
    ----------
    start, learnt
        The results of both.
    held_back
        How many objects they were judged by; 0 for images of their own.
    """

    start: Result
    learnt: Result
    held_back: int
