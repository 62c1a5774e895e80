"""Objects of Labels layers, read and written; each write is one step of napari's undo."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.types import Index, IntArray
from napari_discembed.widgets.layers.metadata import BACKGROUND, COMPLETE, PAINTED
from napari_discembed.widgets.layers.reading import pixels_of
from napari_discembed.widgets.layers.results import result_of


def objects_of(layer: napari.layers.Labels, index: Index = ()) -> IntArray:
    """Return a copy of the objects of a Labels layer, or of one of its frames.

    A scribble of background is no object, nor is what is below 0.
    """
    labels = np.maximum(np.asarray(pixels_of(layer)[index]), 0)
    background = layer.metadata.get(BACKGROUND)
    return np.where(labels == background, labels.dtype.type(0), labels) if background else labels


def holds_objects(layer: napari.layers.Layer) -> bool:
    """Tell whether a layer holds objects to count: no preview of ours, nor paint to learn from.

    Paint is known by its mark, or by its number of the background, unless all objects are painted.
    """
    if not isinstance(layer, napari.layers.Labels) or result_of(layer) is not None:
        return False
    about = layer.metadata
    return bool(about.get(COMPLETE)) or not about.get(PAINTED, bool(about.get(BACKGROUND)))


def why_not_editable(layer: napari.layers.Labels) -> str | None:
    """Return why a Labels layer cannot be corrected, in words; None where it can."""
    if getattr(layer, "multiscale", False):
        return (
            f"{layer.name} has several resolutions. Press 'Edit what is in view' in the Correct "
            "dock if it is of an OME-Zarr store, else duplicate one of them to correct it."
        )
    if type(layer.data).__module__.startswith("dask"):
        return (
            f"{layer.name} is a dask array, which is computed and not stored. Add it anew as "
            "numpy.asarray(layer.data) to correct it."
        )
    return None


def write_undoable(layer: napari.layers.Labels, new: NDArray[Any], where: Index = ()) -> int:
    """Change labels as one step that napari can undo.

    Parameters
    ----------
    layer
        To change.
    new
        What the labels become, of the layer's shape without the axes that `where` fixes.
    where
        Indices on the first axes; empty for all of the layer.

    Returns
    -------
    How many pixels changed.
    """
    old = np.asarray(layer.data[where])
    changed = np.nonzero(old != new)
    if not len(changed[0]):
        return 0
    fixed = tuple(np.full(len(changed[0]), i) for i in where)
    layer.data_setitem((*fixed, *changed), new[changed].astype(layer.data.dtype))
    return len(changed[0])


def numbered_apart(
    new: IntArray, old: IntArray, layer: napari.layers.Labels, known: int = 0
) -> IntArray:
    """Give new objects of a frame numbers above those of other frames, and above known ones.

    Parameters
    ----------
    new, old
        ``(*S)``: the frame as it is to be, and as it is.
    layer
        That it is of.
    known
        The highest number that is known of.

    Raises
    ------
    InputError
        If the layer's type has no such numbers.
    """
    top = int(old.max(initial=0))
    fresh = new > top
    if not fresh.any():  # most tools: the other frames need not be looked at
        return new
    highest = max(int(objects_of(layer).max(initial=0)), known)
    moved = np.where(fresh, new.astype(np.int64) + highest - top, new)
    background = layer.metadata.get(BACKGROUND)
    if background:  # no object takes its number
        moved = np.where(fresh & (moved >= background) & (highest < background), moved + 1, moved)
    if int(moved.max(initial=0)) > np.iinfo(layer.data.dtype).max:
        raise InputError(
            f"There is no number left in labels of type {layer.data.dtype}. Press 'Number 1 to N', "
            "or duplicate the layer with another type."
        )
    return moved
