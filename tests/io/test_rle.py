"""Run lengths, against those of pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from napari_discembed.errors import FileFormatError
from napari_discembed.io.rle import mask_to_runs, runs_to_mask, runs_to_text, text_to_runs
from napari_discembed.types.boxes import tight_box

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))


def test_runs_go_down_the_columns_and_begin_with_background() -> None:
    mask = np.array([[0, 1, 0], [1, 1, 0]], bool)
    assert mask_to_runs((0, 0), mask, (2, 3)) == [1, 3, 2]
    assert mask_to_runs((0, 0), np.ones((2, 2), bool), (2, 2)) == [0, 4]
    assert mask_to_runs((1, 1), np.ones((1, 1), bool), (2, 2)) == [3, 1]
    assert mask_to_runs((0, 0), np.zeros((1, 1), bool), (2, 2)) == [4]


@given(masks, st.booleans())
def test_runs_and_text_are_those_of_pycocotools(mask: np.ndarray, cropped: bool) -> None:
    box = tight_box(mask) if cropped else None
    box = box or (slice(0, mask.shape[0]), slice(0, mask.shape[1]))
    counts = mask_to_runs((box[0].start, box[1].start), mask[box], mask.shape)
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert runs_to_text(counts) == theirs["counts"].decode()
    assert text_to_runs(theirs["counts"].decode()).tolist() == counts


@given(masks)
def test_masks_come_back_in_their_boxes(mask: np.ndarray) -> None:
    counts = mask_to_runs((0, 0), mask, mask.shape)
    (y, x), part = runs_to_mask(counts, mask.shape)
    box = tight_box(mask)
    assert part.shape == ((0, 0) if box is None else mask[box].shape)
    whole = np.zeros_like(mask)
    whole[y : y + part.shape[0], x : x + part.shape[1]] = part
    assert (whole == mask).all()


@given(st.lists(st.integers(0, 2**40), max_size=9))
def test_any_numbers_survive_as_text(counts: list[int]) -> None:
    assert text_to_runs(runs_to_text(counts)).tolist() == counts


@pytest.mark.parametrize("counts", [[3], [2, 3], [-1, 5], []])
def test_runs_that_do_not_sum_up_are_told(counts: list[int]) -> None:
    with pytest.raises(FileFormatError, match="sum up to the 2 x 2 = 4 pixels"):
        runs_to_mask(counts, (2, 2))


@pytest.mark.parametrize("text", ["Z", "  ", "o" * 20 + "0", "é"])
def test_text_that_is_cut_or_garbled_is_told(text: str) -> None:
    with pytest.raises(FileFormatError, match="cut or garbled"):
        text_to_runs(text)
