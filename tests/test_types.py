"""The values: images with axes, embeddings, segmentations."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, Image, Segmentation, guess_axes


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((5, 6), "YX"),
        ((5, 6, 3), "YXC"),
        ((5, 6, 4), "YXC"),
        ((7, 5, 6), "ZYX"),
        ((3, 5, 6), "ZYX"),
        ((4, 4, 3), "ZYX"),
        ((7, 8, 9, 3), "ZYXC"),
        ((2, 7, 5, 6), "CZYX"),
    ],
)
def test_axes_are_guessed_from_the_shape(shape: tuple[int, ...], axes: str) -> None:
    assert guess_axes(shape) == axes


@pytest.mark.parametrize("shape", [(5,), (1, 2, 3, 4, 5)])
def test_axes_that_cannot_be_guessed_are_asked_for(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="Say which axes"):
        Image(np.zeros(shape))


@pytest.mark.parametrize("axes", ["YXC", "YY", "XA", "CZ"])
def test_axes_that_do_not_fit_are_refused(axes: str) -> None:
    with pytest.raises(InputError, match="expected"):
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


def test_an_embedding_checks_its_shapes() -> None:
    values = np.zeros((2, 4, 5), np.float32)
    embedding = Embedding.of(values, np.zeros((1, 4, 5), np.float32))
    assert (embedding.dim, embedding.shape, embedding.image_shape) == (2, (4, 5), (4, 5))
    with pytest.raises(InputError, match="foreground"):
        Embedding.of(values, np.zeros((1, 5, 4), np.float32))
    with pytest.raises(InputError, match="seediness"):
        Embedding.of(values, np.zeros((1, 4, 5), np.float32), np.zeros((5, 4), np.float32))


def test_the_foreground_of_several_classes_is_their_sum() -> None:
    foreground = np.full((2, 1, 1), 0.3, np.float32)
    embedding = Embedding.of(np.zeros((2, 1, 1), np.float32), foreground)
    assert embedding.foreground_probability[0, 0] == pytest.approx(0.6)


def test_the_count_is_of_labels_that_are_there() -> None:
    assert Segmentation(np.array([[0, 1], [5, 5]], np.uint16)).count == 2
    assert Segmentation(np.zeros((2, 2), np.uint16)).count == 0
