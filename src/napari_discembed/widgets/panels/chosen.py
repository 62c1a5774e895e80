"""What a person has chosen to fine-tune on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from napari_discembed.session.examples import Example, Examples
from napari_discembed.session.kinds import Kinds
from napari_discembed.session.live import LiveLabels
from napari_discembed.types import Image, IntArray, Kind
from napari_discembed.widgets.layers import Source
from napari_discembed.widgets.layers.pairs import with_free_background


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What to fine-tune on.

    Attributes
    ----------
    images, labels
        Pairs, those for validation last.
    validation
        How many those are.
    complete
        Whether 0 in the labels means background.
    background_label
        The number of the scribble of background.
    diameter
        In pixels, if one was typed; None to measure it.
    shown
        The image layer of the first pair.
    painted
        The pairs but those for validation, one by one.
    classes
        ``(*S)`` an image: the class, from 1, of each object; None for one kind.
    kinds
        Of the classes.
    """

    images: list[Image]
    labels: list[IntArray]
    validation: int
    complete: bool
    background_label: int | None
    diameter: float | None
    shown: Source
    painted: list[Example] = field(default_factory=list)
    classes: list[IntArray] | None = None
    kinds: tuple[Kind, ...] = ()

    def with_corrected(self, examples: Examples, kinds: Kinds | None = None) -> Chosen:
        """Return what is chosen with the corrected images of the session besides."""
        examples.paint(self.painted)
        if not examples.corrected:
            return self
        pairs = examples.training_pairs(kinds, corrected_first=False)
        images, labels, background = list(pairs.images), list(pairs.labels), pairs.background
        classes = pairs.classes
        if self.validation:
            images.append(self.images[-1])
            if classes is not None:
                classes.append(np.zeros(self.labels[-1].shape, np.uint8))
            labels, background = with_free_background([*labels, self.labels[-1]], background)
        return replace(
            self,
            images=images,
            labels=labels,
            complete=pairs.complete,
            background_label=background or None,
            classes=classes,
        )

    def taught(self) -> Chosen:
        """Return what is chosen without the pairs for validation."""
        n = len(self.images) - self.validation
        images, labels = self.images[:n], self.labels[:n]
        classes = None if self.classes is None else self.classes[:n]
        return replace(self, images=images, labels=labels, classes=classes, validation=0)

    @property
    def live(self) -> LiveLabels:
        """All that is painted, as it is handed to a training that runs."""
        labels = [label.copy() for label in self.labels]  # a person paints on
        return LiveLabels(labels, self.complete, self.background_label, self.classes)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells these images, and their kinds of objects, from others."""
        images = ((image.name, str(image.axes), image.shape) for image in self.images)
        return self.shown.id, tuple(kind.name for kind in self.kinds), *images
