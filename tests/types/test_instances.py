"""Objects whose masks may overlap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Instances, Segmentation

label_images = hnp.arrays(
    np.uint16, hnp.array_shapes(min_dims=2, max_dims=4, max_side=5), elements=st.integers(0, 5)
)


def nested() -> Instances:
    """A square of nine pixels, its middle one an object too, and two pixels over its corner."""
    masks = np.zeros((3, 4, 4), bool)
    masks[0, :3, :3] = masks[1, 1, 1] = masks[2, 2, 2:] = True
    return Instances.of_masks(masks, scores=np.array([0.9, 0.5, 0.5]), classes=("a", "b", ""))


@given(label_images)
def test_labels_come_back_as_they_were(labels: np.ndarray) -> None:
    back = Instances.of_labels(labels).labels()
    np.testing.assert_array_equal(back, labels)


@given(label_images.filter(lambda labels: labels.ndim == 3), st.sampled_from(["", "Z"]))
def test_planes_that_were_numbered_one_by_one_are_objects_of_their_own(
    labels: np.ndarray, frames: str
) -> None:
    segmentation = Segmentation(labels, Axes("ZYX"), Axes(frames))
    instances = Instances.of_labels(segmentation)
    assert len(instances) == segmentation.count
    assert (instances.segmentation().labels == labels).all()
    assert instances.segmentation().frame_axes == frames


def test_numbers_may_be_large() -> None:
    labels = np.array([[0, 2**40], [7, 7]], np.int64)
    instances = Instances.of_labels(labels)
    assert instances.numbers.tolist() == [7, 2**40]
    assert (instances.labels() == labels).all()


def test_classes_of_a_segmentation_go_along() -> None:
    labels = np.array([[1, 2, 0]], np.uint16)
    segmentation = Segmentation(labels, classes=np.array([2, 1]), pixel_size=(0.5,), unit="um")
    instances = Instances.of_labels(segmentation)
    assert (instances.classes, instances.pixel_size, instances.unit) == (
        ("2", "1"),
        (0.5, 0.5),
        "um",
    )


@pytest.mark.parametrize(
    ("winner", "expected"),
    [
        ("score", [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 3]]),
        (None, [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 3]]),
        ("first", [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 3]]),
        ("largest", [[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 3]]),
        ("smallest", [[1, 1, 1, 0], [1, 2, 1, 0], [1, 1, 3, 3]]),
        ("last", [[1, 1, 1, 0], [1, 2, 1, 0], [1, 1, 3, 3]]),
    ],
)
def test_a_stated_one_keeps_the_pixels_that_several_share(
    winner: str | None, expected: list[list[int]]
) -> None:
    assert nested().labels(winner).tolist() == [*expected, [0, 0, 0, 0]]


def test_without_scores_the_smallest_lies_on_top_and_scores_cannot_decide() -> None:
    unscored = replace(nested(), scores=None)
    assert (unscored.labels() == unscored.labels("smallest")).all()
    with pytest.raises(InputError, match="expected scores, to let them decide"):
        unscored.labels("score")
    with pytest.raises(InputError, match="Expected one of score, smallest"):
        unscored.labels("best")  # type: ignore[arg-type]


def test_of_equal_ones_the_first_keeps_the_pixels() -> None:
    masks = np.ones((2, 1, 1), bool)
    for winner in ("score", "smallest", "largest", "first"):
        assert Instances.of_masks(masks, scores=[0.5, 0.5]).labels(winner).tolist() == [[1]]


def test_the_table_says_where_each_is_in_units() -> None:
    table = replace(nested(), pixel_size=(0.5, 2.0), unit="micrometer").table()
    assert table["pixels"].tolist() == [9, 1, 2]
    assert table["area"].tolist() == [9.0, 1.0, 2.0]
    assert table["centroid_y"].tolist() == [0.5, 0.5, 1.0]
    assert table["centroid_x"].tolist() == [2.0, 2.0, 5.0]
    assert table["bbox_x_max"].tolist() == [3, 2, 4]
    assert table["score"].tolist() == [0.9, 0.5, 0.5]
    assert table["class"].tolist() == ["a", "b", ""]
    assert table.unit == "micrometer"


def test_the_table_of_frames_says_which() -> None:
    labels = np.zeros((2, 3, 3), np.uint8)
    labels[0, 0, 0] = labels[1, 2, 1:] = 4
    table = Instances.of_labels(labels, "TYX").table()
    assert list(table.columns)[:3] == ["frame", "label", "pixels"]
    assert (table["frame"].tolist(), table["label"].tolist()) == ([0, 1], [4, 4])
    assert (table["pixels"].tolist(), table["centroid_x"].tolist()) == ([1, 2], [0.0, 1.5])


def test_some_are_chosen_in_an_order() -> None:
    some = nested().select([2, 0])
    assert (some.numbers.tolist(), some.classes) == ([3, 1], ("", "a"))
    assert some.scores is not None
    assert (some.pixels.tolist(), some.scores.tolist()) == ([2, 9], [0.5, 0.9])


def test_an_image_without_objects_has_labels_and_a_table_too() -> None:
    empty = Instances.of_labels(np.zeros((2, 3), np.uint8))
    assert (len(empty), len(empty.overlaps()), len(empty.table())) == (0, 0, 0)
    assert empty.labels().tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"numbers": [1, 2]}, "for each of 3 masks"),
        ({"classes": ("a",)}, "for each of 3 masks"),
        ({"numbers": [1, 2, 2]}, "none twice in a frame"),
        ({"numbers": [0, 1, 2]}, "numbers from 1"),
        ({"shape": (2, 2)}, "boxes within the image"),
        ({"boxes": np.zeros((3, 2, 2), int)}, "of its box's shape"),
        ({"pixel_size": (1.0, 1.0, 1.0)}, "expected 2 pixel sizes"),
        ({"shape": (2**31, 2**31)}, "up to 68719476736 pixels"),
        ({"axes": Axes("TYX")}, "one letter out of"),
    ],
)
def test_what_does_not_fit_is_told(changes: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(nested(), **changes)


def test_an_object_in_two_frames_is_told() -> None:
    labels = np.ones((2, 1, 1), np.uint8)
    volume = Instances.of_labels(labels, "ZYX")
    with pytest.raises(InputError, match="each object in one frame"):
        replace(volume, axes=Axes("TYX"), frame_axes=None, pixel_size=(1.0,))


def test_masks_without_a_pixel_and_no_masks_are_told() -> None:
    with pytest.raises(InputError, match="got none in mask 1"):
        Instances.of_masks(np.array([[[True]], [[False]]]))
    with pytest.raises(InputError, match="at least one mask"):
        Instances.of_masks([])
