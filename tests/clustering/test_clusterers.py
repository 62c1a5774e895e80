"""Every clusterer on embeddings whose objects one can count."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed import clustering, pipeline
from napari_discembed.clustering import count_curve, modes, prepare
from napari_discembed.config import clustering_config, Method
from napari_discembed.errors import InputError
from napari_discembed.metrics import score
from napari_discembed.types import Embedding, IntArray

METHODS: list[Method] = ["density", "mean_shift", "greedy", "hdbscan"]


def perfect(labels: IntArray, dim: int = 2, spread: float = 0.1, seed: int = 0) -> Embedding:
    """Return an embedding in which each object is a tight cloud of its own."""
    rng = np.random.default_rng(seed)
    n = int(labels.max())
    means = np.zeros((n + 1, dim))
    side = int(np.ceil(n ** (1 / dim))) + 1
    means[1:] = 4.0 * np.stack(np.unravel_index(np.arange(n), [side] * dim), axis=1)
    values = means[labels] + rng.normal(0, spread, (*labels.shape, dim))
    inside = (labels > 0).astype(np.float32)
    points = np.moveaxis(values, -1, 0).astype(np.float32)
    return Embedding.of(points, inside[None], inside, diameter=8)


def squares(n: int = 3, side: int = 8) -> IntArray:
    """Return n by n squares of a side, two pixels apart."""
    tile = np.pad(np.ones((side, side), int), 1)
    numbers = np.arange(1, n * n + 1).reshape(n, n)
    return np.kron(numbers, tile)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dim", [2, 3, 8])
def test_each_cloud_is_an_object(method: Method, dim: int) -> None:
    labels = squares()
    found = pipeline.cluster(perfect(labels, dim), method=method)
    assert found.count == 9
    assert score(labels, found.labels).mean_ap == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_volume_is_clustered_like_an_image(method: Method) -> None:
    labels = np.zeros((6, 12, 12), int)
    labels[1:5, 1:5, 1:5], labels[1:5, 7:11, 7:11] = 1, 2
    assert score(labels, pipeline.cluster(perfect(labels, 3), method=method).labels).mean_ap == 1


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_no_object(method: Method) -> None:
    labels = np.zeros((16, 16), int)
    found = pipeline.cluster(perfect(labels + 0), method=method)
    assert found.count == 0
    assert found.labels.shape == (16, 16)


@pytest.mark.parametrize("method", METHODS)
def test_one_object_is_one_object(method: Method) -> None:
    labels = np.pad(np.ones((9, 9), int), 3)
    assert pipeline.cluster(perfect(labels), method=method).count == 1


@pytest.mark.parametrize("method", METHODS)
def test_identical_embeddings_are_one_object(method: Method) -> None:
    embedding = Embedding.of(np.full((2, 9, 9), 3.0, np.float32), np.ones((1, 9, 9), np.float32))
    assert pipeline.cluster(embedding, method=method).count == 1


def test_a_leaf_cut_in_two_keeps_one_label() -> None:
    labels = np.zeros((12, 20), int)
    labels[3:9, 1:7] = labels[3:9, 13:19] = 1
    labels[:, 8:12] = 2
    found = pipeline.cluster(perfect(labels))
    assert found.count == 2
    assert found.labels[5, 3] == found.labels[5, 15]
    assert pipeline.cluster(perfect(labels), split_parts=True).count == 3


def test_a_speck_far_from_its_object_goes() -> None:
    labels = np.zeros((40, 60), int)
    labels[2:38, 2:38] = 1
    labels[5:10, 50:54] = 1
    found = pipeline.cluster(perfect(labels), min_size=0)
    assert found.labels[7, 52] == 0
    assert found.count == 1


def test_holes_are_filled_only_within_one_object() -> None:
    labels = np.zeros((20, 20), int)
    labels[1:9, 1:9] = 1
    labels[4, 4] = 0
    labels[11:19, 1:19] = 2
    labels[13:17, 4:8] = 0
    labels[13:15, 6:8] = 3  # the hole in 2 touches another object
    embedding = perfect(labels)
    found = pipeline.cluster(embedding, min_size=3)
    assert found.labels[4, 4] == found.labels[2, 2] > 0
    assert found.labels[16, 5] == 0
    assert pipeline.cluster(embedding, min_size=3, fill_holes=False).labels[4, 4] == 0


def test_small_objects_go() -> None:
    labels = np.zeros((16, 16), int)
    labels[1:9, 1:9], labels[12:14, 12:14] = 1, 2
    assert pipeline.cluster(perfect(labels), min_size=4).count == 2
    assert pipeline.cluster(perfect(labels), min_size=5).count == 1


def test_what_is_far_smaller_than_a_typical_object_goes_by_itself() -> None:
    labels = np.zeros((30, 30), int)
    labels[2:18, 2:18], labels[20:23, 20:23], labels[25:27, 25:27] = 1, 2, 3
    e = perfect(labels)
    # A fiftieth of a disc of diameter 20 is 6.3 pixels: 9 stay, 4 go.
    embedding = Embedding.of(e.values, e.foreground, e.seediness, diameter=20)
    assert pipeline.cluster(embedding).count == 2
    assert pipeline.cluster(embedding, min_size=0).count == 3


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_seedy_is_no_object(method: Method) -> None:
    labels = squares()
    embedding = perfect(labels)
    assert embedding.seediness is not None
    embedding.seediness[labels == 5] = 0.1
    found = pipeline.cluster(embedding, method=method)
    assert found.count == 8
    assert not found.labels[labels == 5].any()


@pytest.mark.parametrize("method", METHODS)
def test_the_foreground_threshold_cuts_pixels_away(method: Method) -> None:
    labels = squares()
    embedding = perfect(labels)
    embedding.foreground[0][labels == 5] = 0.6
    assert pipeline.cluster(embedding, method=method, foreground_threshold=0.5).count == 9
    assert pipeline.cluster(embedding, method=method, foreground_threshold=0.7).count == 8


def test_a_number_stays_with_its_object_while_the_bandwidth_moves() -> None:
    labels = squares()
    embedding = perfect(labels)
    # Objects 1 and 2 are brought near, all others stay 4 units apart.
    embedding.values[:, labels == 2] = embedding.values[:, labels == 1] + 1.2
    prepared = prepare(embedding)
    before = clustering.cluster_prepared(prepared, clustering_config(bandwidth=1.19, merge_margin=0))
    after = clustering.cluster_prepared(prepared, clustering_config(bandwidth=2.0, merge_margin=0))
    assert len(np.unique(before)) == 10
    assert len(np.unique(after)) == 9
    untouched = labels > 2
    np.testing.assert_array_equal(before[untouched], after[untouched])


@given(st.integers(0, 1000))
def test_a_larger_bandwidth_never_gives_more_objects(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 2, (2, 24, 24)).astype(np.float32)
    prepared = prepare(Embedding.of(values, np.ones((1, 24, 24), np.float32)))
    config = clustering_config(min_size=0)
    counts = count_curve(prepared, np.linspace(1, 6, 8), config).tolist()
    assert counts == sorted(counts, reverse=True)


def test_the_curve_counts_what_the_clustering_finds() -> None:
    prepared = prepare(perfect(squares()))
    config = clustering_config()
    for b, n in zip(
        (1.0, 2.0, 9.0), count_curve(prepared, np.array([1.0, 2.0, 9.0]), config), strict=True
    ):
        labels = clustering.cluster_prepared(prepared, config.model_copy(update={"bandwidth": b}))
        assert n == len(np.unique(labels)) - 1


def test_more_objects_than_sixteen_bits_hold() -> None:
    n = 260
    labels = np.arange(1, n * n + 1).reshape(n, n)
    y, x = np.mgrid[:n, :n].astype(np.float32) * 4
    embedding = Embedding.of(
        np.stack([y, x]), np.ones((1, n, n), np.float32), np.ones((n, n), np.float32)
    )
    found = pipeline.cluster(embedding, min_size=0)
    assert found.count == n * n == 67_600
    assert found.labels.dtype == np.uint32
    assert score(labels, found.labels).ap50 == 1


def test_seeds_make_one_object_each() -> None:
    labels = squares()
    seeds = np.array([[5.0, 5.0], [5.0, 15.0]])
    found = pipeline.cluster(perfect(labels), method="seeded", seeds=seeds)
    assert found.count == 2
    np.testing.assert_array_equal(found.labels > 0, (labels == 1) | (labels == 2))


@pytest.mark.parametrize("seeds", [None, np.zeros((0, 2)), np.array([[99.0, 0]]), np.zeros((1, 3))])
def test_seeds_that_make_no_sense_are_told(seeds: np.ndarray | None) -> None:
    with pytest.raises(InputError, match="seeds"):
        pipeline.cluster(perfect(squares()), method="seeded", seeds=seeds)


def test_coordinates_tell_equal_embeddings_apart() -> None:
    labels = np.zeros((20, 40), int)
    labels[4:16, 2:14], labels[4:16, 26:38] = 1, 2
    embedding = perfect(np.minimum(labels, 1))
    assert pipeline.cluster(embedding, method="hdbscan").count == 1
    assert pipeline.cluster(embedding, method="hdbscan", coordinates=20).count == 2


def test_labels_come_back_on_the_images_grid_with_a_smooth_border() -> None:
    y, x = np.mgrid[:32, :32]
    coarse = (np.hypot(y - 15.5, x - 15.5) < 10).astype(int)
    soft = 1 / (1 + np.exp(np.hypot(y - 15.5, x - 15.5) - 10))
    e = perfect(coarse)
    embedding = Embedding.of(e.values, soft[None].astype(np.float32), image_shape=(128, 128))
    found = pipeline.cluster(embedding)
    yy, xx = np.mgrid[:128, :128]
    disc = (np.hypot(yy - 63.5, xx - 63.5) < 40).astype(int)
    assert found.labels.shape == (128, 128)
    assert score(disc, found.labels).average_precision(0.95) == 1


def test_objects_of_several_classes_say_theirs() -> None:
    labels = squares(2)
    e = perfect(labels)
    foreground = np.stack([(labels > 0) & (labels < 3), labels >= 3]).astype(np.float32)
    found = pipeline.cluster(Embedding.of(e.values, foreground))
    assert found.classes is not None
    of = {int(found.labels[labels == k][0]): k for k in range(1, 5)}
    assert [1 if of[i + 1] < 3 else 2 for i in range(4)] == found.classes.tolist()


def test_mean_shift_finds_what_is_less_sure_than_many_cells_of_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = squares()
    embedding = perfect(labels)
    sure = np.where(labels <= 3, 0.9, 0.6) * (labels > 0)
    monkeypatch.setattr(modes, "MOST_SEEDS", 20)
    found = pipeline.cluster(
        replace(embedding, seediness=sure.astype(np.float32)), method="mean_shift"
    )
    assert found.count == 9


def test_a_changed_smallest_size_is_heeded_by_hdbscan() -> None:
    labels = squares()
    labels[labels > 4] = 0
    labels[-3:, -3:] = 5
    prepared = prepare(perfect(labels), "hdbscan")
    config = [clustering_config(method="hdbscan", min_size=size) for size in (40, 4)]
    counts = [len(np.unique(clustering.cluster_prepared(prepared, k))) for k in config]
    fresh = [
        len(np.unique(clustering.cluster_prepared(prepare(perfect(labels), "hdbscan"), k)))
        for k in config
    ]
    assert counts == fresh


def test_hdbscan_keeps_an_object_alone_that_is_just_large_enough() -> None:
    labels = np.zeros((12, 12), int)
    labels[3:7, 3:7] = 1
    for size, count in ((16, 1), (17, 0)):
        assert pipeline.cluster(perfect(labels), method="hdbscan", min_size=size).count == count


@pytest.mark.parametrize("method", ["density", "greedy"])
def test_objects_keep_their_class_where_one_is_smaller_than_a_pixel(method: Method) -> None:
    labels = np.zeros((64, 64), int)
    labels[:2, :2], labels[20:36, 20:36], labels[40:56, 40:56] = 1, 2, 3
    kinds = np.stack([(labels == 1) | (labels == 3), labels == 2]) * np.float32(0.99)
    embedding = replace(perfect(labels), foreground=kinds.astype(np.float32), image_shape=(8, 8))
    found = clustering.group(embedding, clustering_config(min_size=0, method=method))
    assert found.classes is not None
    assert found.class_image is not None
    assert len(found.classes) == found.count
    assert (found.class_image[3, 3], found.class_image[6, 6]) == (2, 1)
