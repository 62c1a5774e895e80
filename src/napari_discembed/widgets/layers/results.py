"""Layers that show results of another layer: found again, replaced, removed."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.types import Index, IntArray
from napari_discembed.widgets.layers.metadata import OBJECTS_OF, PUT_AWAY, RESULT, SEEDS_OF
from napari_discembed.widgets.layers.placement import move


def result_of(layer: napari.layers.Layer) -> tuple[str, str] | None:
    """Return which image layer a layer shows a result of, by its id, and of what kind."""
    mark = layer.metadata.get(RESULT)
    # A copy is the person's own.
    own = mark is not None and str(mark[2]) == str(layer.unique_id)
    return (str(mark[0]), str(mark[1])) if own else None


def find_result(
    viewer: ViewerModel, source: napari.layers.Layer, kind: str
) -> napari.layers.Layer | None:
    """Return the layer that shows a result of an image layer, however both are called now."""
    for layer in viewer.layers:
        if result_of(layer) == (str(source.unique_id), kind):
            return layer
    return None


def show_result(
    viewer: ViewerModel,
    source: napari.layers.Layer,
    kind: str,
    data: NDArray[Any] | list[NDArray[Any]],
    make: type[napari.layers.Layer],
    **about: Any,  # noqa: ANN401 - napari's own keywords
) -> napari.layers.Layer:
    """Show a result of an image layer; one of the same kind is replaced, not added to.

    napari has no groups of layers: the results of one image share the first part of their name.
    The selection stays as it is.
    """
    old = find_result(viewer, source, kind)
    if old is not None:
        # Never removed and made anew: on some drivers OpenGL crashes in between.
        old.data = data
        old.metadata.update(about.pop("metadata", {}))
        move(old, about)
        return old
    selected, active = set(viewer.layers.selection), viewer.layers.selection.active
    layer = make(data, name=f"{source.name} | {kind}", **about)
    layer.metadata[RESULT] = (str(source.unique_id), kind, str(layer.unique_id))
    # Pictures go under the labels, which they would hide.
    above = isinstance(layer, napari.layers.Image) and source in viewer.layers
    viewer.layers.insert(viewer.layers.index(source) + 1 if above else len(viewer.layers), layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
    return layer


def show_labels(layer: napari.layers.Labels, index: Index, labels: IntArray) -> None:
    """Show other labels in a frame of a result.

    They are written into the layer's array, and only the canvas is drawn anew: with another array
    napari takes stock of all layers, and builds the shader of the colours again. The array is
    another one only where its type cannot hold them. A layer that is hidden stays so until it has
    something else to show.

    Parameters
    ----------
    layer
        Of the result, a Labels layer; its thumbnail stays as it was.
    index
        Of the frame.
    labels
        ``(*S)`` of that frame.
    """
    if labels.max(initial=0) > np.iinfo(layer.data.dtype).max:
        layer.data = layer.data.astype(labels.dtype)
    if layer.visible:
        layer.data[index] = labels
        layer.refresh(extent=False, thumbnail=False, highlight=False)
    elif not np.array_equal(layer.data[index], labels):
        layer.data[index] = labels
        layer.visible = True


def remove_result(viewer: ViewerModel, source: napari.layers.Layer, kind: str) -> None:
    """Remove the layer that shows a result of an image layer, if there is one."""
    old = find_result(viewer, source, kind)
    if old is not None:
        viewer.layers.remove(old)


def images_of(layer: napari.layers.Layer) -> set[str]:
    """Return the ids of the image layers that a layer is, or is of."""
    result = result_of(layer)
    own = {
        str(layer.unique_id),
        *(str(layer.metadata.get(key, "")) for key in (OBJECTS_OF, SEEDS_OF)),
    }
    return own if result is None else own | {result[0]}


def turn_to(viewer: ViewerModel, layer: napari.layers.Layer, former: str) -> None:
    """Show an image layer with what is of it, and hide the former one's, which would hide it.

    What was hidden so is shown again with its image. Pictures that are mixed or lie beside each
    other stay.
    """
    new = str(layer.unique_id)
    layer.visible = True
    for other in list(viewer.layers):
        of = images_of(other)
        picture = isinstance(other, napari.layers.Image) and result_of(other) is None
        beside = viewer.grid.enabled or other.blending == "additive"
        if new in of:
            _take_back(other)
        elif former in of and not (picture and beside):
            _put_away(other)


def show_results(viewer: ViewerModel, layer: napari.layers.Layer, *, on: bool) -> None:
    """Hide the results of an image layer, as those of another model; or show what was hidden."""
    for other in list(viewer.layers):
        result = result_of(other)
        if result is not None and result[0] == str(layer.unique_id):
            (_take_back if on else _put_away)(other)


def _put_away(layer: napari.layers.Layer) -> None:
    if layer.visible:
        layer.visible = False
        layer.metadata[PUT_AWAY] = True


def _take_back(layer: napari.layers.Layer) -> None:
    if layer.metadata.pop(PUT_AWAY, False):
        layer.visible = True
