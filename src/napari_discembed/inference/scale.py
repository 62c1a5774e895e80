"""The scale of an image that nobody told: a first look measures its objects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from napari_discembed import clustering
from napari_discembed.config import TileConfig
from napari_discembed.inference.embedder import embed_image
from napari_discembed.models import Model
from napari_discembed.preprocess import equivalent_diameter
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image, IntArray

LOOK = 1024
"""Side of the part of an image that is looked at, in pixels; in 3-D it has as many voxels."""

LARGER = 1.2
"""How much larger than expected the objects may be. Of larger ones a network finds pieces;
smaller ones it knows, and enlarging an image adds nothing to it."""

MOST_LOOKS = 4


class FirstLook(NamedTuple):
    """What was seen of an image's scale.

    Attributes
    ----------
    diameter
        To embed the image at, in its pixels.
    embedding
        Of the image at that diameter, if the look has made it.
    """

    diameter: float
    embedding: Embedding | None


def first_look(model: Model, image: Image, *, tile: TileConfig | None = None) -> Job[FirstLook]:
    """Measure the objects of an image, to embed it at the scale that suits the model.

    The middle of the image is segmented as if its objects had the diameter of those that the
    model was fine-tuned on, or else the network's own. Where they are larger it is looked at
    again from as far as that takes; where nothing is found, from twice as far. An image in which
    nothing is ever found is left at that.

    Parameters
    ----------
    model
        Network and card.
    image
        A single frame.
    tile
        As for :func:`~napari_discembed.inference.embed_image`.

    Returns
    -------
    A job of what was seen.
    """
    part = middle(image)
    first = diameter = model.image_diameter
    for i in range(MOST_LOOKS):
        job = embed_image(model, part, diameter=diameter, tile=tile)
        embedding = yield from scaled(job, 1 - 0.5**i, 1 - 0.5 ** (i + 1))
        seen = typical_diameter(clustering.group(embedding, model.card.cluster).labels)
        if seen is not None and seen < LARGER * diameter:
            return FirstLook(diameter, embedding if part.shape == image.shape else None)
        diameter = 2 * diameter if seen is None else seen
        if diameter > max(part.shape):
            break
    return FirstLook(first if seen is None else diameter, None)


def middle(image: Image) -> Image:
    """Return the middle of an image, of at most about `LOOK` squared pixels."""
    side = round(LOOK ** (2 / len(image.shape)))
    if max(image.shape) <= side:
        return image
    starts = [max(0, (n - side) // 2) for n in image.shape]
    return image.crop([slice(start, start + side) for start in starts])


def typical_diameter(labels: IntArray) -> float | None:
    """Return the diameter of the objects, larger ones counting more; None where there is none.

    The median in which an object counts by its diameter: debris and the pieces of objects that
    were torn are many, yet small.
    """
    sizes = np.sort(np.bincount(labels.ravel())[1:])
    sizes = sizes[sizes > 0]
    if not len(sizes):
        return None
    weights = np.cumsum(sizes ** (1 / labels.ndim))
    half = int(np.searchsorted(weights, weights[-1] / 2))
    return equivalent_diameter(float(sizes[half]), labels.ndim)
