"""The one state that the docks share: an image, its embeddings, and the knobs."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_discembed import clustering
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusterConfig, Method, TileConfig
from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import SPATIAL_AXES, Embedding, Image, IntArray

if TYPE_CHECKING:
    from napari_discembed.models import Model

Index = tuple[int, ...]
PREPARED_KEPT = 4
CURVE_POINTS = 48


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The embeddings of an image: one for each plane or volume that the model takes at a time.

    Attributes
    ----------
    embeddings
        In C order over `shape`.
    axes
        What is gone through: some of ``T`` and ``Z``; empty for a single picture.
    shape
        Lengths of these axes.
    knobs
        The clustering that the model recommends, where it is known.
    """

    embeddings: Sequence[Embedding]
    axes: str = ""
    shape: Index = ()
    knobs: ClusterConfig | None = None
    _prepared: OrderedDict[tuple[int, Method], Prepared] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def label_shape(self) -> Index:
        """Shape of the labels of the whole."""
        return (*self.shape, *self.embeddings[0].image_shape)

    @property
    def label_axes(self) -> str:
        """Letters of the axes of the labels of the whole."""
        return self.axes + SPATIAL_AXES[-len(self.embeddings[0].image_shape) :]

    def number(self, index: Index) -> int:
        """Return the place in `embeddings` of a frame."""
        return int(np.ravel_multi_index(index, self.shape)) if self.shape else 0

    def prepared(
        self,
        index: Index,
        method: Method = "density",
        seeds: NDArray[np.floating] | None = None,
    ) -> Prepared:
        """Return a frame's embedding, prepared for clustering; the last few are kept.

        Safe to call from any thread.

        Raises
        ------
        InputError
            If the method needs seeds and there are none.
        """
        number = self.number(index)
        if seeds is not None:
            return clustering.prepare(self.embeddings[number], method, seeds)
        with self._lock:  # held while preparing: labels and curve would both do it
            key = (number, method)
            if key not in self._prepared:
                self._prepared[key] = clustering.prepare(self.embeddings[number], method)
                while len(self._prepared) > PREPARED_KEPT:
                    self._prepared.popitem(last=False)
            return self._prepared[key]

    def indices(self) -> Iterator[Index]:
        """Yield the index of each frame."""
        yield from np.ndindex(self.shape)


@dataclass(frozen=True, slots=True)
class Planes(Sequence[Image]):
    """The pictures that a model takes one at a time, each cut out when it is asked for.

    Attributes
    ----------
    image
        The whole.
    axes
        What is gone through: some of ``T`` and ``Z``; empty for a single picture.
    shape
        Along those axes; pictures are in C order.
    """

    image: Image
    axes: str
    shape: Index

    def __len__(self) -> int:
        return math.prod(self.shape)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> list[Image]: ...
    def __getitem__(self, index: int | slice) -> Image | list[Image]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        image = self.image
        where = dict(zip(self.axes, np.unravel_index(index, self.shape), strict=True))
        data = image.data[tuple(where.get(a, slice(None)) for a in image.axes)]
        size = tuple(
            s
            for s, a in zip(image.pixel_size, image.spatial_axes, strict=True)
            if a not in self.axes
        )
        kept = "".join(a for a in image.axes if a not in self.axes)
        return replace(image, data=np.asarray(data), axes=kept, pixel_size=size)


def planes(image: Image, ndim: int) -> Planes:
    """Take an image apart into the pictures of `ndim` dimensions that a model takes.

    A z-stack is a volume for a 3-D model, and planes for a 2-D one.

    Raises
    ------
    InputError
        If the model needs volumes and the image has none.
    """
    axes = "".join(a for a in image.axes if a == "T" or (a == "Z" and ndim == 2))
    if ndim == 3 and "Z" not in image.axes:
        raise InputError(
            f"{image.name}: this model takes volumes, and the image has no Z axis. Choose a 2-D "
            "model, or say which axis is Z."
        )
    return Planes(image, axes, tuple(image.data.shape[image.axes.index(a)] for a in axes))


class Session:
    """An observable state without Qt, one a viewer. Setting a stage clears the later ones.

    Attributes
    ----------
    image_changed, stack_changed, knobs_changed
        Emitted with the new value (None where it was cleared).
    model_trained
        Emitted with the file of a model that has just been trained.
    reading_changed
        Emitted with an image layer of which a person said how it is read.
    """

    image_changed = Signal(object)
    stack_changed = Signal(object)
    knobs_changed = Signal(ClusterConfig)
    model_trained = Signal(str)
    reading_changed = Signal(object)

    def __init__(self) -> None:
        self._image: Image | None = None
        self._stack: Stack | None = None
        self._knobs = ClusterConfig()

    @property
    def image(self) -> Image | None:
        """What is worked on."""
        return self._image

    @image.setter
    def image(self, image: Image | None) -> None:
        self.stack = None
        self._image = image
        self.image_changed.emit(image)

    @property
    def stack(self) -> Stack | None:
        """The image's embeddings; None before there are any."""
        return self._stack

    @stack.setter
    def stack(self, stack: Stack | None) -> None:
        if stack is None and self._stack is None:
            return
        self._stack = stack
        self.stack_changed.emit(stack)

    @property
    def knobs(self) -> ClusterConfig:
        """How pixels are grouped."""
        return self._knobs

    @knobs.setter
    def knobs(self, knobs: ClusterConfig) -> None:
        if knobs != self._knobs:
            self._knobs = knobs
            self.knobs_changed.emit(knobs)

    def _embedded(self) -> Stack:
        if self._stack is None:
            raise InputError("Nothing is embedded yet. Choose an image and press Embed.")
        return self._stack

    def labels(
        self, index: Index, knobs: ClusterConfig, seeds: NDArray[np.floating] | None = None
    ) -> IntArray:
        """Return a frame's objects ``(*S)`` on the image's grid.

        An object that the knobs do not change keeps its number; there may be gaps. Safe to call
        from any thread.

        Raises
        ------
        InputError
            If nothing is embedded, or the method needs seeds and there are none.
        """
        prepared = self._embedded().prepared(index, knobs.method, seeds)
        labels = clustering.cluster_prepared(prepared, knobs)
        return clustering.to_image_grid(labels, prepared.embedding, knobs.foreground_threshold)

    def all_labels(
        self, knobs: ClusterConfig, seeds: Mapping[Index, NDArray[np.floating]] | None = None
    ) -> Job[IntArray]:
        """Return a job of the objects of all frames, ``(*stack, *S)``, numbered from 1 in each.

        Parameters
        ----------
        knobs
            How to group.
        seeds
            ``(N, ndim)`` of each frame that has any; the others have no objects. None for the
            methods that take no seeds.
        """
        stack = self._embedded()
        result = np.zeros(stack.label_shape, dtype=np.int32)
        for i, index in enumerate(stack.indices()):
            yield Progress(i / len(stack.embeddings), "Grouping")
            if seeds is None:
                result[index] = clustering.relabel(self.labels(index, knobs))
            elif index in seeds:
                result[index] = clustering.relabel(self.labels(index, knobs, seeds[index]))
        return result

    def curve(
        self, index: Index, knobs: ClusterConfig
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return bandwidths and the number of objects at each."""
        prepared = self._embedded().prepared(index, knobs.method)
        pull, push = prepared.embedding.margins.pull, prepared.embedding.margins.push
        bandwidths = np.linspace(0.5 * pull, 4 * push, CURVE_POINTS)
        return bandwidths, clustering.count_curve(prepared, bandwidths, knobs)


def plateau(counts: NDArray[np.int64]) -> slice:
    """Return the longest run of one count above zero: where the count is stable.

    The last run is left out where there are others: there all that can merge has merged, however
    far one goes on.
    """
    edges = np.flatnonzero(np.diff(counts)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(counts)]
    length = np.where(counts[starts] > 0, stops - starts, 0)
    if (length[:-1] > 0).any():
        length[-1] = 0
    best = int(length.argmax())
    return slice(int(starts[best]), int(stops[best]))


def embed_stack(
    image: Image,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TileConfig | None = None,
) -> Job[Stack]:
    """Embed all planes or volumes of an image.

    Parameters
    ----------
    image
        With any of the axes T, Z, C.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None to measure it on the middle plane, from
        that of the objects the model was fine-tuned on.
    tile
        Tile size and device.
    """
    yield Progress(None, "Loading the model")
    from napari_discembed import pipeline  # here, since it loads torch
    from napari_discembed.inference import first_look
    from napari_discembed.models import load_model

    loaded = load_model(model) if isinstance(model, str) else model
    pictures = planes(image, loaded.config.ndim)
    count = len(pictures)
    found: list[Embedding] = []
    if diameter is None and count > 1:
        look = first_look(loaded, pictures[count // 2], tile=tile)
        diameter = (yield from look).diameter
    for i, picture in enumerate(pictures):
        job = pipeline.embed(picture, loaded, diameter=diameter, tile=tile)
        title = f"{i + 1}/{count}" if count > 1 else ""
        found.append((yield from scaled(job, i / count, (i + 1) / count, title)))
    return Stack(found, pictures.axes, pictures.shape, loaded.card.cluster)
