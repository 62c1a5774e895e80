"""Labels that know their axes, and what a number in two frames means."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Numbering, Segmentation, Series, stacked


def test_the_count_is_of_labels_that_are_there() -> None:
    assert Segmentation(np.array([[0, 1], [5, 5]], np.uint16)).count == 2
    assert Segmentation(np.zeros((2, 2), np.uint16)).count == 0


def test_an_object_through_three_planes_is_one() -> None:
    volume = Segmentation(np.ones((3, 2, 2), np.uint16))
    assert (volume.axes, volume.frame_axes, volume.count) == ("ZYX", "", 1)


def test_an_object_in_three_frames_is_one_or_three_as_the_numbering_says() -> None:
    labels = np.ones((3, 2, 2), np.uint16)
    assert Segmentation(labels, Axes("TYX")).count == 3
    assert Segmentation(labels, Axes("TYX"), numbering=Numbering.through_time).count == 1


def test_planes_segmented_one_by_one_are_frames() -> None:
    planes = Segmentation(np.ones((3, 2, 2), np.uint16), Axes("ZYX"), Axes("Z"))
    assert planes.count == 3
    assert [frame.axes for frame in planes.frames()] == ["YX", "YX", "YX"]


def test_frames_carry_size_and_name() -> None:
    whole = Segmentation(
        np.zeros((2, 3, 4, 5), np.uint16), Axes("TZYX"), pixel_size=(3.0, 1.0, 1.0), name="s"
    )
    frame = whole.frames()[1]
    assert (frame.axes, frame.pixel_size, frame.name) == ("ZYX", (3.0, 1.0, 1.0), "s[1]")


@pytest.mark.parametrize(
    ("shape", "axes", "frames"),
    [((2, 3, 4, 5), "", None), ((4, 5), "TYX", None), ((2, 4, 5), "CYX", None),
     ((2, 3, 4, 5), "TZYX", "Z"), ((2, 4, 5), "TYX", "")],
)  # fmt: skip
def test_axes_that_do_not_fit_labels_are_refused(
    shape: tuple[int, ...], axes: str, frames: str | None
) -> None:
    with pytest.raises(InputError, match="expected"):
        Segmentation(np.zeros(shape, np.uint16), axes, frames)


def test_pixel_sizes_are_of_the_spatial_axes() -> None:
    with pytest.raises(InputError, match="2 pixel sizes"):
        Segmentation(np.zeros((3, 4, 5), np.uint16), Axes("TYX"), pixel_size=(1.0, 1.0, 1.0))


def test_frames_are_put_together_in_a_type_that_holds_all_numbers() -> None:
    few, many = (
        Segmentation(np.full((2, 2), n, t)) for n, t in ((1, np.uint16), (70_000, np.uint32))
    )
    whole = stacked([few, many], Series([0, 0], Axes("T"), (2,)), "lapse")
    assert (whole.axes, whole.frame_axes, whole.name) == ("TYX", "T", "lapse")
    assert whole.labels.max() == 70_000
    assert stacked([few], Series([0]), "one") is few


def test_the_class_image_shows_each_objects_class() -> None:
    labels = np.array([[0, 1], [2, 2]], np.uint16)
    shown = Segmentation(labels, classes=np.array([2, 1])).class_image
    assert shown is not None
    assert shown.tolist() == [[0, 2], [1, 1]]
    assert Segmentation(labels).class_image is None


def test_each_frame_has_the_quality_of_its_objects() -> None:
    first = Segmentation(np.array([[1, 0, 2]]), quality=np.array([0.9, 0.5]))
    second = Segmentation(np.array([[0, 0, 0]]), quality=np.zeros(0))
    third = Segmentation(np.array([[5, 5, 0]]), quality=np.array([0.7]))
    whole = stacked([first, second, third], Series([0, 1, 2], Axes("T"), (3,)), "film")
    assert whole.quality is not None
    assert whole.quality.tolist() == [0.9, 0.5, 0.7]
    parts = [frame.quality for frame in whole.frames()]
    assert [part.tolist() for part in parts if part is not None] == [[0.9, 0.5], [], [0.7]]
    known = Series([0, 1], Axes("T"), (2,))
    assert stacked([first, Segmentation(np.array([[1, 0, 0]]))], known, "film").quality is None
