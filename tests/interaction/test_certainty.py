"""How sure objects are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed.clustering import QUALITY, THRESHOLD, prepare
from napari_discembed.config import Method, clustering_config
from napari_discembed.interaction.certainty import certainty
from napari_discembed.types import Candidates, Embedding

from .scenes import scene


def test_the_object_with_a_near_neighbour_is_less_sure() -> None:
    embedding, labels = scene(spread=0.2)
    sure = certainty(labels, prepare(embedding), clustering_config())
    assert list(sure.label) == [1, 2, 3]
    assert sure.margin[0] > sure.margin[1]
    assert sure.order()[-1] == 1
    assert ((sure.certainty >= 0) & (sure.certainty <= 1)).all()


def test_an_object_that_the_foreground_denies_is_the_least_sure() -> None:
    embedding, labels = scene()
    wrong = labels.copy()
    wrong[30:38, 2:20] = 9
    assert certainty(wrong, prepare(embedding), clustering_config()).order()[0] == 9


def test_objects_of_any_number_are_judged_alike() -> None:
    embedding, labels = scene(spread=0.2)
    few = certainty(labels, prepare(embedding), clustering_config())
    high = np.where(labels == 3, 2**40, labels.astype(np.int64))
    many = certainty(high, prepare(embedding), clustering_config())
    assert list(many.label) == [1, 2, 2**40]
    np.testing.assert_array_equal(many.certainty, few.certainty)


def test_no_object_has_no_certainty() -> None:
    embedding, labels = scene()
    assert len(certainty(np.zeros_like(labels), prepare(embedding), clustering_config()).label) == 0


def test_certainty_is_counted_by_hand() -> None:
    # Objects of two pixels 0.2 apart, 4 units from each other: spread 0.1, margin 1 - 0.1 / 4.
    values = np.repeat(np.array([0.0, 0.2, 4.0, 4.2]), 10)[None, None].astype(np.float32)
    foreground = np.full_like(values, 0.75)
    foreground[..., 20:] = 0.9
    prepared = prepare(Embedding.of(values, foreground))
    labels = np.repeat(np.array([[1, 2]]), 20, axis=1)
    sure = certainty(labels, prepared, clustering_config(min_size=0))
    assert sure.margin == pytest.approx([0.975, 0.975])
    assert sure.foreground == pytest.approx([0.75, 0.9])
    assert sure.stability == pytest.approx([1, 1])
    assert sure.certainty == pytest.approx([0.75, 0.9])
    assert sure.order().tolist() == [1, 2]


def test_an_object_that_other_bandwidths_cut_in_two_is_half_stable() -> None:
    values = np.repeat(np.array([0.0, 4.0]), 10)[None, None].astype(np.float32)
    prepared = prepare(Embedding.of(values, np.ones_like(values)))
    both = certainty(np.ones((1, 20), int), prepared, clustering_config(min_size=0, bandwidth=1.5))
    assert both.stability == pytest.approx([0.5])


def test_the_bandwidth_is_varied_by_a_quarter_and_a_third() -> None:
    values = np.repeat(np.array([0.0, 2.0]), 10)[None, None].astype(np.float32)
    prepared = prepare(Embedding.of(values, np.ones_like(values)))
    config = clustering_config(min_size=0, merge_margin=0)
    height = float(prepared.candidates(config).birth.max())
    one = np.ones((1, 20), int)
    for bandwidth, stability in ((height / 0.7, 1.0), (height, 0.75), (height / 1.4, 0.5)):
        sure = certainty(one, prepared, config.changed(bandwidth=bandwidth))
        assert sure.stability == pytest.approx([stability])


def test_what_was_learnt_of_masks_beats_the_rest() -> None:
    embedding, labels = scene()
    scores = {QUALITY: np.array([0.4, 0.95, 0.7]), THRESHOLD: np.full(3, 0.5)}
    own = np.arange(3)
    candidates = Candidates(labels, own, np.full(3, -1), np.zeros(3), scores)
    judged = replace(embedding, candidates=candidates)
    methods: tuple[Method, ...] = ("density", "learned")
    for method in methods:
        sure = certainty(labels, prepare(judged, method), clustering_config(method))
        assert sure.quality == pytest.approx([0.4, 0.95, 0.7])
        assert (sure.certainty == sure.quality).all()
        assert sure.order().tolist() == [1, 3, 2]
        assert sure.unsure == 1
        assert [sure.word(value) for value in (0.59, 0.6)] == ["unsure", "fairly sure"]
    half = np.where(np.arange(60) < 12, labels, 0)  # by hand: half of the first
    assert certainty(half, prepare(judged), clustering_config()).certainty == pytest.approx([0.2])
