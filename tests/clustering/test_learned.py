"""The best consistent set of judged candidates."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed import clustering
from napari_discembed.clustering import QUALITY, THRESHOLD, best_set
from napari_discembed.config import LearnedConfig
from napari_discembed.errors import InputError
from napari_discembed.types import Candidates, Embedding


def forest(parent: list[int]) -> Candidates:
    """Return candidates of such parents, each with a pixel of its own, in one row."""
    n = len(parent)
    first = list(range(n))
    for i, above in enumerate(parent):
        if above >= 0:
            first[above] = min(first[above], first[i])
    birth = np.array([0.0 if first[i] == i else 1.0 + i for i in range(n)])
    smallest = np.arange(1, n + 1, dtype=np.int32)[None]
    return Candidates(smallest, np.array(first), np.array(parent), birth)


def judged(
    candidates: Candidates, quality: list[float], foreground: list[float], threshold: float = 0.5
) -> Embedding:
    """Return an embedding in one row with such candidates."""
    n = candidates.smallest.shape[1]
    thresholds = np.full(len(candidates), threshold)
    scores = {QUALITY: np.array(quality), THRESHOLD: thresholds}
    values = np.zeros((2, 1, n), np.float32)
    probability = np.array(foreground, np.float32).reshape(1, 1, n)
    made = Embedding({"embedding": values, "foreground": probability}, diameter=2.0)
    return replace(made, candidates=replace(candidates, scores=scores))


PAIR = [2, 2, -1]  # two leaves, and what holds both


@pytest.mark.parametrize(
    ("quality", "found"),
    [
        ([0.9, 0.9, 0.6], [1, 2, 0]),
        ([0.6, 0.6, 0.9], [3, 3, 3]),
        ([0.9, 0.4, 0.6], [1, 0, 0]),
        ([0.2, 0.3, 0.4], [0, 0, 0]),
    ],
)
def test_pieces_or_the_whole_are_taken_as_their_qualities_say(
    quality: list[float], found: list[int]
) -> None:
    embedding = judged(forest(PAIR), quality, [1, 1, 1])
    prepared = clustering.prepare(embedding, "learned")
    config = LearnedConfig(min_size=0)
    assert prepared.labels(config).tolist() == [found]
    assert prepared.count(config) == len(set(found) - {0})


def test_a_larger_bandwidth_joins_more_and_a_smaller_one_splits_more() -> None:
    embedding = judged(forest(PAIR), [0.75, 0.75, 0.95], [1, 1, 1])
    prepared = clustering.prepare(embedding, "learned")
    usual = embedding.space.bandwidth
    counts = [
        prepared.count(LearnedConfig(bandwidth=factor * usual, min_size=0))
        for factor in (0.5, 1, 2)
    ]
    assert counts == [2, 2, 1]


def test_each_mask_is_cut_at_its_own_threshold() -> None:
    low = judged(forest([-1, -1]), [0.9, 0.9], [0.4, 0.9], threshold=0.3)
    high = judged(forest([-1, -1]), [0.9, 0.9], [0.4, 0.9], threshold=0.7)
    config = LearnedConfig(min_size=0)
    assert clustering.prepare(low, "learned").labels(config).tolist() == [[1, 2]]
    assert clustering.prepare(high, "learned").labels(config).tolist() == [[0, 2]]
    wider = config.changed(foreground_threshold=0.1)
    assert clustering.prepare(high, "learned").labels(wider).tolist() == [[1, 2]]


def test_on_a_finer_image_borders_lie_at_the_threshold_of_each_object() -> None:
    row = [0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0]
    candidates = Candidates(
        np.ones((1, 8), np.int32), np.zeros(1, int), np.array([-1]), np.zeros(1)
    )
    config = LearnedConfig(min_size=0)
    widths = []
    for threshold in (0.3, 0.5, 0.7):
        embedding = replace(judged(candidates, [0.9], row, threshold), image_shape=(4, 32))
        labels = clustering.group(embedding, config).labels
        assert np.array_equal(labels, clustering.prepare(embedding, "learned").on_image(config))
        widths.append(int((labels[1] > 0).sum()))
    assert widths == [24, 20, 16]


def test_what_is_less_sure_than_asked_for_is_left_out() -> None:
    prepared = clustering.prepare(judged(forest([-1, -1]), [0.6, 0.9], [1, 1]), "learned")
    assert prepared.count(LearnedConfig(quality_threshold=0.7, min_size=0)) == 1


def test_what_is_cleaned_away_is_not_counted() -> None:
    embedding = judged(forest([-1, -1]), [0.9, 0.9], [0.2, 0.9], threshold=0.5)
    prepared = clustering.prepare(embedding, "learned")
    assert prepared.labels(LearnedConfig(min_size=0)).tolist() == [[0, 2]]
    assert prepared.count(LearnedConfig(min_size=0)) == 1


def test_an_embedding_that_was_not_judged_is_refused() -> None:
    embedding = replace(judged(forest(PAIR), [1, 1, 1], [1, 1, 1]), candidates=None)
    with pytest.raises(InputError, match="no judge"):
        clustering.prepare(embedding, "learned")


@given(st.data())
def test_no_other_consistent_set_is_worth_more(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 7))
    parent = [-1] * n
    open_roots: list[int] = []
    for i in range(n):  # each new candidate holds some of the last roots
        held = data.draw(st.integers(0, len(open_roots)))
        for root in open_roots[len(open_roots) - held :]:
            parent[root] = i
        open_roots = [*open_roots[: len(open_roots) - held], i]
    candidates = forest(parent)
    value = np.array(data.draw(st.lists(st.integers(-4, 8), min_size=n, max_size=n)), float)
    chosen = best_set(candidates, value)
    candidates.labels(chosen)  # raises if one holds another
    best = 0.0
    for size in range(1, n + 1):
        for some in itertools.combinations(range(n), size):
            apart = all(b not in _above(parent, a) for a in some for b in some if a != b)
            best = max(best, value[list(some)].sum()) if apart else best
    assert value[chosen].sum() == best
    assert (value[chosen] > 0).all()


def _above(parent: list[int], i: int) -> set[int]:
    found = set()
    while parent[i] >= 0:
        i = parent[i]
        found.add(i)
    return found


def test_a_hundred_thousand_candidates_are_chosen_among() -> None:
    n = 100_000
    candidates = forest(
        [i + 2 if i % 3 == 0 else i + 1 if i % 3 == 1 else -1 for i in range(n - 1)]
    )
    value = np.where(np.arange(n - 1) % 3 == 2, 0.3, 0.2)
    assert len(best_set(candidates, value)) == 2 * ((n - 1) // 3)


def test_none_are_chosen_among_none() -> None:
    candidates = Candidates(
        np.zeros((1, 3), np.int32), np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    )
    embedding = judged(candidates, [], [1, 1, 1])
    prepared = clustering.prepare(embedding, "learned")
    assert prepared.labels(LearnedConfig()).tolist() == [[0, 0, 0]]
