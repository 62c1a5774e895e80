"""The Track dock: link objects through time, correct the links, look at lineages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_discembed.session.linking import Linked
from napari_discembed.session.tracked import Probe, Tracked
from napari_discembed.tracking.draft import Edit
from napari_discembed.types import Index, Lineages, Provenance, TrackPoints
from napari_discembed.types.track_points import points_of
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import frame_at, own_placement
from napari_discembed.widgets.layers.tracks import (
    recolour_tails,
    show_opened_tracks,
    show_tails,
    show_tracks,
)
from napari_discembed.widgets.panels.going import go_to_box
from napari_discembed.widgets.panels.movie import MoviePanel
from napari_discembed.widgets.panels.track_checking import LinkChecking
from napari_discembed.widgets.panels.track_exporting import TrackExport
from napari_discembed.widgets.panels.track_opening import TrackOpening
from napari_discembed.widgets.panels.track_plots import TrackPlots
from napari_discembed.widgets.panels.track_tools import TrackTools

LOOK_MS = 300
"""After the labels were drawn anew, it is looked whether they changed."""

TAILS_MS = 30
"""Tails follow their labels so much later: napari takes a while to build them."""
LINE_MS = 250
"""How often the frame is marked in the plots: each time the whole window is drawn once more."""


class TrackDock(Dock):
    """Follow objects through time, and correct what was followed wrongly."""

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        self.tracked = Tracked()
        self.layer: napari.layers.Labels | None = None  # of the tracks
        self.movie = MoviePanel(self, self.tracked)
        self.tools = TrackTools(self, self.tracked)
        self.checking = LinkChecking(self, self.tracked)
        self.plots = TrackPlots(self, self.tracked)
        self.export = TrackExport(self, self.tracked)
        self.opening = TrackOpening(self, self.tracked, self.movie.labels)
        self._of_layer = self.connections()
        self._writing = False
        self._step: tuple[int, ...] = ()
        self._looked_from: Lineages | None = None
        self._looking = self.latest(points_of, self._looked, "tracks")
        self._soon = self._timer(LOOK_MS, self._look)
        self._tails_soon = self._timer(TAILS_MS, self._show_tails)
        self._line_soon = self._timer(LINE_MS, self._show_frame)
        self.strip.next.hide()  # what comes next there is of single images
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        for widget in (self.movie, self.tools, self.checking, self.plots):
            self.column.addWidget(widget)
        self.column.addStretch(1)
        files = QHBoxLayout()
        files.addWidget(self.opening.button, 1)
        files.addWidget(self.export.button, 1)
        self.pinned.addLayout(files)

    def _timer(self, interval: int, slot: Callable[[], None]) -> QTimer:
        """Return a timer that calls once, so long after it was last started."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(slot)
        return timer

    def _connect(self) -> None:
        self.movie.linked.connect(self._linked)
        self.opening.opened.connect(self._opened)
        self.tools.corrected.connect(self._correct)
        self.plots.chosen.connect(self._go_to)
        self.follow(self.tracked.changed, self._changed)
        self.follow(self.viewer.dims.events.current_step, self._frame_changed)
        self.follow(self.viewer.layers.events.removed, self._removed)

    # What is linked

    def _linked(self, source: napari.layers.Labels, linked: Linked) -> None:
        """Show other tracks."""
        self._writing = True
        layer = show_tracks(self.viewer, source, linked.tracks.labels)
        self._writing = False
        self._show(layer, linked)

    def _opened(self, linked: Linked, source: napari.layers.Labels | None, name: str) -> None:
        """Show tracks from a file."""
        self.movie.leave()
        if source is not None:
            self._linked(source, linked)
        else:
            self._show(show_opened_tracks(self.viewer, linked.tracks, name), linked)

    def _show(self, layer: napari.layers.Labels, linked: Linked) -> None:
        """Take up the tracks of a layer."""
        if layer is not self.layer:
            self._follow(layer)
        self.export.follow(layer, linked.tracks.segmentation.provenance)
        for panel in (self.checking, self.plots):
            panel.follow(layer)
        self.tracked.begin(linked.lineages)
        self.viewer.layers.selection.active = layer
        self._frame_changed()

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._of_layer.clear()
        self.layer = layer
        self.tools.follow(layer)
        if layer is not None:
            self._of_layer.add(layer.events.paint, self._painted)
            self._of_layer.add(layer.events.set_data, self._redrawn)
            self._of_layer.add(layer.events.colormap, self._recoloured)

    def _removed(self, event: Any) -> None:  # noqa: ANN401 - napari's event
        """Forget tracks whose layer is gone."""
        if event.value is self.layer:
            self._follow(None)
            self.export.follow(None, Provenance())
            for panel in (self.checking, self.plots):
                panel.follow(None)
            self.tracked.begin(None)

    def _changed(self) -> None:
        self._tails_soon.start()

    def _show_tails(self) -> None:
        if self.layer is not None and self.tracked.lineages is not None:
            show_tails(self.viewer, self.layer, self.tracked.lineages)

    def _recoloured(self, _event: object = None) -> None:
        if self.layer is not None:
            recolour_tails(self.viewer, self.layer)
            self.plots.draw()

    # Corrections, and what is undone

    def _correct(self, edit: Edit) -> None:
        """Write a correction into the labels, as one step of undo, and take note of it."""
        layer = self.layer
        if layer is None:
            return
        where, values = edit.pixels(layer.data)
        if not len(values):
            return
        at = tuple(int(along[0]) for along in where)
        probe = Probe(at, int(layer.data[at]), int(values[0]))
        self._writing = True
        if values.max() > np.iinfo(layer.data.dtype).max:
            layer.data = layer.data.astype(np.uint32)
        layer.data_setitem(where, values.astype(layer.data.dtype))
        self._writing = False
        self.tracked.add(edit.after, probe)

    def _number_at(self, at: Index) -> int:
        return 0 if self.layer is None else int(self.layer.data[at])

    def _painted(self, _event: object = None) -> None:
        if not self._writing:
            self._soon.start()

    def _redrawn(self, _event: object = None) -> None:
        """Find out whether a correction was undone, or made again; or else what changed."""
        step, before = self.viewer.dims.current_step, self._step
        self._step = step
        if self._writing or self.tracked.follow(self._number_at):
            return
        if step == before:
            self._soon.start()

    def _look(self) -> None:
        """Look in a thread what the objects are."""
        layer, self._looked_from = self.layer, self.tracked.lineages
        if layer is not None and self._looked_from is not None:
            self._looking.ask(layer.data)

    def _looked(self, points: TrackPoints) -> None:
        """Take up what the objects are, unless they were corrected meanwhile."""
        if self.tracked.lineages is self._looked_from:
            self.tracked.look_again(points)
        else:
            self._soon.start()

    # Where a person looks

    def _frame(self) -> int:
        layer = self.layer
        return 0 if layer is None else frame_at(self.viewer, layer, layer.data.shape[:1])[0]

    def _frame_changed(self, _event: object = None) -> None:
        if not self._line_soon.isActive():
            self._line_soon.start()

    def _show_frame(self) -> None:
        if self.layer is not None:
            self.plots.show_frame(self._frame())

    def _go_to(self, number: int, frame: int) -> None:
        """Go to a frame, and to a track in it, or where it was seen last before."""
        layer, now = self.layer, self.tracked.lineages
        if layer is None or now is None:
            return
        if not number:
            axis = self.viewer.dims.ndim - layer.ndim
            place = own_placement(layer)
            world = float(place["translate"][0] + frame * place["scale"][0])
            self.viewer.dims.set_point(axis, world)
            return
        self.tracked.select(number)
        rows = now.rows(number)
        before = int(np.searchsorted(now.points.frames[rows], frame, side="right")) - 1
        row = rows.start + max(before, 0)
        points = now.points
        at = (int(points.frames[row]),)
        go_to_box(self, layer, at, points.lows[row] - 1.0, points.highs[row] + 0.0)
