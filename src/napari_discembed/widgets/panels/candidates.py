"""Show the nested candidates of the merge tree as contours."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np
from napari.utils.colormaps import Colormap, ensure_colormap
from numpy.typing import NDArray
from qtpy.QtWidgets import QCheckBox, QWidget

from napari_discembed.config import ClusteringConfig
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import move, on_grid

CANDIDATES = "candidates"
ABOVE = 1.15
"""Contours that no bandwidth takes away are as much brighter than the last that one does."""


def _contour_colours() -> Colormap:
    """Return a colormap without its dark end, nothing at 0."""
    colours = ensure_colormap("inferno").map(np.linspace(0.3, 1, 256))
    colours[0, 3] = 0
    return Colormap(colours, name="contours")


CONTOURS = _contour_colours()
_Answer = tuple[EmbeddingSeries, Index, NDArray[np.float32]]


class CandidatesBox(QCheckBox):
    """Ticked, a layer shows where candidates meet: brighter, the larger the bandwidth it takes.

    The frame shown is done, and others once they are looked at.
    """

    def __init__(self, dock: Dock, parent: QWidget) -> None:
        super().__init__("Candidates", parent)
        self.dock = dock
        self.setToolTip(
            "Outlines of all objects that some bandwidth gives, one in the other: the brighter, "
            "the larger the bandwidth up to which they stay apart."
        )
        self._asked: tuple[Index, ClusteringConfig] | None = None
        self._maker = dock.latest(self._make, self._made, "candidates")
        self.toggled.connect(self._switched)
        session = dock.session
        dock.follow(session.series_changed, self._series_changed)
        dock.follow(session.config_changed, self._refresh)
        dock.follow(session.image_moved, self._image_moved)
        dock.follow(dock.viewer.dims.events.point, self._refresh)
        self._series_changed(session.series)

    def _switched(self, on: bool) -> None:
        source = self.dock.source()
        self._asked = None
        if on:
            self._refresh()
        elif source is not None:
            source.remove(CANDIDATES)

    def _series_changed(self, _series: object) -> None:
        self._asked = None
        self._refresh()

    def _refresh(self, _what: object = None) -> None:
        """Ask for the contours of the frame shown, unless it has been asked for."""
        session, source = self.dock.session, self.dock.source()
        series = session.series
        seeded = session.config.method == "seeded"  # there, each point has one object
        self.setVisible(not seeded)
        index = self.dock.frame_shown()
        if not self.isChecked() or series is None or source is None or index is None:
            return
        if seeded:
            self._asked = None
            source.remove(CANDIDATES)
            return
        config = session.config
        if config.method == "density":  # the tree has the candidates of all bandwidths
            config = config.model_copy(update={"bandwidth": None})
        question = (index, config)
        if question != self._asked:
            self._asked = question
            self._maker.ask(series, *question)

    @staticmethod
    def _make(series: EmbeddingSeries, index: Index, config: ClusteringConfig) -> _Answer:
        """Compute the contours of a frame; in a thread."""
        found = series.prepared(index, config.method).candidates(config)
        return series, index, finite(found.contours())

    def _made(self, answer: _Answer) -> None:
        series, index, contours = answer
        source = self.dock.source()
        if source is None or series is not self.dock.session.series or self._asked is None:
            return
        place, shape = self._place(), (*series.shape, *contours.shape)
        layer = source.find(CANDIDATES)
        if layer is None or layer.data.shape != shape:
            layer = source.show(
                CANDIDATES, np.zeros(shape, np.float32), napari.layers.Image,
                colormap=CONTOURS, interpolation2d="nearest", **place,
            )  # fmt: skip
        move(layer, place)
        layer.data[index] = contours
        layer.contrast_limits = (0.0, float(max(layer.data.max(), 1e-6)))
        layer.refresh()

    def _image_moved(self) -> None:
        source = self.dock.source()
        layer = None if source is None else source.find(CANDIDATES)
        if layer is not None and self.dock.session.series is not None:
            move(layer, self._place())

    def _place(self) -> dict[str, Any]:
        """Return where a layer on the embedding's grid lies."""
        source, series = self.dock.source(), self.dock.session.series
        if source is None or series is None:
            return {}
        embedding = series[0]
        return on_grid(source.placement(Axes(series.axes + embedding.axes)), embedding)


def finite(contours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return contours whose infinite levels are a little above the largest finite one."""
    known = np.isfinite(contours)
    top = float(contours[known].max(initial=0)) or 1.0
    return np.where(known, contours, np.float32(ABOVE * top))
