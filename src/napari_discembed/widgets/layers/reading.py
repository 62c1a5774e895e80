"""From an image layer to an image: its axes, its channel, its pixels."""

from __future__ import annotations

import weakref
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.catalogue import ModelInput
from napari_discembed.types import Axes, Image
from napari_discembed.types.axes import CHANNEL
from napari_discembed.types.readings import axis_readings, channels_fit
from napari_discembed.widgets.layers.metadata import READ_AS, READ_CHANNEL, SAME_PIXELS
from napari_discembed.widgets.layers.placement import layer_axes, move, placement

_SHOWN: weakref.WeakKeyDictionary[napari.layers.Layer, Any] = weakref.WeakKeyDictionary()
"""The pixels that a layer with its channels put first shows, as the other layer has them."""


def pixels_of(layer: napari.layers.Layer) -> Any:  # noqa: ANN401 - any array that napari takes
    """Return the data of a layer; of several resolutions the finest."""
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def axes_choices(layer: napari.layers.Image, model: ModelInput | None = None) -> list[Axes]:
    """Return what the axes of an image layer can be, the likeliest first.

    What a person said comes first, then what the names of the layer's axes, its shape and what the
    model takes say. None is left of more axes than an image can have.
    """
    taken = ModelInput(0, 2) if model is None else model
    shape = pixels_of(layer).shape[: layer.ndim]
    choices = axis_readings(shape, layer.axis_labels, channels=taken.channels, ndim=taken.ndim)
    if layer.rgb:
        choices = [Axes(axes + CHANNEL) for axes in choices if not axes.has_channels]
    said = layer.metadata.get(READ_AS)
    return sorted(choices, key=lambda axes: axes != said)


def n_channels(layer: napari.layers.Image, axes: Axes) -> int:
    """Return how many channels there are to choose from; 0 without a channel axis, and for RGB."""
    return 0 if layer.rgb else axes.sizes(pixels_of(layer).shape).get(CHANNEL, 0)


def channel_choices(
    layer: napari.layers.Image, axes: Axes, model: ModelInput | None = None
) -> list[int | None]:
    """Return the channels to choose from, the likeliest first; None, for all, where these fit."""
    count = n_channels(layer, axes)
    fit = model is None or not count or channels_fit(count, model.channels)
    return [*([None] if fit else []), *range(count)]


def image_of(layer: napari.layers.Image, axes: Axes, channel: int | None = None) -> Image:
    """Return the pixels of an image layer, with their physical size.

    Parameters
    ----------
    layer
        2-D to 5-D; of several resolutions the finest is taken.
    axes
        One of :func:`axes_choices`.
    channel
        To take alone; None for all.
    """
    data, kept = pixels_of(layer), axes
    if channel is not None and axes.has_channels:
        data, kept = data[axes.at({CHANNEL: channel})], axes.without_channels()
    size = layer_axes(layer, axes).select(layer.scale, kept.spatial)
    pixel_size = tuple(abs(float(s)) or 1.0 for s in size)
    return Image(data, kept, pixel_size, str(layer.units[-1]), layer.name)


def channels_first(
    viewer: ViewerModel, layer: napari.layers.Image, axes: Axes
) -> tuple[napari.layers.Image, Axes]:
    """Return an image layer whose channels are its first axis, and its axes.

    napari lays layers over each other from the last axis on: results, which have no channels,
    would lie at the wrong times where channels come after time.

    Parameters
    ----------
    viewer
        Where the layer is shown, and the new one is beside it where one is needed; it shows the
        same pixels.
    layer
        Stays as it is, hidden where there is a new one.
    axes
        Of the layer.
    """
    if layer.rgb or not axes.has_channels or axes.startswith(CHANNEL):
        return layer, axes
    swapped = Axes(CHANNEL + axes.without_channels())
    order = axes.order(swapped)
    levels = [
        (level if hasattr(level, "transpose") else np.asarray(level)).transpose(order)
        for level in (layer.data if layer.multiscale else [layer.data])
    ]
    data = levels if layer.multiscale else levels[0]
    for other in viewer.layers:
        if other.metadata.get(SAME_PIXELS) == _mark(layer, axes, other):
            if _SHOWN.get(other) is not layer.data:
                other.data = data
                _SHOWN[other] = layer.data
            move(other, placement(layer, axes, swapped))
            return other, swapped
    new = napari.layers.Image(
        data,
        multiscale=layer.multiscale,
        name=f"{layer.name} (channels first)",
        contrast_limits=layer.contrast_limits,
        colormap=layer.colormap,
        metadata={READ_AS: swapped, READ_CHANNEL: layer.metadata.get(READ_CHANNEL)},
        **placement(layer, axes, swapped),
    )
    new.metadata[SAME_PIXELS] = _mark(layer, axes, new)
    _SHOWN[new] = layer.data
    viewer.layers.insert(viewer.layers.index(layer) + 1, new)
    layer.visible = False
    return new, swapped


def _mark(
    layer: napari.layers.Image, axes: Axes, other: napari.layers.Layer
) -> tuple[str, str, str]:
    """Return what a layer says that shows the pixels of another; a copy of it has another id."""
    return str(layer.unique_id), str(axes), str(other.unique_id)
