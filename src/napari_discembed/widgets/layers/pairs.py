"""Image layers with the layers of their labels, brought to what a training takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.interaction.corrections import LabelledPixels, with_one_meaning
from napari_discembed.session.state import Session
from napari_discembed.types import Axes, Image, IntArray
from napari_discembed.widgets.layers.frames import frames_said
from napari_discembed.widgets.layers.metadata import (
    BACKGROUND,
    COMPLETE,
    CORNER,
    OBJECTS_OF,
    READ_CHANNEL,
)
from napari_discembed.widgets.layers.reading import axes_choices, image_of, pixels_of
from napari_discembed.widgets.layers.source import layer_by_id, source_of

USUAL_BACKGROUND = 255


class Pair(NamedTuple):
    """An image layer, how it is read, and the layer of its labels."""

    image: napari.layers.Image
    axes: Axes
    channel: int | None
    labels: napari.layers.Labels

    @property
    def picture(self) -> Image:
        """The pixels; of a large image those of the part that the labels are of."""
        image = image_of(self.image, self.axes, self.channel)
        corner = self.labels.metadata.get(CORNER)
        if corner is None:
            return image
        lengths = pixels_of(self.labels).shape
        starts = [
            min(round(c), whole - n)
            for c, whole, n in zip(corner, image.shape, lengths, strict=True)
        ]
        part = [slice(start, start + n) for start, n in zip(starts, lengths, strict=True)]
        return image.crop(part).loaded()

    @property
    def painted(self) -> IntArray:
        """The labels."""
        return np.asarray(pixels_of(self.labels))

    @property
    def labelled(self) -> LabelledPixels:
        """The labels, with what 0 and the scribble mean."""
        complete = bool(self.labels.metadata.get(COMPLETE))
        return LabelledPixels(self.painted, background_of(self.labels), complete)

    def has_layers_of(self, other: Pair) -> bool:
        """Tell whether another pair is of the same layers."""
        return self.image is other.image and self.labels is other.labels


def pair_of(viewer: ViewerModel, labels: napari.layers.Labels, session: Session) -> Pair | None:
    """Return the pair of a Labels layer and the image layer that its objects are of.

    It is the one that they were committed for, or else the session's, if it is of their shape; None
    where neither is there.
    """
    image = layer_by_id(viewer, str(labels.metadata.get(OBJECTS_OF, "")))
    series, source = session.series, source_of(viewer, session)
    fits = series is not None and series.label_shape == pixels_of(labels).shape
    if image is None and source is not None and fits:
        image = source.layer
    if image is None:
        return None
    reading, channel, chosen = session.reading, image.metadata.get(READ_CHANNEL), None
    if reading is not None and reading.layer_id == str(image.unique_id):
        channel, chosen = reading.channel, reading.axes
    axes = axes_for(image, labels, chosen)
    return Pair(image, axes, channel if axes.has_channels else None, labels)


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
    return with_one_meaning([pair.labelled for pair in pairs])


def with_free_background(painted: list[IntArray], background: int) -> tuple[list[IntArray], int]:
    """Return labels of which the last are truths without background, and a number they lack."""
    if not background or not (painted[-1] == background).any():
        return painted, background
    number = 1 + max(int(labels.max(initial=0)) for labels in painted)
    *sparse, truth = painted
    moved = [np.where(x == background, number, x.astype(np.int64)) for x in sparse]
    return [*moved, truth], number
