"""Where layers lie in the viewer, so that results lie on their image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import napari.layers
import numpy as np

from napari_discembed.types import Axes, Embedding
from napari_discembed.widgets.layers.metadata import BACKGROUND, COMPLETE, FRAMES, PAINTED


def layer_axes(layer: napari.layers.Layer, axes: Axes) -> Axes:
    """Return the axes without colour, which napari does not count."""
    return axes.without_channels() if len(axes) > layer.ndim else axes


def placement(layer: napari.layers.Layer, axes: Axes, kept: str) -> dict[str, Any]:
    """Return where a layer lies, for a new layer of some of its axes.

    Parameters
    ----------
    layer
        To lie upon.
    axes
        Its axes.
    kept
        Those of the new layer, in its order.
    """
    return _placement(layer, layer_axes(layer, axes).order(kept))


def own_placement(layer: napari.layers.Layer) -> dict[str, Any]:
    """Return where a layer lies, for a new layer of all of its axes."""
    return _placement(layer, list(range(layer.ndim)))


def flat_placement(layer: napari.layers.Layer) -> dict[str, Any]:
    """Return where a layer lies, for a new layer of its last two axes: seen in every plane."""
    return _placement(layer, [layer.ndim - 2, layer.ndim - 1])


def _placement(layer: napari.layers.Layer, at: list[int]) -> dict[str, Any]:
    origin = np.array(layer.data_to_world(np.zeros(layer.ndim)))
    steps = [np.array(layer.data_to_world(one)) - origin for one in np.eye(layer.ndim)]
    scale, translate = np.array(layer.scale)[at], np.array(layer.translate)[at]
    # What scale and translation leave: rotation, shear, and the layer's affine.
    affine = np.eye(len(at) + 1)
    affine[:-1, :-1] = np.stack(steps, axis=1)[np.ix_(at, at)] / scale
    affine[:-1, -1] = origin[at] - affine[:-1, :-1] @ translate
    affine = np.eye(len(affine)) if np.allclose(affine, np.eye(len(affine))) else affine
    return {
        "scale": scale,
        "translate": translate,
        "affine": affine,
        "units": [layer.units[i] for i in at],
        "axis_labels": [layer.axis_labels[i] for i in at],
    }


def on_grid(place: Mapping[str, Any], embedding: Embedding) -> dict[str, Any]:
    """Return where a layer on the embedding's own grid lies, given where the image's lies."""
    ratio = np.array(embedding.image_shape) / np.array(embedding.shape)
    n = len(ratio)
    scale, translate = np.array(place["scale"], float), np.array(place["translate"], float)
    # Pixel centres are at whole numbers: half a pixel of both grids lies between their origins.
    translate[-n:] += (ratio - 1) / 2 * scale[-n:]
    scale[-n:] *= ratio
    kept = {k: v for k, v in place.items() if k in ("units", "axis_labels", "affine")}
    return {**kept, "scale": scale, "translate": translate}


def move(layer: napari.layers.Layer, place: Mapping[str, Any]) -> None:
    """Put a layer where :func:`placement` says, if it lies elsewhere."""
    for name in ("scale", "translate", "affine"):
        if name in place and not np.allclose(getattr(layer, name), place[name]):
            setattr(layer, name, place[name])
    if "units" in place and list(layer.units) != list(place["units"]):
        layer.units = place["units"]


def place_as_text(layer: napari.layers.Labels) -> dict[str, Any]:
    """Return where a layer lies and what its axes are, as plain JSON values."""
    place = own_placement(layer)
    kept = (FRAMES, BACKGROUND, COMPLETE, PAINTED)
    known = {key: layer.metadata[key] for key in kept if key in layer.metadata}
    return {
        **{name: np.asarray(place[name]).tolist() for name in ("scale", "translate", "affine")},
        "units": [str(unit) for unit in layer.units],
        "axis_labels": list(layer.axis_labels),
        "metadata": known,
    }
