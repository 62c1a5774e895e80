"""Images: axes, channels, pixel sizes, frames."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Image


@pytest.mark.parametrize("shape", [(5,), (1, 2, 3, 4, 5)])
def test_axes_that_cannot_be_guessed_are_asked_for(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="Say which axes"):
        Image(np.zeros(shape))


@pytest.mark.parametrize("axes", ["YXC", "YY", "XA", "CZ"])
def test_axes_that_do_not_fit_are_refused(axes: str) -> None:
    with pytest.raises(InputError, match=r"image: [Ee]xpected"):
        Image(np.zeros((4, 5)), axes)


def test_channels_come_first_and_space_in_the_order_zyx() -> None:
    image = Image(np.zeros((4, 5, 6, 3)), "XYZC")
    assert image.channels_first().shape == (3, 6, 5, 4)
    assert Image(np.zeros((4, 5)), "YX").channels_first().shape == (1, 4, 5)


def test_alpha_is_left_out_where_it_is_not_wanted_and_a_fourth_channel_is_not() -> None:
    picture, stack = Image(np.zeros((6, 5, 4)), "YXC"), Image(np.zeros((4, 6, 5)), "CYX")
    assert [len(picture.channels_first(n)) for n in (None, 4, 3, 1)] == [4, 4, 3, 3]
    assert len(stack.channels_first(3)) == 4


def test_one_pixel_size_serves_all_axes() -> None:
    assert Image(np.zeros((2, 4, 5)), "ZYX", pixel_size=(0.5,)).pixel_size == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("size", [(1.0, 2.0, 3.0), (0.0,), (-1.0,), (float("nan"),)])
def test_pixel_sizes_that_make_no_sense_are_refused(size: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="pixel sizes"):
        Image(np.zeros((4, 5)), "YX", pixel_size=size)


def test_a_time_lapse_gives_its_frames_one_by_one() -> None:
    stack = Image(np.arange(24).reshape(2, 3, 4), "TYX", name="lapse")
    frames = list(stack.frames())
    assert [f.name for f in frames] == ["lapse[0]", "lapse[1]"]
    np.testing.assert_array_equal(frames[1].data, stack.data[1])
    with pytest.raises(InputError, match="frames"):
        stack.channels_first()


def test_a_single_frame_is_its_own_only_frame() -> None:
    image = Image(np.zeros((4, 5)), "YX")
    assert list(image.frames()) == [image]


class Counting:
    """An array that is read when it is indexed, and says how often each frame was."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.shape, self.ndim, self.dtype = data, data.shape, data.ndim, data.dtype
        self.read: list[object] = []

    def __getitem__(self, index: object) -> np.ndarray:
        self.read.append(index)
        return self.data[index]

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise AssertionError("read as a whole")


def test_frames_of_an_array_on_disk_are_read_one_by_one() -> None:
    lazy = Counting(np.arange(24).reshape(2, 3, 4))
    frames = Image(lazy, Axes("TYX")).frames()
    assert not lazy.read
    np.testing.assert_array_equal(frames[1].data, np.arange(12, 24).reshape(3, 4))
    assert lazy.read == [(1, slice(None), slice(None))]


def test_planes_are_frames_for_a_model_of_planes_alone() -> None:
    image = Image(np.arange(120).reshape(2, 3, 4, 5), Axes("TZYX"), (3.0, 1.0, 1.0), name="s")
    planes, volumes = image.frames(2), image.frames(3)
    assert (planes.axes, planes.shape, len(planes)) == ("TZ", (2, 3), 6)
    assert (volumes.axes, volumes.shape) == ("T", (2,))
    assert planes[4].name == "s[1, 1]"
    np.testing.assert_array_equal(planes.at((1, 1)).data, image.data[1, 1])
    assert (planes[0].pixel_size, volumes[0].pixel_size) == ((1.0, 1.0), (3.0, 1.0, 1.0))


def test_a_volume_is_asked_for_where_there_is_none() -> None:
    with pytest.raises(InputError, match="no Z axis"):
        Image(np.zeros((4, 5))).frames(3)


def test_frames_lie_in_the_order_of_the_data() -> None:
    image = Image(np.arange(120).reshape(3, 2, 4, 5), Axes("ZTYX"))
    assert image.frames(2).axes == "ZT"
    np.testing.assert_array_equal(image.frames(2)[3].data, image.data[1, 1])
    np.testing.assert_array_equal(image.frames(3)[1].data, image.data[:, 1])


def test_a_crop_keeps_channels_and_time() -> None:
    image = Image(np.zeros((2, 6, 3, 5)), Axes("TYCX"))
    assert image.crop((slice(1, 3), slice(0, 2))).data.shape == (2, 2, 3, 2)


def test_pixel_sizes_follow_the_order_zyx() -> None:
    image = Image(np.zeros((4, 5, 6)), Axes("XYZ"), (1.0, 2.0, 3.0))
    assert image.ordered_pixel_size == (3.0, 2.0, 1.0)


def test_axes_called_otherwise_keep_their_pixel_sizes() -> None:
    stack = Image(np.zeros((2, 4, 5)), Axes("ZYX"), (3.0, 1.0, 2.0))
    assert stack.with_axes(Axes("TYX")).pixel_size == (1.0, 2.0)
    assert stack.with_axes(Axes("TYX")).with_axes(Axes("ZYX")).pixel_size == (1.0, 1.0, 2.0)
    with pytest.raises(InputError, match="one different letter"):
        stack.with_axes(Axes("YX"))
