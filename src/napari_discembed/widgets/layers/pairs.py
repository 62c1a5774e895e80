"""Image layers with the layers of their labels, brought to what a training takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import napari.layers
import numpy as np

from napari_discembed.types import Axes, Image, IntArray
from napari_discembed.widgets.layers.frames import frames_said
from napari_discembed.widgets.layers.metadata import BACKGROUND, COMPLETE
from napari_discembed.widgets.layers.reading import axes_choices, image_of, pixels_of

USUAL_BACKGROUND = 255


class Pair(NamedTuple):
    """An image layer, how it is read, and the layer of its labels."""

    image: napari.layers.Image
    axes: Axes
    channel: int | None
    labels: napari.layers.Labels

    @property
    def picture(self) -> Image:
        """The pixels."""
        return image_of(self.image, self.axes, self.channel)

    @property
    def painted(self) -> IntArray:
        """The labels."""
        return np.asarray(pixels_of(self.labels))

    def has_layers_of(self, other: Pair) -> bool:
        """Tell whether another pair is of the same layers."""
        return self.image is other.image and self.labels is other.labels


def axes_for(
    image: napari.layers.Image, labels: napari.layers.Labels, chosen: Axes | None = None
) -> Axes:
    """Return axes of an image that fit its labels, those that were chosen if they do."""
    possible = axes_choices(image)
    fitting = [a for a in possible if len(a.without_channels()) == labels.ndim]
    frames = frames_said(labels.metadata, labels.axis_labels, labels.ndim)
    if frames:  # of time, though depth were the likelier guess
        fitting = [a for a in fitting if a.without_channels().startswith(frames)] or fitting
    return chosen if chosen is not None and chosen in fitting else (fitting or possible)[0]


def background_of(labels: napari.layers.Labels) -> int:
    """Return the number that background is scribbled with in a layer; 0 for none.

    Where nobody said, it is 255 if that stands apart from the objects' numbers.
    """
    known = labels.metadata.get(BACKGROUND)
    if known is not None:
        return int(known)
    painted = np.asarray(pixels_of(labels))
    largest = painted.max(initial=0) == USUAL_BACKGROUND
    apart = largest and not (painted == USUAL_BACKGROUND - 1).any()
    return USUAL_BACKGROUND if apart else 0


def with_one_background(pairs: Sequence[Pair]) -> tuple[list[IntArray], bool, int]:
    """Bring labels to one number of background, and to one meaning of 0.

    Returns
    -------
    The labels, whether 0 means background in all of them, and the number of background or 0.
    """
    backgrounds = [background_of(pair.labels) for pair in pairs]
    wholes = [bool(pair.labels.metadata.get(COMPLETE)) for pair in pairs]
    painted = [pair.painted for pair in pairs]
    if len(set(backgrounds)) == len(set(wholes)) == 1:
        return painted, wholes[0], backgrounds[0]
    number = 1 + max(int(labels.max(initial=0)) for labels in painted)
    alike: list[IntArray] = []
    for labels, background, whole in zip(painted, backgrounds, wholes, strict=True):
        is_background = (labels == background) & (background > 0)
        if whole and not all(wholes):
            is_background |= labels == 0
        alike.append(np.where(is_background, number, labels.astype(np.int64)))
    return alike, all(wholes), number


def with_free_background(painted: list[IntArray], background: int) -> tuple[list[IntArray], int]:
    """Return labels of which the last are truths without background, and a number they lack."""
    if not background or not (painted[-1] == background).any():
        return painted, background
    number = 1 + max(int(labels.max(initial=0)) for labels in painted)
    *sparse, truth = painted
    moved = [np.where(x == background, number, x.astype(np.int64)) for x in sparse]
    return [*moved, truth], number
