"""Movies among what is learnt: each frame an image, and which frames belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from napari_discembed.types import Image, IntArray


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
        Which of them are the frames of a movie, in the order of time: a range for each movie.
    """

    images: list[Image]
    targets: list[IntArray]
    classes: list[IntArray] | None
    movies: list[range] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        images: Sequence[Image],
        targets: Sequence[IntArray],
        classes: Sequence[IntArray] | None,
    ) -> Frames:
        """Take movies apart.

        Parameters
        ----------
        images
            With a time axis or without.
        targets, classes
            Of the shape of the image without channels.
        """
        found = cls([], [], None if classes is None else [])
        for i, (image, target) in enumerate(zip(images, targets, strict=True)):
            first = len(found.images)
            found.images.extend(image.frames())
            found.targets.extend(frames_of(image, target))
            if found.classes is not None and classes is not None:
                found.classes.extend(frames_of(image, classes[i]))
            if image.axes.has_time:
                found.movies.append(range(first, len(found.images)))
        return found


def frames_of(image: Image, labels: IntArray) -> list[IntArray]:
    """Return the labels of each frame of an image, of its shape without channels."""
    axes = image.axes.without_channels()
    return [frame.data for frame in Image(labels, axes, name=image.name).frames()]
