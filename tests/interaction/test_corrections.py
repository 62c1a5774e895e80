"""Corrections, counted by hand, and what they say of an image."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.interaction.corrections import (
    Corrections,
    LabelledPixels,
    compare,
    known_pixels,
    laid_over,
    with_one_meaning,
)


def row(text: str) -> np.ndarray:
    """Return a row of pixels, a digit each."""
    return np.array([int(x) for x in text])[None]


@pytest.mark.parametrize(
    ("found", "now", "counted", "touched"),
    [
        ("1111022220", "1111022220", Corrections(objects=2), []),
        ("1111022220", "5555077770", Corrections(objects=2), []),  # numbers alone
        ("1111022220", "1111033440", Corrections(split=1, objects=3), [3, 4]),
        ("1111110220", "3344550220", Corrections(split=2, objects=4), [3, 4, 5]),
        ("1111022220", "1111111110", Corrections(merged=1, objects=1), [1]),
        ("1122330440", "1111110440", Corrections(merged=2, objects=2), [1]),
        ("1111022220", "1111000000", Corrections(deleted=1, objects=1), []),
        ("1111000000", "1111022220", Corrections(added=1, objects=2), [2]),
        ("1111022220", "1110022220", Corrections(redrawn=1, objects=2), [1]),
        ("1111022220", "1000022220", Corrections(redrawn=1, objects=2), [1]),  # to a quarter
        ("1111112222", "1111222222", Corrections(redrawn=2, objects=2), [1, 2]),  # the border
        ("1112220440", "1111130440", Corrections(merged=1, split=1, objects=3), [1, 3]),
        ("0000000000", "0000000000", Corrections(), []),
    ],
)  # fmt: skip
def test_each_correction_counts_once(
    found: str, now: str, counted: Corrections, touched: list[int]
) -> None:
    result = compare(row(found), row(now))
    assert result.corrections == counted
    assert list(result.touched) == touched


def test_an_outline_that_is_near_enough_counts_as_right() -> None:
    found, now = row("1111111100"), row("1111111000")
    assert compare(found, now).corrections.redrawn == 1
    assert compare(found, now, least_iou=0.8).corrections.total == 0


def test_corrections_of_frames_add_up_and_are_said_in_words() -> None:
    both = Corrections(split=1, objects=3) + Corrections(split=1, added=1, objects=2)
    assert str(both) == "3 corrections in 5 objects (2 split, 1 added)"
    assert str(Corrections(objects=1)) == "0 corrections in 1 object"


def test_what_nobody_looked_at_is_no_label() -> None:
    # 1 was cut, 2 is as the model found it, 3 is gone, 4 was accepted; two pixels beside those that
    # are known were seen as well.
    known = known_pixels(row("1111022033044"), row("1155022000044"), accepted=[4])
    assert known.labels.tolist() == row("1155600066644").tolist()
    assert known.background == 6
    assert not known.complete


def test_around_large_objects_more_is_seen() -> None:
    labels = np.zeros((60, 60), int)
    labels[10:50, 10:50] = 1  # as a disc it has a diameter of 45
    known = known_pixels(labels, labels, accepted=[1]).labels
    assert known[30, :7].tolist() == [0] * 6 + [2]  # 4 pixels of background


def test_of_a_checked_image_all_is_known() -> None:
    known = known_pixels(row("11022"), row("11022"), checked=True)
    assert known.labels.tolist() == row("11022").tolist()
    assert known.complete
    assert not known.says_nothing


def test_objects_as_they_were_found_say_nothing() -> None:
    assert known_pixels(row("11022"), row("11022")).says_nothing


def test_a_deleted_object_alone_says_that_there_is_background() -> None:
    known = known_pixels(row("11022"), row("11000"))
    assert known.labels.tolist() == row("00011").tolist()
    assert known.background == 1


def test_painted_objects_lie_under_corrected_ones_and_go_where_they_are_cut() -> None:
    corrected = LabelledPixels(row("1100000033"), background=3)
    painted = LabelledPixels(row("0110220990"), background=9)
    both = laid_over(corrected, painted)
    assert both.labels.tolist() == row("1100550333").tolist()
    assert both.background == 3


def test_a_checked_image_needs_nothing_below_it() -> None:
    checked = LabelledPixels(row("1100"), complete=True)
    assert laid_over(checked, LabelledPixels(row("0022"))) is checked


def test_background_of_a_complete_image_stays_below_sparse_labels() -> None:
    both = laid_over(LabelledPixels(row("1000")), LabelledPixels(row("0002"), complete=True))
    assert both.labels.tolist() == row("1443").tolist()
    assert both.background == 4


def test_sparse_and_complete_labels_get_one_meaning() -> None:
    whole = LabelledPixels(row("1002"), complete=True)
    sparse = LabelledPixels(row("1033"), background=3)
    labels, complete, background = with_one_meaning([whole, sparse])
    assert [x.tolist() for x in labels] == [row("1442").tolist(), row("1044").tolist()]
    assert (complete, background) == (False, 4)


def test_labels_of_one_kind_stay_as_they_are() -> None:
    whole = LabelledPixels(row("1002"), complete=True)
    labels, complete, background = with_one_meaning([whole, whole])
    assert labels[0] is whole.labels
    assert (complete, background) == (True, 0)
