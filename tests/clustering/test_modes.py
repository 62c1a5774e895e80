"""Mean shift, greedy and seeded grouping, on rows of pixels with points one can count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed.clustering import group, modes, prepare
from napari_discembed.config import Method, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, Margins

from .scenes import along_line, perfect, squares


def owners(embedding: Embedding, method: str, **settings: object) -> list[int]:
    """Return the object of each pixel of a row."""
    found: list[int] = (
        group(embedding, clustering_config(method, min_size=0, **settings)).labels[0].tolist()
    )
    return found


@pytest.mark.parametrize(("dim", "width"), [(1, 0.2), (3, 0.2), (4, 0.8), (8, 0.8)])
def test_bins_are_wider_in_many_dimensions(dim: int, width: float) -> None:
    values, foreground = np.zeros((dim, 1, 1)), np.ones((1, 1, 1))
    embedding = Embedding.of(values, foreground, margins=Margins(pull=0.4))
    assert modes.prepare_bins(embedding).bins.width == width


@pytest.mark.parametrize("method", ["mean_shift", "greedy"])
def test_where_there_is_no_foreground_there_is_no_object(method: Method) -> None:
    embedding = Embedding.of(np.zeros((2, 3, 4)), np.zeros((1, 3, 4)))
    found = prepare(embedding, method).labels(clustering_config(method))
    assert found.tolist() == [[0] * 4] * 3
    assert found.dtype == np.int32


@pytest.mark.parametrize("method", ["mean_shift", "greedy"])
def test_what_is_not_seedy_enough_is_no_part_of_another(method: Method) -> None:
    embedding = along_line(0.0, 5.0, seediness=[0.75, 0.25])
    assert owners(embedding, method, seed_threshold=0.5) == [1, 0]


def test_what_is_too_far_from_the_mode_that_it_climbs_to_is_of_no_object() -> None:
    # The mode is at 4.7, the mean of the last two: 3.4 and 1.8 are within 3 of it, and 0 is not.
    embedding = along_line(0.0, *[1.8] * 5, *[3.4] * 25, *[5.0] * 125)
    assert owners(embedding, "mean_shift", bandwidth=2, merge_margin=0) == [0] + [1] * 155


def test_modes_nearer_than_half_a_bandwidth_are_one() -> None:
    # Points spread evenly over 12 units: a seed stops anywhere between 5 and 7, where the flat
    # kernel of 5 units is full on both sides.
    embedding = along_line(*np.arange(0, 12.01, 0.25))
    assert max(owners(embedding, "mean_shift", bandwidth=5, merge_margin=0)) == 1


def test_modes_farther_than_half_a_bandwidth_are_one_by_the_merge_margin() -> None:
    # Over 18 units seeds stop between 5 and 13.
    embedding = along_line(*np.arange(0, 18.01, 0.25))
    counts = [
        max(owners(embedding, "mean_shift", bandwidth=5, merge_margin=margin)) for margin in (0, 4)
    ]
    assert counts[0] > 1
    assert counts[1] == 1


def test_two_clouds_farther_apart_than_the_merge_margin_are_two() -> None:
    embedding = along_line(0.0, 3.0, times=9)
    for margin, count in ((2.9, 2), (3.1, 1)):
        found = owners(embedding, "mean_shift", bandwidth=2.5, merge_margin=margin)
        assert max(found) == count


def test_a_seed_climbs_to_the_mean_of_what_is_within_the_bandwidth() -> None:
    prepared = prepare(along_line(0.0, 1.0, 2.0, 9.0), "mean_shift").state
    assert isinstance(prepared, modes.PreparedBins)
    found = modes._shift(prepared, np.array([[0.2], [8.5], [30.0]]), 1.5)
    assert found[:, 0] == pytest.approx([1.0, 9.0, 30.0])  # the last sees nothing and stays


def test_the_heaviest_bins_are_seeds_where_no_seediness_is_predicted() -> None:
    prepared = prepare(along_line(0.0, 0.5, 0.5, 1.2, 5.0), "mean_shift").state
    assert isinstance(prepared, modes.PreparedBins)
    seeds = modes._seeds(prepared, bandwidth=2)
    assert prepared.bins.mean[seeds, 0].tolist() == pytest.approx([0.5, 5.0])


def test_the_most_seedy_bins_are_seeds_where_it_is() -> None:
    seediness = [0.5, 0.25, 0.25, 1.0, 0.75]
    embedding = along_line(0.0, 0.5, 0.5, 1.2, 5.0, seediness=seediness)
    prepared = prepare(embedding, "mean_shift").state
    assert isinstance(prepared, modes.PreparedBins)
    seeds = modes._seeds(prepared, bandwidth=2)
    assert prepared.bins.mean[seeds, 0].tolist() == pytest.approx([1.2, 5.0, 0.0])


def test_of_equally_seedy_bins_the_heavier_is_a_seed() -> None:
    for first, seed in ((0.5, 1.0), (0.75, 0.0)):
        embedding = along_line(0.0, 1.0, 1.0, 1.0, seediness=[first, 0.5, 0.5, 0.5])
        prepared = prepare(embedding, "mean_shift").state
        assert isinstance(prepared, modes.PreparedBins)
        assert prepared.bins.mean[modes._seeds(prepared, bandwidth=2.5), 0].tolist() == [seed]


def test_a_seed_of_little_weight_stays_where_it_is() -> None:
    embedding = along_line(0.0, 4.0)
    embedding.foreground[...] = 0.25
    prepared = modes.prepare_bins(embedding)
    assert modes._shift(prepared, np.array([[4.0]]), 1.0).tolist() == [[4]]


def test_mean_shift_finds_more_objects_than_a_limit_of_seeds_once_let_it() -> None:
    # 20,449 objects of one pixel, each a place of its own; the last 449 went unsaid.
    labels = np.arange(1, 143 * 143 + 1).reshape(143, 143)
    config = clustering_config("mean_shift", min_size=1, split_parts=False)
    assert group(perfect(labels, spread=0.0), config).count == 143 * 143


@pytest.mark.parametrize("block", [1, 4])
def test_seeds_shifted_in_blocks_end_where_they_would_together(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedding = perfect(squares(), spread=0.5)
    whole = group(embedding, clustering_config("mean_shift")).labels
    monkeypatch.setattr(modes, "BLOCK", block)
    np.testing.assert_array_equal(group(embedding, clustering_config("mean_shift")).labels, whole)


def test_mean_shift_finds_what_is_less_sure_than_many_bins_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = squares()
    e = perfect(labels)
    sure = (np.where(labels <= 3, 0.9, 0.6) * (labels > 0)).astype(np.float32)
    embedding = replace(e, maps={**e.maps, "seediness": sure[None]})
    monkeypatch.setattr(modes, "BLOCK", 4)
    assert group(embedding, clustering_config("mean_shift")).count == 9


def test_a_greedy_object_is_shifted_until_it_stays() -> None:
    # From 0 the kernel of 5 units reaches 5, then 7.5, 8.75 and in the end all up to 9.
    points = np.arange(0, 9.01, 0.25).tolist()
    embedding = along_line(*points, seediness=[1.0] + [0.5] * (len(points) - 1))
    assert owners(embedding, "greedy", bandwidth=5) == [1] * len(points)


def test_a_greedy_object_takes_nothing_of_those_before() -> None:
    # The second sees the first's points within its bandwidth, and leaves them.
    embedding = along_line(0.0, 0.6, 1.5, 2.1, seediness=[1.0, 0.5, 0.5, 0.75])
    assert owners(embedding, "greedy", bandwidth=1.0) == [1, 1, 2, 2]


def test_greedy_takes_the_most_seedy_first_however_little_it_weighs() -> None:
    # From 0.8, which weighs the most, all four would be within reach.
    embedding = along_line(0.0, 0.8, 0.8, 1.6, seediness=[1.0, 0.5, 0.5, 0.75])
    found = prepare(embedding, "greedy").labels(
        clustering_config("greedy", bandwidth=1, min_size=0)
    )
    assert found.tolist() == [[1, 1, 1, 2]]


def test_greedy_goes_on_after_what_is_taken_already() -> None:
    embedding = along_line(0.0, 0.4, 4.0, seediness=[1.0, 0.75, 0.5])
    assert owners(embedding, "greedy") == [1, 1, 2]  # at the bandwidth of the space


def test_a_greedy_object_moves_on_by_small_steps() -> None:
    # From 0 it sees 1.99, which draws it by 0.05: now it sees 2.01 too.
    embedding = along_line(*[0.0] * 40, 1.99, 2.01, seediness=[1.0] * 40 + [0.5] * 2)
    assert owners(embedding, "greedy", bandwidth=2) == [1] * 42


def test_greedy_ends_where_nothing_is_seedy_enough() -> None:
    embedding = along_line(0.0, 4.0, 8.0, seediness=[0.75, 0.5, 0.25])
    found = owners(embedding, "greedy", bandwidth=1.0, seed_threshold=0.5)
    assert [bool(k) for k in found] == [True, True, False]


def test_greedy_starts_at_the_heaviest_where_no_seediness_is_predicted() -> None:
    # From 3, which weighs the most, the kernel takes 2.2 along; 1.4 is left for another.
    assert owners(along_line(1.4, 2.2, 3.0, 3.0), "greedy", bandwidth=1.0) == [2, 1, 1, 1]


def test_seeds_make_one_object_each() -> None:
    labels = squares()
    seeds = np.array([[5.0, 5.0], [5.0, 15.0]])
    found = group(perfect(labels), clustering_config("seeded"), seeds)
    assert found.count == 2
    np.testing.assert_array_equal(found.labels > 0, (labels == 1) | (labels == 2))


@pytest.mark.parametrize(("point", "belongs"), [(2.9, True), (3.1, False)])
def test_a_pixel_belongs_to_a_seed_up_to_one_and_a_half_bandwidths(
    point: float, belongs: bool
) -> None:
    embedding = along_line(*[0.0] * 30, point)
    config = clustering_config("seeded", bandwidth=2, min_size=0, split_parts=True)
    found = group(embedding, config, np.array([[0.0, 1.0]])).labels[0]
    assert found[1] > 0
    assert bool(found[-1]) == belongs


def test_a_pixel_goes_to_the_nearer_seed() -> None:
    embedding = along_line(*[0.0] * 5, *[1.4] * 5, *[2.0] * 5)
    config = clustering_config("seeded", bandwidth=2, min_size=0)
    found = group(embedding, config, np.array([[0.0, 2.0], [0.0, 12.0]]))
    assert found.labels[0].tolist() == [1] * 5 + [2] * 10


def test_a_seed_needs_no_seediness() -> None:
    embedding = perfect(squares(1))
    assert embedding.seediness is not None
    embedding.seediness[...] = 0
    found = group(embedding, clustering_config("seeded"), np.array([[4.0, 4.0]]))
    assert found.count == 1


def test_seeds_are_in_pixels_of_the_image() -> None:
    embedding = replace(perfect(squares(2)), image_shape=(40, 40))
    found = group(embedding, clustering_config("seeded"), np.array([[9.0, 30.0]]))
    assert found.labels[9, 30] == 1
    assert found.labels[9, 9] == 0


def test_a_seed_is_the_median_of_the_pixels_around() -> None:
    embedding = along_line(0.0, 1.0, 4.0, 9.0, 16.0, 25.0)
    seeds = np.array([[0, 2.0], [0, -0.5], [0, 0.4], [0, 5.0], [0, 5.5]])
    centres = modes.SeededClusterer(seeds)._centres(embedding)
    assert centres.tolist() == [[4], [0.5], [0.5], [20.5], [20.5]]
    assert centres.dtype == np.float64


def test_one_odd_pixel_under_a_seed_does_not_matter() -> None:
    labels = squares(2)
    embedding = perfect(labels)
    embedding.values[:, 4, 4] = embedding.values[:, 15, 15]
    found = group(embedding, clustering_config("seeded"), np.array([[4.0, 4.0]]))
    assert (found.labels[labels == 1] == 1).sum() >= 63
    assert not found.labels[labels == 4].any()


@pytest.mark.parametrize("seed", [(-0.5, 0.0), (19.5, 19.5)])
def test_a_seed_on_the_edge_of_the_image_is_inside(seed: tuple[float, float]) -> None:
    group(perfect(squares(2)), clustering_config("seeded"), np.array([seed]))


@pytest.mark.parametrize(
    "seeds",
    [None, np.zeros((0, 2)), np.zeros(2), np.array([[19.6, 0]]), np.array([[0, -0.6]]),
     np.zeros((1, 3))],
)  # fmt: skip
def test_seeds_that_make_no_sense_are_told(seeds: np.ndarray | None) -> None:
    with pytest.raises(InputError, match="seeds"):
        group(perfect(squares(2)), clustering_config("seeded"), seeds)
