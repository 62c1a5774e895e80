"""From Labels layers to segmentations, and to the images that fit them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import napari.layers

from napari_discembed.errors import InputError
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kinds import Kinds
from napari_discembed.types import Axes, Image, IntArray, Segmentation
from napari_discembed.types.axes import CHANNEL
from napari_discembed.widgets.layers.editing import objects_of
from napari_discembed.widgets.layers.frames import frame_axes
from napari_discembed.widgets.layers.kinds import with_kinds_of

MOST_AXES = 4
"""Of labels: time and three of space."""


def layer_segmentation(
    labels: IntArray,
    scale: Sequence[float],
    unit: str,
    name: str,
    *,
    frame_axes: str = "",
    n_frames: int | None = None,
) -> Segmentation:
    """Return the segmentation that a Labels layer holds.

    Parameters
    ----------
    labels
        ``(*frames, *S)``.
    scale
        Of each axis, time among them.
    unit, name
        Of the layer.
    frame_axes
        Letters of the first axes that are frames, as far as they are known.
    n_frames
        How many first axes are frames, if a person said; None for the known ones.

    Raises
    ------
    InputError
        If there are too many axes.
    """
    try:
        axes = Axes.guess_labels(labels.ndim)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    n = max(len(frame_axes) if n_frames is None else n_frames, len(axes.frames()))
    if n != len(frame_axes):
        frame_axes = Axes.guess_labels(MOST_AXES)[:n]
    axes = Axes(frame_axes + Axes.spatial_of(labels.ndim - n))
    sizes = axes.select([abs(float(s)) for s in scale], axes.spatial)
    return Segmentation(labels, axes, Axes(frame_axes), pixel_size=sizes, unit=unit, name=name)


def segmentation_of(
    layer: napari.layers.Labels,
    series: EmbeddingSeries | None,
    n_frames: int | None = None,
    kinds: Kinds | None = None,
) -> Segmentation:
    """Return the objects of a Labels layer, as :func:`layer_segmentation` has them.

    Parameters
    ----------
    layer
        With its scale and units.
    series, n_frames
        What tells of its frames where the layer does not, and what a person said.
    kinds
        The kinds that there are; None for one.

    Raises
    ------
    InputError
        If there are too many axes.
    """
    found = layer_segmentation(
        objects_of(layer),
        layer.scale,
        str(layer.units[-1]),
        layer.name,
        frame_axes=frame_axes(layer, series) or "",
        n_frames=n_frames,
    )
    return with_kinds_of(found, layer, kinds)


def layer_image(pixels: Any, segmentation: Segmentation, name: str) -> Image | None:  # noqa: ANN401
    """Return the image that fits a segmentation; None where the shapes differ.

    Parameters
    ----------
    pixels
        Any array, of the shape of the labels, or with channels as one more axis, last or first.
    segmentation
        Of the labels.
    name
        Of the image layer.
    """
    shape, axes = segmentation.labels.shape, segmentation.axes
    if pixels.shape == shape:
        return Image(pixels, axes, name=name)
    if pixels.shape[:-1] == shape:
        return Image(pixels, Axes(axes + CHANNEL), name=name)
    if pixels.shape[1:] == shape:
        return Image(pixels, Axes(CHANNEL + axes), name=name)
    return None
