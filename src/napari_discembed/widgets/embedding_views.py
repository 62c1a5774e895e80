"""Show the embedding as layers, on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QGridLayout, QWidget
from scipy.linalg import block_diag

from napari_discembed.interaction.projection import object_colours
from napari_discembed.session.state import EmbeddingSeries
from napari_discembed.types import Embedding
from napari_discembed.widgets.context import Dock
from napari_discembed.widgets.embed_panel import EmbedPanel
from napari_discembed.widgets.layers import EMBEDDING, placement, remove_result, show_result

View = Callable[[Embedding], NDArray[Any] | None]


def _values(embedding: Embedding) -> NDArray[Any]:
    return np.asarray(embedding.values)


def _foreground(embedding: Embedding) -> NDArray[Any]:
    return np.asarray(embedding.foreground_probability)


def _seediness(embedding: Embedding) -> NDArray[Any] | None:
    return None if embedding.seediness is None else np.asarray(embedding.seediness)


VIEWS: dict[str, tuple[str, View]] = {
    "colours": ("Principal components as red, green and blue.", object_colours),
    "channels": (
        "Each embedding dimension; a slider goes through.",
        _values,
    ),
    "foreground": ("Probability of belonging to an object.", _foreground),
    "seediness": ("How central each pixel is in its object.", _seediness),
}


class EmbeddingViews(QWidget):
    """A box for each view of the embedding; ticked ones are layers, replaced with each new one."""

    def __init__(self, dock: Dock, embed: EmbedPanel) -> None:
        super().__init__()
        self.dock, self.embed = dock, embed
        self.boxes: dict[str, QCheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        for i, (kind, (words, _)) in enumerate(VIEWS.items()):
            box = self.boxes[kind] = QCheckBox(kind.capitalize())
            box.setToolTip(words)
            box.toggled.connect(lambda _on, kind=kind: self._show(kind))
            grid.addWidget(box, i // 2, i % 2)
        self._maker = dock.latest(self._make, self._made, "views")
        embed.moved.connect(lambda: self._series_changed(dock.session.series))
        dock.session.series_changed.connect(self._series_changed)
        dock.tasks.at_end.append(
            lambda: dock.session.series_changed.disconnect(self._series_changed)
        )

    def _series_changed(self, series: EmbeddingSeries | None) -> None:
        if series is not None:
            self._maker.ask(series, self._ticked())

    def _ticked(self) -> tuple[str, ...]:
        return tuple(kind for kind, box in self.boxes.items() if box.isChecked())

    def _show(self, kind: str) -> None:
        source, series = self.embed.source, self.dock.session.series
        if source is None or series is None:
            return
        if self.boxes[kind].isChecked():
            self._maker.ask(series, self._ticked())
        else:
            remove_result(self.dock.viewer, source, kind)

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
        source = self.embed.source
        if source is None or series is not self.dock.session.series:
            return
        embedding = series[0]
        kept = series.axes + "ZYX"[-len(embedding.shape) :]
        place = on_grid(placement(source, self.embed.axes, kept), embedding)
        for kind, data in views.items():
            if not self.boxes[kind].isChecked():
                continue
            where, shown = place, data
            if kind == "channels":
                # One layer with a slider over the dimensions, the first of all axes.
                shown = np.moveaxis(data, len(series.shape), 0)
                first = {"scale": 1, "translate": 0, "axis_labels": "embedding", "units": "pixel"}
                where = {name: [first[name], *place[name]] for name in first}
                where["affine"] = block_diag(1, place["affine"])
            about: dict[str, Any] = {} if series.shape else {"metadata": {EMBEDDING: embedding}}
            rgb = {"rgb": True} if kind == "colours" else {}
            show_result(
                self.dock.viewer, source, kind, shown, napari.layers.Image, **rgb, **where, **about
            )


def on_grid(place: dict[str, Any], embedding: Embedding) -> dict[str, Any]:
    """Return where a layer on the embedding's own grid lies, given where the image's lies."""
    ratio = np.array(embedding.image_shape) / np.array(embedding.shape)
    n = len(ratio)
    scale, translate = np.array(place["scale"], float), np.array(place["translate"], float)
    # Pixel centres are at whole numbers: half a pixel of both grids lies between their origins.
    translate[-n:] += (ratio - 1) / 2 * scale[-n:]
    scale[-n:] *= ratio
    kept = {k: v for k, v in place.items() if k in ("units", "axis_labels", "affine")}
    return {**kept, "scale": scale, "translate": translate}
