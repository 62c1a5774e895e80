"""Numbers, sizes and the typical diameter of objects."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import TrainingDataError
from napari_discembed.imaging import (
    count_objects,
    equivalent_diameter,
    estimate_diameter,
    object_sizes,
    renumbered,
)


def blocks(*sides: int) -> np.ndarray:
    """Return squares of some sides in a row, none at the border."""
    labels = np.zeros((max(sides) + 2, sum(sides) + 2 * len(sides) + 1), int)
    x = 1
    for number, side in enumerate(sides, 1):
        labels[1 : 1 + side, x : x + side] = number
        x += side + 2
    return labels


def disc_of(side: int) -> float:
    return 2 * side / np.pi**0.5


def test_the_diameter_is_that_of_a_disc_of_the_median_area() -> None:
    y, x = np.mgrid[:60, :60]
    labels = (np.hypot(y - 30, x - 30) < 10).astype(int)
    labels[:3, :3] = 2  # at the border, cut off, left out
    assert estimate_diameter(labels) == pytest.approx(20, rel=0.03)
    assert estimate_diameter(labels * 2**40) == pytest.approx(20, rel=0.03)
    with pytest.raises(TrainingDataError, match="at least one painted object"):
        estimate_diameter(np.zeros((4, 4), int))


def test_the_median_of_an_even_number_lies_between() -> None:
    # of areas 4 and 16: 10
    assert estimate_diameter(blocks(2, 4)) == pytest.approx(2 * (10 / np.pi) ** 0.5)


def test_weighted_by_diameter_many_small_pieces_count_little() -> None:
    labels = blocks(1, 1, 1, 2, 8)  # diameters sum to 13 sides, half of which the last one has
    assert estimate_diameter(labels) == pytest.approx(disc_of(1))
    assert estimate_diameter(labels, weighted=True) == pytest.approx(disc_of(8))


def test_weighted_by_diameter_the_object_at_just_half_is_taken() -> None:
    assert estimate_diameter(blocks(4, 2, 1, 1), weighted=True) == pytest.approx(disc_of(2))


@pytest.mark.parametrize("side", ["first", "last"])
@pytest.mark.parametrize("axis", [0, 1])
def test_objects_at_a_border_are_left_out_where_there_are_others(axis: int, side: str) -> None:
    labels = blocks(3)
    border = np.zeros((1, labels.shape[1]), int)
    border[0, :2] = 2
    parts = [border, labels] if side == "first" else [labels, border]
    cut = np.concatenate(parts)
    cut = cut if axis == 0 else cut.T
    assert estimate_diameter(cut) == pytest.approx(disc_of(3))
    assert estimate_diameter(cut, with_border=True) < disc_of(3)
    assert estimate_diameter(np.where(cut == 2, 2, 0)) == pytest.approx(2 * (2 / np.pi) ** 0.5)


def test_of_several_images_it_is_the_median_over_those_with_objects() -> None:
    images = [blocks(2, 2, 2), blocks(6), np.zeros((5, 5), int), blocks(4)]
    assert estimate_diameter(images) == pytest.approx(disc_of(4))
    with pytest.raises(TrainingDataError):
        estimate_diameter([np.zeros((5, 5), int)])


def test_in_a_volume_it_is_that_of_a_ball() -> None:
    labels = np.zeros((6, 6, 6), int)
    labels[1:5, 1:5, 1:5] = 1
    assert estimate_diameter(labels) == pytest.approx(2 * (64 * 0.75 / np.pi) ** (1 / 3))


def test_what_is_not_labelled_is_no_object() -> None:
    labels = np.where(blocks(2, 3) > 0, blocks(2, 3), -1)
    assert object_sizes(labels).tolist() == [4, 9]
    assert estimate_diameter(labels) == pytest.approx(2 * (6.5 / np.pi) ** 0.5)


def test_large_numbers_become_small_ones_that_know_what_they_were() -> None:
    labels = np.array([[0, 2**40], [7, 2**40]])
    compact, numbers = renumbered(labels)
    assert compact.tolist() == [[0, 2], [1, 2]]
    assert numbers[compact].tolist() == labels.tolist()
    same, numbers = renumbered(np.array([[0, 4], [0, 0]]))
    assert same.tolist() == [[0, 4], [0, 0]]
    assert numbers.tolist() == [0, 1, 2, 3, 4]


def test_sizes_are_in_the_order_of_the_numbers() -> None:
    assert object_sizes(np.array([[9, 9, 9], [2, 0, 4]])).tolist() == [1, 1, 3]
    assert object_sizes(np.zeros((2, 2), int)).tolist() == []


def test_the_size_of_a_disc_or_ball_gives_its_diameter() -> None:
    assert equivalent_diameter(np.pi * 25, 2) == pytest.approx(10)
    assert equivalent_diameter(4 / 3 * np.pi * 125, 3) == pytest.approx(10)


def test_objects_are_counted_whatever_their_numbers() -> None:
    assert count_objects(np.array([[9, 9, 9], [2, 0, 4]])) == 3
    assert count_objects(np.array([[0, 7], [7, 0]])) == 1
    assert count_objects(np.array([[-1, 0], [0, 3]])) == 1
    assert count_objects(np.zeros((2, 2), int)) == count_objects(np.zeros((0, 2), int)) == 0
