"""Linking by groups of the pixels of two frames."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.clustering import group
from napari_discembed.config import clustering_config, linking_config, suited_config
from napari_discembed.errors import InputError
from napari_discembed.tracking.linker import Linker
from napari_discembed.tracking.observed import observe
from napari_discembed.tracking.pairing import grouped, joint_groups, link_pairs, no_groups
from napari_discembed.types import CosineSpace, Embedding, EuclideanSpace, IntArray, Margins

SHAPE = (24, 40)


def squares(*corners: tuple[int, int], size: int = 8) -> IntArray:
    labels = np.zeros(SHAPE, np.uint16)
    for number, (y, x) in enumerate(corners, 1):
        labels[y : y + size, x : x + size] = number
    return labels


def embedding_of(labels: IntArray) -> Embedding:
    """Return the embedding of a perfect network: each pixel points to the centre of its object."""
    values = np.zeros((2, *labels.shape), np.float32)
    for number in np.unique(labels[labels > 0]):
        inside = labels == number
        values[:, inside] = np.argwhere(inside).mean(axis=0)[:, None] / 4
    maps = {"embedding": values, "foreground": (labels > 0)[None].astype(np.float32)}
    return Embedding(maps, EuclideanSpace(Margins(), has_coordinates=True), diameter=8)


def followed(*frames: IntArray, **settings: object) -> tuple[list[IntArray], Linker]:
    """Link frames by pairs of their perfect embeddings."""
    linker, numbered, last = Linker(linking_config("pairs", **settings)), [], None
    for labels in frames:
        embedding = embedding_of(labels)
        config = clustering_config("density")
        groups = no_groups(SHAPE) if last is None else joint_groups(last, embedding, config)
        numbered.append(linker.add(group(embedding, config).labels, groups))
        last = embedding
    return numbered, linker


def test_objects_that_move_less_than_they_are_wide_keep_their_numbers() -> None:
    frames = [squares((2, 2 + 3 * t), (14, 24 - 3 * t)) for t in range(4)]
    numbered, linker = followed(*frames)
    assert [n[4, 5 + 3 * t] for t, n in enumerate(numbered)] == [1] * 4
    assert [n[16, 27 - 3 * t] for t, n in enumerate(numbered)] == [2] * 4
    assert linker.links().confidence.tolist() == [0.8] * 6  # no other, and 0.2 is the least


def test_an_object_that_divides_has_two_children() -> None:
    mother = squares((8, 10))
    children = np.zeros_like(mother)
    children[8:16, 10:13] = 1
    children[8:16, 15:18] = 2
    _, linker = followed(mother, mother, children)
    assert list(linker.table().rows()) == [(1, 0, 1, 0), (2, 2, 2, 1), (3, 2, 2, 1)]
    _, linker = followed(mother, mother, children, divisions=False)
    assert not linker.table().parents.any()


def test_an_empty_frame_is_a_gap() -> None:
    one, none = squares((8, 10)), squares()
    numbered, _ = followed(one, none, one)
    assert [n.max() for n in numbered] == [1, 0, 1]
    numbered, _ = followed(none, none)
    assert not any(n.any() for n in numbered)


def groups_of(*frames: IntArray) -> IntArray:
    return np.stack(frames)


def test_what_two_objects_share_is_what_their_group_has_of_each() -> None:
    first, second = squares((2, 2)), squares((2, 20), (14, 20), size=6)
    groups = groups_of(first * 3, (second > 0) * 3)
    groups[0, 2, 2:10] = 0  # 8 of 64 pixels are of no group
    pairs = grouped(observe(first), observe(second), groups)
    assert pairs.source.tolist() == [0, 0]
    assert pairs.target.tolist() == [0, 1]
    assert pairs.shared.tolist() == [36, 36]
    assert pairs.iou.tolist() == [36 / 64, 36 / 64]


def test_a_group_that_holds_two_objects_leaves_it_to_their_places() -> None:
    first, second = squares((2, 2), (2, 10)), squares((2, 4), (2, 12))
    groups = groups_of(*((frame > 0).astype(int) for frame in (first, second)))
    pairs = grouped(observe(first), observe(second), groups)
    found = dict(zip(zip(pairs.source.tolist(), pairs.target.tolist(), strict=True),
                     pairs.shared.tolist(), strict=True))  # fmt: skip
    assert found == {(0, 0): 48, (1, 0): 16, (1, 1): 48}
    links = link_pairs(observe(first), observe(second), linking_config("pairs"), groups)
    assert links.source.tolist() == links.target.tolist() == [0, 1]


def test_a_child_whose_group_is_in_one_frame_alone_is_seen_by_its_place() -> None:
    first = squares((8, 10))
    second = np.zeros_like(first)
    second[8:16, 10:14], second[8:16, 15:18] = 1, 2
    groups = groups_of(first, second)  # the first child is of its parent's group
    pairs = grouped(observe(first), observe(second), groups)
    assert pairs.shared.tolist() == [32, 24]
    links = link_pairs(observe(first), observe(second), linking_config("pairs"), groups)
    assert sorted(links.target.tolist()) == [0, 1]


def test_pixels_of_no_group_leave_it_to_their_places() -> None:
    first, second = squares((2, 2)), squares((2, 6))
    pairs = grouped(observe(first), observe(second), no_groups(SHAPE))
    assert pairs.shared.tolist() == [32]


def test_frames_of_the_cosine_space_are_one_where_they_overlap() -> None:
    near, far = squares((2, 4)), squares((2, 28))
    maps = [
        {
            "embedding": np.where(f > 0, 1.0, 0.0)[None].repeat(2, 0).astype(np.float32),
            "foreground": (f > 0)[None].astype(np.float32),
        }
        for f in (squares((2, 2)), near, far)
    ]
    first, *others = (Embedding(m, CosineSpace(), diameter=8) for m in maps)
    config = suited_config(CosineSpace())
    one, two = (joint_groups(first, other, config) for other in others)
    assert one.max() == 1
    assert two.max() == 2


@pytest.mark.parametrize("method", ["mean_shift", "greedy", "hdbscan", "learned"])
def test_two_frames_are_grouped_by_each_method(method: str) -> None:
    frames = [embedding_of(squares((2, 2 + x), (14, 24 + x))) for x in (0, 2)]
    settings = {"coordinates": 1.0, "bandwidth": 1.0} if method == "hdbscan" else {}
    groups = joint_groups(*frames, clustering_config(method, **settings))
    assert groups[0, 4, 4] == groups[1, 4, 6] != groups[0, 16, 26] == groups[1, 16, 28]
    assert (groups > 0).sum() == 4 * 64


def test_specks_are_as_small_in_two_frames_as_in_one() -> None:
    frame = squares((2, 2))
    frame[20, 30:32] = 2
    frames = [embedding_of(frame)] * 2
    config = clustering_config("density", min_size=5, object_threshold=0)
    assert joint_groups(*frames, config).max() == 1
    assert joint_groups(*frames, config.changed(min_size=4)).max() == 2


def test_a_frame_without_groups_is_told() -> None:
    linker = Linker(linking_config("pairs"))
    linker.add(squares((2, 2)))
    with pytest.raises(ValueError, match="linking by pairs needs a hint"):
        linker.add(squares((2, 2)))


def test_volumes_are_told() -> None:
    maps = {"embedding": np.zeros((2, 3, 4, 5)), "foreground": np.zeros((1, 3, 4, 5))}
    volume = Embedding(maps)
    with pytest.raises(InputError, match="these frames are volumes"):
        joint_groups(volume, volume, clustering_config())
