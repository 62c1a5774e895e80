"""Connected components and the cleaning of objects, on maps that one can draw."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.clustering import blocks
from napari_discembed.clustering.components import (
    Components,
    clean,
    label_components,
    neighbour_windows,
)
from napari_discembed.config import clustering_config
from napari_discembed.types import Embedding, IntArray


def drawn(*rows: str) -> np.ndarray:
    """Return a map of regions: a digit a pixel, a dot for background."""
    return np.array([[0 if c == "." else int(c) for c in row] for row in rows], np.int32)


def cleaned(
    regions: np.ndarray, objects: list[int] | None = None, min_size: float = 0, **settings: object
) -> list[list[int]]:
    """Return the image of objects, each region one of its own if nothing else is said."""
    table = np.arange(regions.max() + 1) if objects is None else np.array(objects)
    found: IntArray = label_components(regions).labels(
        table, clustering_config(**settings), min_size
    )
    return found.tolist()


def surely(
    *tenths: str, regions: np.ndarray, threshold: float, **settings: object
) -> list[list[int]]:
    """Return the objects of regions whose foreground probability is drawn in tenths."""
    found = label_components(regions, None, drawn(*tenths) / 10)
    config = clustering_config(object_threshold=threshold, **settings)
    return found.labels(np.arange(regions.max() + 1), config, 0).tolist()


def test_an_object_whose_mean_foreground_is_low_is_left_out() -> None:
    regions = drawn("11.22.33")
    assert surely("99067099", regions=regions, threshold=0.7) == [[1, 1, 0, 0, 0, 0, 3, 3]]
    assert surely("99068099", regions=regions, threshold=0.7) == [[1, 1, 0, 2, 2, 0, 3, 3]]
    assert surely("99067099", regions=regions, threshold=0.0) == [[1, 1, 0, 2, 2, 0, 3, 3]]


def test_where_all_objects_are_unsure_the_usual_ones_stay() -> None:
    # Nine tenths of the median, 0.6, are 0.54.
    regions = drawn("11.22.33.44")
    found = surely("66055066066", regions=regions, threshold=0.8)
    assert found == [[1, 1, 0, 0, 0, 0, 3, 3, 0, 4, 4]]
    assert surely("55", regions=drawn("11"), threshold=0.8) == [[1, 1]]


def test_parts_that_become_objects_are_judged_each_on_its_own() -> None:
    regions = drawn("11.11.22")
    as_one = surely("99055099", regions=regions, threshold=0.7)
    assert as_one == [[1, 1, 0, 1, 1, 0, 2, 2]]
    parted = surely("99055099", regions=regions, threshold=0.7, split_parts=True)
    assert (np.array(parted) > 0).tolist() == (drawn("11....11") > 0).tolist()


def test_each_connected_part_of_a_region_is_a_component() -> None:
    found: Components = label_components(drawn("11.2", "...2", "2..."))
    assert found.region.tolist() == [1, 2, 2]
    assert found.sizes.tolist() == [2, 2, 1]
    assert found.adjacent.tolist() == []


def test_components_that_share_a_corner_touch() -> None:
    assert label_components(drawn("1..", ".2.", "..3")).adjacent.tolist() == [[0, 1], [1, 2]]


def test_the_first_component_may_touch_a_later_one_from_below() -> None:
    assert label_components(drawn("1.2", "11.")).adjacent.tolist() == [[0, 1]]


def test_a_hole_is_background_that_does_not_reach_the_border() -> None:
    found = label_components(drawn("111", "1.1", "111"))
    assert found.image[1, 1] == 2
    assert found.sizes.tolist() == [8, 1]
    assert found.hole_borders.tolist() == [[0, 0]]
    amid = label_components(drawn(".....", ".111.", ".1.1.", ".111.", "....."))
    assert amid.sizes.tolist() == [8, 1]
    for at_border in ("111", "1.1", "1.1"), ("1.1", "1.1", "111"), ("111", "..1", "111"):
        assert len(label_components(drawn(*at_border)).sizes) == 1


def test_a_hole_may_be_open_at_a_corner() -> None:
    assert cleaned(drawn(".22", "2.2", "222")) == [[0, 2, 2], [2, 2, 2], [2, 2, 2]]


def test_what_touches_a_hole_at_a_corner_alone_is_not_around_it() -> None:
    assert cleaned(drawn("21.", "1.1", ".1.")) == [[2, 1, 0], [1, 1, 1], [0, 1, 0]]


def test_objects_that_touch_are_no_border_of_a_hole() -> None:
    found = label_components(drawn("1112", "1.12", "1112"))
    assert found.adjacent.tolist() == [[0, 1]]
    assert found.hole_borders.tolist() == [[0, 0]]


def test_without_regions_there_are_no_components() -> None:
    nothing = np.zeros((2, 3), np.int32)
    found = label_components(nothing)
    assert found.region.tolist() == found.sizes.tolist() == found.adjacent.tolist() == []
    assert cleaned(nothing, objects=[0]) == nothing.tolist()


def test_holes_are_filled_only_within_one_object() -> None:
    within = drawn("1111", "1..1", "1111")
    assert cleaned(within) == [[1] * 4] * 3
    assert cleaned(within, fill_holes=False) == within.tolist()
    between = drawn("1122", "1..2", "1122")
    assert cleaned(between) == between.tolist()
    assert cleaned(between, objects=[0, 1, 1]) == [[1] * 4] * 3


def test_the_hole_of_an_object_that_goes_stays_background() -> None:
    assert cleaned(drawn("111", "1.1", "111"), min_size=9) == [[0] * 3] * 3


def test_a_cavity_of_a_volume_is_filled() -> None:
    block = np.ones((3, 3, 3), np.int32)
    block[1, 1, 1] = 0
    assert np.array(cleaned(block)).all()
    block[0, 1, 1] = 0
    assert np.array(cleaned(block))[1, 1, 1] == 0


def test_regions_of_one_object_are_one_part_where_they_touch() -> None:
    # Three pixels in a row are enough only together.
    assert cleaned(drawn("12.1"), objects=[0, 5, 5], min_size=2) == [[5, 5, 0, 0]]


@pytest.mark.parametrize(("min_size", "kept"), [(4, True), (4.01, False)])
def test_an_object_of_the_smallest_size_stays(min_size: float, kept: bool) -> None:
    assert bool(np.any(cleaned(drawn("11", "11"), min_size=min_size))) == kept


@pytest.mark.parametrize(("largest", "kept"), [(20, True), (21, False)])
def test_a_part_below_a_twentieth_of_its_objects_largest_goes(largest: int, kept: bool) -> None:
    row = cleaned(drawn("1" * largest + ".1"))[0]
    assert row[:largest] == [1] * largest
    assert bool(row[-1]) == kept


def test_a_small_object_beside_a_large_one_stays() -> None:
    assert cleaned(drawn("1" * 40 + "2"))[0][-1] == 2
    assert cleaned(drawn("1" * 40 + "2"), min_size=2)[0][-1] == 0


def test_parts_become_objects_only_if_asked_for() -> None:
    assert cleaned(drawn("11.11")) == [[1, 1, 0, 1, 1]]
    split = cleaned(drawn("11.11"), split_parts=True)[0]
    assert split[0] == split[1] != split[3] == split[4]
    assert 0 not in (split[0], split[3])
    assert cleaned(drawn("1.22"), objects=[0, 4, 0], split_parts=True) == [[1, 0, 0, 0]]


def test_regions_of_no_object_are_background() -> None:
    assert cleaned(drawn("1122"), objects=[0, 0, 3]) == [[0, 0, 3, 3]]


def test_cleaning_starts_at_the_foreground_threshold() -> None:
    probability = np.array([[[0.9, 0.5, 0.4, 0.9]]], np.float32)
    embedding = Embedding.of(np.zeros((1, 1, 4), np.float32), probability)
    config = clustering_config(min_size=2, foreground_threshold=0.5)
    labels = clean(embedding, drawn("1111"), np.array([0, 1]), config)
    assert labels.tolist() == [[1, 1, 0, 0]]


@pytest.mark.parametrize(
    ("shape", "diagonal", "count"),
    [((3, 3), False, 12), ((3, 3), True, 20), ((2, 2, 2), False, 12), ((2, 2, 2), True, 28)],
)
def test_each_pair_of_neighbours_comes_once(
    shape: tuple[int, ...], diagonal: bool, count: int
) -> None:
    number = np.arange(np.prod(shape)).reshape(shape)
    pairs = [
        tuple(sorted(pair))
        for here, there in neighbour_windows(shape, diagonal=diagonal)
        for pair in zip(number[here].ravel().tolist(), number[there].ravel().tolist(), strict=True)
    ]
    assert len(pairs) == len(set(pairs)) == count
    where = np.stack(np.unravel_index(np.array(pairs), shape), axis=-1)
    steps = np.abs(where[:, 0] - where[:, 1])
    assert steps.max() == 1
    assert steps.sum(axis=1).max() == (len(shape) if diagonal else 1)


@pytest.mark.parametrize("shape", [(9, 7), (5, 4, 3)])
def test_components_are_the_same_labelled_row_by_row(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for drawing in (rng.integers(0, 3, shape), rng.integers(0, 4, shape) > 0):
        regions = drawing.astype(np.int32)
        whole = label_components(regions)
        with monkeypatch.context() as patch:
            patch.setattr(blocks, "BLOCK", 1)
            by_row = label_components(regions)
        for name in ("image", "region", "sizes", "adjacent", "hole_borders"):
            assert getattr(by_row, name).tolist() == getattr(whole, name).tolist()


def test_components_are_numbered_as_their_first_pixels_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 1)
    found = label_components(drawn("1.2.1", "1.2.1", "1...1", "11111", ".3..."))
    assert found.image[0].tolist() == [1, 0, 2, 0, 1]
    assert found.region.tolist() == [1, 2, 3]


def test_what_is_masked_is_background() -> None:
    regions = drawn("111", "222")
    inside = regions == 2
    assert label_components(regions, inside).region.tolist() == [2]
