"""Corrections of tracks by hand: each from lineages to others, for all frames from one on.

None of them makes or removes foreground: objects get other numbers. What is told to be one object,
or a division, is a link that is certain.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_discembed.errors import InputError
from napari_discembed.tracking.draft import CERTAIN, Draft, Edit
from napari_discembed.types import IntArray, Lineages, Links, Tracks


def link(before: Lineages, one: int, other: int) -> Edit:
    """Make one track of two, of which one has ended when the other begins.

    Frames may lie between. If the later one had a parent, it has none any more; children of the
    earlier one come from none.

    Raises
    ------
    InputError
        If there is no such track, or both are there at once.
    """
    first, second = sorted((one, other), key=lambda number: _track(before, number)[0])
    _check_different(one, other)
    end, begin = _track(before, first)[1], _track(before, second)[0]
    if end >= begin:
        raise InputError(
            f"Expected a track that has ended when the other begins: track {first} is there until "
            f"frame {end}, track {second} begins in frame {begin}. Cut one of them first, or swap."
        )
    draft = Draft(before)
    for child in draft.children(first):
        del draft.parents[child]
    draft.rename(second, first)
    draft.orphan(second)
    return draft.finish()


def cut(before: Lineages, number: int, frame: int) -> Edit:
    """Cut the link between an object of a frame and what it was before.

    Within a track, its objects from the frame on get a new number. At its beginning the track comes
    from no parent any more; if one sister is left, the parent goes on as that.

    Raises
    ------
    InputError
        If the track is not in the frame, or begins there without a parent.
    """
    begin, _, parent = _check_seen(before, number, frame)
    draft = Draft(before)
    if frame > begin:
        draft.rename(number, draft.fresh(), frame)
    elif parent:
        draft.orphan(number)
    else:
        raise InputError(
            f"Track {number} begins in frame {frame}, and comes from none: there is no link to cut."
        )
    return draft.finish()


def swap(before: Lineages, one: int, other: int, frame: int) -> Edit:
    """Exchange the numbers of two tracks from a frame on, in which both are there.

    Raises
    ------
    InputError
        If either is not in the frame.
    """
    _check_different(one, other)
    for number in (one, other):
        _check_seen(before, number, frame)
    draft = Draft(before)
    of_one, of_other = draft.children(one), draft.children(other)
    draft.rename(one, other, frame)
    rows = before.rows(other)
    draft.now[rows] = np.where(before.points.frames[rows] >= frame, one, other)
    draft.parents |= dict.fromkeys(of_one, other) | dict.fromkeys(of_other, one)
    return draft.finish()


def merge(before: Lineages, one: int, other: int, frame: int) -> Edit:
    """Make one object of two from a frame on, in which both are there: it has the first's number.

    Children of both come from the merged one, if it has ended before they begin.

    Raises
    ------
    InputError
        If either is not in the frame.
    """
    _check_different(one, other)
    for number in (one, other):
        _check_seen(before, number, frame)
    draft = Draft(before)
    draft.rename(other, one, frame)
    if _track(before, other)[0] >= frame:
        draft.orphan(other)
    return draft.finish()


def divide(before: Lineages, parent: int, children: tuple[int, int]) -> Edit:
    """Let a track divide into two others, which begin after it has ended.

    One of the children may have the parent's own number: it gets a new one from where the other
    begins. What the parent divided into before comes from none.

    Raises
    ------
    InputError
        If there is no such track, or a child begins before the parent has ended.
    """
    one, other = children
    _check_different(one, other)
    draft = Draft(before)
    begin, end, _ = _track(before, parent)
    born = min(_track(before, child)[0] for child in children if child != parent)
    if parent in children:
        other = one if other == parent else other
        if not begin < born <= end:
            raise InputError(
                f"Expected a child that begins while track {parent} is there, after frame {begin} "
                f"and up to {end}: track {other} begins in frame {born}."
            )
        one = draft.fresh()
        draft.rename(parent, one, born)
    elif born <= end:
        raise InputError(
            f"Expected children that begin after track {parent} has ended, in frame {end}: one of "
            f"them begins in frame {born}. Cut the parent there first, or take its own number."
        )
    for child in set(draft.children(parent)) - {one, other}:
        del draft.parents[child]
    draft.orphan(*(child for child in (one, other) if draft.parents.get(child) != parent))
    draft.parents |= {one: parent, other: parent}
    return draft.finish()


def undivide(before: Lineages, parent: int) -> Edit:
    """Let the children of a track come from none.

    Raises
    ------
    InputError
        If there is no such track, or it has no children.
    """
    _track(before, parent)
    draft = Draft(before)
    children = draft.children(parent)
    if not children:
        raise InputError(f"Track {parent} has no children.")
    for child in children:
        del draft.parents[child]
    return draft.finish()


def renumber(before: Lineages, number: int) -> Edit:
    """Give a track a number that no other has; its parent and its children stay."""
    _track(before, number)
    draft = Draft(before)
    now = draft.fresh()
    draft.rename(number, now)
    if number in draft.parents:
        draft.parents[now] = draft.parents.pop(number)
    return draft.finish()


def seen(edit: Edit) -> Edit:
    """Return a correction that changes the number of an object, as undoing it in labels needs.

    Where parents alone are others, a track whose parent changed gets a new number.
    """
    if edit.pieces or (edit.now != edit.before.points.ids).any():
        return edit
    parents = {number: parent for number, _, _, parent in edit.before.table.rows()}
    others = [n for n, _, _, parent in edit.after.table.rows() if parents[n] != parent]
    return then(edit, renumber(edit.after, others[0])) if others else edit


def then(first: Edit, second: Edit) -> Edit:
    """Return two corrections as one; the second begins where the first ends, without pieces."""
    points, after = first.before.points, first.after.points
    keys = first.now * (first.before.n_frames + 1) + points.frames
    there = after.ids * (first.before.n_frames + 1) + after.frames
    now = second.now[np.searchsorted(there, keys)]
    return Edit(first.before, second.after, now)


def accept(before: Lineages, place: int) -> Lineages:
    """Return lineages in which one of their links, at a place among them, is certain."""
    links = before.links
    confidence = links.confidence.copy()
    confidence[place] = CERTAIN
    return replace(before, links=Links(links.frames, links.numbers, confidence))


def edited(tracks: Tracks, edit: Edit) -> Tracks:
    """Return tracks as they are after a correction.

    Parameters
    ----------
    tracks
        That the correction is of.
    edit
        From one of the functions here, of their lineages.
    """
    where, values = edit.pixels(tracks.labels)
    labels = _with_room(tracks.labels, int(values.max(initial=0)))
    labels[where] = values
    segmentation = replace(tracks.segmentation, labels=labels)
    return Tracks(segmentation, edit.after.table, edit.after.links)


def _with_room(labels: IntArray, highest: int) -> IntArray:
    """Return a copy of labels in a type that holds a number."""
    fits = highest <= np.iinfo(labels.dtype).max
    return labels.astype(labels.dtype if fits else np.uint32)


def _track(lineages: Lineages, number: int) -> tuple[int, int, int]:
    try:
        return lineages.track(number)
    except KeyError:
        raise InputError(f"Expected the number of a track, got {number}.") from None


def _check_seen(lineages: Lineages, number: int, frame: int) -> tuple[int, int, int]:
    track = _track(lineages, number)
    if lineages.row(number, frame) is None:
        raise InputError(f"Expected a track that is seen in frame {frame}: track {number} is not.")
    return track


def _check_different(one: int, other: int) -> None:
    if one == other:
        raise InputError(f"Expected two tracks, got {one} twice.")
