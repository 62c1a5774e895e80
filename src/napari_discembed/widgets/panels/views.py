"""Show the embedding as layers, on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.layers
import numpy as np
import scipy
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QGridLayout, QWidget

from napari_discembed.interaction.projection import object_colours
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Embedding
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import EMBEDDING, on_grid
from napari_discembed.widgets.panels.candidates import CandidatesBox

View = Callable[[Embedding], NDArray[Any] | None]


def _values(embedding: Embedding) -> NDArray[Any]:
    return np.asarray(embedding.values)


def _foreground(embedding: Embedding) -> NDArray[Any]:
    return np.asarray(embedding.foreground_probability)


def _seediness(embedding: Embedding) -> NDArray[Any] | None:
    return None if embedding.seediness is None else np.asarray(embedding.seediness)


VIEWS: dict[str, tuple[str, View]] = {
    "colours": ("Principal components as red, green and blue.", object_colours),
    "channels": ("Each embedding dimension; a slider goes through.", _values),
    "foreground": ("Probability of belonging to an object.", _foreground),
    "seediness": ("How central each pixel is in its object.", _seediness),
}


class EmbeddingViews(QWidget):
    """A box for each view of the embedding; ticked ones are layers, replaced with each new one."""

    def __init__(self, dock: Dock) -> None:
        super().__init__()
        self.dock = dock
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for i, (kind, (words, _)) in enumerate(VIEWS.items()):
            box = self.boxes[kind] = QCheckBox(kind.capitalize())
            box.setToolTip(words)
            box.toggled.connect(lambda _on, kind=kind: self._show(kind))
            grid.addWidget(box, i, 0)
        self.candidates = CandidatesBox(dock, self)
        grid.addWidget(self.candidates, len(VIEWS), 0)
        self._maker = dock.latest(self._make, self._made, "views")
        dock.follow(dock.session.image_moved, self._make_anew)
        dock.follow(dock.session.series_changed, self._make_anew)
        self._make_anew()

    def _make_anew(self, _series: object = None) -> None:
        series, ticked = self.dock.session.series, self._ticked()
        seedy = series is None or series[0].seediness is not None
        self.boxes["seediness"].setVisible(seedy)
        if series is not None and ticked:
            self._maker.ask(series, ticked)

    def _ticked(self) -> tuple[str, ...]:
        return tuple(kind for kind, box in self.boxes.items() if box.isChecked())

    def _show(self, kind: str) -> None:
        source = self.dock.source()
        if self.boxes[kind].isChecked():
            self._make_anew()
        elif source is not None:
            source.remove(kind)

    @staticmethod
    def _make(
        series: EmbeddingSeries, kinds: tuple[str, ...]
    ) -> tuple[EmbeddingSeries, dict[str, NDArray[Any]]]:
        """Compute the views; in a thread."""
        made = {}
        for kind in kinds:
            frames = [VIEWS[kind][1](embedding) for embedding in series]
            shown = [f for f in frames if f is not None]
            if len(shown) == len(frames):
                made[kind] = np.stack(shown).reshape(*series.shape, *shown[0].shape)
        return series, made

    def _made(self, answer: tuple[EmbeddingSeries, dict[str, NDArray[Any]]]) -> None:
        series, views = answer
        source = self.dock.source()
        if source is None or series is not self.dock.session.series:
            return
        embedding = series[0]
        place = on_grid(source.placement(Axes(series.axes + embedding.axes)), embedding)
        about: dict[str, Any] = {} if series.shape else {"metadata": {EMBEDDING: embedding}}
        for kind, data in views.items():
            if not self.boxes[kind].isChecked():
                continue
            where, shown = place, data
            if kind == "channels":
                # One layer with a slider over the dimensions, the first of all axes.
                shown, where = np.moveaxis(data, len(series.shape), 0), _with_dimensions(place)
            rgb = {"rgb": True} if kind == "colours" else {}
            source.show(kind, shown, napari.layers.Image, **rgb, **where, **about)


def _with_dimensions(place: dict[str, Any]) -> dict[str, Any]:
    """Return a place with the embedding's dimensions as its first axis."""
    first = {"scale": 1, "translate": 0, "axis_labels": "embedding", "units": "pixel"}
    where: dict[str, Any] = {name: [first[name], *place[name]] for name in first}
    return {**where, "affine": scipy.linalg.block_diag(1, place["affine"])}
