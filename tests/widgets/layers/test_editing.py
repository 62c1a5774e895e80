"""Labels are changed as one step of undo."""

from __future__ import annotations

import napari.layers
import numpy as np

from napari_discembed.widgets.layers import (
    BACKGROUND,
    COMPLETE,
    PAINTED,
    holds_objects,
    write_undoable,
)
from napari_discembed.widgets.layers.metadata import RESULT


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


def test_paint_is_no_object_until_it_is_complete_or_objects_come_there() -> None:
    layer = napari.layers.Labels(np.ones((4, 4), np.uint8))
    assert holds_objects(layer)
    assert not holds_objects(napari.layers.Image(np.ones((4, 4))))
    for key in (PAINTED, BACKGROUND):
        layer.metadata = {key: 255}
        assert not holds_objects(layer)
        layer.metadata[COMPLETE] = True
        assert holds_objects(layer)
    layer.metadata = {PAINTED: False, BACKGROUND: 255}
    assert holds_objects(layer)
    layer.metadata = {RESULT: ("image", "preview", str(layer.unique_id))}
    assert not holds_objects(layer)
