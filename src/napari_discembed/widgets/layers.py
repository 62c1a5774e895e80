"""Between napari's layers and the package's values."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.session.state import EmbeddingSeries
from napari_discembed.types import Axes, Image, IntArray

SPATIAL = "ZYX"
MARK = "discembed"
"""Key in a layer's metadata: of which image layer it shows a result, what, and its own id."""
FRAMES = "discembed frames"
"""Key in a Labels layer's metadata: letters of its first axes, of which each place is a picture."""
SAME_PIXELS = "discembed same pixels"
"""Key in an image layer's metadata: of which layer it shows the pixels, the axes there, own id."""
_SHOWN: weakref.WeakKeyDictionary[napari.layers.Layer, Any] = weakref.WeakKeyDictionary()
"""The pixels that such a layer shows, as the other one has them."""
COMPLETE = "discembed complete"
"""Key in a Labels layer's metadata: whether 0 means background there."""
BACKGROUND = "background_label"
"""Key in a Labels layer's metadata: the number that background is scribbled with."""
READ_AS = "discembed axes"
"""Key in an image layer's metadata: what a person said that its axes are."""
READ_CHANNEL = "discembed channel"
"""Key in an image layer's metadata: the channel that a person chose; None for all."""
EMBEDDING = "discembed embedding"
"""Key in the metadata of a view: the embedding it shows."""


def axes_choices(layer: napari.layers.Image) -> list[str]:
    """Return what the axes of an image layer can be, the likeliest first.

    Letters are those of :class:`~napari_discembed.types.Image`.
    """
    ndim = layer.ndim
    colour = "C" if layer.rgb else ""
    possible = {
        2: ["YX"],
        3: ["ZYX", "TYX"] if layer.rgb else ["ZYX", "TYX", "CYX"],
        4: ["TZYX"] if layer.rgb else ["TZYX", "TCYX", "ZCYX", "CZYX", "CTYX"],
        5: [] if layer.rgb else ["TZCYX", "TCZYX", "CTZYX"],
    }.get(ndim, [])
    named = "".join(str(name)[:1].upper() for name in layer.axis_labels)
    said = str(layer.metadata.get(READ_AS, "")).removesuffix(colour or " ")
    best = said if said in possible else named if named in possible else None
    if best is None and "CYX" in possible and layer.data.shape[0] <= 4:
        best = "CYX"
    ordered = sorted(possible, key=lambda axes: axes != best)
    return [axes + colour for axes in ordered]


def image_of(layer: napari.layers.Image, axes: str, channel: int | None = None) -> Image:
    """Return the pixels of an image layer, with their physical size.

    Parameters
    ----------
    layer
        2-D to 5-D; of several resolutions the finest is taken.
    axes
        One of :func:`axes_choices`.
    channel
        To take alone; None for all.
    """
    data = pixels_of(layer)
    if channel is not None and "C" in axes:
        data = data[tuple(channel if a == "C" else slice(None) for a in axes)]
        axes_left = axes.replace("C", "")
    else:
        axes_left = axes
    sizes = dict(zip(_layer_axes(layer, axes), layer.scale, strict=True))
    spatial = [a for a in axes_left if a in SPATIAL]
    return Image(
        data,
        Axes(axes_left),
        tuple(abs(float(sizes[a])) or 1.0 for a in spatial),
        str(layer.units[-1]),
        layer.name,
    )


def pixels_of(layer: napari.layers.Layer) -> Any:  # noqa: ANN401 - any array that napari takes
    """Return the data of a layer; of several resolutions the finest."""
    return layer.data[0] if getattr(layer, "multiscale", False) else layer.data


def frame_axes(layer: napari.layers.Labels, series: EmbeddingSeries | None = None) -> str | None:
    """Return the letters of the first axes of labels of which each place is a picture of its own.

    Parameters
    ----------
    layer
        As the plugin made it, or with named axes.
    series
        Embeddings of an image of the same shape, which tell where the layer does not.

    Returns
    -------
    Letters out of T and Z; None where nothing is known, as of any three axes.
    """
    said = frames_said(layer.metadata, layer.axis_labels, layer.ndim)
    if said is None and series is not None and series.label_shape == pixels_of(layer).shape:
        return series.axes
    return said


def frames_said(metadata: Mapping[str, Any], axis_labels: Sequence[str], ndim: int) -> str | None:
    """Return what a Labels layer's metadata and the names of its axes say of its frames."""
    known = metadata.get(FRAMES)
    if known is not None and len(known) <= ndim - 2:
        return str(known)
    timed = ndim > 2 and str(axis_labels[0]).lower() in ("t", "time", "frame", "frames")
    return "T" if timed else None


def objects_of(layer: napari.layers.Labels, index: tuple[int, ...] = ()) -> IntArray:
    """Return a copy of the objects of a Labels layer, or of one of its frames.

    A scribble of background is no object, nor is what is below 0.
    """
    labels = np.maximum(np.asarray(pixels_of(layer)[index]), 0)
    background = layer.metadata.get(BACKGROUND)
    return np.where(labels == background, labels.dtype.type(0), labels) if background else labels


def why_not_editable(layer: napari.layers.Labels) -> str | None:
    """Return why a Labels layer cannot be corrected, in words; None where it can."""
    if getattr(layer, "multiscale", False):
        return f"{layer.name} has several resolutions: duplicate one of them to correct it."
    if type(layer.data).__module__.startswith("dask"):
        return (
            f"{layer.name} is a dask array, which is computed and not stored. Add it anew as "
            "numpy.asarray(layer.data) to correct it."
        )
    return None


def channels_first(
    viewer: ViewerModel, layer: napari.layers.Image, axes: str
) -> tuple[napari.layers.Image, str]:
    """Return an image layer whose channels are its first axis, and its axes.

    napari lays layers over each other from the last axis on: results, which have no channels,
    would lie at the wrong times where channels come after time.

    Parameters
    ----------
    viewer
        Where the layer is shown, and the new one is beside it where one is needed; it shows the
        same pixels.
    layer
        Stays as it is, hidden where there is a new one.
    axes
        Of the layer.
    """
    if layer.rgb or axes.find("C") <= 0:
        return layer, axes
    order = [axes.index("C"), *(i for i, a in enumerate(axes) if a != "C")]
    swapped = "".join(axes[i] for i in order)
    levels = [
        (level if hasattr(level, "transpose") else np.asarray(level)).transpose(order)
        for level in (layer.data if layer.multiscale else [layer.data])
    ]
    for other in viewer.layers:
        mark = (str(layer.unique_id), axes, str(other.unique_id))
        if other.metadata.get(SAME_PIXELS) == mark:
            if _SHOWN.get(other) is not layer.data:
                other.data = levels if layer.multiscale else levels[0]
                _SHOWN[other] = layer.data
            move(other, placement(layer, axes, swapped))
            return other, swapped
    new = napari.layers.Image(
        levels if layer.multiscale else levels[0],
        multiscale=layer.multiscale,
        name=f"{layer.name} (channels first)",
        contrast_limits=layer.contrast_limits,
        colormap=layer.colormap,
        metadata={
            READ_AS: swapped,
            READ_CHANNEL: layer.metadata.get(READ_CHANNEL),
        },
        **placement(layer, axes, swapped),
    )
    new.metadata[SAME_PIXELS] = (str(layer.unique_id), axes, str(new.unique_id))
    _SHOWN[new] = layer.data
    viewer.layers.insert(viewer.layers.index(layer) + 1, new)
    layer.visible = False
    return new, swapped


def placement(layer: napari.layers.Layer, axes: str, kept: str) -> dict[str, Any]:
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
    own = _layer_axes(layer, axes)
    at = [own.index(a) for a in kept if a in own]
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


def _layer_axes(layer: napari.layers.Layer, axes: str) -> str:
    """Return the axes without colour, which napari does not count."""
    return axes[:-1] if len(axes) > layer.ndim else axes


def result_of(layer: napari.layers.Layer) -> tuple[str, str] | None:
    """Return which image layer a layer shows a result of, by its id, and of what kind."""
    mark = layer.metadata.get(MARK)
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
    layer.metadata[MARK] = (str(source.unique_id), kind, str(layer.unique_id))
    # Pictures go under the labels, which they would hide.
    above = isinstance(layer, napari.layers.Image) and source in viewer.layers
    viewer.layers.insert(viewer.layers.index(source) + 1 if above else len(viewer.layers), layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
    return layer


def move(layer: napari.layers.Layer, place: Mapping[str, Any]) -> None:
    """Put a layer where :func:`placement` says, if it lies elsewhere."""
    for name in ("scale", "translate", "affine"):
        if name in place and not np.allclose(getattr(layer, name), place[name]):
            setattr(layer, name, place[name])
    if "units" in place and list(layer.units) != list(place["units"]):
        layer.units = place["units"]


def place_as_text(layer: napari.layers.Labels) -> dict[str, Any]:
    """Return where a layer lies and what its axes are, as plain JSON values."""
    own = "ABCDEFG"[: layer.ndim]
    place = placement(layer, own, own)
    kept = (FRAMES, BACKGROUND, COMPLETE)
    known = {key: layer.metadata[key] for key in kept if key in layer.metadata}
    return {
        **{name: np.asarray(place[name]).tolist() for name in ("scale", "translate", "affine")},
        "units": [str(unit) for unit in layer.units],
        "axis_labels": list(layer.axis_labels),
        "metadata": known,
    }


def remove_result(viewer: ViewerModel, source: napari.layers.Layer, kind: str) -> None:
    """Remove the layer that shows a result of an image layer, if there is one."""
    old = find_result(viewer, source, kind)
    if old is not None:
        viewer.layers.remove(old)


def frame_at(
    viewer: ViewerModel, layer: napari.layers.Layer, shape: tuple[int, ...]
) -> tuple[int, ...]:
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
    if not shape:
        return ()
    at = layer.world_to_data(viewer.dims.point[-layer.ndim :])
    return tuple(int(np.clip(round(float(p)), 0, n - 1)) for p, n in zip(at, shape, strict=False))


def frame_shown(
    viewer: ViewerModel, source: napari.layers.Image, axes: str, series: EmbeddingSeries
) -> tuple[int, ...]:
    """Return which picture of an image the viewer shows.

    Parameters
    ----------
    viewer
        Its sliders say where it is.
    source, axes
        The image layer that was embedded, and its axes.
    series
        Its embeddings.
    """
    own = _layer_axes(source, axes)
    at = source.world_to_data(viewer.dims.point[-source.ndim :])
    return tuple(
        int(np.clip(round(float(at[own.index(a)])), 0, n - 1))
        for a, n in zip(series.axes, series.shape, strict=True)
    )


def write_undoable(
    layer: napari.layers.Labels, new: NDArray[Any], where: tuple[int, ...] = ()
) -> int:
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
