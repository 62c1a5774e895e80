"""What a network is fine-tuned on: painted objects, pairs, validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import holds_objects

from ..conftest import Wait, paint, squares


def test_the_diameter_follows_the_brush_unless_one_is_typed(
    tuner: FineTuneDock, wait: Wait
) -> None:
    pairs = tuner.pairs
    tuner.viewer.add_image(np.zeros((64, 64), np.uint8), name="cells")
    pairs.paint_object()
    layer = pairs.labels.layer()
    assert pairs.diameter.value() == 0
    layer.brush_size = 10
    layer.paint((20, 20), 1)
    wait(lambda: 8 < pairs.diameter.value() < 13)
    layer.brush_size = 30
    layer.paint((20, 20), 1)
    wait(lambda: pairs.diameter.value() > 25)
    assert pairs.value().diameter is None  # measured anew on all that is taught
    pairs.diameter.setValue(17)
    layer.paint((40, 40), 1)
    assert pairs._soon.isActive()
    wait(lambda: not pairs._soon.isActive())
    assert pairs.value().diameter == 17
    tuner.viewer.add_labels(squares(1, 40), name="others")
    pairs.labels.choose(tuner.viewer.layers["others"])
    assert pairs.value().diameter is None


def test_what_is_painted_to_learn_from_is_not_counted(tuner: FineTuneDock) -> None:
    tuner.viewer.add_image(np.zeros((32, 32), np.uint8), name="leaf")
    tuner.pairs.paint_object()
    layer = tuner.pairs.labels.layer()
    assert not holds_objects(layer)
    tuner.pairs.complete.setChecked(True)
    assert holds_objects(layer)
    found = tuner.viewer.add_labels(squares(2), name="found")
    tuner.pairs.labels.choose(found)
    tuner.pairs.paint_object()
    assert holds_objects(found)


def test_the_brush_takes_the_next_number_and_spares_the_background(tuner: FineTuneDock) -> None:
    tuner.viewer.add_image(np.zeros((32, 32, 3), np.uint8), name="leaf")
    tuner.pairs.paint_object()
    layer = tuner.pairs.labels.layer()
    assert layer.data.shape == (32, 32)
    assert (layer.name, layer.selected_label, layer.mode) == ("leaf painted", 1, "paint")
    layer.data[:5, :5] = 1
    tuner.pairs.paint_object()
    assert layer.selected_label == 2
    tuner.pairs.paint_background()
    assert layer.selected_label == tuner.pairs.background.value() == 255
    layer.data[20:] = 255
    tuner.pairs.paint_object()
    assert layer.selected_label == 2


def test_several_pairs_and_a_validation_pair_go_into_one_set(tuner: FineTuneDock) -> None:
    paint(tuner)
    tuner.pairs.more.add()
    tuner.pairs.more.add()  # twice: once is enough
    paint(tuner)
    tuner.pairs.image.choose(tuner.viewer.layers[2])
    tuner.pairs.labels.choose(tuner.viewer.layers[3])
    tuner.pairs.more.validation_image.choose(tuner.viewer.layers[0])
    tuner.pairs.more.validation_labels.choose(tuner.viewer.layers[1])
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert (len(chosen.images), chosen.validation, chosen.background_label) == (3, 1, 255)
    tuner.pairs.more.list.setCurrentRow(0)
    tuner.pairs.more.remove()
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert len(chosen.images) == 2


def scribbled(tuner: FineTuneDock, name: str, background: int) -> Any:
    """Open an image with two painted squares, and a scribble with a number."""
    labels = squares(2, 32)
    labels[-2:] = background
    tuner.viewer.add_image((labels == 1).astype(np.uint8), name=name)
    return tuner.viewer.add_labels(labels.astype(np.uint8), name=f"{name} painted")


def test_each_pair_has_a_background_of_its_own(tuner: FineTuneDock) -> None:
    pairs = tuner.pairs
    scribbled(tuner, "first", 255)
    assert pairs.background.value() == 255
    pairs.more.add()
    second = scribbled(tuner, "second", 0)
    pairs.image.choose(tuner.viewer.layers["second"])
    pairs.labels.choose(second)
    assert pairs.background.value() == 0
    pairs.complete.setChecked(True)
    chosen = pairs.value()
    assert chosen is not None
    whole, sparse = chosen.labels
    number = chosen.background_label
    assert not chosen.complete
    assert sorted(np.unique(whole)) == [1, 2, number]
    assert sorted(np.unique(sparse)) == [0, 1, 2, number]
    assert (sparse == number).sum() == 2 * 64
    pairs.labels.choose(tuner.viewer.layers["first painted"])
    assert (pairs.background.value(), pairs.complete.isChecked()) == (255, False)


def test_a_truth_with_more_objects_than_the_number_of_background_keeps_them(
    tuner: FineTuneDock,
) -> None:
    scribbled(tuner, "first", 255)
    image, truth = tuner.viewer.layers["first"], np.arange(32 * 64).reshape(32, 64)
    labels = tuner.viewer.add_labels(truth, name="truth")
    tuner.pairs.labels.choose(tuner.viewer.layers["first painted"])
    tuner.pairs.more.validation_image.choose(image)
    tuner.pairs.more.validation_labels.choose(labels)
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.background_label == 32 * 64
    np.testing.assert_array_equal(chosen.labels[1], truth)
    assert (chosen.labels[0] == 32 * 64).sum() == 2 * 64


def test_an_object_255_among_others_is_no_background(tuner: FineTuneDock) -> None:
    labels = np.arange(240, 256).repeat(32).reshape(16, 32)
    tuner.viewer.add_image(np.zeros((16, 32), np.uint8))
    tuner.viewer.add_labels(labels)
    assert tuner.pairs.background.value() == 0


@pytest.mark.parametrize(
    ("shape", "names", "painted"),
    [
        ((5, 24, 24), ("t", "y", "x"), (5, 24, 24)),
        ((3, 5, 24, 24), ("t", "z", "y", "x"), (3, 5, 24, 24)),
        ((3, 2, 24, 24), ("t", "c", "y", "x"), (3, 24, 24)),
        ((2, 24, 24), ("c", "y", "x"), (24, 24)),
    ],
)
def test_images_of_any_axes_are_painted_on(
    shape: tuple[int, ...],
    names: tuple[str, ...],
    painted: tuple[int, ...],
    tuner: FineTuneDock,
) -> None:
    tuner.viewer.add_image(np.zeros(shape, np.uint8), axis_labels=names)
    tuner.pairs.paint_object()
    assert tuner.pairs.labels.layer().data.shape == painted
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.images[0].axes.replace("C", "") == "".join(names).upper().replace("C", "")


def test_pictures_to_check_on_are_read_with_their_channel_too(tuner: FineTuneDock) -> None:
    series = np.stack([np.zeros((24, 24)), squares(1)]).astype(np.uint8)
    image = tuner.viewer.add_image(series, name="two")
    truth = tuner.viewer.add_labels(squares(1), name="truth")
    tuner.pairs.image.choose(image, "CYX", 1)
    tuner.pairs.more.validation_image.choose(image)
    tuner.pairs.more.validation_labels.choose(truth)
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert [(i.axes, int(i.data.max())) for i in chosen.images] == [("YX", 1)] * 2


def test_too_many_axes_are_told(tuner: FineTuneDock, told: list[str]) -> None:
    tuner.viewer.add_image(np.zeros((2, 2, 2, 2, 8, 8), np.uint8))
    tuner.pairs.paint_object()
    assert "2 to 5 axes" in told[0]


def test_a_time_lapse_is_said_to_be_one(tuner: FineTuneDock) -> None:
    tuner.viewer.add_image(np.zeros((5, 24, 24), np.uint8))
    box = tuner.pairs.image.axes_box
    assert box.currentData() == "ZYX"
    box.setCurrentIndex(box.findData("TYX"))
    tuner.pairs.paint_object()
    tuner.pairs.labels.layer().data[1:3] = squares(1, 24)
    tuner.pairs.measure()
    assert 12 < tuner.pairs.diameter.value() < 15  # of an object of a frame, not through time
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.images[0].axes == "TYX"
    other = SegmentDock(tuner.viewer)
    assert other.embed.image.axes() == "TYX"
    other.tasks.stop()
