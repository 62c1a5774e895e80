"""Trial segmentations of a part of an image, to find the scale of its objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from napari_discembed import clustering, metrics
from napari_discembed.config import ClusteringConfig, TilingConfig
from napari_discembed.imaging import estimate_diameter, object_sizes
from napari_discembed.inference.embedder import embed_image
from napari_discembed.models import Model
from napari_discembed.progress import Job, scaled
from napari_discembed.types import Embedding, Image, IntArray

LARGER = 1.25
"""How much larger than expected the objects may be. Of larger ones a network finds pieces."""

LARGE = 1.2
"""How much larger than expected they are where a coarser trial is preferred that finds more."""

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

DOUBT = 0.5
"""The F1 of two trials below which a person is told; of images that the shipped models have learnt
from it is 0.8 at least."""

TINY = 1 / 3
"""Share of the diameter that an image is embedded at below which some of its objects are missed."""

CLOSE = 4
"""How many times as closely the only object of an image is looked at."""

CLUMP = 6
"""Objects that it falls into then, from which on it is told: true ones of 6 to 194 px fall into 2
at most, clumps of 28 dots into 24 to 28."""

SCATTER = 1.2
"""How much larger the bandwidth is that suits a trial, one view of the image, than one that suits
the mean of several, whose points scatter less (benchmarks/LOG.md, 110)."""

TRIAL_FOREGROUND = 0.5
"""Foreground threshold of trials, at most: a higher one draws outlines better and tells scales
apart worse (benchmarks/LOG.md, 116)."""

MOST_TRIALS = 4
MOST_COARSER = 4


class Trial(NamedTuple):
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


class Choice(NamedTuple):
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
    seen
        Diameter of what is found there.
    labels
        What is found there.
    """

    diameter: float
    embedding: Embedding | None
    agreement: float | None
    seen: float | None = None
    labels: IntArray | None = None

    @classmethod
    def of(cls, trial: Trial, agreement: float | None) -> Choice:
        """Choose the scale of a trial."""
        return cls(trial.diameter, trial.embedding, agreement, trial.seen, trial.labels)


class Search:
    """Trial segmentations of a part of an image, one after the other."""

    def __init__(self, model: Model, part: Image, tile: TilingConfig | None) -> None:
        self.model, self.part = model, part
        self.tile = (tile or TilingConfig()).changed(views=1)
        self.clustering = clustering_of_trials(model)
        self.tried: list[float] = []
        self.most = MOST_TRIALS + MOST_COARSER
        self.blind = True  # nothing was ever found

    def go_on_with(self, part: Image) -> None:
        """Try another part of the image from now on."""
        self.part, self.most = part, len(self.tried) + MOST_TRIALS + MOST_COARSER

    def at(self, diameter: float, part: Image | None = None) -> Job[Trial]:
        """Segment the part, or another one, as if its objects had such a diameter."""
        job = embed_image(self.model, part or self.part, diameter=diameter, tile=self.tile)
        made = len(self.tried)
        embedding = yield from scaled(job, 1 - 0.5**made, 1 - 0.5 ** (made + 1))
        self.tried.append(diameter)
        labels = clustering.group(embedding, self.clustering).labels
        seen = seen_diameter(labels)
        self.blind = self.blind and seen is None
        return Trial(diameter, embedding, labels, seen)

    def from_diameter(self, diameter: float) -> Job[Choice]:
        """Try from a diameter on, until the scale is found."""
        trial = yield from self._far_enough(diameter)
        if trial.seen is None:
            return (yield from self._tiny(diameter)) if self.blind else Choice(diameter, None, 0.0)
        if trial.further is not None:
            return Choice(trial.further, None, None, trial.seen)
        if trial.seen < SMALLER * trial.diameter:
            nearer_at = max(trial.seen, self._closest(trial.diameter))
            return (yield from self._nearer(trial, nearer_at))
        return (yield from self._steadiest(trial))

    def _far_enough(self, diameter: float) -> Job[Trial]:
        """Try coarser until objects are not much larger than expected."""
        trial = yield from self.at(diameter)
        for _ in range(MOST_TRIALS - 1):
            if trial.further is None or trial.further > max(self.part.shape):
                break
            trial = yield from self.at(trial.further)
        return trial

    def _tiny(self, diameter: float) -> Job[Choice]:
        """Try finer for objects too small to be found, if two such trials find the same."""
        closest = self._closest(diameter)
        trial = yield from self.at(ALMOST * closest)
        if trial.seen is not None:
            choice = yield from self._nearer(trial, closest)
            if choice.diameter == closest:
                return choice
        return Choice(diameter, None, 0.0)

    def _closest(self, diameter: float) -> float:
        """Return the diameter of the closest trial."""
        return diameter / CLOSER ** (1 / len(self.part.shape))

    def _nearer(self, trial: Trial, nearer_at: float) -> Job[Choice]:
        """Try small objects finer, and prefer that where they are the same ones."""
        nearer = yield from self.at(nearer_at)
        agreement = same = _agreement(trial, nearer)
        if agreement < SAME and _count(nearer) > _count(trial):
            # Of tiny objects a coarse trial finds but a few; whether the many of the finer one are
            # there, another that is nearly as fine must tell.
            confirming = yield from self.at(ALMOST * nearer_at)
            same = _agreement(confirming, nearer)
        return Choice.of(nearer, same) if same >= SAME else Choice.of(trial, agreement)

    def _steadiest(self, trial: Trial) -> Job[Choice]:
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
        if self._misses(trials, steady):
            steady += 1
        best = trials[steady]
        if best.further is not None and len(self.tried) < self.most:
            # Pieces can agree, too; but they are much larger than was expected there.
            return (yield from self.from_diameter(best.further))
        last = min(steady, len(agreements) - 1)
        return Choice.of(best, agreements[last] if agreements else None)

    @staticmethod
    def _misses(trials: Sequence[Trial], steady: int) -> bool:
        """Tell whether a trial misses large objects: a coarser one finds more, and not pieces."""
        if steady + 1 == len(trials):
            return False
        trial, coarser = trials[steady : steady + 2]
        large = trial.seen is not None and trial.seen >= LARGE * trial.diameter
        return large and _count(coarser) > _count(trial)

    def pieces(self, choice: Choice) -> Job[int]:
        """Return how many objects the only one falls into where it is looked at closely.

        A clump of dots looks like one object of the size that the network expects, at coarser
        scales too. 0 where another number of objects was found, or one that is not of that size;
        in 3-D it is not looked at.
        """
        labels = choice.labels
        if labels is None or labels.ndim != 2 or len(object_sizes(labels)) != 1:
            return 0
        where = [np.flatnonzero((labels > 0).any(axis=1 - axis)) for axis in (0, 1)]
        margin = round(choice.diameter / 4)
        window = [slice(max(0, at[0] - margin), at[-1] + margin + 1) for at in where]
        if max(at[-1] - at[0] for at in where) > 2 * choice.diameter:
            return 0
        trial = yield from self.at(choice.diameter / CLOSE, self.part.crop(window))
        return _count(trial)

    def doubt(self, choice: Choice, pieces: int = 0) -> str | None:
        """Return why a choice is not to be relied on; None where it is."""
        if self.blind:
            if np.ptp(self.part.data) == 0:
                return None  # there is nothing to be found
            return (
                f"nothing was found at the diameters from {min(self.tried):.0f} to "
                f"{max(self.tried):.0f} px"
            )
        if choice.agreement is not None and choice.agreement < DOUBT:
            return f"two scales agree on {choice.agreement:.0%} of what is found"
        if choice.seen is not None and choice.seen < TINY * choice.diameter:
            return f"they seem to be of {choice.seen:.1f} px, which is hardly more than a dot"
        if pieces >= CLUMP:
            return f"the only one falls into {pieces} where it is looked at closely"
        return None


def clustering_of_trials(model: Model) -> ClusteringConfig:
    """Return the clustering of a model's card as it suits trials: one view, objects found whole."""
    config = model.card.clustering
    changes: dict[str, float] = {
        "foreground_threshold": min(config.foreground_threshold, TRIAL_FOREGROUND)
    }
    if model.card.views > 1 and config.method not in clustering.WITHOUT_BANDWIDTH:
        changes["bandwidth"] = SCATTER * clustering.bandwidth_of(config, model.net.space)
    return config.model_copy(update=changes)


def _count(trial: Trial) -> int:
    return len(object_sizes(trial.labels))


def _agreement(trial: Trial, other: Trial) -> float:
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


def seen_diameter(labels: IntArray) -> float | None:
    """Return the diameter of the objects, larger ones counting more; None where there is none.

    As :func:`~napari_discembed.imaging.estimate_diameter` has it, weighted and with the border.
    """
    if not (labels > 0).any():
        return None
    return estimate_diameter(labels, weighted=True, with_border=True)
