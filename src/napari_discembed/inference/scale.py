"""Estimate the scale of an image that nobody told, by trial segmentations of its middle."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.config import TilingConfig
from napari_discembed.errors import FileNote
from napari_discembed.imaging import estimate_diameter, object_sizes, window_around
from napari_discembed.inference.embedder import embed_image
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image, IntArray

WINDOW = 1024
"""Side of the part of an image that is tried, in pixels; in 3-D it has as many voxels."""

LARGER = 1.25
"""How much larger than expected the objects may be. Of larger ones a network finds pieces."""

SMALLER = 0.75
"""Objects that are found at less than this share of the expected diameter are small, not pieces.
Those that touch come apart where they are embedded larger."""

CLOSER = 4
"""How many times as many pixels a finer trial has at most."""

ALMOST = 1.2
"""How much coarser than the finest trial is the one that is to confirm it where all else is blind:
tiny objects are hardly found in coarser ones, and noise looks different already."""

SAME = 0.8
"""The F1 of a finer trial against the one before that tells the same objects: it is preferred."""

COARSER = 2**0.5
"""From one trial to the next when objects may lie in pieces, up to four times as coarse."""

STEADY = 0.65
"""The F1 of two trials, one against the other, that tells whole objects: pieces change."""

STEADIER = 1.1
"""How much better coarser trials must agree to be preferred."""

FALLING = 0.05
"""Trials go on until one agrees with the next by so much less than the one before."""

APART = 1.2
"""How much the diameter of fine-tuning differs at least from the network's for trials from both."""

DOUBT = 0.5
"""The F1 of two trials below which a person is told; of images that the shipped models have learnt
from it is 0.8 at least."""

MOST_TRIALS = 4
MOST_COARSER = 4


class ScaleEstimate(NamedTuple):
    """Estimated scale of an image.

    Attributes
    ----------
    diameter
        To embed the image at, in its pixels.
    embedding
        Of the image at that diameter, if the trial has made it.
    """

    diameter: float
    embedding: Embedding | None


class _Trial(NamedTuple):
    """What was found at one scale: the embedding, the objects, and their typical diameter."""

    diameter: float
    embedding: Embedding
    labels: IntArray
    seen: float | None

    @property
    def further(self) -> float | None:
        """The diameter to try next, where nothing or much larger objects are seen."""
        if self.seen is None:
            return 2 * self.diameter
        return self.seen if self.seen >= LARGER * self.diameter else None


class _Choice(NamedTuple):
    """Where trying from one diameter has led.

    Attributes
    ----------
    diameter
        To embed the image at.
    embedding
        Of the part at that diameter, if a trial has made it.
    agreement
        F1 of what is found there against what another trial finds; 0 where nothing is ever found,
        None where there was no other trial.
    """

    diameter: float
    embedding: Embedding | None
    agreement: float | None


class _Search:
    """Trial segmentations of a part of an image, one after the other."""

    def __init__(self, model: Model, part: Image, tile: TilingConfig | None) -> None:
        self.model, self.part, self.tile = model, part, tile
        self.made = 0
        self.blind = True  # nothing was ever found

    def at(self, diameter: float) -> Job[_Trial]:
        """Segment the part as if its objects had such a diameter."""
        job = embed_image(self.model, self.part, diameter=diameter, tile=self.tile)
        embedding = yield from scaled(job, 1 - 0.5**self.made, 1 - 0.5 ** (self.made + 1))
        self.made += 1
        labels = clustering.group(embedding, self.model.card.clustering).labels
        seen = typical_diameter(labels)
        self.blind = self.blind and seen is None
        return _Trial(diameter, embedding, labels, seen)

    def from_diameter(self, diameter: float) -> Job[_Choice]:
        """Try from a diameter on, until the scale is found."""
        trial = yield from self._far_enough(diameter)
        if trial.seen is None:
            return (yield from self._tiny(diameter)) if self.blind else _Choice(diameter, None, 0.0)
        if trial.further is not None:
            return _Choice(trial.further, None, None)
        if trial.seen < SMALLER * trial.diameter:
            nearer_at = max(trial.seen, self._closest(trial.diameter))
            return (yield from self._nearer(trial, nearer_at))
        return (yield from self._steadiest(trial))

    def _far_enough(self, diameter: float) -> Job[_Trial]:
        """Try coarser until objects are not much larger than expected."""
        trial = yield from self.at(diameter)
        for _ in range(MOST_TRIALS - 1):
            if trial.further is None or trial.further > max(self.part.shape):
                break
            trial = yield from self.at(trial.further)
        return trial

    def _tiny(self, diameter: float) -> Job[_Choice]:
        """Try finer for objects too small to be found, if two such trials find the same."""
        closest = self._closest(diameter)
        trial = yield from self.at(ALMOST * closest)
        if trial.seen is not None:
            choice = yield from self._nearer(trial, closest)
            if choice.diameter == closest:
                return choice
        return _Choice(diameter, None, 0.0)

    def _closest(self, diameter: float) -> float:
        """Return the diameter of the closest trial."""
        return diameter / CLOSER ** (1 / len(self.part.shape))

    def _nearer(self, trial: _Trial, nearer_at: float) -> Job[_Choice]:
        """Try small objects finer, and prefer that where they are the same ones."""
        nearer = yield from self.at(nearer_at)
        agreement = _agreement(trial, nearer)
        if agreement < SAME and _count(nearer) > _count(trial):
            # Of tiny objects a coarse trial finds but a few; whether the many of the finer one are
            # there, another that is nearly as fine must tell.
            confirming = yield from self.at(ALMOST * nearer_at)
            agreement = _agreement(confirming, nearer)
        best = nearer if agreement >= SAME else trial
        return _Choice(best.diameter, best.embedding, agreement)

    def _steadiest(self, trial: _Trial) -> Job[_Choice]:
        """Try coarser as long as objects may be in pieces, and take the steadiest scale."""
        trials, agreements = [trial], list[float]()
        in_pieces = True  # or so it may be
        while in_pieces and trials[-1].seen is not None and len(trials) <= MOST_COARSER:
            coarser = COARSER * trials[-1].diameter
            if coarser > max(self.part.shape):
                break
            trials.append((yield from self.at(coarser)))
            agreements.append(_agreement(trials[-2], trials[-1]))
            falling = len(agreements) > 1 and agreements[-1] < agreements[-2] - FALLING
            in_pieces = agreements[0] < STEADY and not falling
        steady = steadiest(agreements)
        best = trials[steady]
        return _Choice(best.diameter, best.embedding, agreements[steady] if agreements else None)


def estimate_scale(
    model: Model, image: Image, *, tile: TilingConfig | None = None
) -> Job[ScaleEstimate]:
    """Estimate the object diameter that an image is best embedded at.

    The middle of the image is segmented as if its objects had the diameter of those that the
    model was fine-tuned on, or else the network's own. Where they are much larger it is tried again
    as coarse as that takes; where nothing is found, twice as coarse, and at last finer; where they
    are much smaller, finer. An image in which nothing is ever found is
    left at that.

    Objects in pieces can seem to have the right diameter. What gives them away is that a trial
    a little coarser finds other pieces: then the scale is taken whose objects come out most
    alike at the next one.

    Images differ in magnification: a model that was fine-tuned on objects of another diameter
    than the network's own is tried from there too, and the steadier is believed. The figures behind
    the constants are in benchmarks/LOG.md, 24, 48 and 61.

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
    A job of the estimate.
    """
    part = middle(image)
    search = _Search(model, part, tile)
    taught, own = model.image_diameter, model.config.diameter
    choice = yield from search.from_diameter(taught)
    if max(taught / own, own / taught) >= APART and choice.agreement is not None:
        other = yield from search.from_diameter(own)
        if other.agreement is not None and other.agreement > choice.agreement:
            choice = other
    if choice.agreement is not None and 0 < choice.agreement < DOUBT:
        warnings.warn(
            f"{image.name}: the size of its objects could not be told, as two scales agree on "
            f"{choice.agreement:.0%} of what is found. Look at the result, or give the diameter.",
            FileNote,
            stacklevel=2,
        )
    return ScaleEstimate(choice.diameter, choice.embedding if part.shape == image.shape else None)


def _count(trial: _Trial) -> int:
    return len(object_sizes(trial.labels))


def _agreement(trial: _Trial, other: _Trial) -> float:
    """Return the F1 of what one trial found against what another did."""
    return float(metrics.score(trial.labels, other.labels).f1)


def steadiest(agreements: Sequence[float]) -> int:
    """Return the trial to trust: the first, unless later ones agree clearly better.

    Parameters
    ----------
    agreements
        Of each trial with the next coarser one, 0 to 1.
    """
    if not agreements:
        return 0
    best = int(np.argmax(agreements))
    return best if agreements[best] >= STEADIER * agreements[0] else 0


def middle(image: Image) -> Image:
    """Return the middle of an image, of at most about `WINDOW` squared pixels."""
    part = image.crop(window_at([n / 2 for n in image.shape], image.shape))
    return image if part.shape == image.shape else part


def window_at(centre: Sequence[float], shape: Sequence[int]) -> tuple[slice, ...]:
    """Return the window of at most about `WINDOW` squared pixels around a point of an image."""
    return window_around(centre, shape, round(WINDOW ** (2 / len(shape))))


def typical_diameter(labels: IntArray) -> float | None:
    """Return the diameter of the objects, larger ones counting more; None where there is none.

    As :func:`~napari_discembed.imaging.estimate_diameter` has it, weighted and with the border.
    """
    if not (labels > 0).any():
        return None
    return estimate_diameter(labels, weighted=True, with_border=True)
