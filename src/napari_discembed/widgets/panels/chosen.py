"""What a person has chosen to fine-tune on."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_discembed.session.examples import Example
from napari_discembed.types import Image, IntArray
from napari_discembed.widgets.layers import Source


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
    """

    images: list[Image]
    labels: list[IntArray]
    validation: int
    complete: bool
    background_label: int | None
    diameter: float | None
    shown: Source
    painted: list[Example] = field(default_factory=list)
