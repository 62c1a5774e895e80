"""How sure objects are, however they were grouped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_discembed.clustering import QUALITY, THRESHOLD
from napari_discembed.config import METHODS, clustering_config
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.judging import judge_objects
from napari_discembed.session.settings import fitting_config
from napari_discembed.types import Candidates, Embedding


def embedding() -> tuple[np.ndarray, Embedding]:
    labels = np.repeat(np.repeat([[1, 0, 2]], 6, axis=1), 6, axis=0).astype(np.int32)
    values = np.stack([labels * 4.0, labels * 0.0]).astype(np.float32)
    return labels, Embedding.of(values, (labels > 0)[None].astype(np.float32), diameter=6.0)


@pytest.mark.parametrize("method", METHODS)
def test_objects_are_judged_whatever_the_method(method: str) -> None:
    labels, plain = embedding()
    sure = judge_objects(EmbeddingSeries([plain]), (), labels, clustering_config(method))
    assert sure.quality is None
    assert sure.certainty == pytest.approx([1, 1])


def test_the_expected_quality_is_told_where_candidates_were_judged() -> None:
    labels, plain = embedding()
    scores = {QUALITY: np.array([0.9, 0.3]), THRESHOLD: np.full(2, 0.5)}
    candidates = Candidates(labels, np.arange(2), np.full(2, -1), np.zeros(2), scores)
    series = EmbeddingSeries([replace(plain, candidates=candidates)])
    for method in ("learned", "density", "seeded"):
        sure = judge_objects(series, (), labels, clustering_config(method))
        assert sure.certainty == pytest.approx([0.9, 0.3])


def test_what_was_not_judged_is_grouped_as_suits_the_space() -> None:
    _, plain = embedding()
    config = clustering_config("learned", min_size=7)
    assert fitting_config(config, plain) == clustering_config("density", min_size=7)
    density = clustering_config(bandwidth=2)
    assert fitting_config(density, plain) is density
