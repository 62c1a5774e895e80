"""Movies among what is learnt: each frame an image, and which frames belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from napari_discembed.datasets.training_set import MovieFrames
from napari_discembed.types import Image, IntArray, Tracks


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """Images to learn from, movies taken apart into their frames.

    Attributes
    ----------
    images, targets
        Equally many, ``(*S)``; an object of a movie has one number in all its frames.
    classes
        One ``(*S)`` array an image; None for one class.
    movies
        Which of them are the frames of movies.
    """

    images: list[Image]
    targets: list[IntArray]
    classes: list[IntArray] | None
    movies: list[MovieFrames] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        images: Sequence[Image],
        targets: Sequence[IntArray],
        classes: Sequence[IntArray] | None,
        parents: Sequence[Mapping[int, int]],
    ) -> Frames:
        """Take movies apart.

        Parameters
        ----------
        images
            With a time axis or without.
        targets, classes
            Of the shape of the image without channels.
        parents
            Of each: by an object's number in the targets that of its parent.
        """
        found = cls([], [], None if classes is None else [])
        for i, (image, target) in enumerate(zip(images, targets, strict=True)):
            first = len(found.images)
            found.images.extend(image.frames())
            found.targets.extend(frames_of(image, target))
            if found.classes is not None and classes is not None:
                found.classes.extend(frames_of(image, classes[i]))
            if image.axes.has_time:
                frames = range(first, len(found.images))
                found.movies.append(MovieFrames(frames, parents[i]))
        return found


LabelsLike: TypeAlias = IntArray | Tracks
"""Labels of an image, or the tracks of a movie, which say who divides into whom."""


def plain_labels(labels: LabelsLike) -> IntArray:
    """Return the labels alone."""
    return labels.labels if isinstance(labels, Tracks) else np.asarray(labels)


def parents_in(labels: LabelsLike, background_label: int | None = None) -> dict[int, int]:
    """Return, by an object's number in the targets of labels, that of its parent.

    Targets number the objects 1 to N in the order of their labels.

    Parameters
    ----------
    labels
        Tracks; plain labels say of no parents.
    background_label
        The label that is no object.
    """
    if not isinstance(labels, Tracks):
        return {}
    present = np.unique(labels.labels).tolist()
    objects = [number for number in present if number not in (0, background_label)]
    numbers = {old: new for new, old in enumerate(objects, 1)}
    return {
        numbers[child]: numbers[parent]
        for child, _, _, parent in labels.table.rows()
        if child in numbers and parent in numbers
    }


def frames_of(image: Image, labels: IntArray) -> list[IntArray]:
    """Return the labels of each frame of an image, of its shape without channels."""
    axes = image.axes.without_channels()
    return [frame.data for frame in Image(labels, axes, name=image.name).frames()]
