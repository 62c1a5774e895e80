from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import linking_config
from napari_discembed.errors import InputError
from napari_discembed.movies import link
from napari_discembed.tracking.linker import Linker
from napari_discembed.tracking.observed import observe
from napari_discembed.tracking.voting import link_motion, voted


def squares(*corners: tuple[int, int]) -> np.ndarray:
    labels = np.zeros((20, 40), np.int32)
    for number, (y, x) in enumerate(corners, 1):
        labels[y : y + 4, x : x + 4] = number
    return labels


def pointing(labels: np.ndarray, centres: dict[int, tuple[float, float]]) -> np.ndarray:
    """Return the offsets of each object's pixels to a point."""
    motion = np.zeros((2, *labels.shape), np.float32)
    index = np.indices(labels.shape)
    for number, centre in centres.items():
        inside = labels == number
        motion[:, inside] = np.array(centre)[:, None] - index[:, inside]
    return motion


def test_an_object_that_jumped_over_another_keeps_its_number() -> None:
    first, second = squares((8, 2), (8, 12)), squares((8, 22), (8, 12))
    motion = pointing(second, {1: (9.5, 3.5), 2: (9.5, 13.5)})
    linker = Linker(linking_config("motion"))
    linker.add(first, np.zeros_like(motion))
    found = linker.add(second, motion)
    assert found[9, 23] == 1
    assert found[9, 13] == 2


@pytest.mark.parametrize(("divisions", "parents"), [(True, [0, 1, 1]), (False, [0, 0])])
def test_two_that_point_to_one_are_its_children(divisions: bool, parents: list[int]) -> None:
    first, second = squares((8, 8)), squares((6, 8), (12, 8))
    motion = pointing(second, {1: (9.5, 9.5), 2: (9.5, 9.5)})
    linker = Linker(linking_config("motion", divisions=divisions))
    linker.add(first, np.zeros_like(motion))
    linker.add(second, motion)
    assert linker.table().parents.tolist() == parents


def test_of_three_the_two_with_most_votes_are_children() -> None:
    first, second = squares((8, 8)), squares((2, 8), (8, 8), (14, 8))
    motion = pointing(second, dict.fromkeys((1, 2, 3), (9.5, 9.5)))
    motion[:, 8, 8:12] = 30  # a quarter of the second's pixels point beyond the image
    found = link_motion(observe(first), observe(second), linking_config("motion"), motion)
    assert found.target.tolist() == [0, 2]
    assert found.confidence.tolist() == [1, 1]


def test_votes_are_shares_of_the_later_objects_pixels() -> None:
    first, second = squares((8, 8), (8, 20)), squares((8, 14))
    motion = pointing(second, {1: (9.5, 9.5)})
    motion[:, 8] = pointing(second, {1: (9.5, 21.5)})[:, 8]  # one row of four
    pairs = voted(observe(first), observe(second), motion)
    assert pairs.source.tolist() == [0, 1]
    assert pairs.iou.tolist() == [0.75, 0.25]
    found = link_motion(observe(first), observe(second), linking_config("motion"), motion)
    assert found.source.tolist() == [0]
    assert found.confidence.tolist() == [0.5]


def test_too_few_votes_are_no_link() -> None:
    first, second = squares((8, 8)), squares((8, 14))
    motion = pointing(second, {1: (0, 39)})
    motion[:, 8] = pointing(second, {1: (9.5, 9.5)})[:, 8]
    config = linking_config("motion", min_overlap=0.3)
    assert len(link_motion(observe(first), observe(second), config, motion).source) == 0


def test_empty_frames_have_no_links() -> None:
    empty, full = np.zeros((20, 40), np.int32), squares((8, 8))
    motion = np.zeros((2, 20, 40), np.float32)
    config = linking_config("motion")
    for a, b in ((empty, full), (full, empty), (empty, empty)):
        assert len(link_motion(observe(a), observe(b), config, motion).source) == 0


def test_labels_alone_cannot_be_linked_by_motion() -> None:
    with pytest.raises(InputError, match=r"model that has a motion head, or choose 'lap'"):
        link(np.stack([squares((8, 8))] * 2), "motion")
