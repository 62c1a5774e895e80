"""Tracks in the viewer: labels that are numbered through time, and their tails in equal colours."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.io.calibration import MICROMETERS
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, IntArray, Lineages, Segmentation, Tracks
from napari_discembed.types.axes import TIME
from napari_discembed.widgets.layers.frames import frame_axes
from napari_discembed.widgets.layers.metadata import BACKGROUND, FRAMES, TRACKS_OF
from napari_discembed.widgets.layers.placement import own_placement
from napari_discembed.widgets.layers.reading import pixels_of
from napari_discembed.widgets.layers.results import find_result, result_of, show_result

TAILS = "tails"
WIDTH = 3


class LabelFrames(Sequence[IntArray]):
    """The objects of each frame of labels, read when its turn comes, in any thread.

    Parameters
    ----------
    data
        ``(T, *S)``, any array that napari takes.
    background
        A number that is no object; None for none.
    """

    def __init__(self, data: Any, background: int | None = None) -> None:  # noqa: ANN401
        self._data, self._background = data, background

    def __len__(self) -> int:
        """Return T."""
        return len(self._data)

    def __getitem__(self, t: int) -> IntArray:  # type: ignore[override]
        """Return ``(*S)``, none below 0."""
        if not 0 <= t < len(self):
            raise IndexError(t)
        frame = np.maximum(np.asarray(self._data[t]), 0)
        if self._background:
            frame = np.where(frame == self._background, 0, frame)
        return frame


def frames_to_link(
    layer: napari.layers.Labels, series: EmbeddingSeries | None
) -> tuple[LabelFrames, Segmentation]:
    """Return the frames of a Labels layer, and one that says pixel size, unit and name.

    Raises
    ------
    InputError
        If there is no time axis, or one frame only.
    """
    data, known = pixels_of(layer), frame_axes(layer, series)
    timed = layer.ndim in (3, 4) if known is None else known == TIME
    if not timed or layer.ndim > 4:
        raise InputError(
            f"{layer.name}: expected labels with time as the first axis and each time point whole, "
            f"got shape {data.shape}. Open the movie as one stack, time first."
        )
    if len(data) < 2:
        raise InputError(
            f"{layer.name}: expected two frames or more to link objects through time, got one."
        )
    background = layer.metadata.get(BACKGROUND)
    frames = LabelFrames(data, int(background) if background else None)
    spatial = Axes.spatial_of(layer.ndim - 1)
    size = tuple(abs(float(s)) or 1.0 for s in layer.scale[1:])
    empty = np.zeros(data.shape[1:], np.uint16)
    return frames, Segmentation(
        empty, spatial, pixel_size=size, unit=str(layer.units[-1]), name=layer.name
    )


def find_tracks(viewer: ViewerModel, source: napari.layers.Layer) -> napari.layers.Labels | None:
    """Return the layer that shows the tracks of a Labels layer, or None."""
    mark = str(source.unique_id)
    return next((x for x in viewer.layers if x.metadata.get(TRACKS_OF) == mark), None)


def show_tracks(
    viewer: ViewerModel, source: napari.layers.Labels, labels: IntArray
) -> napari.layers.Labels:
    """Show labels that are numbered through time; those of the same objects before are replaced.

    What could be undone before cannot be any more. The objects they were made of are hidden.
    """
    layer = find_tracks(viewer, source)
    if layer is None:
        layer = _tracks_layer(labels, f"{source.name} tracks", str(source.unique_id), source)
        viewer.add_layer(layer)
        source.visible = False
    else:
        layer.data = labels
        layer.editable = False  # napari forgets its steps then
        layer.editable = True
    return layer


def show_opened_tracks(viewer: ViewerModel, tracks: Tracks, name: str) -> napari.layers.Labels:
    """Show tracks that came with masks; upon a movie of their shape, if one is open."""
    about, labels = tracks.segmentation, tracks.labels
    movies = [m for m in images_of_shape(viewer, labels.shape) if m.ndim == labels.ndim]
    layer = _tracks_layer(labels, name, "", movies[0] if movies else None)
    if not movies:
        layer.scale = (1.0, *about.pixel_size)
        if about.unit in MICROMETERS:
            layer.units = ("pixel", *[about.unit] * about.axes.ndim)
    viewer.add_layer(layer)
    return layer


def images_of_shape(viewer: ViewerModel, shape: tuple[int, ...]) -> list[napari.layers.Image]:
    """Return the images of a viewer whose first axes have this shape, results apart."""
    return [
        image
        for image in viewer.layers
        if isinstance(image, napari.layers.Image)
        and result_of(image) is None
        and pixels_of(image).shape[: len(shape)] == shape
    ]


def _tracks_layer(
    labels: IntArray, name: str, source: str, upon: napari.layers.Layer | None
) -> napari.layers.Labels:
    place = {} if upon is None else own_placement(upon)
    return napari.layers.Labels(
        labels, name=name, metadata={TRACKS_OF: source, FRAMES: TIME}, **place
    )


class TrackColours:
    """The colours that a Labels layer gives to numbers, for its Tracks layer."""

    name = "as labels"

    def __init__(self, layer: napari.layers.Labels) -> None:
        self._layer = weakref.ref(layer)

    def map(self, numbers: NDArray[Any]) -> NDArray[np.floating[Any]]:
        """Return ``(N, 4)`` in [0, 1]."""
        layer, numbers = self._layer(), np.atleast_1d(np.asarray(numbers))
        if layer is None:
            return np.ones((len(numbers), 4))
        different, place = np.unique(numbers.astype(layer.data.dtype), return_inverse=True)
        return np.asarray(layer.colormap.map(different))[place.reshape(-1)]


def show_tails(
    viewer: ViewerModel, layer: napari.layers.Labels, lineages: Lineages
) -> napari.layers.Tracks | None:
    """Show where objects came from, as tails in the colours of their labels.

    Returns
    -------
    The layer; None where there are no objects, and nothing to show.
    """
    old = find_result(viewer, layer, TAILS)
    if not len(lineages.points):
        if old is not None:
            old.visible = False
        return old
    data, graph = lineages.napari()
    if old is not None:
        old.data = data
        old.graph = graph
        return old
    return show_result(
        viewer,
        layer,
        TAILS,
        data,
        napari.layers.Tracks,
        graph=graph,
        colormaps_dict={"track_id": TrackColours(layer)},
        tail_width=WIDTH,
        **own_placement(layer),
    )


def recolour_tails(viewer: ViewerModel, layer: napari.layers.Labels) -> None:
    """Give tails the colours that the labels have now."""
    tails = find_result(viewer, layer, TAILS)
    if tails is not None:
        tails.color_by = "track_id"
