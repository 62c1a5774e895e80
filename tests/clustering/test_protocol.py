"""What every clustering method does alike."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from napari_discembed import clustering
from napari_discembed.clustering import Clusterer, Prepared, group, prepare
from napari_discembed.config import ClusteringConfig, DensityConfig, Method, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.metrics import score
from napari_discembed.types import Embedding, EuclideanSpace, IntArray

from .scenes import METHODS, partition, perfect, squares

each_method = pytest.mark.parametrize("method", METHODS)


def found(embedding: Embedding, method: Method, **settings: object) -> IntArray:
    return group(embedding, clustering_config(method, **settings)).labels


@each_method
@pytest.mark.parametrize("dim", [2, 3, 8])
def test_each_cloud_is_an_object(method: Method, dim: int) -> None:
    labels = squares()
    objects = found(perfect(labels, dim), method)
    assert objects.max() == 9
    assert score(labels, objects).mean_ap == 1


@each_method
def test_a_volume_is_clustered_like_an_image(method: Method) -> None:
    labels = np.zeros((6, 12, 12), int)
    labels[1:5, 1:5, 1:5], labels[1:5, 7:11, 7:11] = 1, 2
    assert score(labels, found(perfect(labels, 3), method)).mean_ap == 1


@each_method
def test_nothing_is_no_object_and_no_candidate(method: Method) -> None:
    embedding = perfect(np.zeros((16, 16), int))
    labels = found(embedding, method)
    assert labels.shape == (16, 16)
    assert not labels.any()
    config = clustering_config(method)
    assert prepare(embedding, method).count(config) == 0
    assert len(clustering.candidates(embedding, config)) == 0


@each_method
def test_one_object_is_one_object(method: Method) -> None:
    assert found(perfect(np.pad(np.ones((9, 9), int), 3)), method).max() == 1


@each_method
def test_identical_embeddings_are_one_object(method: Method) -> None:
    embedding = Embedding.of(np.full((2, 9, 9), 3.0, np.float32), np.ones((1, 9, 9), np.float32))
    assert found(embedding, method).max() == 1


@each_method
@pytest.mark.parametrize(("threshold", "count"), [(0.25, 9), (0.2500001, 8)])
def test_an_object_is_seedy_enough_that_reaches_the_threshold(
    method: Method, threshold: float, count: int
) -> None:
    labels = squares()
    embedding = perfect(labels)
    assert embedding.seediness is not None
    embedding.seediness[labels == 5] = 0.25
    objects = found(embedding, method, seed_threshold=threshold)
    assert objects.max() == count
    assert objects[labels == 5].any() == (count == 9)


@each_method
def test_one_seedy_pixel_is_enough(method: Method) -> None:
    labels = squares()
    embedding = perfect(labels)
    assert embedding.seediness is not None
    embedding.seediness[...] = 0
    embedding.seediness[4::10, 4::10] = 1
    assert found(embedding, method, seed_threshold=0.9).max() == 9


@each_method
@pytest.mark.parametrize(("threshold", "count"), [(0.75, 9), (0.7500001, 8)])
def test_a_pixel_is_foreground_that_reaches_the_threshold(
    method: Method, threshold: float, count: int
) -> None:
    labels = squares()
    embedding = perfect(labels)
    embedding.foreground[0][labels == 5] = 0.75
    settings = {"foreground_threshold": threshold, "object_threshold": 0}
    assert found(embedding, method, **settings).max() == count


@each_method
@pytest.mark.parametrize(("threshold", "count"), [(0.75, 9), (0.7500001, 8)])
def test_an_object_is_left_out_whose_mean_foreground_is_below_the_threshold(
    method: Method, threshold: float, count: int
) -> None:
    labels = squares()
    embedding = perfect(labels)
    embedding.foreground[0][labels == 5] = 0.75
    assert found(embedding, method, object_threshold=threshold).max() == count


@each_method
def test_without_seediness_objects_are_found_by_their_density(method: Method) -> None:
    labels = squares()
    e = perfect(labels)
    objects = found(Embedding.of(e.values, e.foreground, diameter=8), method, seed_threshold=1)
    assert objects.max() == 9


@each_method
def test_the_count_is_that_of_the_labels(method: Method) -> None:
    prepared = prepare(perfect(squares()), method)
    for bandwidth in (0.6, 1.5, 5.0, None):
        config = clustering_config(method, bandwidth=bandwidth, min_size=2)
        assert prepared.count(config) == len(np.unique(prepared.labels(config))) - 1


@each_method
def test_the_candidates_at_a_bandwidth_are_its_objects(method: Method) -> None:
    prepared = prepare(perfect(squares()), method)
    config = clustering_config(method, bandwidth=1.5)
    candidates = prepared.candidates(config)
    labels = candidates.labels(candidates.at(1.5))
    assert partition(labels) == partition(prepared.labels(config))
    assert candidates.scores["seediness"][candidates.at(1.5)] == pytest.approx(1)
    assert candidates.scores["foreground"][candidates.at(1.5)] == pytest.approx(1)


@each_method
def test_a_config_of_another_method_is_refused(method: Method) -> None:
    prepared = prepare(perfect(squares(1)), method)
    other: Method = "greedy" if method == "density" else "density"
    for answer in (prepared.labels, prepared.count, prepared.candidates):
        with pytest.raises(InputError, match=f"method '{method}'.*got one of '{other}'"):
            answer(clustering_config(other))


class Directions(EuclideanSpace):
    """A space in which only the direction of a point matters, as in the cosine space."""

    def normalise(self, points: np.ndarray) -> np.ndarray:
        return points / np.linalg.norm(points, axis=0)


@each_method
def test_points_are_grouped_as_their_space_normalises_them(method: Method) -> None:
    labels = squares(2)
    angle = np.pi / 2 * labels
    length = np.random.default_rng(0).uniform(1, 20, labels.shape)
    values = (length * np.stack([np.cos(angle), np.sin(angle)])).astype(np.float32)
    e = perfect(labels)
    flat = replace(e, maps={**e.maps, "embedding": values}, space=Directions())
    assert score(labels, found(flat, method, bandwidth=0.5, merge_margin=0.3)
                 if method in ("density", "mean_shift")
                 else found(flat, method, bandwidth=0.5)).mean_ap == 1  # fmt: skip


@dataclass(frozen=True)
class Whole:
    embedding: Embedding


class OneObject(Clusterer[Whole, DensityConfig]):
    """A new method: the whole foreground is one object."""

    method = "density"

    def prepare(self, embedding: Embedding) -> Whole:
        return Whole(embedding)

    def cluster(self, prepared: Whole, config: DensityConfig) -> IntArray:
        return 7 * (prepared.embedding.foreground[0] >= config.foreground_threshold).astype(int)


def test_a_new_method_says_how_to_prepare_and_cluster_and_has_the_rest() -> None:
    labels = squares(2)
    embedding = perfect(labels)
    assert embedding.seediness is not None
    embedding.seediness[...] = 0.25
    embedding.seediness[3, 3] = 0.5
    embedding.foreground[0][labels == 1] = 0.75
    method = OneObject()
    prepared = Prepared(method, method.prepare(embedding))
    config: ClusteringConfig = DensityConfig()
    assert prepared.embedding is embedding
    assert prepared.count(config) == 1
    candidates = prepared.candidates(config)
    np.testing.assert_array_equal(candidates.mask(0), labels > 0)
    assert candidates.at(0.1).tolist() == candidates.at(99).tolist() == [0]
    assert candidates.scores["seediness"].tolist() == [0.5]
    assert candidates.scores["foreground"].tolist() == [(0.75 + 3) / 4]


def test_what_a_method_must_say_is_asked_for() -> None:
    class Nothing(Clusterer[Whole, DensityConfig]):
        method = "density"

    with pytest.raises(TypeError, match="abstract"):
        Nothing()
