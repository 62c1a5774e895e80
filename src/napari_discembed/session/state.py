"""The one state that the docks share: an image, its embeddings, and the config."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_discembed import clustering
from napari_discembed.clustering import Prepared
from napari_discembed.config import ClusteringConfig, DensityConfig, Method, TilingConfig
from napari_discembed.errors import InputError
from napari_discembed.progress import Job, Progress, scaled
from napari_discembed.types import Axes, Embedding, Image, Index, IntArray, Series

if TYPE_CHECKING:
    from napari_discembed.models import Model

PREPARED_KEPT = 4
CURVE_POINTS = 48


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingSeries(Series[Embedding]):
    """The embeddings of an image: one for each plane or volume that the model takes at a time.

    Attributes
    ----------
    items, axes, shape
        As for :class:`~napari_discembed.types.Series`.
    config
        The clustering that the model recommends, where it is known.
    """

    config: ClusteringConfig | None = None
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


class Session:
    """An observable state without Qt, one a viewer. Setting a stage clears the later ones.

    Attributes
    ----------
    image_changed, series_changed, config_changed
        Emitted with the new value (None where it was cleared).
    model_trained
        Emitted with the file of a model that has just been trained.
    reading_changed
        Emitted with an image layer of which a person said how it is read.
    """

    image_changed = Signal(object)
    series_changed = Signal(object)
    config_changed = Signal(ClusteringConfig)
    model_trained = Signal(str)
    reading_changed = Signal(object)

    def __init__(self) -> None:
        self._image: Image | None = None
        self._series: EmbeddingSeries | None = None
        self._config: ClusteringConfig = DensityConfig()

    @property
    def image(self) -> Image | None:
        """What is worked on."""
        return self._image

    @image.setter
    def image(self, image: Image | None) -> None:
        self.series = None
        self._image = image
        self.image_changed.emit(image)

    @property
    def series(self) -> EmbeddingSeries | None:
        """The image's embeddings; None before there are any."""
        return self._series

    @series.setter
    def series(self, series: EmbeddingSeries | None) -> None:
        if series is None and self._series is None:
            return
        self._series = series
        self.series_changed.emit(series)

    @property
    def config(self) -> ClusteringConfig:
        """How pixels are grouped."""
        return self._config

    @config.setter
    def config(self, config: ClusteringConfig) -> None:
        if config != self._config:
            self._config = config
            self.config_changed.emit(config)

    def _embedded(self) -> EmbeddingSeries:
        if self._series is None:
            raise InputError("Nothing is embedded yet. Choose an image and press Embed.")
        return self._series

    def labels(
        self, index: Index, config: ClusteringConfig, seeds: NDArray[np.floating] | None = None
    ) -> IntArray:
        """Return a frame's objects ``(*S)`` on the image's grid.

        An object that the config do not change keeps its number; there may be gaps. Safe to call
        from any thread.

        Raises
        ------
        InputError
            If nothing is embedded, or the method needs seeds and there are none.
        """
        prepared = self._embedded().prepared(index, config.method, seeds)
        labels = clustering.cluster_prepared(prepared, config)
        return clustering.to_image_grid(labels, prepared.embedding, config.foreground_threshold)

    def all_labels(
        self, config: ClusteringConfig, seeds: Mapping[Index, NDArray[np.floating]] | None = None
    ) -> Job[IntArray]:
        """Return a job of the objects of all frames, ``(*series, *S)``, numbered from 1 in each.

        Parameters
        ----------
        config
            How to group.
        seeds
            ``(N, ndim)`` of each frame that has any; the others have no objects. None for the
            methods that take no seeds.
        """
        series = self._embedded()
        result = np.zeros(series.label_shape, dtype=np.int32)
        for i, index in enumerate(series.indices()):
            yield Progress(i / len(series), "Grouping")
            if seeds is None:
                result[index] = clustering.relabel(self.labels(index, config))
            elif index in seeds:
                result[index] = clustering.relabel(self.labels(index, config, seeds[index]))
        return result

    def curve(
        self, index: Index, config: ClusteringConfig
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return bandwidths and the number of objects at each."""
        prepared = self._embedded().prepared(index, config.method)
        pull, push = prepared.embedding.margins.pull, prepared.embedding.margins.push
        bandwidths = np.linspace(0.5 * pull, 4 * push, CURVE_POINTS)
        return bandwidths, clustering.count_curve(prepared, bandwidths, config)


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


def embed_series(
    image: Image,
    model: Model | str,
    *,
    diameter: float | None = None,
    tile: TilingConfig | None = None,
) -> Job[EmbeddingSeries]:
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
    from napari_discembed.inference import estimate_scale
    from napari_discembed.models import load_model

    loaded = load_model(model) if isinstance(model, str) else model
    pictures = image.frames(loaded.config.ndim)
    count = len(pictures)
    found: list[Embedding] = []
    if diameter is None and count > 1:
        look = estimate_scale(loaded, pictures[count // 2], tile=tile)
        diameter = (yield from look).diameter
    for i, picture in enumerate(pictures):
        job = pipeline.embed(picture, loaded, diameter=diameter, tile=tile)
        title = f"{i + 1}/{count}" if count > 1 else ""
        found.append((yield from scaled(job, i / count, (i + 1) / count, title)))
    return EmbeddingSeries(found, pictures.axes, pictures.shape, loaded.card.clustering)
