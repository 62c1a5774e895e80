"""The scale of layers that lie on one image: set alike for all of them, and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.widgets.layers.frames import frame_axes
from napari_discembed.widgets.layers.reading import pixels_of
from napari_discembed.widgets.layers.results import result_of

PIXEL = "pixel"


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a layer lay before its scale was changed."""

    layer: napari.layers.Layer
    scale: Any
    translate: Any
    affine: Any
    units: Any

    @classmethod
    def of(cls, layer: napari.layers.Layer) -> Place:
        """Take note of where a layer lies."""
        affine = np.array(layer.affine.affine_matrix)
        return cls(layer, np.array(layer.scale), np.array(layer.translate), affine, layer.units)

    def restore(self) -> None:
        """Put the layer where it lay."""
        self.layer.scale, self.layer.translate = self.scale, self.translate
        self.layer.affine, self.layer.units = self.affine, self.units


def lying_together(viewer: ViewerModel, layer: napari.layers.Layer) -> list[napari.layers.Layer]:
    """Return a layer and all that lie on it: of its height, width and scale, and their results."""
    size, scale = _size(layer), np.array(layer.scale)[-2:]
    same = [
        x
        for x in viewer.layers
        if isinstance(x, napari.layers.Image | napari.layers.Labels)
        and _size(x) == size
        and np.allclose(np.array(x.scale)[-2:], scale)
    ]
    ids = {str(x.unique_id) for x in same}
    shown = [x for x in viewer.layers if (result_of(x) or ("",))[0] in ids and x not in same]
    return [*same, *shown]


def rescale(
    layers: list[napari.layers.Layer], factor: float, unit: str, n_spatial: int
) -> list[Place]:
    """Multiply the scale of layers and name its unit; time and channels keep theirs.

    Parameters
    ----------
    layers
        To be changed.
    factor
        New units to each of the old.
    unit
        Of the new scale.
    n_spatial
        How many of the last axes are of space.

    Returns
    -------
    Where they lay before.
    """
    before = [Place.of(layer) for layer in layers]
    for layer in layers:
        n = min(layer.ndim, n_spatial)
        grown = np.array([1.0] * (layer.ndim - n) + [factor] * n)
        affine = np.array(layer.affine.affine_matrix)
        affine[:-1, -1] *= grown
        layer.scale, layer.translate = layer.scale * grown, layer.translate * grown
        layer.affine = affine
        layer.units = (*layer.units[: layer.ndim - n], *([unit] * n))
    return before


def spatial_axes(layer: napari.layers.Labels) -> int:
    """Return how many of the last axes of labels are of space."""
    timed = layer.ndim > 3 or (frame_axes(layer) or "").startswith("T")
    return int(layer.ndim) - int(timed)


def is_scaled(layer: napari.layers.Layer) -> bool:
    """Tell whether anything is known of the size of a layer's pixels."""
    return str(layer.units[-1]) != PIXEL or not np.isclose(layer.scale[-1], 1)


def _size(layer: napari.layers.Layer) -> tuple[int, ...]:
    shape = tuple(pixels_of(layer).shape)
    return shape[-3:-1] if getattr(layer, "rgb", False) else shape[-2:]
