"""Boxes about objects: lines alone, as wide on the screen however near one looks."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.widgets.layers.results import show_result

LINE = 2.0
"""Width of the lines, in pixels of the screen."""


def camera_of(viewer: ViewerModel) -> Any:  # noqa: ANN401 - napari's camera
    """Return the viewer's camera, where this napari has it."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera  # before 0.9


class Boxes(napari.layers.Shapes):
    """Rectangles drawn by their lines; what is in them stays in view."""

    colour, shape = "yellow", "rectangle"

    def __init__(self, data: list[NDArray[np.float64]], **about: Any) -> None:  # noqa: ANN401
        look = {"shape_type": self.shape, "face_color": "transparent", "opacity": 1.0}
        super().__init__(data, edge_color=self.colour, **look, **about)


class Polygons(Boxes):
    """Outlines of any form, drawn by their lines."""

    shape = "polygon"


def show_boxes(
    viewer: ViewerModel,
    source: napari.layers.Layer,
    kind: str,
    corners: list[NDArray[np.float64]],
    make: type[Boxes] = Boxes,
    **about: Any,  # noqa: ANN401 - napari's own keywords
) -> napari.layers.Shapes:
    """Show boxes as a result of a layer, as :func:`show_result` does."""
    boxes = show_result(viewer, source, kind, corners, make, **about)
    boxes.visible = True
    boxes.edge_color, boxes.face_color = make.colour, "transparent"  # of those added since
    keep_line_width(viewer, boxes)
    return boxes


def keep_line_width(viewer: ViewerModel, boxes: napari.layers.Shapes) -> None:
    """Keep the lines as wide on the screen, until the layer goes."""
    zoom = camera_of(viewer).events.zoom

    def fit(_event: object = None) -> None:
        if boxes not in viewer.layers:
            zoom.disconnect(fit)
            return
        width = LINE / (camera_of(viewer).zoom * abs(float(boxes.scale[-1])))
        if not boxes.selected_data:
            boxes.current_edge_width = width  # of what is drawn next
        if boxes.visible and not np.allclose(boxes.edge_width, width):
            boxes.edge_width = width

    fit()
    if not getattr(boxes, "follows_zoom", False):
        boxes.follows_zoom = True
        boxes.events.scale.connect(fit)
        boxes.events.visible.connect(fit)
        zoom.connect(fit)
