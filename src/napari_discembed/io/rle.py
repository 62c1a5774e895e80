"""Run-length encoding of COCO: lengths of background and object in turn, down the columns.

Masks go to runs and back within their bounding boxes, so that neither time nor memory grows with
the image, as they do in pycocotools.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_discembed.errors import FileFormatError
from napari_discembed.types.boxes import tight_box

Runs = NDArray[np.int64]
_BITS, _MORE, _SIGN, _FIRST = 5, 32, 16, 48
"""Of the text: bits in a character, its flag that more follow, the sign, the character of 0."""
_MOST_CHARACTERS = 13
"""Of one number of 63 bits."""


def mask_to_runs(
    start: tuple[int, int], mask: NDArray[np.bool_], shape: tuple[int, int]
) -> list[int]:
    """Return the lengths of the runs of a mask, the first of background.

    Parameters
    ----------
    start, mask
        Row and column where the mask begins, and the mask.
    shape
        ``(Y, X)`` of the image.
    """
    height, width = shape
    padded = np.zeros((mask.shape[1], mask.shape[0] + 2), np.int8)
    padded[:, 1:-1] = mask.T
    steps = np.diff(padded, axis=1)
    column, row = np.nonzero(steps)
    edges = (column + start[1]) * height + row + start[0]
    begins, ends = edges[::2], edges[1::2]
    # What ends at the foot of a column and goes on at the head of the next is one run.
    apart = begins[1:] != ends[:-1]
    begins = begins[np.concatenate([[True], apart])] if len(begins) else begins
    ends = ends[np.concatenate([apart, [True]])] if len(ends) else ends
    turns = np.stack([begins, ends], axis=1).ravel()
    counts = np.diff(np.concatenate([[0], turns, [height * width]]))
    return [int(n) for n in (counts if counts[-1] or len(counts) == 1 else counts[:-1])]


def runs_to_mask(
    counts: Sequence[int] | Runs, shape: tuple[int, int]
) -> tuple[tuple[int, int], NDArray[np.bool_]]:
    """Return row and column where a mask begins, and the mask in its box.

    Parameters
    ----------
    counts
        Lengths of runs, the first of background.
    shape
        ``(Y, X)`` of the image.

    Raises
    ------
    FileFormatError
        If they do not sum up to the image.
    """
    height, width = shape
    runs = np.asarray(counts, np.int64)
    if (runs < 0).any() or int(runs.sum()) != height * width:
        raise FileFormatError(
            f"expected run lengths that sum up to the {height} x {width} = {height * width} pixels "
            f"of the image, got a sum of {int(runs.sum())}. Check the size that the file gives."
        )
    edges = np.cumsum(runs)
    begins, ends = edges[: len(edges) // 2 * 2 : 2], edges[1::2]
    begins, ends = begins[ends > begins], ends[ends > begins]
    if not len(begins):
        return (0, 0), np.zeros((0, 0), bool)
    left, right = int(begins[0] // height), int((ends[-1] - 1) // height) + 1
    if (begins // height == (ends - 1) // height).all():
        top = int((begins % height).min())
        bottom = int(((ends - 1) % height).max()) + 1
        turns = np.zeros((right - left, bottom - top + 1), np.int8)
        column = begins // height - left
        np.add.at(turns, (column, begins - (column + left) * height - top), 1)
        np.add.at(turns, (column, ends - (column + left) * height - top), -1)
        return (top, left), np.cumsum(turns, axis=1, dtype=np.int8)[:, :-1].T > 0
    steps = np.zeros((right - left) * height + 1, np.int8)
    np.add.at(steps, begins - left * height, 1)
    np.add.at(steps, ends - left * height, -1)
    whole = np.cumsum(steps[:-1], dtype=np.int8).reshape(right - left, height).T > 0
    box = tight_box(whole) or (slice(0, 0), slice(0, 0))
    return (box[0].start, left + box[1].start), whole[box]


def runs_to_text(counts: Sequence[int]) -> str:
    """Return run lengths as the text of COCO's compressed form.

    From the fourth on each is the difference to the one before the last, in groups of 5 bits, the
    lowest first, the highest with the sign.
    """
    runs = np.asarray(counts, np.int64)
    values = runs.copy()
    values[3:] -= runs[1:-2]
    shifts = _BITS * np.arange(_MOST_CHARACTERS)
    groups = values[:, None] >> shifts
    # A group is the last where what is left is its sign alone.
    done = groups >> (_BITS - 1) == np.where(values < 0, -1, 0)[:, None]
    last = done.argmax(axis=1)
    taken = np.arange(_MOST_CHARACTERS) <= last[:, None]
    more = np.arange(_MOST_CHARACTERS) < last[:, None]
    characters = (groups & (_MORE - 1)) + _MORE * more + _FIRST
    return characters[taken].astype(np.uint8).tobytes().decode("ascii")


def text_to_runs(text: str) -> Runs:
    """Return the run lengths that a text of COCO's compressed form says.

    Raises
    ------
    FileFormatError
        If the text is no such.
    """
    raw = np.frombuffer(text.encode("utf-8"), np.uint8).astype(np.int64) - _FIRST
    more = (raw & _MORE) > 0
    ends = np.flatnonzero(~more)
    lengths = np.diff(ends, prepend=-1)
    bad = (raw < 0).any() or (raw >= 2 * _MORE).any() or (len(more) and more[-1])
    if bad or lengths.max(initial=0) >= _MOST_CHARACTERS:
        raise FileFormatError("expected the text of run lengths, got one that is cut or garbled.")
    if not len(ends):
        return np.zeros(0, np.int64)
    begins = ends - lengths + 1
    place = np.arange(len(raw)) - np.repeat(begins, lengths)
    values = np.add.reduceat((raw & (_MORE - 1)) << (_BITS * place), begins)
    negative = (raw[ends] & _SIGN) > 0
    values[negative] -= np.int64(1) << (_BITS * lengths[negative])
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
