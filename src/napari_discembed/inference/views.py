"""Several looks at an image, larger, smaller and mirrored, whose maps are averaged.

What a network says of an object changes a little with the object's size in pixels and with its
side; the mean of several answers is steadier than any of them, most on pictures of other makers
and where objects differ much in size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from napari_discembed import scratch
from napari_discembed.config import NetworkConfig, TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.imaging import Resampling, zoomed_shape
from napari_discembed.inference.memory import FrameMemory
from napari_discembed.inference.run import embed_tiles, map_shapes
from napari_discembed.inference.source import Source
from napari_discembed.inference.tiling import Box, Grid, aligned, clipped, plan, sides
from napari_discembed.io.store import Maps, MemoryMaps
from napari_discembed.models import EmbeddingNet
from napari_discembed.progress import Job, scaled


@dataclass(frozen=True, slots=True)
class View:
    """One look at an image.

    Attributes
    ----------
    zoom
        How many times larger it is seen than at the network's own scale.
    mirrored
        The axes along which it is mirrored, counted from the last, as -1.
    """

    zoom: float = 1.0
    mirrored: tuple[int, ...] = ()

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape in which it shows a grid."""
        return zoomed_shape(shape, [self.zoom] * len(shape))


PLANS = {
    1: (View(),),
    2: (View(1.4), View(1 / 1.4, (-1,))),
    3: (View(1.67, (-1,)), View(), View(1 / 1.67, (-2,))),
}
"""The looks of each number of views; chosen in benchmarks/LOG.md, 101."""


def views_of(config: NetworkConfig, count: int) -> tuple[View, ...]:
    """Return the views of a number of them.

    Raises
    ------
    InputError
        If there are several, and the network's points are not where its objects are: those of
        another view cannot be brought back.
    """
    head = config.embedding
    if count > 1 and (head.coordinates != "semiconv" or head.dim != config.ndim):
        raise InputError(
            f"Expected a model whose embedding has coordinates='semiconv' and dim={config.ndim} "
            f"for {count} views, got coordinates={head.coordinates!r} and dim={head.dim}. Ask for "
            "one view."
        )
    return PLANS[count]


def largest_shape(config: NetworkConfig, shape: tuple[int, ...], count: int) -> tuple[int, ...]:
    """Return the shape of a grid in the view that shows it largest."""
    return max((view.shape(shape) for view in views_of(config, count)), key=math.prod)


def embed_views(
    net: EmbeddingNet,
    source: Source,
    config: TilingConfig,
    maps: Maps,
    within: Box | None = None,
    memory: FrameMemory | None = None,
) -> Job[None]:
    """Write the maps of an image, one for each head, averaged over the views asked for.

    Parameters
    ----------
    net, source, config, within, memory
        As for :func:`~napari_discembed.inference.run.embed_tiles`.
    maps
        Arrays of zeros, of the shapes of :func:`~napari_discembed.inference.run.map_shapes`.

    Raises
    ------
    InputError
        If there is no such device, the network has one view only, or several are asked for of a
        frame of a movie.
    OutOfMemoryError
        If not even the smallest tile fits on the device.
    """
    views = views_of(net.config, config.views or 1)
    if views == PLANS[1]:
        yield from embed_tiles(net, source, config, maps, within=within, memory=memory)
        return
    if memory is not None:
        raise InputError(
            f"Expected one view for a network that remembers frames, got {len(views)}. Ask for one."
        )
    box = within or tuple(slice(0, n) for n in source.shape)
    pixels = [math.prod(view.shape(source.shape)) for view in views]
    for i, view in enumerate(views):
        start, stop = (sum(pixels[:n]) / sum(pixels) for n in (i, i + 1))
        yield from scaled(_add_view(net, source, config, maps, view, len(views), box), start, stop)


def _add_view(
    net: EmbeddingNet,
    source: Source,
    config: TilingConfig,
    maps: Maps,
    view: View,
    count: int,
    within: Box,
) -> Job[None]:
    """Add what one of a number of views shows of a box to the maps, divided by that number."""
    shape = view.shape(source.shape)
    grid, back = Grid(shape, net.stride, net.receptive_radius), Resampling(shape, source.shape)
    inside = clipped(within, source.shape)
    region = aligned(back.source(inside), grid)
    shown = clipped(region, shape)
    own = MemoryMaps(map_shapes(net, sides(shown)), tuple(s.start for s in shown))
    seen = replace(source, resampling=Resampling(source.resampling.shape, shape))
    mirrored = tuple(net.config.ndim + axis for axis in view.mirrored)
    yield from embed_tiles(net, seen, config, own, mirrored, region)
    for tile in plan(Grid(source.shape, 1, 0), config.size, inside):
        box: Box = tile.target
        for name, head in net.named_heads().items():
            block = back.sample(own.arrays[name][own.index(back.source(box))], box)
            scratch.let_go(own.arrays[name])
            maps.add(name, box, head.rescaled(block, back.steps) / np.float32(count))
