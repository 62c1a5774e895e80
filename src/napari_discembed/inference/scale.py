"""The scale of an image that nobody told: a first look measures its objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.config import TileConfig
from napari_discembed.inference.embedder import embed_image
from napari_discembed.models import Model
from napari_discembed.preprocess import equivalent_diameter, window_around
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image, IntArray

LOOK = 1024
"""Side of the part of an image that is looked at, in pixels; in 3-D it has as many voxels."""

LARGER = 1.6
"""How much larger than expected the objects may be. Of larger ones a network finds pieces."""

SMALLER = 0.75
"""Objects that are found at less than this share of the expected diameter are small, not pieces.
Those that touch come apart where they are embedded larger."""

CLOSER = 4
"""How many times as many pixels a closer look has at most."""

SAME = 0.8
"""The F1 of a closer look against the one before that tells the same objects: it is preferred."""

COARSER = 2**0.5
"""From one look to the next when objects may lie in pieces, up to four times as coarse."""

STEADY = 0.65
"""The F1 of two looks, one against the other, that tells whole objects: pieces change."""

STEADIER = 1.1
"""How much better coarser looks must agree to be preferred."""

FALLING = 0.05
"""Looks go on until one agrees with the next by so much less than the one before."""

MOST_LOOKS = 4
MOST_COARSER = 4


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


class _Look(NamedTuple):
    """What was found at one scale: the embedding, the objects, and their typical diameter."""

    diameter: float
    embedding: Embedding
    labels: IntArray
    seen: float | None


def first_look(model: Model, image: Image, *, tile: TileConfig | None = None) -> Job[FirstLook]:
    """Measure the objects of an image, to embed it at the scale that suits the model.

    The middle of the image is segmented as if its objects had the diameter of those that the
    model was fine-tuned on, or else the network's own. Where they are much larger it is looked
    at again from as far as that takes; where nothing is found, from twice as far; where they are
    much smaller, from nearer. An image in which nothing is ever found is left at that.

    Objects in pieces can seem to have the right diameter. What gives them away is that a look
    from a little further finds other pieces: then the scale is taken whose objects come out most
    alike at the next one. The figures behind the constants are in benchmarks/LOG.md, 24 and 48.

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
    part, made = middle(image), 0

    def look(diameter: float) -> Job[_Look]:
        nonlocal made
        job = embed_image(model, part, diameter=diameter, tile=tile)
        embedding = yield from scaled(job, 1 - 0.5**made, 1 - 0.5 ** (made + 1))
        made += 1
        labels = clustering.group(embedding, model.card.cluster).labels
        return _Look(diameter, embedding, labels, typical_diameter(labels))

    last = yield from look(model.image_diameter)
    while last.seen is None or last.seen >= LARGER * last.diameter:
        further = last.seen or 2 * last.diameter
        if made == MOST_LOOKS or further > max(part.shape):
            return FirstLook(model.image_diameter if last.seen is None else further, None)
        last = yield from look(further)
    small = last.seen < SMALLER * last.diameter
    if small:
        closest = last.diameter / CLOSER ** (1 / len(part.shape))
        nearer = yield from look(max(last.seen, closest))
        same = metrics.score(last.labels, nearer.labels).f1 >= SAME
        last = nearer if same else last
    looks, agreements = [last], list[float]()
    in_pieces = not small  # or so it may be
    while in_pieces and looks[-1].seen is not None and len(looks) <= MOST_COARSER:
        coarser = COARSER * looks[-1].diameter
        if coarser > max(part.shape):
            break
        looks.append((yield from look(coarser)))
        agreements.append(metrics.score(looks[-2].labels, looks[-1].labels).f1)
        falling = len(agreements) > 1 and agreements[-1] < agreements[-2] - FALLING
        in_pieces = agreements[0] < STEADY and not falling
    best = looks[steadiest(agreements)]
    return FirstLook(best.diameter, best.embedding if part.shape == image.shape else None)


def steadiest(agreements: Sequence[float]) -> int:
    """Return the look to trust: the first, unless later ones agree clearly better.

    Parameters
    ----------
    agreements
        Of each look with the next coarser one, 0 to 1.
    """
    if not agreements:
        return 0
    best = int(np.argmax(agreements))
    return best if agreements[best] >= STEADIER * agreements[0] else 0


def middle(image: Image) -> Image:
    """Return the middle of an image, of at most about `LOOK` squared pixels."""
    part = image.crop(look_at([n / 2 for n in image.shape], image.shape))
    return image if part.shape == image.shape else part


def look_at(centre: Sequence[float], shape: Sequence[int]) -> tuple[slice, ...]:
    """Return the window of at most about `LOOK` squared pixels around a point of an image."""
    return window_around(centre, shape, round(LOOK ** (2 / len(shape))))


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
