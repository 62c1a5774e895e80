"""Labels are changed as one step of undo."""

from __future__ import annotations

import napari.layers
import numpy as np

from napari_discembed.widgets.layers import (
    write_undoable,
)


def test_a_change_is_one_step_of_undo() -> None:
    layer = napari.layers.Labels(np.zeros((4, 5), np.uint8))
    new = np.arange(20, dtype=np.int64).reshape(4, 5)
    assert write_undoable(layer, new) == 19
    assert (layer.data == new).all()
    layer.undo()
    assert not layer.data.any()
    layer.redo()
    assert (layer.data == new).all()
    assert write_undoable(layer, new) == 0


def test_a_frame_is_changed_alone() -> None:
    layer = napari.layers.Labels(np.zeros((3, 4, 5), np.uint8))
    write_undoable(layer, np.ones((4, 5), int), (1,))
    assert layer.data.sum(axis=(1, 2)).tolist() == [0, 20, 0]
