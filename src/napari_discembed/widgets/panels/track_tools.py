"""Corrections of tracks by clicks on objects, each one step of undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import napari.layers
import numpy as np
from napari.utils.notifications import show_warning
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.errors import InputError
from napari_discembed.session.tracked import Tracked
from napari_discembed.tracking import editing
from napari_discembed.tracking.draft import Edit
from napari_discembed.tracking.pieces import split_off
from napari_discembed.types import IntArray, Lineages
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import frame_at
from napari_discembed.widgets.panels.picked import Picked
from napari_discembed.widgets.tasks import report


class Click(NamedTuple):
    """An object that was clicked: its frame, its number, and the pixel."""

    frame: int
    number: int
    pixel: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TrackTool:
    """A correction of tracks.

    Attributes
    ----------
    title, key
        Of its button.
    steps
        What to do, a sentence a click.
    apply
        From lineages, labels and clicks to the correction.
    """

    title: str
    key: str
    steps: tuple[str, ...]
    apply: Callable[[Lineages, IntArray, Sequence[Click]], Edit]

    def is_ready(self, clicks: Sequence[Click]) -> bool:
        """Tell whether these are all clicks that it takes."""
        return len(clicks) == len(self.steps) or (self is DIVISION and _same_twice(clicks))


def _same_twice(clicks: Sequence[Click]) -> bool:
    return len(clicks) == 2 and clicks[0][:2] == clicks[1][:2]


def _link(before: Lineages, _labels: IntArray, clicks: Sequence[Click]) -> Edit:
    return editing.link(before, clicks[0].number, clicks[1].number)


def _cut(before: Lineages, _labels: IntArray, clicks: Sequence[Click]) -> Edit:
    return editing.cut(before, clicks[0].number, clicks[0].frame)


def _swap(before: Lineages, _labels: IntArray, clicks: Sequence[Click]) -> Edit:
    return editing.swap(before, clicks[0].number, clicks[1].number, clicks[1].frame)


def _merge(before: Lineages, _labels: IntArray, clicks: Sequence[Click]) -> Edit:
    return editing.merge(before, clicks[0].number, clicks[1].number, clicks[1].frame)


def _split(before: Lineages, labels: IntArray, clicks: Sequence[Click]) -> Edit:
    return split_off(before, labels, clicks[0].frame, clicks[0].pixel)


def _divide(before: Lineages, _labels: IntArray, clicks: Sequence[Click]) -> Edit:
    if _same_twice(clicks):
        return editing.undivide(before, clicks[0].number)
    return editing.divide(before, clicks[0].number, (clicks[1].number, clicks[2].number))


DIVISION = TrackTool(
    "Division",
    "division",
    (
        "Click the parent, then its two children in a later frame.",
        "Now click the first child, in a later frame. The parent again: its division goes.",
        "Now click the other child.",
    ),
    _divide,
)
TRACK_TOOLS = (
    TrackTool(
        "Link",
        "link",
        (
            "Click an object, then what it is later or was earlier: they become one track.",
            "Now go to another frame and click the same object there. Esc lets the first one go.",
        ),
        _link,
    ),
    TrackTool(
        "Cut",
        "cut",
        ("Click an object: it is no longer what it was in the frame before.",),
        _cut,
    ),
    TrackTool(
        "Swap",
        "swap",
        (
            "Click two objects of a frame: from here on each is the other one.",
            "Now click the other object. Esc lets the first one go.",
        ),
        _swap,
    ),
    TrackTool(
        "Merge",
        "merge",
        (
            "Click two objects of a frame: from here on they are one.",
            "Now click the other object. Esc lets the first one go.",
        ),
        _merge,
    ),
    TrackTool(
        "Split",
        "split",
        ("Click an object, or a piece of it: from here on it is another one.",),
        _split,
    ),
    DIVISION,
)
IDLE = "Choose a correction, then click objects in the image. Ctrl+Z undoes."


class TrackTools(QWidget):
    """The corrections, and the clicks for the one in hand.

    Attributes
    ----------
    corrected
        Emitted with an :class:`Edit` that is to be made.
    """

    corrected = Signal(object)

    def __init__(self, dock: Dock, tracked: Tracked) -> None:
        super().__init__()
        self.dock, self.tracked = dock, tracked
        self.picked = Picked(dock)
        self.hint = QLabel(IDLE)
        self.hint.setWordWrap(True)
        self.buttons: dict[str, QPushButton] = {}
        self._tool: TrackTool | None = None
        self._clicks: list[Click] = []
        self._layer: napari.layers.Labels | None = None
        grid, column = QGridLayout(), QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for i, tool in enumerate(TRACK_TOOLS):
            button = QPushButton(tool.title)
            button.setCheckable(True)
            button.setToolTip(tool.steps[0])
            button.toggled.connect(lambda on, tool=tool: self.choose(tool, on=on))
            dock.keys.bind(tool.key, button)
            self.buttons[tool.title] = button
            grid.addWidget(button, i // 2, i % 2)
        column.addLayout(grid)
        column.addWidget(self.hint)
        self.picked.letGo.connect(self.let_go)
        dock.tasks.at_end.append(self._let_layer_go)

    def choose(self, tool: TrackTool, *, on: bool) -> None:
        """Take a correction in hand, or put it down."""
        if not on:
            if self._tool is tool:
                self._tool = None
            self.let_go()
            return
        for title, button in self.buttons.items():
            if title != tool.title:
                button.setChecked(False)
        self._tool = tool
        self.let_go()
        if self._layer is None:
            self.hint.setText("Link objects first; then click them in the image.")
        else:
            self.dock.viewer.layers.selection.active = self._layer
            self._layer.mode = "pan_zoom"

    def follow(self, layer: napari.layers.Labels | None) -> None:
        """Take clicks in another layer; None for none."""
        self.let_go()
        self._let_layer_go()
        self._layer = layer
        if layer is not None:
            layer.mouse_drag_callbacks.append(self._clicked)

    def _let_layer_go(self) -> None:
        """Take no more clicks; no widget is touched, as they may be gone with their window."""
        layer, self._layer = self._layer, None
        if layer is not None and self._clicked in layer.mouse_drag_callbacks:
            layer.mouse_drag_callbacks.remove(self._clicked)

    def let_go(self) -> None:
        """Forget what was clicked so far."""
        self._clicks = []
        self.picked.clear()
        self.hint.setText(IDLE if self._tool is None else self._tool.steps[0])

    def _clicked(self, layer: napari.layers.Labels, event: Any) -> Iterator[None]:  # noqa: ANN401
        if event.button != 1 or layer.mode != "pan_zoom":
            return
        first = np.asarray(event.position)
        yield
        moved = 0
        while event.type == "mouse_move":
            moved += 1
            yield
        if moved <= 1 or (np.asarray(event.position) == first).all():
            at = tuple(round(float(p)) for p in layer.world_to_data(first))[1:]
            self.click(frame_at(self.dock.viewer, layer, layer.data.shape[:1])[0], at)

    def click(self, frame: int, pixel: tuple[int, ...]) -> None:
        """Take a click on a pixel of a frame: select its track, and go on with the tool."""
        layer, tool = self._layer, self._tool
        if layer is None:
            return
        inside = all(0 <= p < n for p, n in zip(pixel, layer.data.shape[1:], strict=True))
        number = int(layer.data[(frame, *pixel)]) if inside else 0
        self.tracked.select(number)
        if tool is None:
            return
        if not number:
            self.hint.setText(f"There is no object here. {tool.steps[len(self._clicks)]}")
            return
        self._clicks.append(Click(frame, number, pixel))
        if tool.is_ready(self._clicks):
            clicks = self._clicks
            self.let_go()
            self._apply(tool, clicks)
        else:
            self.picked.show(layer, (frame,), pixel)
            self.hint.setText(tool.steps[len(self._clicks)])

    def _apply(self, tool: TrackTool, clicks: Sequence[Click]) -> None:
        before, layer = self.tracked.lineages, self._layer
        if before is None or layer is None:
            return
        if any(before.row(click.number, click.frame) is None for click in clicks):
            show_warning("The labels have just changed. Click again.")
            return
        try:
            edit = editing.seen(tool.apply(before, layer.data, clicks))
        except InputError as error:
            report(error)
            return
        self.corrected.emit(edit)
