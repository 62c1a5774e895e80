"""Settings that follow the embedding, and the functions over all methods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from napari_discembed.clustering import (
    bandwidth_of,
    count_curve,
    get_clusterer,
    grid_min_size,
    group,
    label_dtype,
    merge_margin_of,
    prepare,
)
from napari_discembed.clustering.base import Clusterer, Prepared
from napari_discembed.config import METHODS, DensityConfig, GreedyConfig, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.types import Embedding, EuclideanSpace, IntArray, Margins

from .scenes import along_line, perfect, squares

SPACE = EuclideanSpace(Margins(pull=0.4, push=2.0))


@dataclass(frozen=True)
class Kept:
    """What the simplest clusterer prepares."""

    embedding: Embedding


class Rounded(Clusterer[Kept, GreedyConfig]):
    """An object for each whole number that embeddings of a row are above, from 1."""

    method = "greedy"

    def prepare(self, embedding: Embedding) -> Kept:
        return Kept(embedding)

    def cluster(self, prepared: Kept, config: GreedyConfig) -> IntArray:
        values = prepared.embedding.values[0] / (config.bandwidth or 1)
        return values.astype(np.int32)


def rounded(*points: float) -> Prepared:
    clusterer = Rounded()
    return Prepared(clusterer, clusterer.prepare(along_line(*points)))


def test_a_clusterer_counts_and_lists_the_objects_of_its_labels() -> None:
    found = rounded(1.5, 0.5, 3.5, 3.2)
    assert found.count(GreedyConfig()) == 2
    assert found.count(GreedyConfig(bandwidth=2)) == 1
    candidates = found.candidates(GreedyConfig())
    assert candidates.smallest.tolist() == [[1, 0, 2, 2]]
    assert len(found.candidates(GreedyConfig(bandwidth=2))) == 1
    assert candidates.provenance.config["clustering"]["method"] == "greedy"


def test_what_was_prepared_for_one_method_takes_no_other() -> None:
    found = rounded(1.5)
    for ask in (found.labels, found.count, found.candidates):
        with pytest.raises(InputError, match=r"'greedy', for .* got one of 'density'"):
            ask(DensityConfig())


def test_a_bandwidth_or_margin_that_is_not_given_is_the_spaces() -> None:
    assert bandwidth_of(DensityConfig(), SPACE) == pytest.approx(1.0)
    assert bandwidth_of(DensityConfig(bandwidth=3), SPACE) == 3
    assert merge_margin_of(DensityConfig(), SPACE) == pytest.approx(0.8)
    assert merge_margin_of(DensityConfig(merge_margin=0), SPACE) == 0


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 4), 0.02 * np.pi * 25), ((4, 4, 4), 0.02 * np.pi / 6 * 1000)]
)
def test_the_smallest_object_is_a_fiftieth_of_a_disc_or_ball(
    shape: tuple[int, ...], expected: float
) -> None:
    embedding = Embedding.of(np.zeros((2, *shape)), np.ones((1, *shape)), diameter=10)
    assert grid_min_size(DensityConfig(), embedding) == pytest.approx(expected)


def test_the_smallest_object_is_given_in_pixels_of_the_image() -> None:
    embedding = Embedding.of(np.zeros((2, 4, 4)), np.ones((1, 4, 4)), image_shape=(8, 16))
    assert grid_min_size(DensityConfig(min_size=24), embedding) == 24 / 8
    assert grid_min_size(DensityConfig(min_size=0), embedding) == 0


def test_labels_are_sixteen_bits_while_they_fit() -> None:
    assert label_dtype(65_535) is np.uint16
    assert label_dtype(65_536) is np.uint32


def test_every_method_has_its_clusterer() -> None:
    for method in METHODS:
        seeds = np.zeros((1, 2)) if method == "seeded" else None
        assert get_clusterer(method, seeds).method == method  # type: ignore[arg-type]


def test_the_seeded_method_asks_for_seeds() -> None:
    with pytest.raises(InputError, match="needs seeds"):
        get_clusterer("seeded")


def test_the_curve_counts_at_each_bandwidth() -> None:
    prepared = prepare(perfect(squares()))
    bandwidths = np.array([1.0, 2.0, 9.0])
    curve = count_curve(prepared, bandwidths, clustering_config(bandwidth=5.0))
    assert curve.dtype == np.int64
    each = [prepared.count(clustering_config(bandwidth=float(b))) for b in bandwidths]
    assert curve.tolist() == each
    assert curve[0] == 9
    assert curve[2] == 1


def test_grouping_is_preparing_clustering_and_finishing() -> None:
    embedding = perfect(squares())
    config = clustering_config(min_size=3)
    labels = prepare(embedding).labels(config)
    result = group(embedding, config)
    assert result.count == len(np.unique(labels)) - 1 == 9
    np.testing.assert_array_equal(result.labels > 0, labels > 0)
    assert result.provenance.config["clustering"]["min_size"] == 3
