"""Pick in the viewer: hover to see a candidate, turn the wheel for larger and smaller ones."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtWidgets import QLabel, QWidget

from napari_discembed.config import ClusteringConfig
from napari_discembed.interaction.picking import Pick, Picker, outlined
from napari_discembed.reports.columns import short_unit
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.picking import picker_of
from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.panels.hovering import HoverTool

OUTLINE = DirectLabelColormap(
    color_dict={None: "transparent", 0: "transparent", 1: [1, 1, 0, 0.2], 2: "yellow"}
)


class _Question(NamedTuple):
    pixel: tuple[int, ...]
    series: EmbeddingSeries
    frame: Index
    config: ClusteringConfig
    now: int | None
    steps: int


class _Answer(NamedTuple):
    question: _Question
    pick: Pick | None
    shown: NDArray[np.uint8] | None


class PickButton(HoverTool):
    """Turns picking on and off.

    Parameters
    ----------
    dock
        Whose viewer it works in.

    Attributes
    ----------
    words
        Says how large what is lit is, and how sure.
    pick
        What is lit; None where nothing is.
    """

    KIND, COLOURS, OPACITY = "pick", OUTLINE, 1.0

    def __init__(self, dock: Dock, parent: QWidget | None = None) -> None:
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.words.hide()
        self.pick: Pick | None = None
        self._turned = 0.0  # of the wheel, less than a step
        self._steps = 0  # of the wheel, not answered yet
        self._asked: _Question | None = None
        self._made: tuple[EmbeddingSeries, Index, ClusteringConfig, Picker] | None = None
        help_text = (
            "Hover: the outline of an object that could be there.\n"
            "Wheel: a larger one that holds it, or a smaller one in it. Alt-wheel: zoom.\n"
            "Click: take it, in place of the objects that it covers."
        )
        super().__init__(dock, "Pick", help_text, parent)
        self._finder = dock.latest(self._find, self._found, "pick")

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being looked for."""
        return self._finder.is_idle and self._asked is None

    def _switch(self, on: bool) -> None:
        super()._switch(on)
        self.words.setVisible(on)

    def _put_out(self) -> None:
        self.pick = self._made = None
        self._turned, self._steps, self._asked = 0.0, 0, None
        self._say(None)
        super()._put_out()

    def _dim(self) -> None:
        self.pick = None
        super()._dim()
        self._say(None)

    def _hover(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        self._ask(self._pixel(event), 0)

    def _ask(self, pixel: tuple[int, ...] | None, steps: int) -> None:
        session, index = self.dock.session, self.dock.frame_shown()
        if pixel is not None and session.series is not None and index is not None:
            same = self._found_at is not None and self._is_shown(*self._found_at)
            now = self.pick.candidate if self.pick is not None and same else None
            self._steps += steps
            self._asked = _Question(pixel, session.series, index, session.config, now, self._steps)
            self._finder.ask(self._asked)
        elif self.mask is not None:
            self._dim()

    def _find(self, asked: _Question) -> _Answer:
        """Find a candidate that holds a pixel; in a thread."""
        key, made = (asked.series, asked.frame, asked.config), self._made
        if made is None or made[0] is not asked.series or made[1:3] != key[1:]:
            made = self._made = (*key, picker_of(*key))
        pick = made[3].at(asked.pixel, asked.now, asked.steps)
        return _Answer(asked, pick, None if pick is None else outlined(pick.mask))

    def _found(self, answer: _Answer) -> None:
        asked, pick, shown = answer
        last, more = asked is self._asked, self._steps
        if last:
            self._asked, self._steps = None, 0
        if not self.isChecked() or not self._is_shown(asked.series, asked.frame):
            return
        if more and not last:  # from what is shown now: another answer is on its way
            return
        if pick is None or shown is None:
            self._dim()
            return
        another = self.pick is None or not np.array_equal(self.pick.mask, pick.mask)
        self.pick = pick
        self._say(pick)
        if another:
            self._light(pick.mask, shown, asked.series, asked.frame)

    def _say(self, pick: Pick | None) -> None:
        series = self.dock.session.series
        if pick is None or series is None:
            self.words.setText("Point at an object.")
        else:
            embedding = series[0]
            self.words.setText(words_of(pick, embedding.pixel_size, embedding.unit))

    def _wheel(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        if event.modifiers or self.pick is None:
            return
        event.handled = True
        self._turned += float(np.sum(event.delta))
        steps = math.trunc(self._turned)
        self._turned -= steps
        if steps:
            self._ask(self._pixel(event), steps)

    def _how(self, modifiers: Collection[str]) -> str:
        return "add" if "Shift" in modifiers else "cut" if "Alt" in modifiers else "replace"


def words_of(pick: Pick, pixel_size: tuple[float, ...], unit: str) -> str:
    """Say how large a candidate is, how sure, and which of those that hold the pixel."""
    size = pick.pixels * math.prod(pixel_size)
    number = f"{size:.0f}" if size >= 100 else f"{size:.3g}"
    parts = [f"{number} {short_unit(unit, len(pixel_size))}"]
    if pick.quality is not None:
        parts.append(f"sure {100 * pick.quality:.0f} %")
    return ", ".join([*parts, f"{pick.level} of {pick.levels}"])
