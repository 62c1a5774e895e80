"""How a network in training is scored: on images of their own, or on labelled objects held back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np

from napari_discembed import metrics
from napari_discembed.config import TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.finetuning.frames import LabelsLike, frames_of, plain_labels
from napari_discembed.finetuning.starts import Start
from napari_discembed.imaging.reading import as_image
from napari_discembed.models import EmbeddingNet, Model
from napari_discembed.pipeline import ImageLike, segment
from napari_discembed.progress import Job, scaled
from napari_discembed.training import HoldoutObject, Validate, label_targets
from napari_discembed.types import Image, IntArray

HOLDOUT_SCORE = "holdout"


def checked_validation(
    images: Sequence[ImageLike], truths: Sequence[LabelsLike], like: Image
) -> tuple[list[Image], list[IntArray]]:
    """Return validation images and their complete labels, after checking that they fit.

    An hour later, at the first validation, it would be late to tell.

    Parameters
    ----------
    images
        Not trained on.
    truths
        ``(*S)`` an image: all its objects; ``(T, *S)`` a movie.
    like
        An image to train on.

    Raises
    ------
    InputError
        If labels do not fit their images, or images have other dimensions than `like`.
    """
    pictures, labels = [as_image(image) for image in images], [plain_labels(t) for t in truths]
    label_targets(pictures, labels, complete=True)
    for picture in pictures:
        if len(picture.shape) != len(like.shape):
            raise InputError(
                f"{picture.name}: expected a validation image of {len(like.shape)} spatial axes, "
                f"as {like.name} has, got {picture.axes}."
            )
    return pictures, labels


def fingerprint(images: Sequence[Image], truths: Sequence[IntArray]) -> str:
    """Return a hash of images and labels, by which a resumed training knows them."""
    digest = hashlib.sha256()
    for array in [*(image.data for image in images), *truths]:
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def on_images(
    images: Sequence[Image],
    truths: Sequence[IntArray],
    start: Start,
    tile: TilingConfig,
    score: str = "ap50",
) -> Validate:
    """Return the job that scores a network on validation images, through the real clustering.

    Parameters
    ----------
    images, truths
        As :func:`checked_validation` returns them.
    start
        Says how the network is shown images.
    tile
        Where and how the network runs.
    score
        The one of the scores that is told first, as that which decides is.
    """

    def validate(net: EmbeddingNet) -> Job[Mapping[str, float]]:
        found = yield from _segmented(start.candidate(net), images, start.diameter, tile)
        scores = [
            metrics.score(truth, one)
            for image, labels, own in zip(images, truths, found, strict=True)
            for truth, one in zip(frames_of(image, labels), own, strict=True)
        ]
        headline = metrics.aggregate(scores).headline()
        return {score: headline[score], **headline}

    return validate


def on_holdout(
    images: Sequence[Image], held: Sequence[HoldoutObject], start: Start, tile: TilingConfig
) -> Validate:
    """Return the job that scores a network on labelled objects that are not trained on.

    The score, :data:`HOLDOUT_SCORE`, is their mean overlap (IoU) with what is found, less the
    share of the background around them that is taken for objects; in [-1, 1].

    Parameters
    ----------
    images
        That the objects are in.
    held
        The objects.
    start, tile
        As for :func:`on_images`.
    """
    parts = [images[one.image].crop(one.window) for one in held]

    def validate(net: EmbeddingNet) -> Job[Mapping[str, float]]:
        found = yield from _segmented(start.candidate(net), parts, start.diameter, tile)
        pairs = zip(held, found, strict=True)
        scores = [_holdout_score(one.targets, labels) for one, (labels,) in pairs]
        return {HOLDOUT_SCORE: float(np.mean(scores))}

    return validate


def _holdout_score(targets: IntArray, found: IntArray) -> float:
    overlap = float(metrics.best_overlaps(np.where(targets == 1, 1, 0), found)[0])
    background = found[targets == 0]
    return overlap - (float((background > 0).mean()) if background.size else 0.0)


def _segmented(
    model: Model, images: Sequence[Image], diameter: float, tile: TilingConfig
) -> Job[list[list[IntArray]]]:
    """Find the objects of each frame of each image."""
    found = []
    for i, image in enumerate(images):
        job = segment(image, model, diameter=diameter, tile=tile)
        part = yield from scaled(job, i / len(images), (i + 1) / len(images))
        found.append([frame.labels for frame in part.frames()])
    return found
