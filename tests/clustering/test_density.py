"""Density peaks: cuts of the merge tree, and its candidates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_discembed.clustering import bins, blocks, count_curve, density, group, prepare, tree
from napari_discembed.clustering.density import DensityClusterer
from napari_discembed.clustering.tree import separation
from napari_discembed.config import clustering_config
from napari_discembed.metrics import score
from napari_discembed.types import Embedding, Margins

from .scenes import along_line, partition, perfect, squares


def noise(seed: int, shape: tuple[int, ...] = (16, 16)) -> Embedding:
    """Return an embedding without any order, of one to five dimensions."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 2, (int(rng.integers(1, 6)), *shape)).astype(np.float32)
    probability, seediness = rng.random((2, *shape)).astype(np.float32)
    return Embedding.of(values, probability[None], seediness)


def test_a_leaf_cut_in_two_keeps_one_label() -> None:
    labels = np.zeros((12, 20), int)
    labels[3:9, 1:7] = labels[3:9, 13:19] = 1
    labels[:, 8:12] = 2
    found = group(perfect(labels), clustering_config())
    assert found.count == 2
    assert found.labels[5, 3] == found.labels[5, 15]
    assert group(perfect(labels), clustering_config(split_parts=True)).count == 3


def test_small_objects_go() -> None:
    labels = np.zeros((16, 16), int)
    labels[1:9, 1:9], labels[12:14, 12:14] = 1, 2
    assert group(perfect(labels), clustering_config(min_size=4)).count == 2
    assert group(perfect(labels), clustering_config(min_size=5)).count == 1


def test_what_is_far_smaller_than_a_typical_object_goes_by_itself() -> None:
    labels = np.zeros((30, 30), int)
    labels[2:18, 2:18], labels[20:23, 20:23], labels[25:27, 25:27] = 1, 2, 3
    # A fiftieth of a disc of diameter 20 is 6.3 pixels: 9 stay, 4 go.
    embedding = replace(perfect(labels), diameter=20)
    assert group(embedding, clustering_config()).count == 2
    assert group(embedding, clustering_config(min_size=0)).count == 3


def test_a_number_stays_with_its_object_while_the_bandwidth_moves() -> None:
    labels = squares()
    embedding = perfect(labels)
    # Objects 1 and 2 are brought near, all others stay 4 units apart.
    embedding.values[:, labels == 2] = embedding.values[:, labels == 1] + 1.2
    prepared = prepare(embedding)
    before = prepared.labels(clustering_config(bandwidth=1.19, merge_margin=0))
    after = prepared.labels(clustering_config(bandwidth=2.0, merge_margin=0))
    assert len(np.unique(before)) == 10
    assert len(np.unique(after)) == 9
    np.testing.assert_array_equal(before[labels > 2], after[labels > 2])


def test_near_peaks_are_one_by_the_merge_margin() -> None:
    # Two clouds 3 units apart; the deep dip between them says two at a bandwidth of 1.
    prepared = prepare(along_line(0.0, 3.0, times=30))
    counts = [
        prepared.count(clustering_config(bandwidth=1, merge_margin=margin, min_size=0))
        for margin in (0.0, 2.9, 3.1)
    ]
    assert counts == [2, 2, 1]


@given(st.integers(0, 1000))
def test_without_cleaning_a_larger_bandwidth_never_gives_more_objects(seed: int) -> None:
    prepared = prepare(noise(seed))
    config = clustering_config(
        min_size=0, foreground_threshold=0, seed_threshold=0, object_threshold=0
    )
    counts = count_curve(prepared, np.linspace(1, 6, 8), config).tolist()
    assert counts == sorted(counts, reverse=True)


def test_parts_that_are_too_small_may_be_an_object_together() -> None:
    prepared = prepare(along_line(0.0, 0.0, 0.0, 2.0, 2.0, 2.0))
    config = clustering_config(min_size=5, merge_margin=0)
    assert count_curve(prepared, np.array([1.5, 5.0]), config).tolist() == [0, 1]


def test_more_objects_than_sixteen_bits_hold() -> None:
    n = 257
    labels = np.arange(1, n * n + 1).reshape(n, n)
    y, x = np.mgrid[:n, :n].astype(np.float32) * 2
    embedding = Embedding.of(
        np.stack([y, x]), np.ones((1, n, n), np.float32), np.ones((n, n), np.float32)
    )
    found = group(embedding, clustering_config(min_size=0))
    assert found.count == n * n == 66_049
    assert found.labels.dtype == np.uint32
    assert score(labels, found.labels).ap50 == 1


@pytest.mark.parametrize("dim", [1, 2, 3, 4])
def test_a_faint_pixel_far_from_all_others_has_a_peak_of_its_own(dim: int) -> None:
    values = np.zeros((dim, 1, 50), np.float32)
    values[:, 0, 0] = 6
    probability = np.ones((1, 1, 50), np.float32)
    probability[..., 0] = 0.1
    state = DensityClusterer().prepare(Embedding.of(values, probability))
    assert state.regions[0, 0] not in (0, state.regions[0, 1])
    assert (state.regions > 0).all()


def test_a_grid_too_large_to_hold_gives_way_to_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    embedding = perfect(squares(), dim=2)
    on_grid = prepare(embedding).labels(clustering_config())
    monkeypatch.setattr(density, "DENSE_BINS", 10)
    on_graph = prepare(embedding).labels(clustering_config())
    assert partition(on_grid) == partition(on_graph)


@pytest.mark.parametrize(("most", "held"), [(15, True), (14, False)])
def test_a_grid_is_held_up_to_so_many_bins(
    most: int, held: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two points in a grid of three by five bins, which sees a dip between them; a graph, whose bins
    # see others up to two pull margins away, sees none and tells their distance.
    monkeypatch.setattr(density, "DENSE_BINS", most)
    values = np.array([[[0.0, 0.5]], [[0.0, 1.0]]])
    embedding = Embedding.of(values, np.ones((1, 1, 2)), margins=Margins(pull=0.5))
    height = np.sort(DensityClusterer().prepare(embedding).tree.height)
    assert len(height) == 2
    assert (height[0] != pytest.approx(np.hypot(0.5, 1))) == held


@pytest.mark.parametrize("most", [0, 5, 44, 45])
def test_the_reach_is_shortened_until_the_pairs_are_few(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(density, "MOST_PAIRS", most)
    monkeypatch.setattr(density, "PAIRS_A_POINT", 0)
    points = np.cumsum(np.arange(10.0))[:, None] / 100  # 45 pairs within reach
    pairs = np.concatenate(density._near_pairs(points, 1.0))
    assert len(pairs) <= most
    assert len(pairs) == 45 or most < 45


def test_points_that_no_reach_tells_apart_do_not_hold_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(density, "MOST_PAIRS", 0)
    monkeypatch.setattr(density, "PAIRS_A_POINT", 0)
    assert sum(map(len, density._near_pairs(np.zeros((3, 2)), 1.0))) == 3


def test_too_many_pairs_are_counted_and_never_made(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Finder(scipy.spatial.cKDTree):
        def query_pairs(self, r: float, output_type: str) -> NDArray[np.intp]:
            pairs: NDArray[np.intp] = super().query_pairs(r, output_type=output_type)
            made.append(len(pairs))
            return pairs

    monkeypatch.setattr(scipy.spatial, "cKDTree", Finder)
    monkeypatch.setattr(density, "MOST_PAIRS", 100)
    monkeypatch.setattr(density, "PAIRS_A_POINT", 0)
    monkeypatch.setattr(density, "SAMPLE", 50)
    points = np.random.default_rng(0).random((500, 2))
    assert 50 < sum(map(len, density._near_pairs(points, 1.0))) <= 100
    assert max(made) <= 200


def test_where_there_are_many_points_each_still_has_its_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(density, "MOST_PAIRS", 100)
    points = np.random.default_rng(0).random((500, 2))
    # 4000 pairs may be; with a reach a fifth shorter there are about a third fewer.
    assert 2000 < sum(map(len, density._near_pairs(points, 1.0))) <= 4000


@pytest.mark.parametrize("block", [1, 7, 2**20])
def test_pairs_are_the_same_made_in_blocks(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(density, "QUERIED", block)
    finder = scipy.spatial.cKDTree(np.random.default_rng(0).random((60, 3)))
    blocks = density._pairs_in_blocks(finder, 0.3, density._expected_pairs(finder, 0.3))
    found = np.concatenate(blocks)
    assert set(map(tuple, found.tolist())) == finder.query_pairs(0.3)
    assert len(found) == len(finder.query_pairs(0.3))


@pytest.mark.parametrize("dim", [2, 5])
def test_a_tree_built_in_small_blocks_is_the_same(
    dim: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread = 6 if dim == 2 else 1
    values = np.random.default_rng(0).normal(0, spread, (dim, 20, 20)).astype(np.float32)
    embedding = Embedding.of(values, np.full((1, 20, 20), 0.75, np.float32))
    whole = DensityClusterer().prepare(embedding)
    for module in (bins, blocks, density, tree):
        monkeypatch.setattr(module, "BLOCK", 7)
    parts = DensityClusterer().prepare(embedding)
    assert len(whole.tree.parent) > 5
    np.testing.assert_array_equal(whole.regions, parts.regions)
    for name in ("peak_of", "parent", "height", "distance"):
        np.testing.assert_array_equal(getattr(whole.tree, name), getattr(parts.tree, name))


def test_what_a_reach_leaves_out_is_still_grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    embedding = perfect(squares(), dim=5)
    monkeypatch.setattr(density, "MOST_PAIRS", 0)
    monkeypatch.setattr(density, "PAIRS_A_POINT", 0)
    assert prepare(embedding).count(clustering_config()) == 9


@pytest.mark.parametrize(("dim", "width"), [(2, 1.0), (8, 0.5**0.5), (32, 0.5)])
def test_a_kernel_is_narrower_in_many_dimensions(dim: int, width: float) -> None:
    assert density.narrowing(dim) == pytest.approx(width)


@pytest.mark.parametrize("distance", [2.0, 3.0, 4.0])
def test_two_clouds_are_one_from_the_bandwidth_at_which_they_are_apart(distance: float) -> None:
    prepared = prepare(along_line(0.0, distance, times=20))
    config = clustering_config(min_size=0, merge_margin=0)
    found = count_curve(prepared, np.array([0.9, 1.1]) * distance, config)
    assert found.tolist() == [2, 1]


def test_the_dip_between_two_peaks_of_a_graph_is_that_of_their_kernels() -> None:
    # In four dimensions bins are as wide as the pull margin and see those next to them alone.
    weights = [9, 4, 1, 4, 6]
    values = np.zeros((4, 1, 24))
    values[0, 0] = np.repeat(0.6 * np.arange(5), weights)
    embedding = Embedding.of(values, np.ones((1, 1, 24)), margins=Margins(pull=0.5))
    kernel = 0.5 * density.narrowing(4)
    seen = np.exp(-(0.6**2) / (2 * kernel**2))
    saddle, peak = 1 + 8 * seen, 6 + 4 * seen
    height = DensityClusterer().prepare(embedding).tree.height
    expected = separation(np.array([saddle / peak]), 0.5)
    assert np.sort(height) == pytest.approx([*expected, np.inf])


def test_the_dip_between_two_peaks_of_a_grid_is_that_of_their_kernels() -> None:
    # Nine pixels at 0 and three at 2 lie in bins 0 and 8, of a width of half the pull margin: the
    # kernel is two bins wide, and ends at six.
    values = np.repeat([0.0, 2.0], [9, 3])[None, None]
    embedding = Embedding.of(values, np.ones((1, 1, 12)), margins=Margins(pull=0.5))
    kernel = {k: float(np.exp(-(k**2) / 8)) for k in range(-6, 7)}
    seen = [9 * kernel.get(i, 0) + 3 * kernel.get(i - 8, 0) for i in range(9)]
    tree = DensityClusterer().prepare(embedding).tree
    expected = separation(np.array([min(seen[1:8]) / seen[8]]), 0.5)
    assert np.sort(tree.height) == pytest.approx([*expected, np.inf], rel=1e-4)
    assert np.sort(tree.distance).tolist() == [2, np.inf]


def test_an_object_is_as_seedy_as_the_best_of_its_peaks() -> None:
    points, seediness = [0.0] * 9 + [2.0] * 3, [0.25] * 9 + [0.75] * 3
    prepared = prepare(along_line(*points, seediness=seediness))
    config = clustering_config(min_size=0, bandwidth=5, merge_margin=0, seed_threshold=0.5)
    assert prepared.labels(config).tolist() == [[1] * 12]


def test_an_object_that_is_just_seedy_enough_stays() -> None:
    prepared = prepare(along_line(0.0, 5.0, seediness=[0.5, 0.25]))
    config = clustering_config(min_size=0, seed_threshold=0.5)
    assert prepared.labels(config).astype(bool).tolist() == [[True, False]]
    assert prepared.count(config) == 1


@pytest.mark.parametrize("dim", [1, 3, 4])
def test_where_there_is_no_foreground_there_is_no_object(dim: int) -> None:
    prepared = prepare(Embedding.of(np.zeros((dim, 3, 4)), np.zeros((1, 3, 4))))
    assert prepared.labels(clustering_config()).tolist() == [[0] * 4] * 3
    assert prepared.count(clustering_config()) == len(prepared.candidates(clustering_config())) == 0


def test_components_are_kept_while_the_foreground_threshold_is_the_same() -> None:
    state = DensityClusterer().prepare(perfect(squares(2)))
    kept = state.components(0.5)
    assert state.components(0.5) is kept
    assert state.components(0.7) is not kept


def test_a_moved_foreground_threshold_is_heeded() -> None:
    embedding = perfect(squares(2))
    embedding.foreground[0][squares(2) == 1] = 0.6
    prepared = prepare(embedding)
    base = clustering_config(object_threshold=0)
    counts = [prepared.count(base.changed(foreground_threshold=t)) for t in (0.5, 0.7, 0.5)]
    assert counts == [4, 3, 4]


@given(st.integers(0, 10_000), st.booleans(), st.floats(0.3, 9))
def test_the_candidates_at_a_bandwidth_are_the_cut_of_the_tree(
    seed: int, volume: bool, bandwidth: float
) -> None:
    embedding = noise(seed, (5, 6, 7) if volume else (14, 15))
    config = clustering_config(min_size=0, seed_threshold=0, foreground_threshold=0.4)
    prepared = prepare(embedding)
    candidates = prepared.candidates(config)
    tree, regions = prepared.state.tree, prepared.state.regions  # type: ignore[attr-defined]
    root = np.append(-1, tree.cut(bandwidth, embedding.space.merge_margin)) + 1
    inside = embedding.foreground_probability >= 0.4
    labels = candidates.labels(candidates.at(bandwidth))
    assert partition(labels) == partition(np.where(inside, root[regions], 0))


@given(st.integers(0, 10_000), st.floats(0.3, 9))
def test_small_and_hardly_seedy_candidates_go_and_what_holds_them_stays(
    seed: int, bandwidth: float
) -> None:
    prepared = prepare(noise(seed))
    every = clustering_config(min_size=0, seed_threshold=0)
    wanted = clustering_config(min_size=6, seed_threshold=0.9)
    everything, found = prepared.candidates(every), prepared.candidates(wanted)
    assert (found.pixels >= 6).all()
    assert (found.scores["seediness"] >= 0.9).all()
    at = everything.at(bandwidth)
    good = (everything.pixels >= 6) & (everything.scores["seediness"] >= 0.9)
    left = partition(everything.labels(at[good[at]]))
    assert partition(found.labels(found.at(bandwidth))) == left


def three_groups() -> Embedding:
    """Two clouds of ten pixels 2 units apart, and one of five far from both."""
    e = along_line(*[0.0] * 10, *[2.0] * 10, *[9.0] * 5, seediness=[0.5] * 10 + [0.75] * 15)
    e.foreground[0, 0, :5] = 0.5
    return e


def test_two_clouds_and_what_they_merge_into_are_candidates() -> None:
    config = clustering_config(min_size=0, merge_margin=0)
    found = prepare(three_groups()).candidates(config)
    assert sorted(found.pixels.tolist()) == [5, 10, 10, 20, 25]
    assert found.pixels[-1] == 25
    assert found.death[-1] == np.inf
    pair = found.pixels.tolist().index(20)
    of_pair = np.flatnonzero(found.parent == pair)
    assert found.pixels[of_pair].tolist() == [10, 10]
    assert found.birth[of_pair].tolist() == [0, 0]
    assert found.birth[pair] == found.death[of_pair[0]] == found.death[of_pair[1]] > 1.2
    seediness, foreground = found.scores["seediness"], found.scores["foreground"]
    first = found.containing((0, 0))
    assert seediness[first].tolist() == [0.5, 0.75, 0.75]
    assert foreground[first] == pytest.approx([0.75, 0.875, 0.9])


def test_candidates_that_the_merge_margin_joins_are_one() -> None:
    found = prepare(three_groups()).candidates(clustering_config(min_size=0, merge_margin=3))
    assert sorted(found.pixels.tolist()) == [5, 20, 25]
    assert found.birth.tolist() == [0, 0, found.birth.max()]


def test_candidates_lie_on_the_images_grid() -> None:
    embedding = replace(
        three_groups(), image_shape=(2, 50), pixel_size=(0.5, 0.5), unit="um", name="row"
    )
    found = prepare(embedding).candidates(clustering_config(min_size=0))
    assert (found.image_shape, found.unit, found.name) == ((2, 50), "um", "row")
    assert found.table()["area"].max() == 2 * 50 * 0.25
    assert found.provenance.config["clustering"]["method"] == "density"


def test_too_small_a_group_is_part_of_what_holds_it_alone() -> None:
    found = prepare(three_groups()).candidates(clustering_config(min_size=6, merge_margin=0))
    assert sorted(found.pixels.tolist()) == [10, 10, 20, 25]
    assert found.containing((0, 24)).tolist() == [3]
    assert found.labels(np.array([3])).tolist() == [[1] * 25]
