"""Frames of Labels layers: which axes they are along, and which one the viewer shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Index
from napari_discembed.types.axes import TIME
from napari_discembed.widgets.layers.metadata import FRAMES
from napari_discembed.widgets.layers.reading import pixels_of


def frame_axes(layer: napari.layers.Labels, series: EmbeddingSeries | None = None) -> Axes | None:
    """Return the first axes of labels of which each place is a frame of its own.

    Parameters
    ----------
    layer
        As the plugin made it, or with named axes.
    series
        Embeddings of an image of the same shape, which tell where the layer does not.

    Returns
    -------
    Of time and depth; None where nothing is known, as of any three axes.
    """
    said = frames_said(layer.metadata, layer.axis_labels, layer.ndim)
    if said is None and series is not None and series.label_shape == pixels_of(layer).shape:
        return series.axes
    return said


def frames_said(metadata: Mapping[str, Any], axis_labels: Sequence[str], ndim: int) -> Axes | None:
    """Return what a Labels layer's metadata and the names of its axes say of its frames."""
    known = metadata.get(FRAMES)
    if known is not None and len(known) <= ndim - 2:
        return Axes(str(known))
    timed = ndim > 2 and str(axis_labels[0]).lower() in ("t", "time", "frame", "frames")
    return Axes(TIME) if timed else None


def frame_at(viewer: ViewerModel, layer: napari.layers.Layer, shape: Sequence[int]) -> Index:
    """Return which frame of a layer the viewer shows.

    Parameters
    ----------
    viewer
        Its sliders say where it is.
    layer
        Whose first axes are frames.
    shape
        Lengths of those axes.
    """
    return nearest(pixel_shown(viewer, layer)[: len(shape)], shape) if shape else ()


def pixel_shown(viewer: ViewerModel, layer: napari.layers.Layer) -> tuple[float, ...]:
    """Return where the viewer's sliders are, in pixels of a layer."""
    return tuple(float(p) for p in layer.world_to_data(viewer.dims.point[-layer.ndim :]))


def nearest(at: Sequence[float], shape: Sequence[int]) -> Index:
    """Return the nearest index that there is."""
    return tuple(int(np.clip(round(p), 0, n - 1)) for p, n in zip(at, shape, strict=True))
