"""Corrections on labels that one can count by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed.errors import InputError
from napari_discembed.interaction import edit
from napari_discembed.types import Embedding


def two_squares() -> np.ndarray:
    labels = np.zeros((12, 20), np.uint16)
    labels[2:8, 2:8] = 3
    labels[2:8, 11:17] = 7
    return labels


def embedding_of(labels: np.ndarray) -> Embedding:
    values = np.stack([labels.astype(np.float32), np.zeros(labels.shape, np.float32)])
    return Embedding.of(values, (labels > 0)[None].astype(np.float32))


def test_merging_gives_the_second_the_firsts_number() -> None:
    merged = edit.merge(two_squares(), 3, 7)
    assert set(np.unique(merged)) == {0, 3}
    assert (merged == 3).sum() == 72


def test_background_is_no_object() -> None:
    for wrong in (lambda x: edit.merge(x, 3, 0), lambda x: edit.delete(x, 0)):
        with pytest.raises(InputError, match="background"):
            wrong(two_squares())


def test_deleting_leaves_the_others() -> None:
    assert (edit.delete(two_squares(), 3) > 0).sum() == 36


def test_a_hole_is_filled_and_an_object_in_it_stays() -> None:
    labels = two_squares()
    labels[4:6, 4:6] = 0
    labels[4, 4] = 9
    filled = edit.fill_holes(labels, 3)
    assert (filled == 3).sum() == 35
    assert filled[4, 4] == 9


def test_dilating_stops_at_the_neighbour() -> None:
    labels = two_squares()
    # A square of six by six: four sides of six more, corners are farther than a pixel.
    assert (edit.dilate(labels, 3) == 3).sum() == 36 + 24
    assert (edit.dilate(labels, 3, 2) == 3).sum() == 36 + 48 + 4
    assert (edit.dilate(labels, 3, 20) == 7).sum() == 36


def test_eroding_takes_a_pixel_from_each_side() -> None:
    labels = two_squares()
    assert (edit.erode(labels, 3) == 3).sum() == 16
    assert (edit.erode(labels, 3, 2) == 3).sum() == 4
    assert not (edit.erode(labels, 3, 3) == 3).any()
    assert (edit.erode(labels, 3, 3) == 7).sum() == 36


def test_eroding_undoes_dilating_a_square() -> None:
    labels = two_squares()
    np.testing.assert_array_equal(edit.erode(edit.dilate(labels, 3), 3) == 3, labels == 3)


def test_volumes_are_dilated_and_eroded_along_all_axes() -> None:
    labels = np.zeros((5, 5, 5), np.uint8)
    labels[2, 2, 2] = 1
    cross = edit.dilate(labels, 1)
    assert cross.sum() == 7
    np.testing.assert_array_equal(edit.erode(cross, 1), labels)


def test_an_object_that_is_not_there_stays_away() -> None:
    for edited in (edit.dilate, edit.erode):
        np.testing.assert_array_equal(edited(two_squares(), 5, 2), two_squares())
    np.testing.assert_array_equal(edit.fill_holes(two_squares(), 5), two_squares())


def test_an_object_at_the_border_is_eroded_there_too() -> None:
    assert (edit.erode(np.ones((5, 5), np.uint8), 1) == 1).sum() == 9


def test_a_line_cuts_an_object_in_two() -> None:
    cut = edit.split_by_line(two_squares(), 3, [(0, 4), (11, 4)])
    assert sorted(np.unique(cut)) == [0, 3, 7, 8]
    assert (cut == 3).sum() + (cut == 8).sum() == 36
    assert (cut == 3).sum() >= (cut == 8).sum()


def test_a_line_that_misses_is_told() -> None:
    with pytest.raises(InputError, match="does not cut"):
        edit.split_by_line(two_squares(), 3, [(3, 3), (4, 4)])


def test_the_embedding_decides_a_split_by_points() -> None:
    truth = two_squares()
    joined = np.where(truth > 0, 5, 0).astype(np.uint8)
    split = edit.split_by_points(joined, 5, [(4, 4), (4, 13)], embedding_of(truth))
    assert (split == 5).sum() == 36
    assert ((split == 6) == (truth == 7)).all()


def test_without_an_embedding_the_nearer_point_decides() -> None:
    split = edit.split_by_points(np.ones((4, 10), np.uint8), 1, [(1, 1), (1, 8)])
    assert (split == 1).sum() == (split == 2).sum() == 20


def test_points_that_the_embedding_cannot_tell_apart_are_told() -> None:
    truth = two_squares()
    with pytest.raises(InputError, match="no difference"):
        edit.split_by_points(truth, 3, [(4, 4), (6, 6)], embedding_of(truth))


def test_points_outside_the_object_are_told() -> None:
    with pytest.raises(InputError, match="inside object 3"):
        edit.split_by_points(two_squares(), 3, [(4, 4), (0, 0)])


def test_snapping_grows_to_the_embeddings_border_and_back() -> None:
    truth = two_squares()
    small = np.where(truth == 3, truth, 0)
    small[:4] = 0
    assert ((edit.snap(small, 3, embedding_of(truth), 0.5) == 3) == (truth == 3)).all()
    large = edit.dilate(truth, 3)
    assert ((edit.snap(large, 3, embedding_of(truth), 0.5) == 3) == (truth == 3)).all()


@pytest.mark.parametrize(("bandwidth", "grows"), [(1.0, True), (0.99, False)])
def test_snapping_takes_what_lies_at_the_bandwidth(bandwidth: float, grows: bool) -> None:
    values = np.array([[[0.0, 0.0, 0.0, 1.0]]], np.float32)
    embedding = Embedding.of(values, np.ones_like(values))
    snapped = edit.snap(np.array([[1, 1, 1, 0]]), 1, embedding, bandwidth)
    assert bool(snapped[0, 3]) == grows


def test_snapping_leaves_other_objects_and_background() -> None:
    values = np.zeros((1, 1, 5), np.float32)
    embedding = Embedding.of(values, np.array([[[1, 1, 1, 0.25, 1]]], np.float32))
    snapped = edit.snap(np.array([[2, 1, 0, 0, 0]], np.uint8), 1, embedding, 1.0)
    assert snapped.tolist() == [[2, 1, 1, 0, 0]]


def test_snapping_says_where_nothing_is_near() -> None:
    labels = two_squares()
    nothing = Embedding.of(
        np.zeros((1, *labels.shape), np.float32), np.zeros((1, *labels.shape), np.float32)
    )
    with pytest.raises(InputError, match="sees no border"):
        edit.snap(labels, 3, nothing, 1.0)
    with pytest.raises(InputError, match="too small"):
        edit.snap(labels, 99, nothing, 1.0)


def test_an_object_half_covered_is_pasted_and_one_more_covered_is_not() -> None:
    there = np.array([[1, 1, 0, 0, 1, 1, 0]], np.uint8)
    new = np.array([[0, 1, 1, 0, 2, 2, 2]], np.uint8)
    assert edit.paste(there, new, only_empty=True).tolist() == [[1, 1, 2, 0, 1, 1, 0]]


def test_pasting_where_empty_keeps_what_is_there() -> None:
    there = two_squares()
    new = np.zeros_like(there)
    new[3:9, 2:8] = 1  # mostly the first square
    new[9:12, 10:20] = 2
    result = edit.paste(there, new, only_empty=True)
    assert sorted(np.unique(result)) == [0, 3, 7, 8]
    assert (result == 3).sum() == 36
    assert (edit.paste(there, new, only_empty=False) > 0).sum() == (new > 0).sum()


def test_labels_that_cannot_count_so_far_are_told() -> None:
    with pytest.raises(InputError, match="uint8"):
        edit.paste(
            np.zeros((1, 300), np.uint8), np.arange(300, dtype=np.int32)[None], only_empty=False
        )


@given(st.integers(0, 10_000))
def test_no_correction_changes_its_input(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (8, 9)).astype(np.uint16)
    labels[0, 0] = 1
    before = labels.copy()
    edit.delete(labels, 1)
    edit.fill_holes(labels, 1)
    edit.dilate(labels, 1, int(rng.integers(0, 4)))
    edit.erode(labels, 1, int(rng.integers(0, 4)))
    edit.paste(labels, labels[::-1].copy(), only_empty=True)
    assert (labels == before).all()
