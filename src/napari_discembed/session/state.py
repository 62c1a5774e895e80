"""The one state that the docks share: an image, its embeddings, and how they are grouped."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from psygnal import Signal

from napari_discembed.config import ClusteringConfig, DensityConfig
from napari_discembed.session.autosave import Autosave
from napari_discembed.session.correcting import Correcting
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.examples import Examples
from napari_discembed.session.guidance import Situation
from napari_discembed.session.settings import starting_config
from napari_discembed.session.suggesting import Doubt
from napari_discembed.types import Axes, Image


@dataclass(frozen=True, slots=True)
class LayerReading:
    """Which layer an image is of, and how that is read.

    Attributes
    ----------
    layer_id
        Unique id of the image layer.
    axes
        Of the layer's pixels.
    channel
        That is taken alone; None for all.
    """

    layer_id: str
    axes: Axes
    channel: int | None = None


class Session:
    """An observable state without Qt and napari, one a viewer.

    Setting an image clears its embeddings; setting embeddings sets the config they begin with.

    Attributes
    ----------
    image_changed, reading_changed, series_changed, config_changed
        Emitted with the new value (None where it was cleared).
    image_moved
        Emitted when the image's layer lies elsewhere in the viewer.
    layer_read
        Emitted with the id of an image layer of which a person said how it is read.
    model_offered
        Emitted with the name or file of a model to go on with, such as one just trained.
    committed
        Emitted with the id of the Labels layer that objects were committed to.
    image_wanted
        Emitted when an image layer is to be embedded, which `wanted` names until it is taken up.
    situation_changed
        Emitted with how far the work is.
    ended
        Emitted when the last dock has gone.
    model, diameter
        Name or file of the model that embedded last, and the object diameter that was typed, in
        image pixels; None to estimate it.
    recommended
        The config that the last model recommends.
    offered
        The model that was offered last and has not embedded yet; empty for none.
    wanted
        Id of the image layer to embed next; empty for none.
    suggested
        Which images to label next, the one that teaches most first.
    examples
        What its models learn from.
    correcting
        How many corrections each image needed.
    autosave
        Of the annotation in progress.
    """

    image_changed = Signal(object)
    reading_changed = Signal(object)
    series_changed = Signal(object)
    config_changed = Signal(ClusteringConfig)
    image_moved = Signal()
    layer_read = Signal(str)
    model_offered = Signal(str)
    committed = Signal(str)
    image_wanted = Signal()
    situation_changed = Signal(Situation)
    ended = Signal()

    def __init__(self) -> None:
        self._image: Image | None = None
        self._reading: LayerReading | None = None
        self._series: EmbeddingSeries | None = None
        self._config: ClusteringConfig = DensityConfig()
        self._situation = Situation()
        self._users: set[int] = set()
        self.model = ""
        self.diameter: float | None = None
        self.recommended: ClusteringConfig = DensityConfig()
        self._restored: ClusteringConfig | None = None
        self.offered, self.wanted = "", ""
        self.suggested: list[Doubt] = []
        self.examples, self.correcting = Examples(), Correcting()
        self.autosave = Autosave()

    @property
    def situation(self) -> Situation:
        """How far the work is."""
        return self._situation

    def note(self, **facts: Any) -> None:  # noqa: ANN401 - the fields of Situation
        """Take note of how far the work is, by fields of the situation."""
        situation = replace(self._situation, **facts)
        if situation != self._situation:
            self._situation = situation
            self.situation_changed.emit(situation)

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
    def reading(self) -> LayerReading | None:
        """How the image was read; of one whose layer has gone, too. None before there was any."""
        return self._reading

    @reading.setter
    def reading(self, reading: LayerReading | None) -> None:
        if reading != self._reading:
            self._reading = reading
            self.reading_changed.emit(reading)

    @property
    def series(self) -> EmbeddingSeries | None:
        """The image's embeddings; None before there are any."""
        return self._series

    @series.setter
    def series(self, series: EmbeddingSeries | None) -> None:
        if series is None and self._series is None:
            return
        self._series = series
        before = self._config
        if series is not None:
            self._config = self._begin(series.config)
        self.series_changed.emit(series)
        if self._config != before:
            self.config_changed.emit(self._config)

    def _begin(self, recommended: ClusteringConfig | None) -> ClusteringConfig:
        """Return the config that new embeddings begin with."""
        before, restored = self.recommended, self._restored
        self.recommended, self._restored = recommended or before, None
        return restored or starting_config(self._config, self.recommended, before)

    @property
    def config(self) -> ClusteringConfig:
        """How pixels are grouped."""
        return self._config

    @config.setter
    def config(self, config: ClusteringConfig) -> None:
        if config != self._config:
            self._config = config
            self.config_changed.emit(config)

    def restore(self, config: ClusteringConfig) -> None:
        """Take up the config of before a crash, if need be with the next embedding."""
        self._restored = None if self._series is not None else config
        self.config = config

    def offer(self, model: str) -> None:
        """Offer a model to go on with, by its name or file."""
        self.offered = model
        self.model_offered.emit(model)

    def want(self, layer_id: str) -> None:
        """Ask for an image layer to be embedded next."""
        self.wanted = layer_id
        self.image_wanted.emit()

    def enter(self, user: int) -> None:
        """Count in a dock, by a number of its own, that works on this session."""
        self._users.add(user)

    def leave(self, user: int) -> None:
        """Count out a dock; after the last one, a person has closed what was annotated."""
        self._users.discard(user)
        if not self._users:
            self.ended.emit()
            self.autosave.discard()
