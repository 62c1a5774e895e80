"""Corrections of tracks: counted by hand, and what holds for any."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_discembed.config import linking_config
from napari_discembed.errors import InputError
from napari_discembed.tracking import editing, link_frames
from napari_discembed.tracking.draft import Edit, refreshed
from napari_discembed.types import Lineages, Numbering, Segmentation, Tracks, TrackTable


def movie(*frames: list[int], parents: dict[int, int] | None = None) -> Tracks:
    """Return tracks of frames of one row of pixels each."""
    labels = np.array(frames, dtype=np.uint16)[:, None, :]
    numbers = [n for n in np.unique(labels).tolist() if n]
    seen = {n: np.flatnonzero((labels == n).any(axis=(1, 2))) for n in numbers}
    rows = [(n, int(t[0]), int(t[-1]), (parents or {}).get(n, 0)) for n, t in seen.items()]
    about = Segmentation(labels, "TYX", numbering=Numbering.through_time, name="movie")
    return Tracks(about, TrackTable.of(rows))


def after(tracks: Tracks, edit: Callable[..., Edit], *how: object) -> Tracks:
    """Return tracks after a correction, of which points, table and labels agree."""
    done = edit(Lineages.of(tracks), *how)
    new = editing.edited(tracks, done)
    seen = Lineages.of(new)
    for name in ("ids", "frames", "centroids", "sizes", "lows", "highs"):
        np.testing.assert_allclose(getattr(done.after.points, name), getattr(seen.points, name))
    return new


def rows(tracks: Tracks) -> list[list[int]]:
    return [frame[0].tolist() for frame in tracks.labels]


def parents(tracks: Tracks) -> dict[int, int]:
    return {number: parent for number, _, _, parent in tracks.table.rows() if parent}


def test_linking_makes_one_track_of_two_across_a_gap() -> None:
    new = after(movie([1, 0], [1, 0], [0, 0], [2, 3], [2, 3]), editing.link, 2, 1)
    assert rows(new) == [[1, 0], [1, 0], [0, 0], [1, 3], [1, 3]]
    assert list(new.table.rows()) == [(1, 0, 4, 0), (3, 3, 4, 0)]
    assert new.links.frames.tolist() == [[1, 3]]
    assert new.links.confidence.tolist() == [1.0]


def test_the_children_of_the_later_track_stay_and_its_sister_goes_on_as_the_parent() -> None:
    tracks = movie([1, 1, 5], [2, 3, 0], [2, 3, 0], [6, 7, 0], parents={2: 1, 3: 1, 6: 2, 7: 2})
    new = after(tracks, editing.link, 5, 2)
    assert rows(new) == [[1, 1, 5], [5, 1, 0], [5, 1, 0], [6, 7, 0]]
    assert parents(new) == {6: 5, 7: 5}


def test_linking_two_sisters_leaves_the_parent_one_track() -> None:
    new = after(movie([1], [2], [3], parents={2: 1, 3: 1}), editing.link, 2, 3)
    assert rows(new) == [[1], [1], [1]]
    assert parents(new) == {}


def test_linking_what_divides_takes_its_children_away() -> None:
    tracks = movie([1, 0, 0], [2, 3, 4], [2, 3, 4], parents={2: 1, 3: 1})
    new = after(tracks, editing.link, 1, 4)
    assert rows(new) == [[1, 0, 0], [2, 3, 1], [2, 3, 1]]
    assert parents(new) == {}


@pytest.mark.parametrize(
    ("edit", "how", "told"),
    [
        (editing.link, (1, 2), "track 1 is there until frame 1, track 2 begins in frame 0"),
        (editing.link, (1, 1), "Expected two tracks, got 1 twice"),
        (editing.link, (1, 9), "Expected the number of a track, got 9"),
        (editing.cut, (1, 0), "begins in frame 0, and comes from none"),
        (editing.cut, (2, 1), "track 2 is not"),
        (editing.swap, (1, 2, 1), "Expected a track that is seen in frame 1: track 2 is not"),
        (editing.merge, (2, 1, 1), "Expected a track that is seen in frame 1: track 2 is not"),
        (editing.divide, (1, (2, 2)), "Expected two tracks, got 2 twice"),
        (editing.divide, (1, (2, 3)), "Expected children that begin after track 1 has ended"),
        (editing.divide, (3, (3, 2)), "Expected a child that begins while track 3 is there"),
        (editing.undivide, (1,), "Track 1 has no children"),
    ],
)
def test_what_cannot_be_is_told(edit: Callable[..., Edit], how: tuple[int, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        edit(Lineages.of(movie([1, 2, 0], [1, 0, 3])), *how)


def test_cutting_gives_a_new_number_from_the_frame_on_and_the_children_follow() -> None:
    tracks = movie([1, 0], [1, 0], [1, 0], [2, 3], parents={2: 1, 3: 1})
    new = after(tracks, editing.cut, 1, 1)
    assert rows(new) == [[1, 0], [4, 0], [4, 0], [2, 3]]
    assert parents(new) == {2: 4, 3: 4}


def test_cutting_a_child_off_lets_the_parent_go_on_as_the_other() -> None:
    tracks = movie([1, 0], [2, 3], [2, 3], [4, 5], parents={2: 1, 3: 1, 4: 3, 5: 3})
    new = after(tracks, editing.cut, 2, 1)
    assert rows(new) == [[1, 0], [2, 1], [2, 1], [4, 5]]
    assert parents(new) == {4: 1, 5: 1}


def test_swapping_exchanges_two_tracks_from_the_frame_on_with_their_children() -> None:
    tracks = movie([1, 2, 0], [1, 2, 0], [1, 2, 0], [3, 4, 2], parents={3: 1, 4: 1})
    new = after(tracks, editing.swap, 1, 2, 1)
    assert rows(new) == [[1, 2, 0], [2, 1, 0], [2, 1, 0], [3, 4, 1]]
    assert parents(new) == {3: 2, 4: 2}
    assert rows(after(new, editing.swap, 1, 2, 1)) == rows(tracks)


def test_merging_makes_one_object_of_two_from_the_frame_on() -> None:
    tracks = movie([1, 2, 2], [1, 2, 2], [1, 2, 2], [0, 2, 2], [0, 3, 4], parents={3: 2, 4: 2})
    new = after(tracks, editing.merge, 1, 2, 1)
    assert rows(new) == [[1, 2, 2], [1, 1, 1], [1, 1, 1], [0, 1, 1], [0, 3, 4]]
    assert parents(new) == {3: 1, 4: 1}


def test_merging_two_children_undoes_their_division() -> None:
    new = after(movie([1, 1], [2, 3], [2, 3], parents={2: 1, 3: 1}), editing.merge, 3, 2, 1)
    assert rows(new) == [[1, 1], [1, 1], [1, 1]]
    assert parents(new) == {}


def test_a_track_divides_into_itself_and_another() -> None:
    new = after(movie([1, 0], [1, 0], [1, 2], [1, 2]), editing.divide, 1, (1, 2))
    assert rows(new) == [[1, 0], [1, 0], [3, 2], [3, 2]]
    assert parents(new) == {2: 1, 3: 1}
    assert Lineages.of(new).counts()["divisions"].tolist() == [0, 0, 1, 0]


def test_a_division_takes_children_from_where_they_came_before() -> None:
    tracks = movie([1, 5, 0], [2, 3, 4], parents={2: 1, 3: 1})
    new = after(tracks, editing.divide, 5, (3, 4))
    assert rows(new) == [[1, 5, 0], [1, 3, 4]]
    assert parents(new) == {3: 5, 4: 5}
    both = after(tracks, editing.divide, 5, (2, 3))
    assert parents(both) == {2: 5, 3: 5}
    assert rows(both) == rows(tracks)


def test_a_division_that_is_removed_leaves_three_tracks() -> None:
    tracks = movie([1, 0], [2, 3])
    divided = after(tracks, editing.divide, 1, (2, 3))
    assert parents(divided) == {2: 1, 3: 1}
    again = after(divided, editing.undivide, 1)
    assert list(again.table.rows()) == list(tracks.table.rows())


def test_a_new_number_keeps_parent_and_children() -> None:
    tracks = movie([1, 0], [2, 3], [4, 5], parents={2: 1, 3: 1, 4: 2, 5: 2})
    new = after(tracks, editing.renumber, 2)
    assert rows(new) == [[1, 0], [6, 3], [4, 5]]
    assert parents(new) == {3: 1, 6: 1, 4: 6, 5: 6}


def test_two_corrections_are_one_step() -> None:
    tracks = movie([1, 2], [1, 2], [1, 2])
    first = editing.swap(Lineages.of(tracks), 1, 2, 1)
    both = editing.then(first, editing.cut(first.after, 2, 2))
    assert rows(editing.edited(tracks, both)) == [[1, 2], [2, 1], [3, 1]]


def test_a_number_too_large_for_the_labels_widens_them() -> None:
    labels = np.array([[[255]], [[255]]], dtype=np.uint8)
    about = Segmentation(labels, "TYX", numbering=Numbering.through_time)
    tracks = Tracks(about, TrackTable.of([(255, 0, 1, 0)]))
    new = editing.edited(tracks, editing.cut(Lineages.of(tracks), 255, 1))
    assert new.labels.ravel().tolist() == [255, 256]


def test_links_that_stay_keep_how_sure_they_are() -> None:
    frames = [np.array([row], dtype=np.uint16) for row in ([1, 1, 0, 2, 2], [1, 0, 0, 2, 2])]
    tracks = link_frames([*frames, frames[1]], Segmentation(frames[0]), linking_config("overlap"))
    before = tracks.links
    new = after(tracks, editing.swap, 1, 2, 2)
    kept = new.links.frames[:, 1] == 1
    assert kept.sum() == 2
    assert sorted(new.links.confidence[kept]) == sorted(before.confidence[before.frames[:, 1] == 1])
    assert new.links.confidence[~kept].tolist() == [1.0, 1.0]


def test_an_accepted_link_is_certain() -> None:
    tracks = after(movie([1], [0], [2]), editing.link, 1, 2)
    doubtful = editing.accept(Lineages.of(tracks), 0)
    assert doubtful.links.confidence.tolist() == [1.0]


@st.composite
def movies(draw: st.DrawFn) -> Tracks:
    """Draw a movie of a few frames of six pixels, tracked."""
    n_frames = draw(st.integers(2, 5))
    pixels = st.lists(st.integers(0, 3), min_size=6, max_size=6)
    frames = [np.array([draw(pixels)], dtype=np.uint16) for _ in range(n_frames)]
    method = draw(st.sampled_from(["lap", "overlap"]))
    return link_frames(frames, Segmentation(frames[0]), linking_config(method))


@given(movies(), st.data())
@settings(max_examples=80, deadline=None)
def test_any_correction_keeps_foreground_and_validity(tracks: Tracks, data: st.DataObject) -> None:
    for _ in range(3):
        lineages = Lineages.of(tracks)
        numbers = lineages.table.ids.tolist()
        if not numbers:
            return
        one, other, third = (data.draw(st.sampled_from(numbers)) for _ in range(3))
        frame = data.draw(st.integers(0, tracks.n_frames - 1))
        edit, how = data.draw(
            st.sampled_from(
                [
                    (editing.link, (one, other)),
                    (editing.cut, (one, frame)),
                    (editing.swap, (one, other, frame)),
                    (editing.merge, (one, other, frame)),
                    (editing.divide, (one, (other, third))),
                    (editing.undivide, (one,)),
                    (editing.renumber, (one,)),
                ]
            )
        )
        try:
            new = after(tracks, edit, *how)  # Tracks are checked when they are made
        except InputError:
            continue
        assert ((new.labels > 0) == (tracks.labels > 0)).all()
        assert np.isin(new.links.numbers, new.table.ids).all()
        assert (new.links.frames[:, 0] < new.links.frames[:, 1]).all()
        tracks = new


@given(movies(), st.data())
@settings(max_examples=50, deadline=None)
def test_swapping_twice_restores_all(tracks: Tracks, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, tracks.n_frames - 1))
    there = [n for n in np.unique(tracks.labels[frame]).tolist() if n]
    if len(there) < 2:
        return
    one, other = data.draw(st.permutations(there))[:2]
    again = after(after(tracks, editing.swap, one, other, frame), editing.swap, one, other, frame)
    assert (again.labels == tracks.labels).all()
    assert list(again.table.rows()) == list(tracks.table.rows())


@given(movies(), st.data())
@settings(max_examples=50, deadline=None)
def test_linking_what_was_cut_restores_all(tracks: Tracks, data: st.DataObject) -> None:
    long = [(n, b, e) for n, b, e, _ in tracks.table.rows() if e > b]
    if not long:
        return
    number, begin, end = data.draw(st.sampled_from(long))
    frame = data.draw(st.integers(begin + 1, end))
    if number not in tracks.labels[frame]:
        return
    divided = after(tracks, editing.cut, number, frame)
    again = after(divided, editing.link, number, int(divided.table.ids.max()))
    assert (again.labels == tracks.labels).all()
    assert list(again.table.rows()) == list(tracks.table.rows())


def test_what_changes_parents_alone_gives_a_number_too_so_that_labels_can_be_undone() -> None:
    tracks = movie([1, 0], [2, 3])
    edit = editing.seen(editing.divide(Lineages.of(tracks), 1, (2, 3)))
    new = editing.edited(tracks, edit)
    assert rows(new) == [[1, 0], [4, 3]]
    assert parents(new) == {3: 1, 4: 1}
    same = editing.cut(Lineages.of(movie([1], [1])), 1, 1)
    assert editing.seen(same) is same


def test_labels_changed_otherwise_keep_the_parents_and_links_that_can_be() -> None:
    tracks = movie([1, 0, 5], [2, 3, 5], [2, 3, 5], parents={2: 1, 3: 1})
    before = editing.link(Lineages.of(movie([1, 0, 5], [2, 3, 0], [2, 3, 4])), 5, 4).after
    painted = movie([1, 0, 5], [2, 0, 0], [2, 0, 5])
    new = refreshed(before, Lineages.of(painted).points)
    assert list(new.table.rows()) == list(painted.table.rows())
    assert new.links.numbers.tolist() == [[5, 5]]
    kept = refreshed(Lineages.of(tracks), Lineages.of(movie([1, 0, 5], [2, 3, 5])).points)
    assert list(kept.table.rows()) == [(1, 0, 0, 0), (2, 1, 1, 1), (3, 1, 1, 1), (5, 0, 1, 0)]


def test_labels_that_were_numbered_anew_have_no_parents_of_others() -> None:
    before = Lineages.of(movie([1, 0, 0, 5], [2, 3, 0, 5], parents={2: 1, 3: 1}))
    anew = Lineages.of(movie([2, 0, 0, 1], [4, 3, 0, 1]))
    assert not refreshed(before, anew.points).table.parents.any()
    assert not len(refreshed(before, Lineages.of_labels(np.zeros((2, 1, 4), int)).points).table)
