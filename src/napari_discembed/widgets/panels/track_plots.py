"""The lineage tree, and counts and measurements over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_discembed.session.tracked import Tracked
from napari_discembed.tracking.intensity import mean_intensities
from napari_discembed.tracking.tree import tree_rows
from napari_discembed.types import IntArray, TrackPoints
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import OBJECTS_OF, layer_by_id, pixels_of
from napari_discembed.widgets.layers.metadata import TRACKS_OF
from napari_discembed.widgets.layers.tracks import TrackColours, images_of_shape
from napari_discembed.widgets.qt.boxes import ComboBox

if TYPE_CHECKING:
    from napari_discembed.widgets.qt.lineage_plot import LineagePlot
    from napari_discembed.widgets.qt.time_plot import TimePlot

COUNTS = ("objects", "births", "divisions", "losses")
SIZE, INTENSITY = "size of the selected track", "mean intensity of the selected track"


class _Measured(NamedTuple):
    """Mean intensities of a track, and which."""

    number: int
    frames: IntArray
    values: NDArray[np.float64]


class TrackPlots(QWidget):
    """The lineage tree, and below it what a person chooses over time.

    Attributes
    ----------
    chosen
        Emitted with a track and a frame; track 0 for whichever is selected.
    """

    chosen = Signal(int, int)

    def __init__(self, dock: Dock, tracked: Tracked) -> None:
        super().__init__()
        self.dock, self.tracked = dock, tracked
        self.layer: napari.layers.Labels | None = None
        self._anew = True
        self._tree, self._time = dock.plot_later(self._make_tree), dock.plot_later(self._make_time)
        self.what = ComboBox()
        self.what.setToolTip("What is plotted over the frames.")
        self.what.setSizeAdjustPolicy(
            ComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.what.setMinimumContentsLength(8)
        for name in (*COUNTS, SIZE, INTENSITY):
            self.what.addItem(f"{name} in each frame" if name in COUNTS else name, name)
        self.words = QLabel("")
        self.words.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(self._tree.place)
        column.addWidget(self.words)
        column.addWidget(self.what)
        column.addLayout(self._time.place)
        self._intensity = dock.latest(_intensity, self._measured, "intensity")
        self.what.currentIndexChanged.connect(self._draw_time)
        dock.follow(tracked.changed, self.draw)
        dock.follow(tracked.selected_changed, self._selected)
        self.setVisible(False)

    def _make_tree(self) -> LineagePlot:
        from napari_discembed.widgets.qt.lineage_plot import LineagePlot

        plot = LineagePlot()
        plot.chosen.connect(self.chosen)
        return plot

    def _make_time(self) -> TimePlot:
        from napari_discembed.widgets.qt.time_plot import TimePlot

        plot = TimePlot()
        plot.frameChosen.connect(lambda frame: self.chosen.emit(0, frame))
        return plot

    @property
    def tree(self) -> LineagePlot:
        """The lineage tree."""
        return self._tree.get()

    @property
    def time(self) -> TimePlot:
        """What is chosen, over the frames."""
        return self._time.get()

    def follow(self, layer: napari.layers.Labels | None) -> None:
        """Show the tracks of another layer."""
        self.layer, self._anew = layer, True

    def show_frame(self, frame: int) -> None:
        """Show which frame is in view."""
        for plot in (self._tree.if_made(), self._time.if_made()):
            if plot is not None:
                plot.show_frame(frame)

    def draw(self) -> None:
        """Draw what there is now."""
        now, layer = self.tracked.lineages, self.layer
        self.setVisible(now is not None and layer is not None)
        if now is None or layer is None:
            return
        for place in (self._tree, self._time):
            place.show(visible=True)
        table = now.table
        colours = TrackColours(layer).map(table.ids)
        self.tree.show_tree(table, tree_rows(table), colours, now.n_frames, anew=self._anew)
        self._anew = False
        self._selected(self.tracked.selected)

    def _selected(self, number: int) -> None:
        now = self.tracked.lineages
        if now is None or self._tree.if_made() is None:
            return
        self.tree.mark(number)
        words = "Click an object in the image, or a line here, to select its track."
        if number:
            begin, end, parent = now.track(number)
            born = f", from {parent}" if parent else ""
            words = f"Track {number}: frames {begin} to {end}{born}."
        self.words.setText(words)
        self._draw_time()

    def _draw_time(self, _index: int = 0) -> None:
        now, what = self.tracked.lineages, self.what.currentData()
        if now is None or self._time.if_made() is None:
            return
        if what in COUNTS:
            counts = now.counts()[what]
            self.time.show_values(np.arange(now.n_frames), counts, what, now.n_frames)
            return
        rows = now.rows(self.tracked.selected)
        frames = now.points.frames[rows]
        if what == SIZE:
            values, name = self._sizes(now.points.sizes[rows])
            self.time.show_values(frames, values, name, now.n_frames)
            return
        image = self._image()
        self.time.show_values(frames[:0], np.zeros(0), "mean intensity", now.n_frames)
        if image is not None and self.layer is not None and len(frames):
            self._intensity.ask(image, self.layer.data, now.points, rows, self.tracked.selected)

    def _sizes(self, pixels: IntArray) -> tuple[NDArray[np.float64], str]:
        """Return sizes in the layer's units, and what they are called."""
        layer = self.layer
        if layer is None:
            return pixels.astype(np.float64), ""
        unit, power = str(layer.units[-1]), layer.ndim - 1
        name = "area" if power == 2 else "volume"
        own = "px" if unit in ("pixel", "") else f"{unit}{'²' if power == 2 else '³'}"
        size = float(np.prod(np.abs(layer.scale[1:])))
        return size * pixels.astype(np.float64), f"{name} ({own})"

    def _image(self) -> Any:  # noqa: ANN401 - an array of any kind, or None
        """Return the pixels that the objects were found in, or of any image of their shape."""
        layer, viewer = self.layer, self.dock.viewer
        if layer is None:
            return None
        source = layer_by_id(viewer, str(layer.metadata.get(TRACKS_OF, "")))
        found_in = "" if source is None else str(source.metadata.get(OBJECTS_OF, ""))
        images = images_of_shape(viewer, layer.data.shape)
        images.sort(key=lambda image: str(image.unique_id) != found_in)
        return pixels_of(images[0]) if images else None

    def _measured(self, measured: _Measured) -> None:
        now = self.tracked.lineages
        wanted = self.what.currentData() == INTENSITY and measured.number == self.tracked.selected
        if now is not None and wanted:
            self.time.show_values(measured.frames, measured.values, "mean intensity", now.n_frames)


def _intensity(
    image: Any,  # noqa: ANN401 - an array of any kind
    labels: IntArray,
    points: TrackPoints,
    rows: slice,
    number: int,
) -> _Measured:
    return _Measured(number, points.frames[rows], mean_intensities(image, labels, points, rows))
