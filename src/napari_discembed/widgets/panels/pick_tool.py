"""Pick in the Correct dock: take a candidate of the embedding in place of what is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.notifications import show_warning
from numpy.typing import NDArray

from napari_discembed.interaction import edit
from napari_discembed.interaction.picking import put
from napari_discembed.types import IntArray
from napari_discembed.widgets.layers import objects_of
from napari_discembed.widgets.panels.pick import PickButton
from napari_discembed.widgets.panels.tools import Tool

if TYPE_CHECKING:
    from napari_discembed.widgets.docks.correct import CorrectDock

HELP = "Click the outline that is right: turn the wheel for a larger or a smaller one."
OF_ANOTHER = (
    "What is lit is of the image that Segment shows, these labels have another shape. Choose the "
    "labels of that image, or that image in Segment."
)


class PickTool:
    """Picking among candidates, beside the tools that take clicks: one of all is in hand.

    Parameters
    ----------
    dock
        Whose labels are corrected.

    Attributes
    ----------
    button
        Turns it on and off.
    """

    def __init__(self, dock: CorrectDock) -> None:
        self.dock = dock
        self.button = PickButton(dock)
        self.button.toggled.connect(self._switch)
        self.button.taken.connect(self._take)

    def put_down(self) -> None:
        """Let another tool be in hand."""
        self.button.setChecked(False)

    def _switch(self, on: bool) -> None:
        if on:
            for other in self.dock.buttons.values():
                other.setChecked(False)
        self.dock.hint.setText(HELP if on else self.dock.NOTHING_IN_HAND)

    def _take(self, mask: NDArray[np.bool_], how: str) -> None:
        layer = self.dock.labels.layer()
        if layer is None:
            show_warning("Choose the labels to correct first.")
            return
        index = self.dock.frame_of(layer)
        if objects_of(layer, index).shape != mask.shape:
            show_warning(OF_ANOTHER)
            return
        pixel = tuple(int(p) for p in np.argwhere(mask)[0])
        tool = Tool("Pick", HELP, 1, _taking(mask, how, int(layer.selected_label)))
        self.dock.apply(tool, [pixel], index)


def _taking(mask: NDArray[np.bool_], how: str, selected: int) -> Callable[..., IntArray]:
    """Return what a click does: ``replace`` what is covered, ``add`` to the selected, ``cut``."""

    def apply(labels: IntArray, *_others: object) -> IntArray:
        wide = labels.astype(np.int64)  # a new number may not fit: the dock says so
        if how == "replace":
            return put(wide, mask, int(wide.max(initial=0)) + 1)
        return edit.add(wide, mask, selected) if how == "add" else np.where(mask, 0, wide)

    return apply
