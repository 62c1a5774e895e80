"""The layers of the image of a folder that is shown: added, collected, put away."""

from __future__ import annotations

import zlib
from contextlib import nullcontext
from typing import NamedTuple

import napari.layers
import numpy as np
from napari.components import ViewerModel

from napari_discembed.batch.recipe import Reading
from napari_discembed.progress import Job, Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kinds import Kinds
from napari_discembed.session.project import Project
from napari_discembed.session.project_files import Settings
from napari_discembed.types import Axes, Image, Segmentation
from napari_discembed.widgets.contributions.readers import image_layer
from napari_discembed.widgets.layers import (
    COMPLETE,
    FRAMES,
    OBJECTS_OF,
    PAINTED,
    READ_AS,
    READ_CHANNEL,
    SAME_PIXELS,
    axes_choices,
    channel_choices,
    holds_objects,
    images_of,
    pixels_of,
    placement,
    result_of,
    segmentation_of,
)
from napari_discembed.widgets.layers.kinds import (
    kinds_of_classes_said,
    kinds_said,
    note_kinds,
)
from napari_discembed.widgets.layers.metadata import KINDS
from napari_discembed.widgets.tasks import words_of


class Read(NamedTuple):
    """What was read of an image; what went wrong, in words, where it could not be."""

    name: str
    image: Image | None
    objects: Segmentation | None
    trouble: str


class ProjectImage:
    """The layers of an image of a project in a viewer.

    Parameters
    ----------
    viewer
        Where it is shown from now on.
    name, image
        In the project.
    settings
        Of the project: how images are read.
    kinds
        Of objects that there are.

    Attributes
    ----------
    layer
        The image layer.
    """

    def __init__(
        self,
        viewer: ViewerModel,
        name: str,
        image: Image,
        settings: Settings,
        kinds: Kinds,
    ) -> None:
        self._viewer, self.name, self._kinds = viewer, name, kinds
        data, about, _ = image_layer(image)
        self.layer = napari.layers.Image(data, **{**about, "name": name})
        _set_units(self.layer, image)
        self._say_reading(image, settings)
        self._saved = 0
        viewer.add_layer(self.layer)

    def _say_reading(self, image: Image, settings: Settings) -> None:
        """Note how the image is read, where that is more than a guess from its shape."""
        reading = Reading(like=Axes(settings.axes), channel=settings.channel)
        axes = Reading(like=reading.like).apply(image).axes
        if self.layer.ndim > 2 and axes in axes_choices(self.layer):
            self.layer.metadata[READ_AS] = str(axes)
            if settings.channel in channel_choices(self.layer, axes):
                self.layer.metadata[READ_CHANNEL] = settings.channel

    @property
    def ids(self) -> set[str]:
        """The ids of the image layer, and of one that shows its pixels in another order."""
        own = str(self.layer.unique_id)
        twins = [x for x in self._viewer.layers if (x.metadata.get(SAME_PIXELS) or ("",))[0] == own]
        return {own, *(str(twin.unique_id) for twin in twins)}

    @property
    def labels(self) -> napari.layers.Labels | None:
        """The Labels layer of its objects: the last that was made for it, or that fits it."""
        ids = self.ids
        own, fitting = [], []
        for layer in self._viewer.layers:
            if not (isinstance(layer, napari.layers.Labels) and holds_objects(layer)):
                continue
            if not isinstance(layer.data, np.ndarray):
                continue
            of = layer.metadata.get(OBJECTS_OF)
            if of in ids:
                own.append(layer)
            elif of is None and self._fits(layer) and layer.data.any():
                fitting.append(layer)
        return (fitting + own or [None])[-1]

    def _fits(self, layer: napari.layers.Labels) -> bool:
        shape = pixels_of(self.layer).shape[: self.layer.ndim]
        return layer.data.shape in {shape, shape[1:], shape[:-1]}

    def show_objects(self, objects: Segmentation, *, checked: bool) -> napari.layers.Labels | None:
        """Show objects in a layer of their own; None where they do not fit the image."""
        axes = next(
            (a for a in axes_choices(self.layer) if set(objects.axes) <= set(a)), objects.axes
        )
        sizes = axes.sizes(pixels_of(self.layer).shape)
        if any(sizes[a] != n for a, n in zip(objects.axes, objects.labels.shape, strict=True)):
            return None
        layer = napari.layers.Labels(
            np.ascontiguousarray(objects.labels),
            name=f"{self.name} labels",
            metadata={
                OBJECTS_OF: str(self.layer.unique_id),
                FRAMES: str(objects.frame_axes),
                COMPLETE: checked,
                PAINTED: False,
            },
            **placement(self.layer, axes, objects.axes),
        )
        if objects.classes is not None:
            kinds = objects.class_kinds
            self._kinds.take_up(kinds)
            layer.metadata[KINDS] = kinds_of_classes_said(objects.classes, kinds)
            note_kinds(layer, self._kinds)
        self._viewer.add_layer(layer)
        self.note_saved()
        return layer

    def changed_objects(self, series: EmbeddingSeries | None = None) -> Segmentation | None:
        """Return a copy of the objects, where they have changed since they were saved.

        Parameters
        ----------
        series
            That tells of frames where the layer does not; None for none.
        """
        layer = self.labels
        if layer is None or _fingerprint(layer) == self._saved:
            return None
        self.note_saved()
        return segmentation_of(layer, series, kinds=self._kinds)

    def objects_of_removed(self, layer: object) -> Segmentation | None:
        """Return the objects of a layer that was removed, where they are its and not saved."""
        if not isinstance(layer, napari.layers.Labels) or not holds_objects(layer):
            return None
        own = layer.metadata.get(OBJECTS_OF) in self.ids
        if not own or not isinstance(layer.data, np.ndarray) or _fingerprint(layer) == self._saved:
            return None
        return segmentation_of(layer, None, kinds=self._kinds)

    def note_saved(self) -> None:
        """Take the objects as they are for saved."""
        layer = self.labels
        self._saved = 0 if layer is None else _fingerprint(layer)

    def put_away(self) -> list[napari.layers.Layer]:
        """Remove the image and what is of it; return what was painted to learn from."""
        ids, labels = self.ids, self.labels
        own = [x for x in self._viewer.layers if images_of(x) & ids or x is labels]
        painted = [
            layer
            for layer in self._viewer.layers
            if layer not in own and layer.metadata.get(PAINTED) and result_of(layer) is None
        ]
        # napari collects all garbage for each layer that goes, or once for a batch.
        with getattr(self._viewer.layers, "batched_update", nullcontext)():
            for layer in [*painted, *(x for x in own if x is not self.layer), self.layer]:
                if layer in self._viewer.layers:
                    self._viewer.layers.remove(layer)
        return painted


def _set_units(layer: napari.layers.Image, image: Image) -> None:
    spatial = image.axes.spatial
    named = image.axes if layer.ndim == len(image.axes) else image.axes.without_channels()
    if image.unit != "pixel" and len(named) == layer.ndim:
        try:
            layer.units = [image.unit if a in spatial else "pixel" for a in named]
        except (ValueError, TypeError, AttributeError):  # a unit that napari does not know
            return


def _fingerprint(layer: napari.layers.Labels) -> int:
    """Return what tells one state of labels and their kinds from another; never 0."""
    data = np.ascontiguousarray(layer.data)
    about = f"{data.shape} {sorted(kinds_said(layer).items())}"
    return 1 + zlib.crc32(data.data, zlib.crc32(about.encode()))


def read_image_of(project: Project, name: str) -> Job[Read]:
    """Return a job of an image and its objects; what goes wrong is part of its answer."""
    yield Progress(None, f"Opening {name}")
    from napari_discembed.io.images import read_image

    try:
        image = read_image(project.path(name), name=name).loaded()
    except Exception as error:  # noqa: BLE001 - told where the image would be
        return Read(name, None, None, words_of(error))
    try:
        return Read(name, image, project.objects(name), "")
    except Exception as error:  # noqa: BLE001
        return Read(name, image, None, words_of(error))
