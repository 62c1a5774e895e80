"""Links through time, on movies one can count by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from napari_discembed.config import LapConfig, LinkingConfig, OverlapConfig, linking_config
from napari_discembed.errors import InputError
from napari_discembed.tracking import Linker, link_frames
from napari_discembed.types import IntArray, Segmentation, Tracks

LAP = LapConfig()
OVERLAP = OverlapConfig()


def squares(*places: tuple[int, int] | None, side: int = 6, size: int = 60) -> IntArray:
    """Return a frame with a square at each place; numbers are shuffled from frame to frame."""
    frame = np.zeros((size, size), dtype=np.uint16)
    for i, place in enumerate(places):
        if place is not None:
            y, x = place
            frame[y : y + side, x : x + side] = (
                31 * i + sum(map(sum, filter(None, places)))
            ) % 101 + 1
    return frame


def linked(frames: Sequence[IntArray], config: LinkingConfig = LAP) -> Tracks:
    return link_frames(frames, Segmentation(frames[0], name="movie"), config)


def tracks_at(tracks: Tracks, *places: tuple[int, int]) -> list[int]:
    """Return the track in each frame at a place of it."""
    return [int(frame[y, x]) for frame, (y, x) in zip(tracks.labels, places, strict=True)]


@pytest.mark.parametrize("config", [LAP, OVERLAP])
def test_an_object_that_moves_a_little_keeps_its_number(config: LinkingConfig) -> None:
    tracks = linked(
        [squares((10, 10), (30, 30)), squares((11, 11), (29, 31)), squares((12, 12), (28, 32))],
        config,
    )
    assert list(tracks.table.rows()) == [(1, 0, 2, 0), (2, 0, 2, 0)]
    assert len(set(tracks_at(tracks, (13, 13), (13, 13), (13, 13)))) == 1
    assert len(tracks.links) == 4
    assert (tracks.links.confidence > 0.5).all()


@pytest.mark.parametrize("config", [LAP, OVERLAP])
def test_an_object_that_comes_apart_divides(config: LinkingConfig) -> None:
    mother, daughters = squares((10, 10), side=12), squares()
    daughters[9:15, 10:22], daughters[16:22, 10:22] = 1, 2
    tracks = linked([mother, mother, daughters], config)
    assert list(tracks.table.rows()) == [(1, 0, 1, 0), (2, 2, 2, 1), (3, 2, 2, 1)]
    assert tracks.counts()["divisions"].tolist() == [0, 0, 1]


def test_without_divisions_the_smaller_part_is_new() -> None:
    mother = squares((10, 10), side=12)
    parts = np.zeros_like(mother)
    parts[10:17, 10:22], parts[18:22, 10:22] = 1, 2
    rows = list(linked([mother, parts], LapConfig(divisions=False)).table.rows())
    assert rows == [(1, 0, 1, 0), (2, 1, 1, 0)]


@pytest.mark.parametrize(("divisions", "tracks"), [(True, 2), (False, 1)])
def test_of_an_object_that_is_nearly_covered_a_strip_is_enough_where_nothing_divides(
    divisions: bool, tracks: int
) -> None:
    whole = squares((10, 10), side=12)
    strip = np.zeros_like(whole)
    strip[10, 10:22] = 1  # a twelfth of it
    assert len(linked([whole, strip], OverlapConfig(divisions=divisions)).table) == tracks


def test_a_neighbour_that_appears_beside_an_object_is_no_child() -> None:
    tracks = linked([squares((10, 10)), squares((10, 10), (16, 10))])
    assert list(tracks.table.rows()) == [(1, 0, 1, 0), (2, 1, 1, 0)]
    assert tracks.counts()["births"].tolist() == [0, 1]


def test_who_enters_is_new_and_who_leaves_ends() -> None:
    tracks = linked([squares((0, 0), None), squares(None, (50, 50)), squares(None, (50, 50))])
    assert list(tracks.table.rows()) == [(1, 0, 0, 0), (2, 1, 2, 0)]
    assert tracks.counts()["losses"].tolist() == [0, 1, 0]


def test_a_gap_is_closed_and_the_number_kept() -> None:
    frames = [squares((10, 10), (40, 40)), squares(None, (40, 40)), squares((11, 11), (40, 40))]
    tracks = linked(frames)
    assert list(tracks.table.rows()) == [(1, 0, 2, 0), (2, 0, 2, 0)]
    gap = tracks.links.frames[:, 1] - tracks.links.frames[:, 0] == 2
    assert tracks.links.numbers[gap].tolist() == [[tracks.labels[2, 12, 12]] * 2]
    assert (tracks.links.confidence[gap] <= 0.5).all()


@pytest.mark.parametrize(("gap", "n_tracks"), [(0, 2), (1, 2), (2, 1), (3, 1)])
def test_a_gap_is_closed_up_to_so_many_frames(gap: int, n_tracks: int) -> None:
    empty = squares()
    frames = [squares((10, 10)), empty, empty, squares((10, 10))]
    assert len(linked(frames, LapConfig(gap=gap)).table) == n_tracks


@pytest.mark.parametrize(("reach", "n_tracks"), [(0.0, 2), (0.9, 2), (1.2, 1)])
def test_an_object_that_overlaps_none_is_looked_for_within_reach(
    reach: float, n_tracks: int
) -> None:
    # Its diameter is 6.8 pixels, and it moves by 7.
    frames = [squares((10, 10)), squares((10, 17))]
    assert len(linked(frames, LapConfig(reach=reach)).table) == n_tracks


def test_an_object_of_another_size_is_not_taken_for_a_lost_one() -> None:
    assert len(linked([squares((10, 10)), squares((18, 10), side=3)]).table) == 2


def test_a_drift_of_all_is_taken_off_by_the_assignment_alone() -> None:
    # Objects stand 9 apart and all move by 5: each then lies nearer to its neighbour's old place.
    grid = [(y, x) for y in range(2, 40, 9) for x in range(2, 40, 9)]
    moved = [(y, x + 4) for y, x in grid]
    frames = [squares(*grid), squares(*moved)]
    rows = list(linked(frames).table.rows())
    assert rows == [(i + 1, 0, 1, 0) for i in range(len(grid))]


@pytest.mark.parametrize(("steps", "n_tracks"), [((5,), 8), ((1, 1, 5), 8), ((3, 3, 5), 4)])
def test_where_things_overlap_little_less_overlap_is_asked_for(
    steps: tuple[int, ...], n_tracks: int
) -> None:
    # Squares of 6 that move by 5 overlap by a tenth, and a fifth is asked for; by 3, a third.
    # Two go each way, so that there is no drift.
    places = np.cumsum((0, *steps))
    frames = [squares((2, 4 + x), (12, 4 + x), (22, 50 - x), (32, 50 - x)) for x in places]
    assert len(linked(frames, LapConfig(reach=0)).table) == n_tracks


def test_two_that_could_each_be_the_other_are_not_sure() -> None:
    sure = linked([squares((10, 10)), squares((10, 10))]).links.confidence
    half = np.zeros((60, 60), dtype=np.uint16)
    half[10:16, 7:13], half[10:16, 13:19] = 1, 2
    unsure = linked([squares((10, 10)), half], LapConfig(divisions=False)).links.confidence
    assert sure[0] > 0.7
    assert unsure[0] < 0.1


def test_empty_frames_break_nothing() -> None:
    tracks = linked([squares(), squares((10, 10)), squares(), squares()])
    assert list(tracks.table.rows()) == [(1, 1, 1, 0)]
    assert tracks.labels.dtype == np.uint16
    assert len(linked([squares(), squares()]).table) == 0


def test_volumes_are_linked_as_planes_are() -> None:
    volume = np.zeros((5, 20, 20), dtype=np.uint16)
    volume[1:4, 5:10, 5:10] = 9
    later = np.roll(volume, 1, axis=2)
    tracks = linked([volume, later])
    assert tracks.axes == "TZYX"
    assert len(tracks.table) == 1


def test_frame_by_frame_gives_what_all_at_once_gives() -> None:
    frames = [squares((10, 10), (30, 30)), squares((12, 11)), squares((13, 11), (30, 31))]
    linker = Linker(LAP)
    one_by_one = np.stack([linker.add(frame) for frame in frames])
    whole = linked(frames)
    assert (one_by_one == whole.labels).all()
    assert list(linker.table().rows()) == list(whole.table.rows())


def test_settings_that_a_method_does_not_read_are_refused() -> None:
    with pytest.raises(InputError, match="'overlap' reads no gap"):
        linking_config("overlap", gap=1)
    with pytest.raises(InputError, match="Expected a method out of overlap, lap, candidates"):
        linking_config("magic")


def test_the_settings_are_part_of_where_tracks_come_from() -> None:
    config = linked([squares(), squares()]).segmentation.provenance.config
    assert config["linking"]["method"] == "lap"


def test_more_tracks_than_sixteen_bits_number_are_kept_apart() -> None:
    many = np.arange(1, 65_536, dtype=np.uint32).reshape(255, 257)
    frames = [np.pad(many, ((0, 0), (0, 2))), np.pad(many[:1, :2], ((0, 254), (257, 0)))]
    tracks = linked(frames, OVERLAP)
    assert tracks.labels.dtype == np.uint32
    assert tracks.labels[1, 0, 257:].tolist() == [65_536, 65_537]
    assert (tracks.labels[0, :, :257] == many).all()
