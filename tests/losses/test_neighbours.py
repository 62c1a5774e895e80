"""Which objects are near each other, on grids that one can draw."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_discembed.losses import flatten, neighbour_pairs
from napari_discembed.losses.neighbours import all_pairs


def pairs(labels: np.ndarray | list, radius: float) -> list[list[int]]:
    batch = torch.as_tensor(np.asarray(labels))
    found = neighbour_pairs(
        flatten(torch.zeros(len(batch), 1, *batch.shape[1:]), batch), batch, radius
    )
    assert found.shape == (len(found), 2)
    assert found.dtype == torch.int64
    return sorted(found.tolist())


ROW = np.zeros((1, 1, 40), int)
ROW[0, 0, 0], ROW[0, 0, 3], ROW[0, 0, 30] = 1, 2, 3


def test_only_objects_within_the_radius_are_neighbours() -> None:
    assert pairs(ROW, 5) == [[0, 1]]
    assert pairs(ROW, 2.5) == []
    assert pairs(ROW, 100) == [[0, 1], [0, 2], [1, 2]]


def test_an_object_just_as_far_as_the_radius_is_a_neighbour() -> None:
    assert pairs(ROW, 3) == [[0, 1]]
    assert pairs(ROW, 2.999) == []


def test_the_distance_is_from_the_last_pixel_to_the_first() -> None:
    assert pairs([[[1, 1, 0, 0, 2, 2]]], 3) == [[0, 1]]
    assert pairs([[[1, 1, 0, 0, 2, 2]]], 2.999) == []


def test_objects_side_by_side_are_only_as_far_as_their_sides() -> None:
    # They share 8 rows and are 2 columns apart.
    labels = np.zeros((1, 8, 3), int)
    labels[0, :, 0], labels[0, :, 2] = 1, 2
    assert pairs(labels, 2) == [[0, 1]]
    assert pairs(labels, 1.999) == []


def test_objects_across_a_corner_are_as_far_as_the_diagonal() -> None:
    labels = np.zeros((1, 5, 4), int)
    labels[0, 0, 0], labels[0, 4, 3] = 1, 2
    assert pairs(labels, 5) == [[0, 1]]
    assert pairs(labels, 4.999) == []


def test_objects_of_different_images_are_no_neighbours() -> None:
    # One object in the first image, none in the second, three in the third.
    assert pairs([[4, 0, 0], [0, 0, 0], [1, 2, 3], [0, 1, 2]], 1) == [[1, 2], [2, 3], [4, 5]]


def test_where_there_is_no_background_the_first_object_is_an_object() -> None:
    assert pairs([[[5, 6], [7, 7]]], 1) == [[0, 1], [0, 2], [1, 2]]


def test_unlabelled_pixels_are_of_no_object() -> None:
    assert pairs([[-1, 3, -1, 9, -2]], 2) == [[0, 1]]


images = arrays.arrays(np.int64, (2, 5, 6), elements=st.integers(-1, 9))


@given(images, st.sampled_from([0, 1, 1.5, 2, 3]))
def test_neighbours_are_those_whose_nearest_pixels_are_near(
    labels: np.ndarray, radius: float
) -> None:
    expected, before = [], 0
    for image in labels:
        places = [np.argwhere(image == n) for n in np.unique(image[image > 0])]
        for i, a in enumerate(places):
            for j, b in enumerate(places[:i]):
                if np.square(a[:, None] - b[None]).sum(-1).min() <= radius**2:
                    expected.append([before + j, before + i])
        before += len(places)
    assert pairs(labels, radius) == sorted(expected)


def test_objects_whose_boxes_overlap_may_be_far_from_each_other() -> None:
    labels = np.zeros((1, 9, 9), int)
    labels[0, 0, :], labels[0, :, 0] = 1, 1  # a hook
    labels[0, 8, 8] = 2  # in its box, and 8 pixels from it
    assert pairs(labels, 7.9) == []
    assert pairs(labels, 8) == [[0, 1]]


@given(images)
def test_at_any_distance_all_are_pairs(labels: np.ndarray) -> None:
    batch = torch.as_tensor(labels)
    flat = flatten(torch.zeros(len(batch), 1, *batch.shape[1:]), batch)
    assert sorted(all_pairs(flat).tolist()) == pairs(labels, 100)
