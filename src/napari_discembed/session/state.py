"""The one state that the docks share: an image, its embeddings, and how they are grouped."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from psygnal import Signal

from napari_discembed.config import ClusteringConfig, DensityConfig
from napari_discembed.session.autosave import Autosave
from napari_discembed.session.correcting import Correcting
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.examples import Examples
from napari_discembed.session.guidance import Situation
from napari_discembed.session.kept import Kept, LayerReading, Shelf
from napari_discembed.session.kinds import Kinds
from napari_discembed.session.settings import fitting_config, starting_config
from napari_discembed.session.suggesting import Doubt
from napari_discembed.types import Image

__all__ = ["LayerReading", "Session"]


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
    settings_restored
        Emitted when the model, the diameter and the config of before are taken up again.
    ended
        Emitted when the last dock has gone.
    model, diameter
        Name or file of the model that embedded last, and the object diameter that was typed, in
        image pixels; None to estimate it.
    recommended
        The config that the last model recommends.
    kept
        What was embedded, by image and model.
    offered
        The model that was offered last and has not embedded yet; empty for none.
    wanted
        Id of the image layer to embed next; empty for none.
    chosen
        Id of the image layer that a person chose last; empty for none.
    suggested
        Which images to label next, the one that teaches most first.
    examples
        What its models learn from.
    kinds
        The kinds of objects.
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
    settings_restored = Signal()
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
        self.kept = Shelf()
        self._shown: Kept | None = None
        # By model: what it recommended, and what a person made of that.
        self._settings: dict[str, tuple[ClusteringConfig, ClusteringConfig]] = {}
        self._restored: ClusteringConfig | None = None
        self.offered, self.wanted, self.chosen = "", "", ""
        self.suggested: list[Doubt] = []
        self.examples, self.correcting = Examples(), Correcting()
        self.autosave, self.kinds = Autosave(), Kinds()

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

    def turn_situation(self, image: str, model: str) -> None:
        """Take note of which image and model are chosen; of another image nothing is done yet."""
        before = self._situation
        same = before.image in {"", image}
        kept = before if same else Situation(learning=before.learning)
        self.note(**asdict(replace(kept, image=image, model=model)))

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
        self._shown, self._series = None, series
        self._tell_of_series(self._config if series is None else self._begin(series.config))

    def _tell_of_series(self, config: ClusteringConfig) -> None:
        """Tell of embeddings that are there now, and of the config that they begin with."""
        if self._series is not None:
            config = fitting_config(config, self._series[0])
        before, self._config = self._config, config
        self._remember()
        if self._series is not None:
            self.kinds.take_up(self._series.kinds)
        self.series_changed.emit(self._series)
        if config != before:
            self.config_changed.emit(config)

    def _begin(self, recommended: ClusteringConfig | None) -> ClusteringConfig:
        """Return the config that new embeddings begin with."""
        before, current = self._settings.get(self.model, (None, self._config))
        restored, self._restored = self._restored, None
        self.recommended = recommended or before or self.recommended
        known = before if recommended else self.recommended
        return restored or starting_config(current, self.recommended, known)

    def _remember(self) -> None:
        """Take note of the config, for the model and for the embeddings that it is of."""
        if self._series is None:
            return
        self._settings[self.model] = self.recommended, self._config
        if self._shown is not None:
            self._shown.config = self._config

    def show(self, kept: Kept) -> None:
        """Go on with embeddings, as they were left; those shown for the first time are kept."""
        self.image = None
        self.model, self.diameter, self.reading = kept.model, kept.diameter, kept.reading
        self._image, self._series, self._shown = kept.image, kept.series, kept
        self.kept.put(kept)
        self.image_changed.emit(kept.image)
        self._tell_of_series(kept.config or self._begin(kept.series.config))

    def show_part(self, series: EmbeddingSeries) -> None:
        """Go on with the embedding of another part of the image, grouped as that before."""
        self._series = series
        if self._shown is not None:
            self._shown.series = series
        self.series_changed.emit(series)

    def turn_to(self, reading: LayerReading | None) -> None:
        """Turn to an image that is not embedded yet."""
        self.image = None
        if reading is not None:
            self.reading = reading

    def of_layer(self, layer_id: str) -> tuple[EmbeddingSeries | None, ClusteringConfig]:
        """Return an image layer's embeddings, where there are any, and how they are grouped.

        Those that are shown are meant where no layer is named, or theirs.
        """
        own = self._reading is None or self._reading.layer_id == layer_id
        if not layer_id or (own and self._series is not None):
            return self._series, self._config
        kept = self.kept.last_of(layer_id)
        return (None, self._config) if kept is None else (kept.series, kept.config or self._config)

    @property
    def config(self) -> ClusteringConfig:
        """How pixels are grouped."""
        return self._config

    @config.setter
    def config(self, config: ClusteringConfig) -> None:
        if config != self._config:
            self._config = config
            self._remember()
            self.config_changed.emit(config)

    def restore(self, config: ClusteringConfig) -> None:
        """Take up the config of before a crash, if need be with the next embedding."""
        self._restored = None if self._series is not None else config
        self.config = config

    def take_up(self, model: str, diameter: float | None, config: ClusteringConfig) -> None:
        """Take up the settings of a project, for the images that are embedded next."""
        self.model, self.diameter, self.offered = model, diameter, ""
        self.restore(config)
        self.settings_restored.emit()

    def offer(self, model: str) -> None:
        """Offer a model to go on with, by its name or file."""
        self.kept.forget(model=model)  # a file may hold another model than before
        self.offered = model
        self.note(learnt=True)
        self.model_offered.emit(model)

    def want(self, layer_id: str) -> None:
        """Ask for an image layer to be embedded next."""
        self.wanted = layer_id
        self.image_wanted.emit()

    def enter(self, user: int) -> None:
        """Count in a dock, by a number of its own, that works on this session."""
        self._users.add(user)

    def is_last(self, user: int) -> bool:
        """Tell whether no other dock works on this session."""
        return self._users == {user}

    def leave(self, user: int) -> None:
        """Count out a dock; after the last one, a person has closed what was annotated."""
        self._users.discard(user)
        if not self._users:
            self.ended.emit()
            self.autosave.discard()
