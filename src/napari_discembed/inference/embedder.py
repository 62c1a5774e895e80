"""From an image to its embedding: scale, channels and intensities as the model knows them."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import napari_discembed
from napari_discembed.config import NetworkConfig, TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.heap import kept_heap
from napari_discembed.imaging import Resampling, zoom_factors, zoomed_shape
from napari_discembed.inference.memory import FrameMemory
from napari_discembed.inference.run import map_shapes
from napari_discembed.inference.source import Source
from napari_discembed.inference.views import embed_views, largest_shape
from napari_discembed.io.store import MemoryMaps, new_folder, read_maps
from napari_discembed.models import EmbeddingNet, Model, check_embedding
from napari_discembed.progress import Job, Progress
from napari_discembed.types import Axes, Embedding, Image, Provenance

Arrays = dict[str, NDArray[np.float32]]
MOST_WITH_KEPT_HEAP = 2**24
"""Pixels, 4096 x 4096, of the largest image that is embedded with freed memory kept."""


def embed_image(
    model: Model,
    image: Image,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
    store: Path | None = None,
    memory: FrameMemory | None = None,
) -> Job[Embedding]:
    """Map each pixel of an image to a point in embedding space, at constant memory.

    Parameters
    ----------
    model
        Network and card.
    image
        A single frame; its pixels may be a memory map.
    diameter
        Typical object diameter in image pixels (of the last axis); None for that of
        the images the model was trained on, or else the network's own.
    tile
        Tile size, batch, device and precision.
    store
        New or empty folder for the arrays, which the embedding then maps; None for memory. A
        job that is closed early leaves nothing there.
    memory
        Of the frames of the movie before this one, of
        :func:`~napari_discembed.inference.memory.memory_of`; it takes this one in. None for an
        image that stands alone.

    Returns
    -------
    A job of the embedding, on the grid where objects have the model's diameter. It yields at
    each tile.

    Raises
    ------
    InputError
        If the image has a time axis, other dimensions or channels than the model, NaN or
        infinite pixels; if the diameter is not positive, the store not empty, or there is no
        such device.
    OutOfMemoryError
        If not even the smallest tile fits on the device, or the embedding by far does not fit
        into memory.
    """
    tile = model.card.tiling(tile)
    if diameter is None:
        diameter = model.image_diameter
    source = image_source(image, model, diameter)
    arrays = yield from _embed(model.net, source, tile, store, memory)
    return as_embedding(arrays, source.channels.shape[1:], image, model, diameter, tile)


def as_embedding(
    arrays: Arrays,
    shape: tuple[int, ...],
    image: Image,
    model: Model,
    diameter: float,
    tile: TilingConfig,
) -> Embedding:
    """Return the maps of an image, or of a part of it, with what is known of both.

    Parameters
    ----------
    arrays
        ``(channels, *S)`` by the name of the head.
    shape
        In the image, of what they are of.
    image, model, diameter, tile
        As for :func:`embed_image`.
    """
    config = model.net.config
    return Embedding(
        maps=arrays,
        space=model.net.space,
        diameter=config.diameter,
        image_shape=shape,
        pixel_size=image.ordered_pixel_size,
        unit=image.unit,
        name=image.name,
        provenance=provenance_of(model, diameter, tile),
        kinds=model.card.kinds,
    )


def provenance_of(model: Model, diameter: float, tile: TilingConfig) -> Provenance:
    """Return what an embedding was made by."""
    return Provenance(
        version=napari_discembed.__version__,
        model=model.card.name,
        weights_hash=model.card.weights_sha256,
        config={
            "diameter": diameter,
            "channel_weights": model.card.channel_weights,
            "model": model.net.config.model_dump(mode="json"),
            "tile": tile.model_dump(mode="json"),
        },
    )


def embed_channels(
    net: EmbeddingNet,
    channels: NDArray[Any],
    *,
    tile: TilingConfig | None = None,
    store: Path | None = None,
) -> Job[Arrays]:
    """Embed channels that are normalised and at the network's scale already.

    Parameters
    ----------
    net
        The network.
    channels
        ``(C, *S)``.
    tile, store
        As for :func:`embed_image`.

    Returns
    -------
    A job of the maps ``(channels, *S)`` by the name of the head.

    Raises
    ------
    InputError
        If the channels or dimensions are not the network's.
    """
    if channels.ndim != net.config.ndim + 1:
        raise InputError(
            f"Expected channels of {net.config.ndim + 1} axes (C, "
            f"{', '.join(Axes.spatial_of(net.config.ndim))}), "
            f"got shape {channels.shape}."
        )
    shape = channels.shape[1:]
    source = Source(channels, net.config.in_channels, Resampling(shape, shape))
    return (yield from _embed(net, source, tile or TilingConfig(), store))


def _embed(
    net: EmbeddingNet,
    source: Source,
    tile: TilingConfig,
    store: Path | None,
    memory: FrameMemory | None = None,
) -> Job[Arrays]:
    shapes = map_shapes(net, source.shape)
    largest = largest_shape(net.config, source.shape, tile.views or 1)
    warning = check_embedding(net, largest, tile.device, in_memory=store is None)
    if warning is not None:
        yield Progress(0.0, warning)
    if store is None:
        maps = MemoryMaps(shapes)
        with _heap_for(source.shape):
            yield from embed_views(net, source, tile, maps, memory=memory)
        return maps.arrays
    with new_folder(Path(store), shapes) as files, _heap_for(source.shape):
        yield from embed_views(net, source, tile, files, memory=memory)
    return read_maps(Path(store))


def _heap_for(shape: tuple[int, ...]) -> AbstractContextManager[None]:
    """Return what keeps the heap while an image of this shape is embedded, unless it is large.

    Kept, freed memory is up to half as much again: of a large image that may be what lacks.
    """
    return kept_heap() if math.prod(shape) <= MOST_WITH_KEPT_HEAP else nullcontext()


def check_fits(image: Image, model: Model) -> None:
    """Refuse an image that is no frame for the model.

    Raises
    ------
    InputError
        If it has time, another number of dimensions, or no pixels.
    """
    config = model.config
    if image.axes.has_time:
        raise InputError(
            f"{image.name}: expected a single frame, got {image.n_frames} along T (axes "
            f"{image.axes}). Embed image.frames() one at a time; segment() does so."
        )
    if len(image.shape) != config.ndim:
        raise InputError(
            f"{image.name}: expected a {config.ndim}-D image for this {config.ndim}-D model, got "
            f"shape {image.data.shape} read as axes {image.axes}. {_axes_hint(image, config)}"
        )
    if image.data.size == 0:
        raise InputError(f"{image.name}: expected an image, got no pixels: {image.data.shape}.")


def image_source(image: Image, model: Model, diameter: float, *, on_disk: bool = False) -> Source:
    """Check an image against the model and say how it is read.

    Parameters
    ----------
    image, model, diameter
        As for :func:`embed_image`.
    on_disk
        Whether its pixels stay where they are until a window of them is read.

    Raises
    ------
    InputError
        As :func:`embed_image`.
    """
    check_fits(image, model)
    config = model.config
    channel_weights = model.card.channel_weights
    channels = image.channels_first(
        config.in_channels if channel_weights is None else len(channel_weights), lazy=on_disk
    )
    factors = zoom_factors(diameter, config.diameter, image.ordered_pixel_size)
    shape = zoomed_shape(channels.shape[1:], factors)
    make = Source.on_disk if on_disk else Source.of_image
    return make(channels, config.in_channels, shape, channel_weights)


def _axes_hint(image: Image, config: NetworkConfig) -> str:
    if config.ndim == 3:
        return "Choose a 2-D model, or pass a volume with axes='ZYX'."
    guess = "TYX" if image.n_channels == 1 else "TCYX"
    return (
        "If its first axis is channels, pass axes='CYX'; if it is time, "
        f"axes={guess!r}; else embed one plane at a time, or fine-tune this model on objects "
        "painted through the planes of a volume."
    )
