"""The quality of objects: that of the candidate they agree with, times the overlap."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_discembed import clustering
from napari_discembed.clustering import QUALITY, THRESHOLD, object_quality
from napari_discembed.config import LearnedConfig
from napari_discembed.types import Embedding

from .test_learned import PAIR, forest, judged


def quality(labels: list[int], embedding: Embedding) -> list[float]:
    found = object_quality(np.array([labels]), embedding, max(labels))
    assert found is not None
    return [round(value, 4) for value in found.tolist()]


def pair(**more: float) -> Embedding:
    """Return two candidates of a pixel each, 0.9 and 0.8 good, in one of three that is 0.4 good."""
    return judged(forest(PAIR), [0.9, 0.8, 0.4], [1, 1, 1], **more)


def test_an_object_that_is_a_candidate_is_as_good_as_was_predicted() -> None:
    assert quality([1, 2, 0], pair()) == [0.9, 0.8]
    assert quality([1, 1, 1], pair()) == [0.4]


def test_what_differs_from_its_candidate_is_as_much_worse() -> None:
    assert quality([1, 1, 0], pair()) == [round(0.4 * 2 / 3, 4)]  # two of its three pixels
    assert quality([0, 0, 1], pair()) == [round(0.4 / 3, 4)]


def test_the_better_of_two_that_agree_as_well_is_believed() -> None:
    assert quality([1, 1], judged(forest([1, -1]), [0.9, 0.2], [1, 0.0])) == [0.45]


def test_masks_are_cut_at_their_own_thresholds() -> None:
    dim = judged(forest([-1, -1]), [0.9, 0.9], [1, 0.4])
    assert quality([1, 2], dim) == [0.9, 0.0]
    low = judged(forest([-1, -1]), [0.9, 0.9], [1, 0.4], threshold=0.3)
    assert quality([1, 2], low) == [0.9, 0.9]


def test_an_object_where_no_candidate_is_or_no_pixel_is_is_worth_nothing() -> None:
    candidates = replace(forest([-1, -1]), smallest=np.array([[1, 2, 0]], np.int32))
    embedding = judged(candidates, [0.9, 0.9], [1, 1, 1])
    assert quality([1, 0, 3], embedding) == [0.9, 0.0, 0.0]


def test_without_judged_candidates_it_is_not_known() -> None:
    embedding = replace(pair(), candidates=None)
    assert object_quality(np.array([[1, 0, 0]]), embedding, 1) is None
    not_judged = replace(pair(), candidates=forest(PAIR))
    assert object_quality(np.array([[1, 0, 0]]), not_judged, 1) is None


def test_a_segmentation_by_any_method_carries_it() -> None:
    config = LearnedConfig(min_size=0)
    found = clustering.group(pair(), config)
    assert found.quality is not None
    assert found.quality.tolist() == pytest.approx([0.9, 0.8])
    assert clustering.finish(replace(pair(), candidates=None), found.labels, config).quality is None


def test_objects_that_the_image_grid_loses_take_their_quality_along() -> None:
    embedding = replace(pair(), image_shape=(1, 2))
    found = clustering.finish(embedding, np.array([[1, 2, 3]]), LearnedConfig(min_size=0))
    assert found.quality is not None
    assert len(found.quality) == found.count == 2


@given(st.data())
def test_it_is_what_a_loop_over_all_candidates_gives(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 7))
    parent = [-1] * n
    roots: list[int] = []
    for i in range(n):
        held = data.draw(st.integers(0, len(roots)))
        for root in roots[len(roots) - held :]:
            parent[root] = i
        roots = [*roots[: len(roots) - held], i]
    some = st.sampled_from([0.2, 0.4, 0.6, 0.8])
    scores = np.array(data.draw(st.lists(some, min_size=n, max_size=n)))
    own = np.array(data.draw(st.lists(some, min_size=n, max_size=n)))
    smallest = np.array(data.draw(st.lists(st.integers(0, n), min_size=12, max_size=12)), np.int32)
    labels = np.array([data.draw(st.lists(st.integers(0, 3), min_size=12, max_size=12))])
    probability = data.draw(st.lists(st.floats(0, 1, width=32), min_size=12, max_size=12))
    candidates = replace(forest(parent), smallest=smallest[None], image_shape=(1, 12))
    embedding = judged(candidates, scores.tolist(), probability)
    assert embedding.candidates is not None
    judge = replace(embedding.candidates, scores={QUALITY: scores, THRESHOLD: own})
    found = object_quality(labels, replace(embedding, candidates=judge), 3)
    assert found is not None
    for number in (1, 2, 3):
        best = (0.0, 0.0)
        for i in range(n):
            mask = judge.mask(i) & (np.array([probability], np.float32) >= own[i])
            either = (mask | (labels == number)).sum()
            shared = (mask & (labels == number)).sum()
            best = max(best, (round(shared / max(either, 1), 9), scores[i]))
        assert found[number - 1] == pytest.approx(best[0] * best[1])
