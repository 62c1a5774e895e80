"""The kinds of the objects of Labels layers."""

from __future__ import annotations

import napari.layers
import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.session.kinds import Kinds
from napari_discembed.types import Segmentation
from napari_discembed.widgets.layers import BACKGROUND, write_undoable
from napari_discembed.widgets.layers.kinds import (
    change_kind,
    inherit_kinds,
    kind_image,
    kind_of,
    kinds_said,
    metadata_of_kinds,
    note_kinds,
    say_kinds,
    say_rest,
    with_kinds_of,
    with_kinds_said,
    write_with_kinds,
)


@pytest.fixture
def kinds() -> Kinds:
    found = Kinds()
    found.add()
    found.rename("kind 1", "leaf")
    found.rename("kind 2", "seed")
    return found


def layer_of(*numbers: int, dtype: type = np.uint8) -> napari.layers.Labels:
    return napari.layers.Labels(np.array([numbers], dtype))


def test_objects_of_which_nobody_said_are_of_the_first_kind(kinds: Kinds) -> None:
    layer = layer_of(0, 1, 2)
    say_kinds(layer, [2], "seed")
    assert [kind_of(layer, n, kinds).name for n in (1, 2)] == ["leaf", "seed"]
    assert say_rest(layer, "seed") == [1]
    assert kind_of(layer, 1, kinds).name == "seed"


def test_a_change_of_kind_is_one_step_of_undo(kinds: Kinds) -> None:
    layer = layer_of(0, 1, 2, 2)
    say_kinds(layer, [1, 2], "leaf")
    new = change_kind(layer, 2, "seed")
    assert layer.data.tolist() == [[0, 1, new, new]]
    assert kind_of(layer, new, kinds).name == "seed"
    layer.undo()
    assert layer.data.tolist() == [[0, 1, 2, 2]]
    assert kind_of(layer, 2, kinds).name == "leaf"
    layer.redo()
    assert kind_of(layer, int(layer.data[0, 2]), kinds).name == "seed"
    assert change_kind(layer, new, "seed") == new


def test_a_new_number_is_no_background_and_none_that_undo_brings_back() -> None:
    layer = layer_of(1, 253, 0)
    layer.metadata[BACKGROUND] = 254
    say_kinds(layer, [1, 253], "leaf")
    assert change_kind(layer, 1, "seed") == 255
    assert change_kind(layer, 255, "leaf") == 2
    assert change_kind(layer, 2, "seed") == 3


def test_where_no_number_is_left_that_is_told() -> None:
    layer = napari.layers.Labels(np.arange(1, 256, dtype=np.uint8)[None])
    with pytest.raises(InputError, match="no number left"):
        change_kind(layer, 1, "seed")


def test_in_a_stack_the_object_of_one_frame_is_changed(kinds: Kinds) -> None:
    layer = napari.layers.Labels(np.array([[[1, 0]], [[1, 0]]], np.uint16))
    new = change_kind(layer, 1, "seed", (1,))
    assert layer.data.tolist() == [[[1, 0]], [[new, 0]]]


def test_parts_are_of_the_kind_of_what_they_come_from(kinds: Kinds) -> None:
    layer = layer_of(3, 3, 3, 0)
    say_kinds(layer, [3], "seed")
    old, new = layer.data, np.array([[3, 4, 4, 5]], np.uint8)
    assert inherit_kinds(layer, old, new, "leaf") == {4: "seed", 5: "leaf"}


def test_numbers_that_mean_others_are_taken_back_with_their_kinds(kinds: Kinds) -> None:
    layer = layer_of(0, 7, 9)
    say_kinds(layer, [7], "leaf")
    say_kinds(layer, [9], "seed")
    write_with_kinds(layer, np.array([[0, 2, 1]], np.uint8), {1: "seed", 2: "leaf"})
    write_undoable(layer, np.array([[0, 2, 2]], np.uint8))
    layer.undo()
    assert kinds_said(layer) == {1: "seed", 2: "leaf"}
    layer.undo()
    assert kinds_said(layer) == {7: "leaf", 9: "seed"}
    layer.redo()
    assert kinds_said(layer) == {1: "seed", 2: "leaf"}


def test_pixels_features_and_tables_have_the_kinds(kinds: Kinds) -> None:
    layer = layer_of(0, 2, 5, 9)
    layer.metadata[BACKGROUND] = 9
    say_kinds(layer, [5], "seed")
    image = kind_image(layer, kinds)
    assert image is not None
    assert image.classes(kinds).tolist() == [[0, 1, 2, 0]]
    note_kinds(layer, kinds)
    table = layer.features.set_index("index")["kind"]
    assert table.to_dict() == {2: "leaf", 5: "seed"}
    found = with_kinds_of(Segmentation(np.array([[0, 2, 5, 0]])), layer, kinds)
    assert found.class_image is not None
    assert found.class_image.tolist() == [[0, 1, 2, 0]]


def test_of_one_kind_nothing_is_told() -> None:
    layer, one = layer_of(1, 2), Kinds()
    assert kind_image(layer, one) is None
    assert with_kinds_of(Segmentation(layer.data), layer, one).classes is None


def test_metadata_bring_kinds_from_and_to_files(kinds: Kinds) -> None:
    labels = np.array([[1, 2]], np.uint8)
    found = Segmentation(labels, classes=np.array([2, 1]), kinds=kinds.all)
    again = with_kinds_said(Segmentation(labels), metadata_of_kinds(found))
    assert again.class_image is not None
    assert again.class_image.tolist() == [[2, 1]]
    assert again.kinds == kinds.all
    assert metadata_of_kinds(Segmentation(labels)) == {}
    assert with_kinds_said(Segmentation(labels), {}).classes is None
