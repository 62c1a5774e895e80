"""How sure the objects of a layer are, judged in a thread, and anew whenever they change."""

from __future__ import annotations

from typing import NamedTuple

import napari.layers
import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_discembed.config import ClusteringConfig
from napari_discembed.interaction.certainty import Certainty
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.judging import judge_objects
from napari_discembed.types import Index, IntArray
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import OBJECTS_OF, objects_of, pixels_of
from napari_discembed.widgets.panels.learning import CHANGES, COUNT_AFTER, COUNTED_LIVE


class _Question(NamedTuple):
    layer_id: str
    frame: Index
    labels: IntArray
    series: EmbeddingSeries
    config: ClusteringConfig


class Judging(QObject):
    """Judges the objects of one frame of a layer.

    Attributes
    ----------
    judged
        Emitted when there is a result.
    failed
        Emitted when there can be none, which is told.
    result
        Of the objects as they were when they were judged last; None before.
    layer, index
        Which labels, and which of their frames.
    """

    judged = Signal()
    failed = Signal()

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.dock = dock
        self.result: Certainty | None = None
        self.layer: napari.layers.Labels | None = None
        self.index: Index = ()
        self._asked: _Question | None = None
        self._of_layer = dock.connections()
        self._answerer = dock.latest(self._judge, self._arrived, "certainty")
        self._answerer.failed.connect(lambda _error: self.failed.emit())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(COUNT_AFTER)
        self._soon.timeout.connect(self._again)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being judged."""
        return self._answerer.is_idle

    def embedded(
        self, layer: napari.layers.Labels
    ) -> tuple[EmbeddingSeries | None, ClusteringConfig]:
        """Return the embeddings of the image that labels are of, and how they are grouped."""
        return self.dock.session.of_layer(str(layer.metadata.get(OBJECTS_OF, "")))

    def can_judge(self, layer: napari.layers.Labels | None) -> bool:
        """Tell whether there is an embedding of the image that labels are of."""
        series = None if layer is None else self.embedded(layer)[0]
        return series is not None and pixels_of(layer).shape == series.label_shape

    def ask(self, layer: napari.layers.Labels, index: Index) -> None:
        """Judge the objects of a frame; what was judged of others is forgotten."""
        series, config = self.embedded(layer)
        if series is None:
            return
        if layer is not self.layer or index != self.index:
            self.forget()
            self.layer, self.index = layer, index
            for name in CHANGES:
                self._of_layer.add(getattr(layer.events, name), self._changed)
        labels = objects_of(layer, index)
        self._asked = _Question(str(layer.unique_id), index, labels, series, config)
        self._answerer.ask(self._asked)

    def forget(self) -> None:
        """Forget what was judged."""
        self._of_layer.clear()
        self._soon.stop()
        self.result, self.layer, self.index, self._asked = None, None, (), None

    @staticmethod
    def _judge(asked: _Question) -> tuple[_Question, Certainty]:
        return asked, judge_objects(asked.series, asked.frame, asked.labels, asked.config)

    def _arrived(self, answer: tuple[_Question, Certainty]) -> None:
        asked, result = answer
        if asked is self._asked:
            self.result = result
            self.judged.emit()

    def _changed(self, _event: object = None) -> None:
        layer = self.layer
        data = None if layer is None else layer.data
        if isinstance(data, np.ndarray) and data.size <= COUNTED_LIVE:
            self._soon.start()

    def _again(self) -> None:
        """Judge anew, unless nothing but the look of the layer has changed."""
        layer, asked = self.layer, self._asked
        if layer is None or asked is None or not self.can_judge(layer):
            return
        if not np.array_equal(objects_of(layer, self.index), asked.labels):
            self.ask(layer, self.index)
