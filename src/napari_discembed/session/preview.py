"""A preview: what a training shows of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    """

    labels: IntArray
    corner: tuple[int, ...]
    points: NDArray[np.float32]
    owners: NDArray[np.int64]
    means: NDArray[np.float32]
    pull: float
    push: float
