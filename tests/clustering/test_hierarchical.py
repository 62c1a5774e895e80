"""HDBSCAN: what it samples, and what it makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.clustering import group, prepare
from napari_discembed.clustering.hierarchical import HdbscanClusterer, HdbscanPrepared
from napari_discembed.config import HdbscanConfig, clustering_config

from .scenes import along_line, partition, perfect, squares


def state_of(labels: np.ndarray) -> HdbscanPrepared:
    return HdbscanClusterer().prepare(perfect(labels))


def test_the_defaults_find_nine_blobs() -> None:
    assert group(perfect(squares()), clustering_config("hdbscan")).count == 9


def test_only_a_sample_is_clustered_and_the_others_go_to_the_nearest() -> None:
    labels = squares()
    state = state_of(labels)
    config = HdbscanConfig(max_points=200)
    found = HdbscanClusterer().cluster(state, config)
    assert partition(found) == partition(labels)
    hierarchy = state.hierarchy(state.features(0), config, 5)
    assert len(hierarchy.sample) == len(np.unique(hierarchy.sample)) == 200
    assert (np.diff(hierarchy.sample) > 0).all()
    assert hierarchy.sample.max() < len(state.pixels) == 9 * 64
    assert len(hierarchy.model.labels_) == 200


def test_few_pixels_are_all_clustered() -> None:
    state = state_of(squares())
    hierarchy = state.hierarchy(state.points, HdbscanConfig(), 5)
    assert hierarchy.sample.tolist() == list(range(9 * 64))


def test_the_same_settings_give_the_same_objects() -> None:
    rng = np.random.default_rng(3)
    labels = squares()
    embedding = perfect(labels, spread=1.5)
    embedding.foreground[0] *= rng.random(labels.shape) > 0.2
    config = HdbscanConfig(max_points=150)
    one, other = (prepare(embedding, "hdbscan").labels(config) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_the_hierarchy_is_kept_while_only_the_bandwidth_moves() -> None:
    state = state_of(squares())
    config = HdbscanConfig()
    first = state.hierarchy(state.points, config, 5)
    assert state.hierarchy(state.points, config.changed(bandwidth=2.0), 5) is first
    assert state.hierarchy(state.points, config, 6) is not first
    kept = state.hierarchy(state.points, config, 5)
    assert state.hierarchy(state.points, config.changed(max_points=100), 5) is not kept
    assert state.hierarchy(state.points, config.changed(coordinates=1.0), 5) is not kept


def test_a_bandwidth_cuts_the_hierarchy_at_a_distance() -> None:
    prepared = prepare(perfect(squares()), "hdbscan")
    counts = [prepared.count(HdbscanConfig(bandwidth=b)) for b in (1.0, 9.0)]
    assert counts == [9, 1]


def test_an_object_that_is_just_seedy_enough_stays() -> None:
    labels = np.array([[1] * 9 + [2] * 9])
    embedding = perfect(labels)
    assert embedding.seediness is not None
    embedding.seediness[...] = np.where(labels == 1, 0.5, 0.25)
    config = HdbscanConfig(min_size=0, seed_threshold=0.5)
    assert prepare(embedding, "hdbscan").labels(config).astype(bool).tolist() == [
        [True] * 9 + [False] * 9
    ]


def test_too_few_pixels_go_to_the_nearest_cluster() -> None:
    embedding = along_line(*np.linspace(0, 0.1, 20), *np.linspace(3, 3.1, 7))
    prepared = prepare(embedding, "hdbscan")
    for size, count in ((16, 1), (7, 2)):
        for bandwidth in (None, 1):
            found = prepared.labels(HdbscanConfig(min_size=size, bandwidth=bandwidth))
            assert partition(found) == [1] * 20 + [count] * 7


def test_pixels_that_are_all_far_apart_are_of_no_object() -> None:
    found = prepare(along_line(*range(20)), "hdbscan").labels(HdbscanConfig(bandwidth=0.5))
    assert found.tolist() == [[0] * 20]


def test_coordinates_tell_equal_embeddings_apart() -> None:
    labels = np.zeros((20, 40), int)
    labels[4:16, 2:14], labels[4:16, 26:38] = 1, 2
    embedding = perfect(np.minimum(labels, 1))
    assert group(embedding, clustering_config("hdbscan")).count == 1
    assert group(embedding, clustering_config("hdbscan", coordinates=20)).count == 2


def test_coordinates_are_in_object_diameters_times_their_weight() -> None:
    labels = np.zeros((4, 9), int)
    labels[2, 4:6] = 1
    features = state_of(labels).features(2.0)  # the diameter is 8
    assert features.shape == (2, 4)
    assert features[:, 2:].tolist() == [[0.5, 1.0], [0.5, 1.25]]


def test_a_changed_smallest_size_is_heeded() -> None:
    labels = squares()
    labels[labels > 4] = 0
    labels[-3:, -3:] = 5
    embedding = perfect(labels)
    prepared = prepare(embedding, "hdbscan")
    for size in (40, 4):
        config = HdbscanConfig(min_size=size)
        assert prepared.count(config) == prepare(embedding, "hdbscan").count(config)


@pytest.mark.parametrize(("size", "count"), [(16, 1), (17, 0)])
def test_an_object_alone_that_is_just_large_enough_stays(size: int, count: int) -> None:
    labels = np.zeros((12, 12), int)
    labels[3:7, 3:7] = 1
    assert prepare(perfect(labels), "hdbscan").count(HdbscanConfig(min_size=size)) == count


@pytest.mark.parametrize(("pixels", "count"), [(4, 0), (5, 1)])
def test_fewer_than_five_pixels_are_no_cluster(pixels: int, count: int) -> None:
    labels = np.zeros((1, 12), int)
    labels[0, :pixels] = 1
    assert prepare(perfect(labels), "hdbscan").count(HdbscanConfig(min_size=0)) == count


def test_the_smallest_cluster_shrinks_with_the_sample() -> None:
    # Of objects of 64 pixels about one in five is sampled: 13, fewer than the smallest size.
    labels = squares()
    found = prepare(perfect(labels), "hdbscan").count(HdbscanConfig(max_points=115, min_size=40))
    assert found == 9
