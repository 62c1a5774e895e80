"""The image layer that the session's image is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.session.state import Session
from napari_discembed.types import Axes, Index, Series
from napari_discembed.widgets.layers.frames import nearest, pixel_shown
from napari_discembed.widgets.layers.placement import layer_axes, placement
from napari_discembed.widgets.layers.results import find_result, remove_result, show_result


def layer_by_id(viewer: ViewerModel, layer_id: str) -> napari.layers.Layer | None:
    """Return the layer of a unique id; None where it is not in the viewer."""
    for layer in viewer.layers:
        if str(layer.unique_id) == layer_id:
            return layer
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """An image layer that results are of, in its viewer.

    Attributes
    ----------
    viewer
        Where it is.
    layer
        The image layer.
    axes
        As it was read.
    corner
        Where the part of it begins that the session's embeddings are of, in pixels along Y and X;
        None where they are of all of it.
    """

    viewer: ViewerModel
    layer: napari.layers.Image
    axes: Axes
    corner: tuple[float, ...] | None = None

    @property
    def id(self) -> str:
        """The layer's unique id."""
        return str(self.layer.unique_id)

    def placement(self, kept: str) -> dict[str, Any]:
        """Return where a layer of some of its axes lies, which begins at the corner."""
        place = placement(self.layer, self.axes, kept)
        if self.corner is not None:
            n = len(self.corner)
            moved = np.array(place["translate"], float)
            moved[-n:] += np.array(place["scale"])[-n:] * self.corner
            place["translate"] = moved
        return place

    def pixel_at(self, world: Sequence[float]) -> NDArray[np.float64]:
        """Return the pixel at a place of the viewer, counted from the corner."""
        at = np.asarray(self.layer.world_to_data(world[-self.layer.ndim :]), float)
        if self.corner is not None:
            at[-len(self.corner) :] -= self.corner
        return at

    def frame_shown(self, series: Series[Any]) -> Index:
        """Return which frame of a series the viewer's sliders show."""
        own = layer_axes(self.layer, self.axes)
        at = own.select(pixel_shown(self.viewer, self.layer), series.axes)
        return nearest(at, series.shape)

    def find(self, kind: str) -> Any:  # noqa: ANN401 - a layer of any type, or None
        """Return the layer that shows a kind of result, or None."""
        return find_result(self.viewer, self.layer, kind)

    def show(
        self,
        kind: str,
        data: Any,  # noqa: ANN401 - what napari takes
        make: type[napari.layers.Layer],
        **about: Any,  # noqa: ANN401 - napari's own keywords
    ) -> napari.layers.Layer:
        """Show a kind of result, as :func:`show_result` does."""
        return show_result(self.viewer, self.layer, kind, data, make, **about)

    def remove(self, kind: str) -> None:
        """Remove the layer that shows a kind of result, if there is one."""
        remove_result(self.viewer, self.layer, kind)


def source_of(viewer: ViewerModel, session: Session) -> Source | None:
    """Return the image layer of a session; None where it has gone, or there is none."""
    reading = session.reading
    layer = None if reading is None else layer_by_id(viewer, reading.layer_id)
    if layer is None or reading is None:
        return None
    series = session.series
    return Source(viewer, layer, reading.axes, None if series is None else series.corner)
