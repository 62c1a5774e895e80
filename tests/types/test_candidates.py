"""Nested masks that one can draw on a line."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.errors import InputError
from napari_discembed.types import Candidates, Provenance
from napari_discembed.types.candidates import range_maximum, subtree_sums

INF = float("inf")


def row() -> Candidates:
    """Return seven pixels: 0 and 1 merge at a bandwidth of 2 to 2, 2 and 3 at 5 to 4.

    Pixel six is of 4 alone, and the fifth of nothing.
    """
    return Candidates(
        smallest=np.array([[1, 1, 2, 4, 0, 5, 4]], np.int32),
        first=np.array([0, 1, 0, 3, 0]),
        parent=np.array([2, 2, 4, 4, -1]),
        birth=np.array([0.0, 0, 2, 1, 5]),
        scores={"seediness": np.array([0.1, 0.2, 0.3, 0.4, 0.5])},
    )


def pair() -> Candidates:
    """Return three pixels: 0 by itself, and 1 and 2, of which 3 is made and nothing else."""
    return Candidates(
        smallest=np.array([[1, 2, 3]], np.int32),
        first=np.array([0, 1, 2, 1]),
        parent=np.array([-1, 3, 3, -1]),
        birth=np.array([0.0, 0, 0, 2]),
        provenance=Provenance(model="nuclei"),
    )


def random_candidates(seed: int, shape: tuple[int, ...]) -> Candidates:
    """Return three random trees, whose leaves are strewn over the pixels."""
    rng = np.random.default_rng(seed)
    first: list[int] = []
    parent: list[int] = []
    birth: list[float] = []

    def grow(depth: int) -> int:
        children = [grow(depth + 1) for _ in range(rng.choice([0, 2, 3]) if depth < 3 else 0)]
        own = len(first)
        first.append(first[children[0]] if children else own)
        parent.append(-1)
        birth.append(max(birth[c] for c in children) + rng.integers(1, 4) if children else 0)
        for child in children:
            parent[child] = own
        return own

    for _ in range(3):
        grow(0)
    leaves = np.flatnonzero(np.array(first) == np.arange(len(first)))
    smallest = rng.choice(np.append(leaves + 1, 0), shape).astype(np.int32)
    return Candidates(smallest, np.array(first), np.array(parent), np.array(birth, float))


def outlines(labels: np.ndarray) -> np.ndarray:
    """Return the pixels of objects that have something else beside them."""
    found = np.zeros(labels.shape, bool)
    for axis in range(labels.ndim):
        a, out = np.moveaxis(labels, axis, 0), np.moveaxis(found, axis, 0)
        differs = a[:-1] != a[1:]
        out[:-1] |= differs & (a[:-1] > 0)
        out[1:] |= differs & (a[1:] > 0)
    return found


def test_a_mask_is_all_that_a_candidate_holds() -> None:
    masks = [np.flatnonzero(row().mask(i)).tolist() for i in range(5)]
    assert masks == [[0, 1], [2], [0, 1, 2], [3, 6], [0, 1, 2, 3, 5, 6]]
    assert row().pixels.tolist() == [2, 1, 3, 2, 6]


def test_a_candidate_may_have_no_pixel_but_those_of_others() -> None:
    assert pair().pixels.tolist() == [1, 1, 1, 2]
    assert pair().table()["centroid_x"].tolist() == [0, 1, 2, 1.5]


def test_a_candidate_dies_where_its_parent_is_born() -> None:
    assert row().death.tolist() == [2, 2, 5, 5, INF]


def test_a_candidate_is_an_object_above_its_birth_and_up_to_its_death() -> None:
    at = {b: row().at(b).tolist() for b in (0.5, 1, 1.5, 2, 2.5, 5, 5.5)}
    assert at == {
        0.5: [0, 1], 1: [0, 1], 1.5: [0, 1, 3], 2: [0, 1, 3], 2.5: [2, 3], 5: [2, 3], 5.5: [4]
    }  # fmt: skip


def test_depth_is_the_number_of_candidates_around() -> None:
    assert row().depth.tolist() == [2, 2, 1, 1, 0]
    assert row().depth.dtype == np.int64
    n = 100
    chain = Candidates(
        np.zeros((1, 1), np.int32),
        np.zeros(n, int),
        np.append(np.arange(1, n), -1),
        np.arange(n) / 1.0,
    )
    assert chain.depth.tolist() == list(range(n - 1, -1, -1))


def test_those_that_hold_a_pixel_come_from_the_smallest_to_the_root() -> None:
    assert row().containing((0, 1)).tolist() == [0, 2, 4]
    assert row().containing((0, 3)).tolist() == [3, 4]
    assert row().containing((0, 5)).tolist() == [4]
    outside = row().containing((0, 4))
    assert outside.tolist() == []
    assert outside.dtype == np.intp


def test_chosen_candidates_are_objects_in_the_order_given() -> None:
    assert row().labels(np.array([3, 1])).tolist() == [[0, 0, 2, 1, 0, 0, 1]]
    assert row().labels(np.array([3, 2])).tolist() == [[2, 2, 2, 1, 0, 0, 1]]
    assert row().labels(np.array([3, 1], np.uint64)).dtype == np.int32
    assert row().labels(np.array([])).tolist() == [[0] * 7]


@pytest.mark.parametrize("chosen", [[2, 0], [0, 2], [1, 2], [3, 3], [4, 3]])
def test_candidates_of_which_one_holds_another_are_no_objects(chosen: list[int]) -> None:
    with pytest.raises(InputError, match=f"{max(chosen)} holds {min(chosen)}"):
        row().labels(np.array(chosen))


def test_of_many_chosen_the_two_that_share_pixels_are_told() -> None:
    with pytest.raises(InputError, match="3 holds 1"):
        pair().labels(np.array([0, 1, 3]))


def test_contours_are_the_bandwidths_at_which_borders_vanish() -> None:
    # Between 0 and 1: 2. Between 1 and 3, which meet in the last: 5. The rest borders on nothing,
    # but for pixels five and six, of which the sixth becomes one with the last at 5.
    assert row().contours().tolist() == [[0, 2, 5, INF, 0, INF, 5]]
    assert row().contours().dtype == np.float32


def test_contours_in_a_volume_see_all_three_axes() -> None:
    smallest = np.ones((3, 3, 3), np.int32)
    smallest[1, 1, 1] = 2
    found = Candidates(
        smallest, np.array([0, 1, 0]), np.array([2, 2, -1]), np.array([0.0, 0, 3])
    ).contours()
    expected = np.zeros((3, 3, 3))
    expected[1, 1, :] = expected[1, :, 1] = expected[:, 1, 1] = 3
    np.testing.assert_array_equal(found, expected)


@given(st.integers(0, 10_000), st.sampled_from([(7, 8), (3, 4, 5)]), st.floats(0.1, 12))
def test_contours_at_a_bandwidth_are_the_outlines_of_its_objects(
    seed: int, shape: tuple[int, ...], bandwidth: float
) -> None:
    found = random_candidates(seed, shape)
    labels = found.labels(found.at(bandwidth))
    np.testing.assert_array_equal(found.contours() >= bandwidth, outlines(labels))


def test_the_table_has_a_row_a_candidate() -> None:
    table = row().table()
    assert len(table) == 5
    assert table["parent"].dtype == np.int64
    assert table["candidate"].tolist() == [0, 1, 2, 3, 4]
    assert table["parent"].tolist() == [2, 2, 4, 4, -1]
    assert table["depth"].tolist() == [2, 2, 1, 1, 0]
    assert table["birth"].tolist() == [0, 0, 2, 1, 5]
    assert table["death"].tolist() == [2, 2, 5, 5, INF]
    assert table["area"].tolist() == [2, 1, 3, 2, 6]
    assert table["centroid_x"] == pytest.approx([0.5, 2, 1, 4.5, 17 / 6])
    assert table["centroid_y"].tolist() == [0] * 5
    assert table["seediness"].tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]


def test_sizes_and_places_are_those_on_the_image() -> None:
    # Four times as many pixels along x, each 0.5 by 4 units.
    found = replace(row(), image_shape=(1, 28), pixel_size=(0.5, 4.0), unit="um", name="row")
    table = found.table()
    assert (table.unit, table.name) == ("um", "row")
    assert table["area"].tolist() == [16, 8, 24, 16, 48]
    # Pixels 0 and 1 of the grid are 0 to 7 of the image; their middle is at 3.5, or 14 units.
    assert table["centroid_x"][0] == 14


def test_the_table_says_where_it_comes_from() -> None:
    assert pair().table().provenance.model == "nuclei"


def test_a_volume_has_volumes() -> None:
    found = Candidates(np.ones((2, 3, 4), np.int32), np.array([0]), np.array([-1]), np.zeros(1))
    assert found.axes == "ZYX"
    assert found.table()["volume"].tolist() == [24]
    assert found.table()["centroid_z"].tolist() == [0.5]


def test_no_candidate_is_a_table_without_rows_and_no_contour() -> None:
    none = np.zeros(0, int)
    found = Candidates(np.zeros((2, 3), np.int32), none, none, np.zeros(0))
    assert len(found) == len(found.table()) == len(found.at(1.0)) == len(found.death) == 0
    assert found.depth.tolist() == found.pixels.tolist() == []
    assert not found.contours().any()
    assert not found.labels(none).any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"birth": np.zeros(4)},
        {"scores": {"area": np.zeros(6)}},
        {"parent": np.array([2, 2, 4, 3, -1])},
        {"parent": np.array([2, 0, 4, 4, -1])},
        {"first": np.array([0, 2, 0, 3, 0])},
    ],
)
def test_what_does_not_fit_together_is_told(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Expected"):
        replace(row(), **wrong)  # type: ignore[arg-type]


def test_sums_are_over_what_a_candidate_holds() -> None:
    assert subtree_sums(row().first, np.array([1, 2, 4, 8, 16])).tolist() == [1, 2, 7, 8, 31]


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_the_largest_of_a_range_is_found(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 20, n).astype(float)
    ends = np.sort(rng.integers(0, n, (30, 2)), axis=1)
    found = range_maximum(values, ends[:, 0], ends[:, 1])
    assert found.tolist() == [values[a : b + 1].max() for a, b in ends]
