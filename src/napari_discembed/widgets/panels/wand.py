"""The wand in the viewer: hover to see what belongs together, click to take it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import napari.layers
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton, QWidget

from napari_discembed.clustering import bandwidth_of
from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.interaction.wand import Wand
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import BACKGROUND, objects_of, write_undoable
from napari_discembed.widgets.layers.placement import layer_axes

KIND = "wand"
GLOW = DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", 1: "yellow"})
WHEEL_STEP = 1.1


class WandButton(QPushButton):
    """Turns the wand on and off.

    Parameters
    ----------
    dock
        Whose viewer it works in.
    """

    taken = Signal(object, str)
    """A mask ``(*S)`` and what to do with it: ``"new"``, ``"add"`` or ``"cut"``."""

    def __init__(self, dock: Dock, parent: QWidget | None = None) -> None:
        super().__init__("Wand", parent)
        self.dock = dock
        self.setCheckable(True)
        self.setEnabled(False)
        self.setToolTip(
            "Hover: what lies within the bandwidth lights up.\n"
            "Click: take it as a new object. Shift-click: add it to the selected one.\n"
            "Alt-click: cut it away. Alt-wheel: change the bandwidth."
        )
        dock.keys.bind("wand", self)
        self._wand: Wand | None = None
        self._lit: napari.layers.Labels | None = None
        self._found_at: tuple[EmbeddingSeries, Index] | None = None
        self.mask: NDArray[np.bool_] | None = None
        self._finder = dock.latest(self._find, self._found, "wand")
        self.toggled.connect(self._switch)
        dock.follow(dock.session.series_changed, self._series_changed)
        dock.tasks.at_end.append(lambda: self._listen(on=False))
        dock.tasks.at_close.append(self._put_out)
        self._series_changed(dock.session.series)

    def _series_changed(self, series: object) -> None:
        self._wand = None
        self._put_out()
        self.setEnabled(series is not None)
        if series is None:
            self.setChecked(False)

    def _switch(self, on: bool) -> None:
        self._listen(on=on)
        if not on:
            self._put_out()

    def _put_out(self) -> None:
        """Take away what is lit, and forget it."""
        self.mask = self._found_at = None
        if self._lit is not None and self._lit in self.dock.viewer.layers:
            self.dock.viewer.layers.remove(self._lit)
        self._lit = None

    def _dim(self) -> None:
        """Light nothing up, until the mouse is over an object again."""
        self.mask = self._found_at = None
        if self._lit is not None and self._lit in self.dock.viewer.layers:
            self._lit.data = np.zeros_like(self._lit.data)

    def _listen(self, *, on: bool) -> None:
        viewer = self.dock.viewer
        for callbacks, own in (
            (viewer.mouse_move_callbacks, self._hover),
            (viewer.mouse_drag_callbacks, self._click),
            (viewer.mouse_wheel_callbacks, self._wheel),
        ):
            if own in callbacks:
                callbacks.remove(own)
            if on:
                callbacks.append(own)

    def _pixel(self, event: Any) -> tuple[int, ...] | None:  # noqa: ANN401 - napari's event
        source, series = self.dock.source(), self.dock.session.series
        if source is None or series is None:
            return None
        shape, layer = series[0].image_shape, source.layer
        at = layer.world_to_data(event.position[-layer.ndim :])
        at = layer_axes(layer, source.axes).select([round(float(p)) for p in at], series[0].axes)
        inside = all(0 <= p < n for p, n in zip(at, shape, strict=True))
        return at if inside else None

    def _hover(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        pixel = self._pixel(event)
        series, index = self.dock.session.series, self.dock.frame_shown()
        if pixel is not None and series is not None and index is not None:
            self._finder.ask(pixel, series, index)
        elif self.mask is not None:
            self._dim()

    def _find(
        self, pixel: tuple[int, ...], series: EmbeddingSeries, index: Index
    ) -> tuple[NDArray[np.bool_], EmbeddingSeries, Index]:
        """Find what belongs to a pixel; in a thread."""
        wand = self._wand
        if wand is None or wand.embedding is not series[series.number(index)]:
            wand = self._wand = Wand(series[series.number(index)])
        config = self.dock.session.config
        mask = wand.reach(
            pixel,
            bandwidth_of(config, wand.embedding.space),
            threshold=config.foreground_threshold,
        )
        return mask, series, index

    def _found(self, answer: tuple[NDArray[np.bool_], EmbeddingSeries, Index]) -> None:
        mask, series, index = answer
        source = self.dock.source()
        if source is None or not self.isChecked() or not self._is_shown(series, index):
            return
        self.mask, self._found_at = mask, (series, index)
        place = source.placement(Axes.spatial_of(mask.ndim))
        layer = source.show(
            KIND, mask.view(np.uint8), napari.layers.Labels, colormap=GLOW, opacity=0.45, **place
        )
        layer.mouse_pan = False
        self._lit = layer

    def _is_shown(self, series: EmbeddingSeries, index: Index) -> bool:
        return series is self.dock.session.series and index == self.dock.frame_shown()

    def _wheel(self, _viewer: object, event: Any) -> None:  # noqa: ANN401 - napari's event
        if "Alt" not in event.modifiers:
            return
        steps = float(np.sum(event.delta))
        session = self.dock.session
        if session.series is not None and steps:
            now = bandwidth_of(session.config, session.series[0].space)
            moved = round(float(now * WHEEL_STEP ** np.sign(steps)), 3)
            session.config = session.config.model_copy(update={"bandwidth": moved})
            self._hover(_viewer, event)
        event.handled = True

    def _click(self, _viewer: object, event: Any) -> Iterator[None]:  # noqa: ANN401
        moved, pixel = event.button != 1, self._pixel(event)
        yield
        while event.type == "mouse_move":
            moved = True
            yield
        if moved or pixel is None or self.mask is None or self._found_at is None:
            return
        if self.mask.any() and self._is_shown(*self._found_at):
            modifiers = event.modifiers
            how = "add" if "Shift" in modifiers else "cut" if "Alt" in modifiers else "new"
            self.taken.emit(self.mask, how)


def take(layer: napari.layers.Labels, mask: NDArray[np.bool_], how: str, index: Index = ()) -> None:
    """Put what the wand found into a Labels layer, as one undoable step.

    Parameters
    ----------
    layer
        To change.
    mask
        ``(*S)``.
    how
        ``"new"``: as an object of its own; ``"add"``: to the selected one; ``"cut"``: away.
    index
        The frame.

    Raises
    ------
    InputError
        If the layer's type has no number left for a new object.
    """
    labels = np.asarray(layer.data[index])
    if how == "cut":
        write_undoable(layer, np.where(mask, labels.dtype.type(0), labels), index)
        return
    if how == "new":
        following = int(objects_of(layer).max(initial=0)) + 1
        following += following == layer.metadata.get(BACKGROUND)
        if following > np.iinfo(labels.dtype).max:
            raise InputError(
                f"There is no number left in labels of type {labels.dtype}. Use a new layer, or "
                "give the objects the numbers 1 to N in the Correct dock."
            )
        layer.selected_label = following
    write_undoable(layer, edit.add(labels, mask, int(layer.selected_label)), index)
