"""The wand in the viewer: hover to see what belongs together, click to take it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import napari.layers
import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray
from qtpy.QtWidgets import QWidget

from napari_discembed.clustering import bandwidth_of
from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.interaction.picking import put
from napari_discembed.interaction.wand import Wand
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Index
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.layers import BACKGROUND, objects_of, write_undoable
from napari_discembed.widgets.panels.hovering import HoverTool

GLOW = DirectLabelColormap(color_dict={None: "transparent", 0: "transparent", 1: "yellow"})
WHEEL_STEP = 1.1


class WandButton(HoverTool):
    """Turns the wand on and off.

    Parameters
    ----------
    dock
        Whose viewer it works in.
    """

    KIND, COLOURS, OPACITY = "wand", GLOW, 0.45

    def __init__(self, dock: Dock, parent: QWidget | None = None) -> None:
        self._wand: Wand | None = None
        help_text = (
            "Hover: what lies within the bandwidth lights up.\n"
            "Click: take it as a new object. Shift-click: add it to the selected one.\n"
            "Alt-click: cut it away. Alt-wheel: change the bandwidth."
        )
        super().__init__(dock, "Wand", help_text, parent)
        self._finder = dock.latest(self._find, self._found, "wand")

    def _series_changed(self, series: object) -> None:
        self._wand = None
        super()._series_changed(series)

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
        if self.isChecked() and self._is_shown(series, index):
            self._light(mask, mask.view(np.uint8), series, index)

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

    def _how(self, modifiers: Collection[str]) -> str:
        return "add" if "Shift" in modifiers else "cut" if "Alt" in modifiers else "new"


def take(layer: napari.layers.Labels, mask: NDArray[np.bool_], how: str, index: Index = ()) -> None:
    """Put what a tool found into a Labels layer, as one undoable step.

    Parameters
    ----------
    layer
        To change.
    mask
        ``(*S)``.
    how
        ``"new"``: as an object of its own; ``"replace"``: as one in place of those that it covers;
        ``"add"``: to the selected one; ``"cut"``: away.
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
    if how in {"new", "replace"}:
        following = int(objects_of(layer).max(initial=0)) + 1
        following += following == layer.metadata.get(BACKGROUND)
        if following > np.iinfo(labels.dtype).max:
            raise InputError(
                f"There is no number left in labels of type {labels.dtype}. Use a new layer, or "
                "give the objects the numbers 1 to N in the Correct dock."
            )
        layer.selected_label = following
    change = put if how == "replace" else edit.add
    write_undoable(layer, change(labels, mask, int(layer.selected_label)), index)
