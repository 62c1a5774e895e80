"""What the models of a session learn from: images that were painted, or corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from psygnal import Signal

from napari_discembed.imaging import window_around
from napari_discembed.interaction.corrections import (
    LabelledPixels,
    laid_over,
    with_one_meaning,
)
from napari_discembed.session.kinds import KindImage, Kinds
from napari_discembed.types import Image, IntArray

JUDGED_SIDE, JUDGED_SIDE_3D = 768, 96
"""Of the part of an image, in pixels, that is judged by."""
MOST_JUDGED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A labelled image.

    Attributes
    ----------
    key
        Tells its image from others.
    image
        The pixels.
    known
        What is labelled of them.
    objects
        All objects as they are now, those included that the model alone claims. Of an image that
        is labelled in part, they tell whether a model that learnt mends more than it breaks. None
        where they are not known.
    kinds
        Of the objects; None where there is one kind.
    """

    key: str
    image: Image
    known: LabelledPixels
    objects: IntArray | None = None
    kinds: KindImage | None = None

    def judged(self) -> tuple[Image, IntArray] | None:
        """Return the part around what is labelled, with all of its objects."""
        single = not self.image.axes.without_channels().frames(self.known.labels.ndim)
        if self.known.complete or self.objects is None or not single:
            return None
        where = np.argwhere(self.known.labels > 0)
        middle = np.median(where, axis=0).tolist() if len(where) else [0.0] * self.objects.ndim
        side = JUDGED_SIDE if self.objects.ndim == 2 else JUDGED_SIDE_3D
        window = window_around(middle, self.objects.shape, side)
        return self.image.crop(window), self.objects[window]


class TrainingPairs(NamedTuple):
    """What a training takes.

    Attributes
    ----------
    images, labels
        Equally many.
    complete
        Whether 0 in all labels means background.
    background
        The number of what is background; 0 for none.
    judged
        Images with all of their objects, to tell by whether something was gained; none where there
        are labels enough to hold some back.
    classes
        ``(*S)`` an image: the class, from 1, of each object; None where there is one kind.
    """

    images: list[Image]
    labels: list[IntArray]
    complete: bool
    background: int
    judged: list[tuple[Image, IntArray]]
    classes: list[IntArray] | None = None


class Examples:
    """The training set of a session; what was corrected last comes first.

    Attributes
    ----------
    changed
        Emitted when there are others.
    """

    changed = Signal()

    def __init__(self) -> None:
        self._painted: list[Example] = []
        self._corrected: dict[str, Example] = {}

    @property
    def corrected(self) -> list[Example]:
        """Those made of corrections, the latest first."""
        return list(reversed(self._corrected.values()))

    def paint(self, painted: Sequence[Example]) -> None:
        """Take these painted images in place of the painted ones of before."""
        self._painted = list(painted)
        self.changed.emit()

    def correct(self, example: Example) -> None:
        """Add a corrected image; of the same one, the corrections of before go."""
        self._corrected.pop(example.key, None)
        self._corrected[example.key] = example
        self.changed.emit()

    def forget(self, key: str) -> None:
        """Learn no longer from the corrections of an image."""
        if self._corrected.pop(key, None) is not None:
            self.changed.emit()

    def training_pairs(
        self, kinds: Kinds | None = None, *, corrected_first: bool = True
    ) -> TrainingPairs:
        """Return the pairs to learn from, each image once.

        What was painted on a corrected image lies below its corrections. The first pair is the one
        that previews show.

        Parameters
        ----------
        kinds
            That there are; None for one.
        corrected_first
            Whether corrected images come before those that were painted alone.
        """
        painted = {example.key: example for example in self._painted}
        ours = [_over(example, painted.get(example.key)) for example in self.corrected]
        rest = [one for one in self._painted if one.key not in self._corrected]
        ours = ours + rest if corrected_first else rest + ours
        labels, complete, background = with_one_meaning([one.known for one in ours])
        found = [example.judged() for example in self.corrected[:MOST_JUDGED]]
        judged = [
            (image, np.where(objects > 0, objects.astype(np.int64) + background, 0))
            for image, objects in (one for one in found if one is not None and found[0] is not None)
        ]  # there, no object has the number of background
        images, classes = [one.image for one in ours], classes_of(ours, kinds)
        return TrainingPairs(images, labels, complete, background, judged, classes)


def classes_of(examples: Sequence[Example], kinds: Kinds | None) -> list[IntArray] | None:
    """Return the class, from 1, of each pixel of examples; None where there is one kind.

    What has none said is of the first.
    """
    if kinds is None or not kinds.several:
        return None
    return [
        np.ones(one.known.labels.shape, np.uint8)
        if one.kinds is None
        else np.maximum(one.kinds.classes(kinds), 1)
        for one in examples
    ]


def _over(corrected: Example, painted: Example | None) -> Example:
    """Return a corrected image with what was painted on it below."""
    if painted is None or painted.known.labels.shape != corrected.known.labels.shape:
        return corrected
    kinds, known = corrected.kinds, corrected.known
    if kinds is not None:
        kinds = kinds.over(painted.kinds, known.labels)
    return replace(corrected, known=laid_over(known, painted.known), kinds=kinds)
