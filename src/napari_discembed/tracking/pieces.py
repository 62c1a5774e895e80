"""An object that is in pieces: one of them becomes another object, from a frame on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from napari_discembed.errors import InputError
from napari_discembed.tracking.draft import Draft, Edit, Piece, object_mask
from napari_discembed.tracking.editing import cut
from napari_discembed.types import IntArray, Lineages


def split_off(before: Lineages, labels: IntArray, frame: int, pixel: Sequence[int]) -> Edit:
    """Give an object, or the piece of it at a pixel, a new number from a frame on.

    Where the object is in one piece, it is cut off from what it was before. Where it is in several,
    that at the pixel is followed through the later frames, each time by the greatest overlap, for
    as long as there are two or more.

    Parameters
    ----------
    before
        The lineages of the labels.
    labels
        ``(T, *S)``.
    frame, pixel
        A pixel of the object.

    Raises
    ------
    InputError
        If there is no object, or it is in one piece and its track begins there.
    """
    number = int(labels[frame][tuple(pixel)])
    row = None if number == 0 else before.row(number, frame)
    if row is None:
        raise InputError(f"Expected an object of frame {frame}, got background.")
    whole = object_mask(labels, before.points, row)
    parts, n_parts = _parts(whole)
    if n_parts == 1:
        return _cut_off(before, number, frame)
    at = tuple(np.asarray(pixel) - before.points.lows[row])
    mask = parts == parts[at]
    found = [Piece(row, mask)]
    for later in range(row + 1, before.rows(number).stop):
        piece = _followed(before, labels, found[-1], whole, later)
        if piece is None:
            break
        found.append(piece)
        whole = object_mask(labels, before.points, later)
    draft = Draft(before)
    return draft.finish(found, draft.fresh())


def _cut_off(before: Lineages, number: int, frame: int) -> Edit:
    begin, _, parent = before.track(number)
    if frame <= begin and not parent:
        raise InputError(
            f"Object {number} is in one piece in frame {frame}, where its track begins: there is "
            "nothing to split off. Cut it along a line in Correct first."
        )
    return cut(before, number, frame)


def _parts(mask: NDArray[np.bool_]) -> tuple[IntArray, int]:
    """Return the connected parts of a mask, those that touch at corners as one."""
    structure = np.ones((3,) * mask.ndim)
    parts, count = scipy.ndimage.label(mask, structure)
    return parts, int(count)


def _followed(
    before: Lineages, labels: IntArray, last: Piece, whole: NDArray[np.bool_], row: int
) -> Piece | None:
    """Return the parts of an object that overlap a piece of it more than its rest.

    Parameters
    ----------
    before, labels
        What they are of.
    last, whole
        The piece in the frame before, and all of the object there, in its box.
    row
        The object now.

    Returns
    -------
    None where none of the object's parts does, or all do.
    """
    points = before.points
    parts, count = _parts(object_mask(labels, points, row))
    shift = points.lows[last.row] - points.lows[row]
    of_piece = _overlaps(parts, count, last.mask, shift)
    of_rest = _overlaps(parts, count, whole & ~last.mask, shift)
    taken = np.flatnonzero(of_piece > of_rest)
    taken = taken[taken > 0]
    if not len(taken) or len(taken) == count:
        return None
    return Piece(row, np.isin(parts, taken))


def _overlaps(
    parts: IntArray, count: int, mask: NDArray[np.bool_], shift: IntArray
) -> NDArray[np.intp]:
    """Return ``(count + 1,)``: pixels that each part shares with a mask of a shifted box."""
    places = np.array(np.nonzero(mask)) + np.asarray(shift)[:, None]
    inside = ((places >= 0) & (places < np.array(parts.shape)[:, None])).all(axis=0)
    shared = parts[tuple(places[:, inside])]
    return np.bincount(shared, minlength=count + 1)
