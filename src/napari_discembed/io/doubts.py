"""Labels that cannot be what they seem: masks of one number, pictures of greys."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import scipy

from napari_discembed.errors import FileNote, InputError
from napari_discembed.types import IntArray, Segmentation

REMEDY = (
    "Number its pieces, in Fiji by Analyze Particles with count masks, in Python by "
    "skimage.measure.label."
)
_FULL = frozenset({255, 65_535, 2**32 - 1})
"""Values of a mask, which nobody gives the only object that there is."""


def pieces_of_mask(segmentation: Segmentation, background: int | None = None) -> int:
    """Return in how many connected pieces the only object lies, in the frame with most of them.

    Parameters
    ----------
    segmentation
        To look at.
    background
        A label that is no object.

    Returns
    -------
    0 where there is no object, or more than one.
    """
    labels = segmentation.labels
    top = int(labels.max(initial=0))
    if not top or top == background or not ((labels == 0) | (labels == top)).all():
        return 0
    within = len(segmentation.frame_axes or "")
    shape = labels.shape[within:]
    frames = labels.reshape(-1, *shape)
    everywhere = np.ones((3,) * len(shape))
    return max(int(scipy.ndimage.label(frame, everywhere)[1]) for frame in frames)


def looks_like_picture(labels: IntArray) -> bool:
    """Tell whether numbers are greys: most neighbours of two painted pixels differ.

    Objects would be less than two pixels wide.
    """
    if labels.shape[-1] < 2 or int(labels.max(initial=0)) < 16:
        return False
    left, right = labels[..., :-1], labels[..., 1:]
    painted = (left > 0) & (right > 0)
    n = int(painted.sum())
    return n >= 256 and int((painted & (left != right)).sum()) > n / 2


def planes_look_apart(segmentation: Segmentation) -> bool:
    """Tell whether a volume looks as if its planes were numbered one by one.

    Then a number lies elsewhere in the next plane: of those in two planes that follow each other,
    more than a fifth share no pixel there.
    """
    labels = segmentation.labels
    if labels.ndim != 3 or segmentation.frame_axes or not segmentation.axes.startswith("Z"):
        return False
    both = apart = 0
    numbers = np.unique(labels[0])
    for plane, following in itertools.pairwise(labels):
        before, numbers = numbers, np.unique(following)
        shared = np.intersect1d(before, numbers, assume_unique=True)
        shared = shared[shared > 0]
        both += len(shared)
        apart += len(np.setdiff1d(shared, plane[plane == following], assume_unique=False))
    return apart >= 3 and apart > both / 5


def check_labels(
    path: Path, segmentation: Segmentation, *, teach: bool = False, background: int | None = None
) -> None:
    """Tell of labels that cannot be what they seem.

    Parameters
    ----------
    path
        Of their file.
    segmentation
        What was read.
    teach
        Whether a network shall learn them, for which a mask is of no use.
    background
        A label that is no object.

    Raises
    ------
    InputError
        If they are the greys of a picture; with `teach`, if they are a mask of 255.

    Warns
    -----
    FileNote
        If the only object lies in pieces, as in a mask of all objects; if the planes of a volume
        look as if they were numbered one by one.
    """
    if looks_like_picture(segmentation.labels):
        raise InputError(
            f"{path}: expected labels, a number an object, got what looks like a picture: "
            "neighbouring pixels differ nearly everywhere. Choose the label image."
        )
    if planes_look_apart(segmentation):
        note = "read as one volume, though its planes look as if each was numbered by itself."
        warnings.warn(f"{path}: {note}", FileNote, stacklevel=2)
    pieces = pieces_of_mask(segmentation, background)
    if pieces < 2:
        return
    value = int(segmentation.labels.max())
    what = (
        f"one object, numbered {value}, in {pieces} pieces, as in a mask that tells objects from "
        f"background and not from one another. {REMEDY}"
    )
    if teach and value in _FULL:
        raise InputError(f"{path}: expected a number an object, got {what}")
    warnings.warn(f"{path}: {what}", FileNote, stacklevel=2)


def check_shapes(path: Path, labels: tuple[int, ...], image: tuple[int, ...]) -> None:
    """Refuse labels that are transposed to their image.

    Raises
    ------
    InputError
        If they would fit with X and Y exchanged.
    """
    swapped = (*labels[:-2], labels[-1], labels[-2])
    if labels != image and image in (swapped, labels[::-1]):
        raise InputError(
            f"{path}: the labels are transposed: expected shape {image} as of the image, got "
            f"{labels}. Exchange X and Y; or, if the image is turned by what its file says of its "
            "orientation, draw on the upright image."
        )
