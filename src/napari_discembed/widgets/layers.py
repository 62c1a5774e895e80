"""Between napari's layers and the package's values."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.types import Image

SPATIAL = "ZYX"
MARK = "discembed"
"""Key in a layer's metadata: what it shows, and of which image layer."""
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
        4: ["TZYX"] if layer.rgb else ["TZYX", "TCYX", "ZCYX", "CZYX"],
        5: [] if layer.rgb else ["TZCYX", "TCZYX"],
    }.get(ndim, [])
    named = "".join(str(name)[:1].upper() for name in layer.axis_labels)
    best = named if named in possible else None
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
    data = layer.data[0] if layer.multiscale else layer.data
    if channel is not None and "C" in axes:
        data = data[tuple(channel if a == "C" else slice(None) for a in axes)]
        axes_left = axes.replace("C", "")
    else:
        axes_left = axes
    sizes = dict(zip(_layer_axes(layer, axes), layer.scale, strict=True))
    spatial = [a for a in axes_left if a in SPATIAL]
    return Image(
        data,
        axes_left,
        tuple(abs(float(sizes[a])) or 1.0 for a in spatial),
        str(layer.units[-1]),
        layer.name,
    )


def placement(layer: napari.layers.Layer, axes: str, kept: str) -> dict[str, Any]:
    """Return where a layer lies, for a new layer of some of its axes.

    Parameters
    ----------
    layer
        To lie upon.
    axes
        Its axes.
    kept
        Those of the new layer.
    """
    own = _layer_axes(layer, axes)
    at = [own.index(a) for a in kept if a in own]
    place: dict[str, Any] = {
        "scale": [layer.scale[i] for i in at],
        "translate": [layer.translate[i] for i in at],
        "units": [layer.units[i] for i in at],
        "axis_labels": [layer.axis_labels[i] for i in at],
    }
    if at == list(range(layer.ndim)):
        place |= {"rotate": layer.rotate, "shear": layer.shear, "affine": layer.affine}
    return place


def _layer_axes(layer: napari.layers.Layer, axes: str) -> str:
    """Return the axes without colour, which napari does not count."""
    return axes[:-1] if len(axes) > layer.ndim else axes


def result_of(layer: napari.layers.Layer) -> tuple[str, str] | None:
    """Return which image layer a layer shows a result of, by its id, and of what kind."""
    mark = layer.metadata.get(MARK)
    return None if mark is None else (str(mark[0]), str(mark[1]))


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
        for name in ("scale", "translate"):
            if name in about:
                setattr(old, name, about[name])
        return old
    selected, active = set(viewer.layers.selection), viewer.layers.selection.active
    mark = (str(source.unique_id), kind)
    metadata = {MARK: mark, **about.pop("metadata", {})}
    layer = make(data, name=f"{source.name} | {kind}", metadata=metadata, **about)
    # Pictures go under the labels, which they would hide.
    above = isinstance(layer, napari.layers.Image) and source in viewer.layers
    viewer.layers.insert(viewer.layers.index(source) + 1 if above else len(viewer.layers), layer)
    viewer.layers.selection = selected
    viewer.layers.selection.active = active
    return layer


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
