"""The scale of an image that nobody told: a first look measures its objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.config import TilingConfig
from napari_discembed.imaging import estimate_diameter, window_around
from napari_discembed.inference.embedder import embed_image
from napari_discembed.models import Model
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

ALMOST = 1.2
"""How much further than the closest look is the one that is to confirm it where all else is blind:
tiny objects are hardly found from further, and noise looks different already."""

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

APART = 1.2
"""How much the diameter of fine-tuning differs at least from the network's for a look from both."""

MOST_LOOKS = 4
MOST_COARSER = 4


class ScaleEstimate(NamedTuple):
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

    @property
    def further(self) -> float | None:
        """The diameter to look at next, where nothing or much larger objects are seen."""
        if self.seen is None:
            return 2 * self.diameter
        return self.seen if self.seen >= LARGER * self.diameter else None


class _Way(NamedTuple):
    """Where looking from one diameter has led.

    Attributes
    ----------
    diameter
        To embed the image at.
    embedding
        Of the part at that diameter, if a look has made it.
    agreement
        F1 of what is found there against what another look finds; 0 where nothing is ever found,
        None where there was no other look.
    """

    diameter: float
    embedding: Embedding | None
    agreement: float | None


class _Looks:
    """Looks at a part of an image, again and again."""

    def __init__(self, model: Model, part: Image, tile: TilingConfig | None) -> None:
        self.model, self.part, self.tile = model, part, tile
        self.made = 0
        self.blind = True  # nothing was ever found

    def at(self, diameter: float) -> Job[_Look]:
        """Segment the part as if its objects had such a diameter."""
        job = embed_image(self.model, self.part, diameter=diameter, tile=self.tile)
        embedding = yield from scaled(job, 1 - 0.5**self.made, 1 - 0.5 ** (self.made + 1))
        self.made += 1
        labels = clustering.group(embedding, self.model.card.clustering).labels
        seen = typical_diameter(labels)
        self.blind = self.blind and seen is None
        return _Look(diameter, embedding, labels, seen)

    def way(self, diameter: float) -> Job[_Way]:
        """Preview from a diameter on, until the scale is found."""
        look = yield from self._far_enough(diameter)
        if look.seen is None:
            return (yield from self._tiny(diameter)) if self.blind else _Way(diameter, None, 0.0)
        if look.further is not None:
            return _Way(look.further, None, None)
        if look.seen < SMALLER * look.diameter:
            nearer_at = max(look.seen, self._closest(look.diameter))
            return (yield from self._nearer(look, nearer_at))
        return (yield from self._steadiest(look))

    def _far_enough(self, diameter: float) -> Job[_Look]:
        """Preview from as far as it takes to see objects that are not much larger than expected."""
        look = yield from self.at(diameter)
        for _ in range(MOST_LOOKS - 1):
            if look.further is None or look.further > max(self.part.shape):
                break
            look = yield from self.at(look.further)
        return look

    def _tiny(self, diameter: float) -> Job[_Way]:
        """Preview from nearer for objects too small to be found, if two such looks find the same."""
        closest = self._closest(diameter)
        look = yield from self.at(ALMOST * closest)
        if look.seen is not None:
            way = yield from self._nearer(look, closest)
            if way.diameter == closest:
                return way
        return _Way(diameter, None, 0.0)

    def _closest(self, diameter: float) -> float:
        """Return the diameter of the closest look."""
        return diameter / CLOSER ** (1 / len(self.part.shape))

    def _nearer(self, look: _Look, nearer_at: float) -> Job[_Way]:
        """Preview at small objects from nearer, and prefer that where they are the same ones."""
        nearer = yield from self.at(nearer_at)
        agreement = _agreement(look, nearer)
        best = nearer if agreement >= SAME else look
        return _Way(best.diameter, best.embedding, agreement)

    def _steadiest(self, look: _Look) -> Job[_Way]:
        """Preview from further as long as objects may be in pieces, and take the steadiest scale."""
        looks, agreements = [look], list[float]()
        in_pieces = True  # or so it may be
        while in_pieces and looks[-1].seen is not None and len(looks) <= MOST_COARSER:
            coarser = COARSER * looks[-1].diameter
            if coarser > max(self.part.shape):
                break
            looks.append((yield from self.at(coarser)))
            agreements.append(_agreement(looks[-2], looks[-1]))
            falling = len(agreements) > 1 and agreements[-1] < agreements[-2] - FALLING
            in_pieces = agreements[0] < STEADY and not falling
        steady = steadiest(agreements)
        best = looks[steady]
        return _Way(best.diameter, best.embedding, agreements[steady] if agreements else None)


def estimate_scale(
    model: Model, image: Image, *, tile: TilingConfig | None = None
) -> Job[ScaleEstimate]:
    """Measure the objects of an image, to embed it at the scale that suits the model.

    The middle of the image is segmented as if its objects had the diameter of those that the
    model was fine-tuned on, or else the network's own. Where they are much larger it is looked
    at again from as far as that takes; where nothing is found, from twice as far, and at last from
    nearer; where they are much smaller, from nearer. An image in which nothing is ever found is
    left at that.

    Objects in pieces can seem to have the right diameter. What gives them away is that a look
    from a little further finds other pieces: then the scale is taken whose objects come out most
    alike at the next one.

    Images differ in magnification: a model that was fine-tuned on objects of another diameter
    than the network's own looks from there too, and the steadier of both is believed. The figures
    behind the constants are in benchmarks/LOG.md, 24, 48 and 61.

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
    looks = _Looks(model, part, tile)
    taught, own = model.image_diameter, model.config.diameter
    way = yield from looks.way(taught)
    if max(taught / own, own / taught) >= APART and way.agreement is not None:
        other = yield from looks.way(own)
        if other.agreement is not None and other.agreement > way.agreement:
            way = other
    return ScaleEstimate(way.diameter, way.embedding if part.shape == image.shape else None)


def _agreement(look: _Look, other: _Look) -> float:
    """Return the F1 of what one look found against what another did."""
    return float(metrics.score(look.labels, other.labels).f1)


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

    As :func:`~napari_discembed.imaging.estimate_diameter` has it, weighted and with the border.
    """
    if not (labels > 0).any():
        return None
    return estimate_diameter(labels, weighted=True, with_border=True)
