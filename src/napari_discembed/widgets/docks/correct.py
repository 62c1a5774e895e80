"""The Correct dock: merge, split, delete, fill, dilate, snap; and what to check next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import napari.layers
import numpy as np
from napari.components import ViewerModel
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QButtonGroup, QGridLayout, QLabel, QPushButton, QWidget

from napari_discembed import clustering
from napari_discembed.errors import DiscembedError
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.guidance import Step
from napari_discembed.types import Embedding
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    BACKGROUND,
    OBJECTS_OF,
    frame_at,
    frame_axes,
    layer_by_id,
    objects_of,
    pixels_of,
    why_not_editable,
    write_undoable,
)
from napari_discembed.widgets.layers.editing import numbered_apart
from napari_discembed.widgets.layers.kinds import write_with_kinds
from napari_discembed.widgets.layers.metadata import CORNER
from napari_discembed.widgets.panels.checking import Checking
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.kind_tool import KIND, KindTool
from napari_discembed.widgets.panels.label_window import LabelWindowPanel
from napari_discembed.widgets.panels.learning import LearnPanel
from napari_discembed.widgets.panels.pick_tool import PickTool
from napari_discembed.widgets.panels.picked import SECOND_CLICK, Picked
from napari_discembed.widgets.panels.repairs import Repairs
from napari_discembed.widgets.panels.tools import TOOLS, Point, Tool
from napari_discembed.widgets.qt.form import rows_of_form
from napari_discembed.widgets.tasks import report


class CorrectDock(Dock):
    """Correct any Labels layer; each correction is one step of napari's undo."""

    STEP = Step.CORRECT
    NOTHING_IN_HAND = "Choose a tool, then click in the image. Ctrl+Z undoes."

    def __init__(self, napari_viewer: ViewerModel, parent: QWidget | None = None) -> None:
        super().__init__(napari_viewer, parent)
        viewer = self.viewer
        self.labels = LayerChoice(viewer, napari.layers.Labels, results=False)
        self.hint = QLabel(self.NOTHING_IN_HAND)
        self.hint.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        self.window_panel = LabelWindowPanel(self, self.labels)
        self.checking = Checking(self, self.labels)
        self.learning = LearnPanel(self, self.labels)
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)
        self._tool: Tool | None = None
        self._points: list[Point] = []
        self._points_in: Point = ()  # the frame that they are in
        self.picked, self.repairs = Picked(self), Repairs(self)
        self._layer: napari.layers.Labels | None = None
        self.kind, self.pick = KindTool(self), PickTool(self)
        self.buttons[KIND.title] = self.kind.button
        self._lay_out()
        self.picked.letGo.connect(self._let_go)
        self.labels.layerChanged.connect(self._follow)
        self.follow(self.session.committed, self._committed)
        self.tasks.at_end.append(lambda: self._follow(None))
        self._follow(self.labels.layer())

    def _lay_out(self) -> None:
        rows = rows_of_form()
        rows.addRow("Labels", self.labels)
        grid = QGridLayout()
        for i, tool in enumerate(TOOLS):
            button = QPushButton(tool.title)
            button.setCheckable(True)
            button.setToolTip(tool.help)
            button.toggled.connect(lambda on, tool=tool: self.choose(tool, on=on))
            self.keys.bind(tool.title.lower(), button)
            self._group.addButton(button)
            self.buttons[tool.title] = button
            grid.addWidget(button, i // 2, i % 2)
        renumber = QPushButton("Number 1 to N")
        renumber.setToolTip("Number the objects anew, without gaps.")
        renumber.clicked.connect(self.renumber)
        grid.addWidget(renumber, len(TOOLS) // 2, len(TOOLS) % 2)
        grid.addWidget(self.pick.button, len(TOOLS) // 2 + 1, 0, 1, 2)
        grid.addWidget(self.kind.button, len(TOOLS) // 2 + 2, 0, 1, 2)
        self.column.addLayout(rows)
        self.column.addWidget(self.window_panel)
        self.column.addLayout(grid)
        self.column.addWidget(self.kind.panel)
        self.column.addWidget(self.hint)
        self.column.addWidget(self.pick.button.words)
        self.column.addWidget(self.checking)
        self.column.addWidget(self.learning)
        self.column.addStretch(1)

    def choose(self, tool: Tool, *, on: bool) -> None:
        """Take a tool in hand, or put it down."""
        self._let_go()
        if not on:
            if self._tool is tool:
                self._tool = None
                self.hint.setText(self.NOTHING_IN_HAND)
            self._hold_still()
            return
        for title, button in self.buttons.items():
            if title != tool.title:
                button.setChecked(False)
        self.pick.put_down()
        self._tool = tool
        self.hint.setText(tool.help)
        if self._layer is not None:
            self.viewer.layers.selection.active = self._layer
            self._layer.mode = "pan_zoom"
        self._hold_still()
        self.repairs.begin(tool)

    def put_down(self, words: str) -> None:
        """Put the tool down, and say what it did."""
        if self._tool is not None:
            self.buttons[self._tool.title].setChecked(False)
        self.hint.setText(words)

    def take_first(self, point: Point, index: Point) -> None:
        """Take an object as the first click of the tool."""
        if self._tool is not None and self._layer is not None:
            self._pick(self._tool, self._layer, point, index)

    def _hold_still(self) -> None:
        """Keep the picture from moving while a line is drawn on it."""
        if self._layer is not None:
            self._layer.mouse_pan = self._tool is None or self._tool.clicks > 0

    def _follow(self, layer: napari.layers.Labels | None) -> None:
        self._let_go()
        if self._layer is not None and self._clicked in self._layer.mouse_drag_callbacks:
            self._layer.mouse_drag_callbacks.remove(self._clicked)
            self._layer.mouse_pan = True
        self._layer = layer
        if layer is not None:
            layer.mouse_drag_callbacks.append(self._clicked)
            self._hold_still()

    def _committed(self, layer_id: str) -> None:
        """Go on to the labels that objects were committed to: those are to be corrected."""
        self.labels.choose(layer_by_id(self.viewer, layer_id))

    def _clicked(self, layer: napari.layers.Labels, event: Any) -> Iterator[None]:  # noqa: ANN401
        tool = self._tool
        if tool is None or event.button != 1:
            return
        path, index = [self._pixel(layer, event.position)], self.frame_of(layer)
        yield
        while event.type == "mouse_move":
            path.append(self._pixel(layer, event.position))
            yield
        if tool.clicks == 0:
            self.apply(tool, path, index)
        elif len(path) <= 2 or path[0] == path[-1]:
            self._pick(tool, layer, path[0], index)

    def _pick(self, tool: Tool, layer: napari.layers.Labels, point: Point, index: Point) -> None:
        """Take a click: the last one that a tool needs applies it, the first shows its object."""
        if index != self._points_in:
            self._points = []
        self._points, self._points_in = [*self._points, point], index
        if len(self._points) == tool.clicks:
            points, repairs = self._points, self.repairs.repairs
            self._let_go()
            self.repairs.repairs = repairs
            if self.apply(tool, points, index):
                self.repairs.done(tool)
        elif self.picked.show(layer, index, point):
            self.hint.setText(SECOND_CLICK.get(tool.title, tool.help))
        else:
            self._let_go()
            self.hint.setText(f"There is no object here. {tool.help}")

    def _let_go(self) -> None:
        """Forget what was clicked so far."""
        self._points = []
        self.picked.clear()
        self.repairs.let_go()
        if self._tool is not None:
            self.hint.setText(self._tool.help)

    def apply(
        self, tool: Tool, points: Sequence[Point], index: Point = (), *, tells: bool = True
    ) -> bool:
        """Apply a tool to pixels of a frame; tell whether anything changed.

        A message says what is wrong where it cannot, unless it tells nothing.
        """
        layer = self._layer
        if layer is None or not self._may_edit(layer):
            return False
        labels = objects_of(layer, index)
        if any(
            not 0 <= p < n for point in points for p, n in zip(point, labels.shape, strict=True)
        ):
            show_warning("That is outside the image.")
            return False
        if self.kind.is_one(tool, layer, int(labels[points[0]])):
            return False
        series, config = self.session.of_layer(str(layer.metadata.get(OBJECTS_OF, "")))
        embedding = _embedding(series, layer, labels.shape, index)
        bandwidth = 0.0 if embedding is None else clustering.bandwidth_of(config, embedding.space)
        try:
            new = tool.apply(labels, points, embedding, bandwidth)
            new = numbered_apart(new, labels, layer, self.kind.highest(layer))
        except DiscembedError as error:
            if tells:
                report(error)
            return False
        said = self.kind.of_new(tool, layer, labels, new)
        here = np.asarray(layer.data[index])
        background = layer.metadata.get(BACKGROUND)
        if background:  # a scribble stays where no object comes
            new = np.where((new == 0) & (here == background), background, new)
        changed = write_undoable(layer, new, index) > 0
        if changed:
            self.kind.note(tool, layer, said, index)
        if not changed and tells:
            show_info("Nothing changed.")
        return changed

    def renumber(self) -> None:
        """Give the objects the numbers 1 to N."""
        if self._layer is not None and self._may_edit(self._layer):
            before = objects_of(self._layer)
            labels = clustering.relabel(before)
            kinds = self.kind.renumbered(before, labels, self._layer)
            background = self._layer.metadata.get(BACKGROUND)
            if background:
                scribble = np.asarray(self._layer.data) == background
                background = self._layer.metadata[BACKGROUND] = max(
                    int(background), int(labels.max(initial=0)) + 1
                )
                labels = np.where(scribble, background, labels.astype(np.int64))
            if self.session.kinds.several:
                write_with_kinds(self._layer, labels, kinds)
            else:
                write_undoable(self._layer, labels)

    @staticmethod
    def _may_edit(layer: napari.layers.Labels) -> bool:
        reason = why_not_editable(layer)
        if reason is not None:
            show_warning(reason)
        return reason is None

    def _pixel(self, layer: napari.layers.Labels, position: Sequence[float]) -> Point:
        at = layer.world_to_data(position)
        return tuple(round(float(p)) for p in at[len(self.frame_of(layer)) :])

    def frame_of(self, layer: napari.layers.Labels) -> Point:
        """Return the frame of a layer that is shown: all axes but those of an object."""
        frames = frame_axes(layer, self.session.series)
        n = layer.ndim - self.viewer.dims.ndisplay if frames is None else len(frames)
        return frame_at(self.viewer, layer, pixels_of(layer).shape[: max(0, n)])


def _embedding(
    series: EmbeddingSeries | None,
    layer: napari.layers.Labels,
    shape: tuple[int, ...],
    index: Point,
) -> Embedding | None:
    """Return the embedding that fits the labels, if there is one."""
    if series is None or series[0].image_shape != shape:
        return None
    if series.corner != layer.metadata.get(CORNER):
        return None
    return series[series.number(index)] if len(index) == len(series.shape) else None
