"""Walk through the objects, from the least sure to the surest."""

from __future__ import annotations

from typing import NamedTuple

import napari.layers
import numpy as np
from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_discembed.imaging import renumbered
from napari_discembed.interaction.certainty import Certainty
from napari_discembed.interaction.certainty_colour import colours
from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import (
    find_result,
    frame_at,
    objects_of,
)
from napari_discembed.widgets.layers.colouring import ObjectColours, keep_certainty
from napari_discembed.widgets.panels.choices import LayerChoice
from napari_discembed.widgets.panels.colour_by import (
    CERTAINTY,
    KIND,
    OBJECT,
    ColourBy,
    KindColours,
)
from napari_discembed.widgets.panels.going import OUTLINE, go_to, in_view
from napari_discembed.widgets.panels.judging import Judging
from napari_discembed.widgets.panels.learning import corrected_of
from napari_discembed.widgets.qt.certainty_list import CertaintyList, figures
from napari_discembed.widgets.qt.legend import Legend


class Shown(NamedTuple):
    """The object that *Next to check* shows: its frame, its number and a pixel of it."""

    frame: Index
    label: int
    pixel: Index


class Checking(QWidget):
    """*Next to check*: centre and outline the objects in order of doubt; how sure, in colours."""

    def __init__(self, dock: Dock, labels: LayerChoice) -> None:
        super().__init__()
        self.dock, self.labels = dock, labels
        self.judging = Judging(dock)
        self.colours = ObjectColours()
        self._seen: list[int] = []
        self._at = -1  # in what was seen
        self._wanted = False  # the first one, once they are judged
        self._layer: napari.layers.Labels | None = None
        self.words = QLabel("")
        self.words.setWordWrap(True)
        self.list = CertaintyList()
        self.colour = ColourBy(OBJECT, CERTAINTY)
        self.legend = Legend()
        self.of_kinds = KindColours(dock, labels, self.legend, self.colours)
        self.before, self.next = QPushButton("Back"), QPushButton("Next to check")
        self.right = QPushButton("It is right")
        self.right.setToolTip("The object shown is right: learn from it. Goes on to the next.")
        self.next.setToolTip("Go to the object the embedding is least sure of, then the next.")
        for name, button in (("next", self.next), ("right", self.right), ("back", self.before)):
            dock.keys.bind(name, button)
        self._lay_out()
        self._connect()
        self._forget()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.before, 1)
        row.addWidget(self.next, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        for widget in (self.right, self.words, self.list, self.colour, self.legend):
            column.addWidget(widget)

    def _connect(self) -> None:
        dock = self.dock
        self.right.clicked.connect(self.accept)
        self.next.clicked.connect(lambda: self.step(1))
        self.before.clicked.connect(lambda: self.step(-1))
        self.colour.chosen.connect(self._colour)
        dock.follow(dock.session.kinds.changed, self._offer)
        self._offer()
        self.list.chosen.connect(self._look_at)
        self.judging.judged.connect(self._judged)
        self.judging.failed.connect(self._forget)
        self.labels.layerChanged.connect(self._forget)
        dock.follow(dock.session.series_changed, self._forget)
        dock.follow(dock.viewer.dims.events.current_step, self._frame_changed)
        dock.tasks.at_end.append(self.colours.clear)

    @property
    def result(self) -> Certainty | None:
        """How sure the objects are; None before they are judged."""
        return self.judging.result

    def _forget(self, _what: object = None) -> None:
        layer, viewer = self._layer, self.dock.viewer
        outline = None if layer is None else find_result(viewer, layer, OUTLINE)
        if outline is not None:  # hidden, not removed: OpenGL may crash where an image comes now
            outline.visible = False
        self._seen, self._at, self._layer, self._wanted = [], -1, None, False
        self.judging.forget()
        if self.colour.value() == KIND:
            self.of_kinds.refresh()
        else:
            self.colours.clear()
            self.colour.choose(OBJECT)
        self.list.show_result(None)
        self._say("")

    def _say(self, words: str, tip: str = "") -> None:
        self.words.setText(words)
        self.words.setToolTip(tip)
        self.words.setVisible(bool(words))
        self.list.setVisible(self.result is not None)

    def _ask(self) -> bool:
        """Judge the objects shown, unless they are; tell whether that can be."""
        layer, judging = self.labels.layer(), self.judging
        if layer is None or not judging.can_judge(layer):
            show_warning(
                "This needs an embedding of the same image: press Find objects in Segment first."
            )
            return False
        index = self._frame(layer)
        if layer is not judging.layer or index != judging.index:
            self._seen, self._at, self._layer = [], -1, layer
            self._say("Judging the objects ...")
            judging.ask(layer, index)
        return True

    def _frame(self, layer: napari.layers.Labels) -> Index:
        series, _ = self.judging.embedded(layer)
        return () if series is None else frame_at(self.dock.viewer, layer, series.shape)

    def step(self, by: int) -> None:
        """Go on or back; the first time, judge the objects."""
        if not self._ask():
            return
        if self.result is None:
            self._wanted = True
        else:
            self._go(by)

    def accept(self) -> None:
        """Say that the object shown is right, and go on."""
        layer = self._layer
        if (
            self.result is None
            or layer is None
            or layer is not self.labels.layer()
            or not self._seen
        ):
            show_info("Press 'Next to check' first: it shows an object.")
            return
        corrected_of(self.dock, layer)
        key, number = str(layer.unique_id), self._seen[self._at]
        self.dock.session.correcting.accept(key, self.judging.index, number)
        self._go(1)

    def _go(self, by: int) -> None:
        """Show the next object that is still there; stay where there is none."""
        result, there = self.result, self._there()
        if result is None:
            return
        seen = self._seen[self._at + 1 :] if by > 0 else self._seen[: max(self._at, 0)][::-1]
        new = [n for n in result.order().tolist() if n not in self._seen] if by > 0 else []
        label = next((n for n in [*seen, *new] if n in there), None)
        if label is not None:
            self._look_at(label)
        elif self._seen and self._seen[self._at] not in there:
            self._say("No other object in this direction is still there.")

    def _there(self) -> set[int]:
        """Return the numbers of the objects that are there."""
        layer = self._layer
        if layer is None:
            return set()
        compact, numbers = renumbered(objects_of(layer, self.judging.index))
        return {int(n) for n in numbers[np.bincount(compact.ravel()) > 0] if n > 0}

    def _judged(self) -> None:
        result, layer = self.result, self._layer
        if result is None or layer is None:
            return
        self.list.show_result(result, self._seen[self._at] if self._seen else None)
        if not self.judging.index:  # of a stack, numbers of other frames may be the same
            keep_certainty(layer, result.label, result.certainty, result.quality)
        if self.colour.value() == CERTAINTY:
            self.colours.show(layer, result.label, colours(result.certainty))
        wanted, self._wanted = self._wanted, False
        if not len(result.label):
            self._say("There is no object to check.")
        elif wanted:
            self._go(1)
        elif self._seen:
            self._tell(self._seen[self._at])
        else:
            self._say("")

    def _offer(self) -> None:
        several = self.dock.session.kinds.several
        self.colour.offer(OBJECT, *([KIND] if several else []), CERTAINTY)

    def _colour(self, what: str) -> None:
        """Colour the layer by kind or by certainty, or give it its own colours back."""
        self.of_kinds.switch(on=what == KIND)
        if what == KIND:
            return
        self.colours.clear()
        if what == OBJECT:
            return
        if not self._ask():
            self.colour.choose(OBJECT)
        elif self.result is not None:
            self._judged()

    def _frame_changed(self, _event: object = None) -> None:
        """Colour the objects of another frame, once it is shown."""
        layer = self._layer
        if layer is None or self.colour.value() != CERTAINTY or not self.judging.can_judge(layer):
            return
        if self._frame(layer) != self.judging.index:
            self._ask()

    def _look_at(self, label: int) -> None:
        """Show an object, and remember that it was seen."""
        layer = self._layer
        if layer is None or layer not in self.dock.viewer.layers:
            return
        if label not in self._seen:
            self._seen.append(label)
        self._at = self._seen.index(label)
        self.list.mark(label)
        self._tell(label)
        layer.selected_label = label
        go_to(self.dock, layer, self.judging.index, label)

    def _tell(self, label: int) -> None:
        result, order = self.result, self.list.labels()
        if result is None or label not in order:
            return
        sure = float(result.certainty[np.searchsorted(result.label, label)])
        place = f"{order.index(label) + 1} of {len(order)}"
        self._say(f"Object {label}, {place}: {result.word(sure)}", figures(result, label))

    def shown(self) -> Shown | None:
        """Return the object that is shown; None where a person has turned to something else."""
        layer, viewer = self._layer, self.dock.viewer
        if layer is None or not self._seen or layer is not self.labels.layer():
            return None
        index, label = self.judging.index, self._seen[self._at]
        outline = find_result(viewer, layer, OUTLINE)
        if outline is None or not outline.visible or layer.selected_label != label:
            return None
        where = np.argwhere(objects_of(layer, index) == label)
        if (
            not len(where)
            or self._frame(layer) != index
            or not in_view(viewer, layer, index, where)
        ):
            return None
        away = np.square(where - where.mean(axis=0)).sum(axis=1)
        return Shown(index, label, tuple(int(x) for x in where[away.argmin()]))
