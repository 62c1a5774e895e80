"""Group the pixels live, while the knobs move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import napari.layers
import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from napari_discembed import clustering
from napari_discembed.clustering.base import grid_min_size
from napari_discembed.config import ClusterConfig
from napari_discembed.errors import InputError
from napari_discembed.preprocess import object_sizes
from napari_discembed.session.state import Index, Session, Stack
from napari_discembed.types import Embedding, IntArray
from napari_discembed.widgets.choices import LayerChoice
from napari_discembed.widgets.desk import Dock
from napari_discembed.widgets.embed_panel import EmbedPanel
from napari_discembed.widgets.form import Form, Range
from napari_discembed.widgets.layers import (
    find_result,
    frame_shown,
    move,
    placement,
    show_result,
)
from napari_discembed.widgets.plots import CountCurve
from napari_discembed.wording import counted

FIELDS = ("method", "bandwidth", "merge_margin", "foreground_threshold", "seed_threshold",
          "min_size", "fill_holes", "split_parts")  # fmt: skip
RANGES = {
    "bandwidth": Range(0.05, 6),
    "merge_margin": Range(0, 4),
    "foreground_threshold": Range(0, 1),
    "seed_threshold": Range(0, 1),
    "min_size": Range(0, 1000, 0),
}
PREVIEW = "objects"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """Labels of a frame, and what they were asked of."""

    stack: Stack
    index: Index
    knobs: ClusterConfig
    labels: IntArray
    count: int


class ObjectsPanel(QWidget):
    """The second half of the Segment dock: knobs, count, and the curve of the count."""

    def __init__(self, dock: Dock, embed: EmbedPanel) -> None:
        super().__init__()
        self.dock, self.embed, self.session = dock, embed, dock.session
        self._counts: dict[Index, int] = {}  # of the frames that show what the knobs say
        self.form = Form(self.session.knobs, FIELDS, RANGES)
        self.seeds = LayerChoice(dock.viewer, napari.layers.Points, none="choose points")
        self.seeds.setToolTip("Points, one on each object, for the method 'seeded'.")
        self.count = QLabel("-")
        self.count.setStyleSheet("font-size: 22pt; font-weight: bold;")
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.count.setToolTip("Objects in the frame shown.")
        self.curve = CountCurve()
        self._seeded: napari.layers.Points | None = None
        self._rounded: ClusterConfig | None = None  # what was offered, as the form shows it
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.count, self.form, self.seeds, self.curve):
            column.addWidget(widget)
        self._labels = dock.latest(self._group, self._show, "group")
        self._curves = dock.latest(self._count, self._show_curve, "count")
        self.form.valueChanged.connect(self._knobs_moved)
        self.seeds.layerChanged.connect(self._seeds_chosen)
        self.curve.bandwidthChosen.connect(self.set_bandwidth)
        dock.viewer.dims.events.point.connect(self._frame_changed)
        self.session.stack_changed.connect(self._stack_changed)
        dock.tasks.at_end.append(lambda: self.session.stack_changed.disconnect(self._stack_changed))
        dock.tasks.at_end.append(lambda: self._follow_seeds(None))
        embed.moved.connect(self._source_moved)
        self.session.knobs_changed.connect(self._knobs_set)
        dock.tasks.at_end.append(lambda: self.session.knobs_changed.disconnect(self._knobs_set))
        self._stack_changed(self.session.stack)

    @property
    def is_idle(self) -> bool:
        """Whether the preview shows what the knobs say."""
        return self._labels.is_idle and self._curves.is_idle

    def preview(self) -> napari.layers.Labels | None:
        """Return the layer that follows the knobs."""
        source = self.embed.source
        return None if source is None else find_result(self.dock.viewer, source, PREVIEW)

    def index(self) -> Index:
        """Return the frame that the viewer shows."""
        stack, source = self.session.stack, self.embed.source
        if stack is None or source is None:
            return ()
        return frame_shown(self.dock.viewer, source, self.embed.axes, stack)

    def placement(self, axes: str) -> dict[str, Any]:
        """Return where a layer of some of the image's axes lies."""
        source = self.embed.source
        return {} if source is None else placement(source, self.embed.axes, axes)

    def points(self) -> dict[Index, NDArray[np.float64]]:
        """Return the seeds ``(N, ndim)`` of each frame that has any, in pixels."""
        layer, source, stack = self.seeds.layer(), self.embed.source, self.session.stack
        if layer is None or source is None or stack is None:
            return {}
        shape = stack.label_shape
        ndim, frames = len(stack.embeddings[0].image_shape), len(stack.shape)
        if layer.ndim < ndim:
            return {}
        missing = max(0, frames + ndim - layer.ndim)  # frame axes that it says nothing of
        found: dict[Index, list[NDArray[np.float64]]] = {}
        for point in layer.data:
            world = np.zeros(max(source.ndim, layer.ndim))
            world[-layer.ndim :] = layer.data_to_world(point)
            at = np.asarray(source.world_to_data(world[-source.ndim :]))[-ndim - frames :]
            nearest = tuple(round(float(p)) for p in at)
            if any(not 0 <= p < n for p, n in zip(nearest[missing:], shape[missing:], strict=True)):
                continue
            for first in np.ndindex(shape[:missing]):
                found.setdefault((*first, *nearest[missing:frames]), []).append(at[-ndim:])
        return {index: np.array(points) for index, points in found.items()}

    def set_bandwidth(self, bandwidth: float) -> None:
        """Move the bandwidth, as the slider would."""
        knobs = self.session.knobs.model_copy(update={"bandwidth": round(bandwidth, 3)})
        self.form.setValue(knobs)
        self._knobs_moved(knobs)

    def refresh(self) -> None:
        """Group the frame shown anew."""
        stack = self.session.stack
        knobs = self.session.knobs
        self.seeds.setVisible(knobs.method == "seeded")
        if stack is None:
            return
        index = self.index()
        points = self.points().get(index) if knobs.method == "seeded" else None
        self._labels.ask(stack, index, knobs, points)
        self.curve.setVisible(knobs.method == "density")
        if knobs.method == "density":
            self.curve.mark(clustering.bandwidth_of(knobs, stack.embeddings[0].margins))

    def _seeds_chosen(self, layer: napari.layers.Points | None) -> None:
        self._follow_seeds(layer)
        self._seeds_moved()

    def _follow_seeds(self, layer: napari.layers.Points | None) -> None:
        if self._seeded is not None:
            self._seeded.events.data.disconnect(self._seeds_moved)
        if layer is not None:
            layer.events.data.connect(self._seeds_moved)
        self._seeded = layer

    def _seeds_moved(self, _event: object = None) -> None:
        if self.session.knobs.method == "seeded":
            self._counts = {}
            self.refresh()

    def _source_moved(self) -> None:
        preview, stack = self.preview(), self.session.stack
        if preview is not None and stack is not None:
            move(preview, self.placement(stack.label_axes))

    def _knobs_moved(self, knobs: ClusterConfig) -> None:
        before = self.session.knobs
        self.session.knobs = knobs
        stack = self.session.stack
        if stack is None:
            return
        self._counts = {}
        self.refresh()
        if before.model_copy(update={"bandwidth": knobs.bandwidth}) != knobs:
            self._ask_curve()

    def _knobs_set(self, knobs: ClusterConfig) -> None:
        """Follow knobs that were not set here."""
        if self.session.stack is not None and knobs != self.form.value():
            self.form.setValue(knobs)
            self._counts = {}
            self.refresh()
            self._ask_curve()

    def _ask_curve(self) -> None:
        if self.session.stack is not None and self.session.knobs.method == "density":
            self._curves.ask(self.index(), self.session.knobs)

    def _stack_changed(self, stack: Stack | None) -> None:
        self.form.setEnabled(stack is not None)
        self.curve.setEnabled(stack is not None)
        if stack is None:
            self.count.setText("-")
            return
        self._counts = {}
        knobs = self._starting_knobs(stack)
        margins = stack.embeddings[0].margins
        self.form.setRange("bandwidth", round(0.1 * margins.pull, 2), 4 * margins.push)
        self.form.setRange("merge_margin", 0, 3 * margins.push)
        self.form.setRange("min_size", 0, max(100, 20 * (knobs.min_size or 0)))
        self.form.setValue(self.dock.desk.offered or knobs)
        self._rounded = self.form.value()
        self.form.setValue(knobs)
        self.session.knobs = knobs
        self.refresh()
        self._ask_curve()

    def _starting_knobs(self, stack: Stack) -> ClusterConfig:
        """Return what the model recommends, with what a person has changed on the same model.

        What is left to the model, as the smallest object, is another number in another image.
        """
        desk, embedding = self.dock.desk, stack.embeddings[0]
        before = (desk.offered or ClusterConfig(), self._rounded)
        known = stack.knobs is None or stack.knobs == desk.recommended
        desk.recommended = stack.knobs or desk.recommended
        desk.offered = explicit(desk.recommended or ClusterConfig(), embedding)
        restored, desk.restored = desk.restored, None
        if restored is not None:
            return explicit(restored, embedding)
        if not known:
            return desk.offered
        knobs = self.session.knobs
        changed = {
            name: getattr(knobs, name)
            for name in FIELDS
            if all(getattr(knobs, name) != getattr(old, name) for old in before if old is not None)
        }
        return desk.offered.model_copy(update=changed)

    def _frame_changed(self, _event: object = None) -> None:
        if self.session.stack is None or not self.session.stack.shape:
            return
        index = self.index()
        if index in self._counts:
            self._show_count(self._counts[index])
        else:
            self.refresh()
        self._ask_curve()

    # In threads of their own

    def _group(
        self, stack: Stack, index: Index, knobs: ClusterConfig, points: NDArray[np.float64] | None
    ) -> _Answer | None:
        if knobs.method == "seeded" and points is None:
            nothing = np.zeros(stack.embeddings[0].image_shape, dtype=np.int32)
            return _Answer(stack, index, knobs, nothing, 0)
        labels = _unless_replaced(
            self.session, stack, lambda: self.session.labels(index, knobs, points)
        )
        if labels is None:
            return None
        return _Answer(stack, index, knobs, labels, len(object_sizes(labels)))

    def _count(
        self, index: Index, knobs: ClusterConfig
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
        stack = self.session.stack
        return _unless_replaced(self.session, stack, lambda: self.session.curve(index, knobs))

    # Back in the interface's

    def _show(self, answer: _Answer | None) -> None:
        source = self.embed.source
        if answer is None or source is None or answer.stack is not self.session.stack:
            return
        if answer.knobs == self.session.knobs:  # else the next answer is on its way
            self._counts[answer.index] = answer.count
        if answer.index == self.index():
            self._show_count(answer.count)
        layer = self.preview()
        if layer is not None and layer.data.shape == answer.stack.label_shape:
            layer.visible = True
            move(layer, self.placement(answer.stack.label_axes))
            if answer.index:
                layer.data[answer.index] = answer.labels
                layer.refresh(extent=False, thumbnail=False)
            else:
                layer.data = answer.labels
            return
        data = np.zeros(answer.stack.label_shape, dtype=np.int32)
        data[answer.index] = answer.labels
        show_result(
            self.dock.viewer, source, PREVIEW, data, napari.layers.Labels,
            opacity=0.5, **self.placement(answer.stack.label_axes),
        )  # fmt: skip

    def _show_count(self, count: int) -> None:
        self.count.setText(counted(count, "object"))

    def _show_curve(self, answer: tuple[NDArray[np.float64], NDArray[np.int64]] | None) -> None:
        if answer is not None:
            self.curve.show_curve(*answer)


def explicit(knobs: ClusterConfig, embedding: Embedding) -> ClusterConfig:
    """Return the knobs with a number in place of each that is left to the model."""
    ratio = float(np.prod(embedding.image_shape) / np.prod(embedding.shape))
    return knobs.model_copy(
        update={
            "bandwidth": clustering.bandwidth_of(knobs, embedding.margins),
            "merge_margin": clustering.merge_margin_of(knobs, embedding.margins),
            "min_size": round(grid_min_size(knobs, embedding) * ratio),
        }
    )


def _unless_replaced(session: Session, stack: Stack | None, answer: Callable[[], T]) -> T | None:
    """Return an answer, or None where the embedding it is about went away meanwhile."""
    try:
        return answer()
    except InputError:
        if session.stack is stack:
            raise
        return None
