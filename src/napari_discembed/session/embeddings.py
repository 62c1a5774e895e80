"""The embeddings of an image, frame by frame, and what clustering prepares of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_discembed import clustering
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusteringConfig, Method, TilingConfig
from napari_discembed.progress import Job, Portion, Progress, scaled
from napari_discembed.session.curve import bandwidth_curve
from napari_discembed.types import Axes, Embedding, Image, Index, IntArray, Kind, Series
from napari_discembed.types.axes import NO_AXES, TIME
from napari_discembed.types.kinds import kinds_of_classes

if TYPE_CHECKING:
    from napari_discembed.inference import FrameMemory
    from napari_discembed.models import Model

PREPARED_KEPT = 4


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingSeries(Series[Embedding]):
    """The embeddings of an image: one for each plane or volume that the model takes at a time.

    Attributes
    ----------
    items, axes, shape
        As for :class:`~napari_discembed.types.Series`.
    config
        The clustering that the model recommends, where it is known.
    kinds
        That the model tells apart; empty for one.
    one_setting
        That by one bandwidth for the whole image, where it is known.
    corner
        Where in the image a part of it begins, in its pixels; None where it is the whole.
    """

    config: ClusteringConfig | None = None
    kinds: tuple[Kind, ...] = ()
    one_setting: ClusteringConfig | None = field(default=None, kw_only=True)
    corner: tuple[float, ...] | None = field(default=None, kw_only=True)
    _prepared: OrderedDict[tuple[int, str], Prepared] = field(
        default_factory=OrderedDict, init=False, repr=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def label_shape(self) -> Index:
        """Shape of the labels of the whole."""
        return (*self.shape, *self[0].image_shape)

    @property
    def label_axes(self) -> Axes:
        """Axes of the labels of the whole."""
        return Axes(self.axes + self[0].axes)

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
            return clustering.prepare(self[number], method, seeds)
        with self._lock:  # held while preparing: labels and curve would both do it
            key = (number, method)
            if key not in self._prepared:
                self._prepared[key] = clustering.prepare(self[number], method)
                while len(self._prepared) > PREPARED_KEPT:
                    self._prepared.popitem(last=False)
            return self._prepared[key]

    def labels(
        self, index: Index, config: ClusteringConfig, seeds: NDArray[np.floating] | None = None
    ) -> IntArray:
        """Return a frame's objects ``(*S)`` on the image's grid.

        An object that the settings do not change keeps its number; there may be gaps. Safe to call
        from any thread.

        Raises
        ------
        InputError
            If the method needs seeds and there are none.
        """
        return self.prepared(index, config.method, seeds).on_image(config)

    def all_labels(
        self, config: ClusteringConfig, seeds: Mapping[Index, NDArray[np.floating]] | None = None
    ) -> Job[IntArray]:
        """Return a job of the objects of all frames, ``(*shape, *S)``, numbered from 1 in each.

        Parameters
        ----------
        config
            How to group.
        seeds
            ``(N, ndim)`` of each frame that has any; the others have no objects. None for the
            methods that take no seeds.
        """
        result = np.zeros(self.label_shape, dtype=np.int32)
        for i, index in enumerate(self.indices()):
            yield Progress(i / len(self), "Grouping")
            if seeds is None:
                result[index] = clustering.relabel(self.labels(index, config))
            elif index in seeds:
                result[index] = clustering.relabel(self.labels(index, config, seeds[index]))
        return result

    def classes(self, index: Index, labels: IntArray) -> IntArray | None:
        """Return the class of a frame's objects by their numbers; None where there is one.

        Parameters
        ----------
        index
            Of the frame.
        labels
            ``(*S)``: its objects.
        """
        return clustering.classes_on_image(labels, self[self.number(index)])

    def with_classes(self, labels: IntArray) -> tuple[IntArray, IntArray | None]:
        """Return objects of which no number is given in two frames, and the class of each.

        Where there is one class, the numbers stay.

        Parameters
        ----------
        labels
            ``(*shape, *S)``: the objects of all frames, as :meth:`all_labels` gives them.
        """
        if not self.kinds:
            return labels, None
        apart, classes, top = labels.astype(np.int64), [], 0
        for index in self.indices():
            own = self.classes(index, labels[index])
            if own is None:  # by another model, which is not so
                return labels, None
            apart[index][labels[index] > 0] += top
            classes.append(own)
            top += len(own)
        return apart.astype(clustering.label_dtype(top)), np.concatenate(classes)

    def curve(
        self, index: Index, config: ClusteringConfig
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return bandwidths and the number of a frame's objects at each."""
        return bandwidth_curve(self.prepared(index, config.method), config)


def embed_series(
    image: Image,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
) -> Job[EmbeddingSeries]:
    """Embed all planes or volumes of an image, each of which is read once.

    Parameters
    ----------
    image
        With any of the axes T, Z, C.
    model
        A model, or the name or file of one.
    diameter
        Typical object diameter in image pixels; None to estimate it on the middle frame.
    tile
        Tile size and device.

    Returns
    -------
    A job of the embeddings.

    Raises
    ------
    InputError
        If the model takes volumes and the image has no Z axis.
    """
    yield Progress(None, "Loading the model")
    from napari_discembed import pipeline  # here, since it loads torch
    from napari_discembed.inference import estimate_scale, memory_of
    from napari_discembed.models import load_model

    loaded = load_model(model) if isinstance(model, str) else model
    frames = image.frames(loaded.config.ndim)
    count = len(frames)
    read: dict[int, Image] = {}
    found: dict[int, Embedding] = {}
    estimated = diameter is None and count > 1
    parts = count + estimated  # the estimate takes about as long as a frame
    if estimated:
        middle = count // 2
        read[middle] = frames[middle]
        trials = estimate_scale(loaded, read[middle], tile=tile)
        estimate = yield from scaled(trials, 0.0, 1 / parts, "Measuring the typical size")
        diameter = estimate.diameter
        if estimate.embedding is not None and not loaded.net.is_recurrent:
            found[middle] = estimate.embedding
    memories: dict[Index, FrameMemory | None] = {}  # a plane of a stack remembers its own
    for i, index in enumerate(frames.indices()):
        if i in found:
            continue
        frame = read.pop(i) if i in read else frames[i]
        memory = None
        if frames.axes.has_time:
            plane = frames.axes.select(index, frames.axes.without(TIME))
            memory = memories.setdefault(plane, memory_of(loaded))
        job = pipeline.embed(frame, loaded, diameter=diameter, tile=tile, memory=memory)
        title, portion, at = "", None, i + estimated
        if count > 1:
            title, portion = f"{i + 1}/{count}", Portion(i, count, _noun(frames.axes))
        found[i] = yield from scaled(job, at / parts, (at + 1) / parts, title, portion)
    embeddings = [found[i] for i in range(count)]
    return series_of(embeddings, loaded, frames)


def series_of(
    embeddings: Sequence[Embedding],
    model: Model,
    frames: Series[Image] | None = None,
    corner: tuple[float, ...] | None = None,
) -> EmbeddingSeries:
    """Return embeddings with what their model recommends.

    Parameters
    ----------
    embeddings
        In the order of the frames.
    model
        That they are by.
    frames
        Of the image; None for a single one.
    corner
        As :class:`EmbeddingSeries` has it.
    """
    n = model.config.classes
    return EmbeddingSeries(
        embeddings,
        NO_AXES if frames is None else frames.axes,
        () if frames is None else frames.shape,
        model.card.recommended(embeddings[0]),
        kinds_of_classes(n, model.card.kinds) if n > 1 else (),
        one_setting=model.card.clustering,
        corner=corner,
    )


def _noun(axes: Axes) -> str:
    """Return what a frame along some axes is called."""
    return "plane" if axes.has_depth else "frame"
