"""The image layer that the session's image is of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import napari.layers
from napari.components import ViewerModel

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
    """

    viewer: ViewerModel
    layer: napari.layers.Image
    axes: Axes

    @property
    def id(self) -> str:
        """The layer's unique id."""
        return str(self.layer.unique_id)

    def placement(self, kept: str) -> dict[str, Any]:
        """Return where a layer of some of its axes lies."""
        return placement(self.layer, self.axes, kept)

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
    return None if layer is None or reading is None else Source(viewer, layer, reading.axes)
