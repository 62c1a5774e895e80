"""Objects that were missed: added by a line around them, or by a click in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import skimage

from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.interaction.wand import Wand
from napari_discembed.types import Embedding, IntArray

LEAST_CORNERS = 3


def add_missed(
    labels: IntArray,
    path: Sequence[edit.Point],
    embedding: Embedding | None,
    bandwidth: float,
    *,
    threshold: float = 0.5,
) -> IntArray:
    """Return labels with one object more; those that are there keep all their pixels.

    Parameters
    ----------
    labels
        ``(*S)``, 0 for background.
    path
        Pixels: a closed line around the object in a plane, or one pixel in it.
    embedding
        Of the image; only one pixel needs it.
    bandwidth
        What lies within it of the pixel is the object, in embedding units.
    threshold
        Foreground probability that its pixels need.

    Raises
    ------
    InputError
        If nothing that is free was pointed at, a line was drawn in a volume, there is no
        embedding for a click, or no number left.
    """
    if len(set(path)) >= LEAST_CORNERS:
        if labels.ndim != 2:
            raise InputError(
                "A line goes around objects of planes alone. Click a missed object of a volume."
            )
        mask = skimage.draw.polygon2mask(labels.shape, np.array(path))
    elif labels[path[0]]:
        raise InputError("There is an object already. Click one that was missed.")
    elif embedding is None:
        raise InputError(
            "A click needs the embedding: press Find objects in the Segment dock first, or draw "
            "around the object."
        )
    else:
        mask = Wand(embedding).reach(path[0], bandwidth, threshold=threshold)
    if not (mask & (labels == 0)).any():
        raise InputError("No object is seen there. Draw around it instead.")
    number = int(labels.max(initial=0)) + 1
    if number > np.iinfo(labels.dtype).max:
        raise InputError(f"There is no number left in labels of type {labels.dtype}.")
    return edit.add(labels, mask, number)
