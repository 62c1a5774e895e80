"""From images and labels to what the network learns from."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import psutil

from napari_discembed.config import NetworkConfig
from napari_discembed.datasets.targets import UNLABELLED, check_trainable, to_targets
from napari_discembed.datasets.training_set import MovieFrames, TrainingImage, TrainingSet
from napari_discembed.errors import InputError, TrainingDataError
from napari_discembed.imaging import (
    estimate_diameter,
    normalise,
    resample,
    resample_labels,
    whole_labels,
    zoom_factors,
)
from napari_discembed.types import Axes, Image, IntArray
from napari_discembed.types.axes import TIME


def label_targets(
    images: Sequence[Image],
    labels: Sequence[IntArray],
    *,
    complete: bool = False,
    background_label: int | None = None,
) -> list[IntArray]:
    """Return the targets of labels: object, background and unlabelled pixels told apart.

    Parameters
    ----------
    images
        For their names and shapes.
    labels
        One ``(*S)`` array an image: 0, and a number for each object. Of an image with time
        ``(T, *S)``, an object having the same number in all frames.
    complete
        Whether 0 means background; else it means unlabelled, as it always does in frames of a movie
        in which no object is painted.
    background_label
        The number that a scribble of background was painted with.

    Returns
    -------
    One array of its labels' shape an image: -1 unlabelled, 0 background, 1 to N objects.

    Raises
    ------
    InputError
        If there are not as many labels as images, a shape differs, there are negative or
        fractional labels, or the background label is below 1.
    """
    if len(images) != len(labels):
        raise InputError(
            f"Expected a label image for each image, got {len(images)} images and "
            f"{len(labels)} label images."
        )
    if not images:
        raise TrainingDataError("Expected at least one image with painted objects, got none.")
    if background_label is not None and not 0 < background_label < 2**64:
        raise InputError(
            f"Expected a background label of 1 and above, got {background_label}. It is the number "
            "that background is scribbled with in the labels."
        )
    pairs = zip(images, labels, strict=True)
    labels = [whole_labels(painted, image.name) for image, painted in pairs]
    for image, painted in zip(images, labels, strict=True):
        shown = image.axes.without_channels()
        shape = image.axes.shape(image.data.shape, shown)
        if painted.shape != shape:
            raise InputError(
                f"{image.name}: expected labels of the image's shape {shape}, got "
                f"{painted.shape}. Paint on this very image, without resizing it."
            )
    found: list[IntArray] = [
        to_targets(painted, complete=complete, background_label=background_label)
        for painted in labels
    ]
    for image, targets in zip(images, found, strict=True):
        if complete and image.axes.has_time:
            _leave_unpainted(targets, image.axes.without_channels().index(TIME))
    return found


def _leave_unpainted(targets: IntArray, time: int) -> None:
    """Make frames of a movie without an object unlabelled: a few are painted, seldom all."""
    others = tuple(axis for axis in range(targets.ndim) if axis != time)
    empty = ~(targets > 0).any(axis=others)
    np.moveaxis(targets, time, 0)[empty] = UNLABELLED


def typical_diameter(targets: Sequence[IntArray]) -> float:
    """Return the median object diameter over all images, in pixels.

    Images without objects are left out.

    Raises
    ------
    TrainingDataError
        If no image has an object.
    """
    if not any((s > 0).any() for s in targets):
        raise TrainingDataError(
            "No object is painted in any of the label images: paint a few whole objects, each "
            "with its own number."
        )
    return estimate_diameter(targets)


def training_set(
    images: Sequence[Image],
    targets: Sequence[IntArray],
    network: NetworkConfig,
    diameter: float,
    classes: Sequence[IntArray] | None = None,
    channel_weights: Sequence[float] | None = None,
    movies: Sequence[MovieFrames] = (),
) -> TrainingSet:
    """Bring images and labels to the network's scale and channels.

    Parameters
    ----------
    images, targets
        Equally many; targets as :func:`label_targets` returns them.
    network
        Gives the channels, the dimensions and the object diameter to resample to.
    diameter
        Typical object diameter in the images, in pixels.
    classes
        One ``(*S)`` array an image: the foreground class, from 1, of each object's pixels.
    channel_weights
        Weight of each channel in the grey image to learn from; None for the channels themselves.
    movies
        Which images are the frames of a movie, as :class:`TrainingSet` has them.

    Raises
    ------
    InputError
        If an image has other dimensions or channels than the network.
    TrainingDataError
        If nothing can be learnt from the labels.
    """
    kinds: Sequence[IntArray | None] = classes or [None] * len(images)
    items = [
        _training_image(image, labels, network, diameter, kind, channel_weights)
        for image, labels, kind in zip(images, targets, kinds, strict=True)
    ]
    check_trainable([item.labels for item in items], names=[image.name for image in images])
    return TrainingSet(items, balanced=True, movies=movies)


def _training_image(
    image: Image,
    targets: IntArray,
    network: NetworkConfig,
    diameter: float,
    classes: IntArray | None,
    channel_weights: Sequence[float] | None,
) -> TrainingImage:
    if image.spatial_axes != Axes.spatial_of(len(image.shape)):
        raise InputError(
            f"{image.name}: expected the spatial axes in the order Z, Y, X, as the labels have "
            f"them, got axes {image.axes}. Transpose image and labels."
        )
    if len(image.shape) != network.ndim:
        raise InputError(
            f"{image.name}: expected a {network.ndim}-D image for this network, got axes "
            f"{image.axes} of shape {image.data.shape}. If an axis is channels, pass axes= with "
            "a C in its place."
        )
    wanted = network.in_channels if channel_weights is None else len(channel_weights)
    channels = normalise(image.channels_first(wanted), network.in_channels, channel_weights)
    factors = zoom_factors(diameter, network.diameter, image.pixel_size)
    shape = tuple(max(1, round(n * f)) for n, f in zip(image.shape, factors, strict=True))
    _check_classes(image, targets, network, classes)
    _check_memory(image, shape, network.in_channels, diameter)
    return TrainingImage(
        resample(channels, shape),
        resample_labels(targets, shape).astype(np.int32, copy=False),
        None if classes is None else resample_labels(classes, shape).astype(np.int32, copy=False),
    )


def _check_memory(image: Image, shape: Sequence[int], channels: int, diameter: float) -> None:
    """Refuse an image that does not fit into memory at the network's scale, before it is made."""
    needed = math.prod(shape) * (channels + 1) * 4
    free = psutil.virtual_memory().available
    if needed > free:
        raise InputError(
            f"{image.name}: with an object diameter of {diameter:g} pixels it would be enlarged to "
            f"{'x'.join(map(str, shape))} pixels, which need {needed / 2**30:.3g} GiB of memory "
            f"where {free / 2**30:.3g} are free. Give the diameter of its objects, or cut it."
        )


def _check_classes(
    image: Image, targets: IntArray, network: NetworkConfig, classes: IntArray | None
) -> None:
    """Refuse classes that the network has not, and objects without one where it has several."""
    if classes is None:
        if network.classes > 1:
            raise InputError(
                f"{image.name}: expected the class of each object, 1 to {network.classes}, for a "
                "network of several classes, got none. Give classes, or start from a model of one."
            )
        return
    if classes.shape != targets.shape or classes.max() > network.classes:
        raise InputError(
            f"{image.name}: expected classes 0 to {network.classes} of the image's shape "
            f"{targets.shape}, got shape {classes.shape} and classes up to {classes.max()}."
        )
    without = np.unique(targets[(targets > 0) & (classes < 1)])
    if len(without):
        raise InputError(
            f"{image.name}: expected a class, from 1, at each pixel of an object; the objects "
            f"{', '.join(map(str, without[:5]))} have pixels without."
        )
