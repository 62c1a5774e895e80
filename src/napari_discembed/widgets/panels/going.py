"""Go to objects in the viewer: centre them, and outline them."""

from __future__ import annotations

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import own_placement, pixels_of
from napari_discembed.widgets.layers.outlines import camera_of, show_boxes

OUTLINE = "check"
ROOM = 2.5
"""How much more than the object the view shows."""
CANVAS = 400.0
"""Pixels of a small canvas."""


def go_to(dock: Dock, layer: napari.layers.Labels, index: Index, label: int) -> None:
    """Centre and outline an object; nothing happens where it is gone."""
    where = np.argwhere(np.asarray(pixels_of(layer)[index]) == label)
    if not len(where):
        return
    go_to_box(dock, layer, index, where.min(axis=0) - 1.0, where.max(axis=0) + 1.0)


def go_to_box(
    dock: Dock,
    layer: napari.layers.Labels,
    index: Index,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> None:
    """Centre and outline a box of a frame."""
    middle = np.array([*index, *((low + high) / 2)])
    viewer = dock.viewer
    centre = layer.data_to_world(middle)
    camera = camera_of(viewer)
    camera.center = tuple(centre)[-3:]
    if viewer.dims.ndim >= layer.ndim:
        first = viewer.dims.ndim - layer.ndim
        for axis, value in enumerate(centre):
            viewer.dims.set_point(first + axis, float(value))
    extent = float(np.max((high - low)[-2:] * np.array(layer.scale)[-2:]))
    camera.zoom = float(np.clip(CANVAS / (ROOM * max(extent, 1e-9)), 1e-3, 1e3))
    outline(dock, layer, [box_corners(low, high, middle[:-2])])


def box_corners(
    low: NDArray[np.float64], high: NDArray[np.float64], lead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``(4, ndim)``: a box of the last two axes, at a place along those before them."""
    (y, x), (bottom, right) = low[-2:], high[-2:]
    corners = np.array([[y, x], [y, right], [bottom, right], [bottom, x]])
    return np.hstack([np.tile(lead, (4, 1)), corners])


def outline(dock: Dock, layer: napari.layers.Labels, boxes: list[NDArray[np.float64]]) -> None:
    """Draw boxes about objects, in place of those before."""
    show_boxes(dock.viewer, layer, OUTLINE, boxes, **own_placement(layer))


def in_view(
    viewer: ViewerModel, layer: napari.layers.Labels, index: Index, where: NDArray[np.integer]
) -> bool:
    """Tell whether the view is still at an object, as :func:`go_to` left it."""
    low, high = (layer.data_to_world((*index, *c)) for c in (where.min(axis=0), where.max(axis=0)))
    ends = np.array([low, high])[:, -2:]
    away = np.abs(np.array(camera_of(viewer).center)[-2:] - ends.mean(axis=0))
    return bool((away <= ROOM / 2 * np.ptp(ends, axis=0).max() + 1).all())
