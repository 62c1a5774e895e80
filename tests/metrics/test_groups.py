"""Groups of objects that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from napari_discembed import count_groups, measure
from napari_discembed.config import GroupingConfig, grouping_config
from napari_discembed.errors import InputError
from napari_discembed.metrics import group_objects
from napari_discembed.metrics.groups import cell_names
from napari_discembed.types import Axes, Segmentation

PIXELS = GroupingConfig(gap_pixels=0)
SMALL = arrays.arrays(np.int64, (7, 9), elements=st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5]))


def tray() -> NDArray[np.int64]:
    """Return two rows of two plants; the leaves of one are 3 pixels apart, plants 10 and more."""
    labels = np.zeros((60, 60), np.int64)
    number = 0
    for y in (5, 35):
        for x in (5, 35):
            for left in (0, 8):  # leaves 5 wide
                number += 1
                labels[y : y + 5, x + left : x + left + 5] = number
    return labels


def partition(labels: NDArray[np.int64], config: GroupingConfig) -> set[frozenset[int]]:
    """Return the groups as sets of objects."""
    groups = group_objects(labels, config)
    return {
        frozenset(groups.labels[groups.number == g].tolist()) for g in range(1, groups.count + 1)
    }


@pytest.mark.parametrize(("gap", "count"), [(0, 8), (2, 8), (3, 4), (16, 4), (17, 2), (25, 1)])
def test_what_lies_within_the_gap_is_one_group(gap: float, count: int) -> None:
    assert group_objects(tray(), grouping_config("touching", gap)).count == count


def test_objects_that_share_an_edge_or_a_corner_touch() -> None:
    labels = np.array([[1, 1, 2, 0, 0, 0], [0, 0, 0, 3, 0, 4]])
    assert partition(labels, PIXELS) == {frozenset({1, 2, 3}), frozenset({4})}


def test_groups_are_numbered_as_one_reads_also_when_plants_stand_unevenly() -> None:
    labels = np.zeros((40, 60), np.int64)
    labels[4:12, 2:10], labels[2:10, 40:48] = 7, 3  # the right one a little higher
    labels[22:30, 3:11], labels[24:32, 41:49] = 5, 1
    groups = group_objects(labels, PIXELS)
    assert dict(zip(groups.labels.tolist(), groups.number.tolist(), strict=True)) == {
        7: 1, 3: 2, 5: 3, 1: 4,
    }  # fmt: skip
    assert groups.names == ("1", "2", "3", "4")


def test_cells_of_a_grid_have_names_and_empty_ones_count_none() -> None:
    table = count_groups(tray(), (2, 3), 3)
    assert table["name"].tolist() == ["A1", "A2", "A3", "B1", "B2", "B3"]
    assert table["count"].tolist() == [2, 0, 2, 2, 0, 2]
    assert (table["row"].tolist(), table["column"].tolist()) == ([1] * 3 + [2] * 3, [1, 2, 3] * 2)
    assert table["total_area"].tolist() == [50, 0, 50, 50, 0, 50]
    assert table["bbox_x_max"].tolist() == [18, 0, 48, 18, 0, 48]
    assert np.isnan(table["centroid_y"][1])
    assert table["centroid_x"][0] == 11
    assert cell_names(28, 1)[25:] == ("Z1", "AA1", "AB1")


def test_a_leaf_across_the_border_of_a_cell_goes_with_its_plant() -> None:
    labels = np.zeros((20, 40), np.int64)
    labels[5:15, 8:18], labels[8:12, 18:26] = 1, 2  # the middle of the second is in A2
    assert group_objects(labels, grouping_config("1x2")).number.tolist() == [1, 1]


def test_plants_that_touch_are_told_apart_by_the_grid() -> None:
    labels = np.zeros((20, 40), np.int64)
    labels[5:15, 2:20], labels[5:15, 20:38] = 1, 2
    assert group_objects(labels, grouping_config("1x2")).number.tolist() == [1, 2]
    assert group_objects(labels).number.tolist() == [1, 1]


def test_objects_of_a_volume_touch_through_its_planes() -> None:
    labels = np.zeros((6, 8, 20), np.int64)
    labels[0:2, 1:4, 1:4], labels[3:5, 1:4, 1:4], labels[0:2, 1:4, 12:15] = 1, 2, 3
    assert partition(labels, grouping_config("touching", 1)) == {frozenset({1, 2}), frozenset({3})}
    table = count_groups(labels, "1x2")
    assert table["count"].tolist() == [2, 1]
    assert table["total_volume"].tolist() == [36, 18]
    assert table["bbox_z_max"].tolist() == [5, 2]


@pytest.mark.parametrize("shape", [(5, 6), (3, 5, 6), (0, 5)])
def test_no_object_is_no_group_and_cells_that_count_none(shape: tuple[int, ...]) -> None:
    none = np.zeros(shape, int)
    assert group_objects(none).count == 0
    assert group_objects(none, grouping_config("2x2")).names == ("A1", "A2", "B1", "B2")
    if none.size:
        assert count_groups(none)["count"].tolist() == []
        assert count_groups(none, "2x2")["count"].tolist() == [0] * 4


def test_one_object_is_one_group_even_where_it_fills_the_image() -> None:
    assert group_objects(np.full((4, 4), 9)).number.tolist() == [1]
    assert count_groups(np.full((4, 4), 2**40), "2x2")["count"].tolist() == [0, 0, 0, 1]


@given(SMALL, st.sampled_from([0.0, 1.0, 2.5]))
def test_groups_part_the_objects_and_do_not_ask_for_their_numbers(
    labels: NDArray[np.int64], gap: float
) -> None:
    config = GroupingConfig(gap_pixels=gap)
    groups = partition(labels, config)
    assert sorted(n for group in groups for n in group) == np.unique(labels[labels > 0]).tolist()
    renamed = np.array([0, 40, 7, 2**35, 3, 5])
    wanted = {frozenset(renamed[list(group)].tolist()) for group in groups}
    assert partition(renamed[labels], config) == wanted


@given(SMALL)
def test_touching_groups_are_the_pieces_that_objects_and_their_pixels_join(
    labels: NDArray[np.int64],
) -> None:
    groups = partition(labels, PIXELS)
    own = {n: g for g in groups for n in g}
    for y, x in np.argwhere(labels > 0):
        near = labels[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]
        assert {own[n] for n in near[near > 0].tolist()} == {own[labels[y, x]]}


@given(SMALL, st.sampled_from([1.0, 2.0, 3.0]))
def test_a_gap_is_kept_to_within_a_pixel(labels: NDArray[np.int64], gap: float) -> None:
    places = {n: np.argwhere(labels == n) for n in np.unique(labels[labels > 0]).tolist()}
    own = {n: g for g in partition(labels, GroupingConfig(gap_pixels=gap)) for n in g}
    for a, pa in places.items():
        others = [p for n, p in places.items() if n != a]
        apart = [np.linalg.norm(pa[:, None] - p[None], axis=-1).min() for p in others]
        if apart and min(apart) <= gap:  # one pixel nearer than need be
            assert len(own[a]) > 1
        if not apart or min(apart) > max(gap + 1, 1.5):
            assert len(own[a]) == 1


def test_objects_have_a_group_and_frames_are_grouped_alone() -> None:
    film = Segmentation(np.stack([tray(), tray() * (tray() < 5)]), Axes("TYX"))
    table = count_groups(film, "touching", 3)
    assert table["frame"].tolist() == [0, 0, 0, 0, 1, 1]
    assert table["count"].tolist() == [2] * 6
    assert measure(tray(), groups="2x2")["group"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4]
    assert "group" not in measure(tray()).columns


@pytest.mark.parametrize(
    "groups", ["0x0", "4x", "plants", "4x-5", (0, 3), "5000x2", "x", (1, 2, 3)]
)
def test_what_is_no_grid_is_told(groups: str | tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="'touching' or a grid of 1 to 1000 rows"):
        grouping_config(groups)


@pytest.mark.parametrize("gap", ["-3", "wide", "nan", -1, "1.2.3", "3 mm", float("inf")])
def test_what_is_no_gap_is_told(gap: str | float) -> None:
    with pytest.raises(InputError, match="gap of 0 or more"):
        grouping_config("touching", gap)


def test_a_gap_is_in_pixels_or_diameters() -> None:
    assert grouping_config("touching", "8").gap_pixels == 8
    assert grouping_config("4x5", "0.5d").gap == 0.5
    assert grouping_config((4, 5)) == GroupingConfig(by="grid", rows=4, columns=5)
