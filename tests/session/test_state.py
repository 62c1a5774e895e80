"""The session: what is set, what that clears, and what it tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_discembed.config import ClusteringConfig, clustering_config
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import LayerReading, Session
from napari_discembed.types import Axes, Embedding, Image


def flat() -> Embedding:
    return Embedding.of(np.zeros((2, 8, 9), np.float32), np.ones((1, 8, 9), np.float32))


def test_a_new_image_clears_the_embedding_and_says_so() -> None:
    session, told = Session(), []
    session.series_changed.connect(told.append)
    session.series = EmbeddingSeries([flat()])
    session.image = Image(np.zeros((5, 5)))
    assert session.series is None
    assert told == [told[0], None]


def test_settings_and_readings_that_stay_the_same_are_no_news() -> None:
    session, told = Session(), []
    session.config_changed.connect(told.append)
    session.reading_changed.connect(told.append)
    session.config = clustering_config()
    session.config = clustering_config(bandwidth=2.0)
    for _ in range(2):
        session.reading = LayerReading("a layer", Axes("YX"))
    assert told == [clustering_config(bandwidth=2.0), LayerReading("a layer", Axes("YX"))]


def embed_with(session: Session, **settings: float) -> ClusteringConfig:
    """Set an embedding by a model that recommends some settings; return what is set then."""
    session.series = EmbeddingSeries([flat()], config=clustering_config(**settings))
    return session.config


def test_an_embedding_begins_as_its_model_recommends() -> None:
    session = Session()
    assert embed_with(session, bandwidth=1.7) == clustering_config(bandwidth=1.7)
    session.config = clustering_config("greedy", bandwidth=2.5)
    assert embed_with(session, bandwidth=1.7) == clustering_config("greedy", bandwidth=2.5)
    assert embed_with(session, bandwidth=1.4) == clustering_config(bandwidth=1.4)


def test_the_settings_are_there_when_an_embedding_is_told_of() -> None:
    session, seen = Session(), []
    session.series_changed.connect(lambda _series: seen.append(session.config.bandwidth))
    session.config_changed.connect(lambda config: seen.append(config.bandwidth))
    embed_with(session, bandwidth=1.7)
    assert seen == [1.7, 1.7]


def test_an_embedding_without_a_recommendation_keeps_what_is_set() -> None:
    session = Session()
    session.config = clustering_config(bandwidth=2.5)
    session.series = EmbeddingSeries([flat()])
    assert session.config.bandwidth == 2.5


def test_settings_of_before_a_crash_begin_the_next_embedding_alone() -> None:
    session = Session()
    session.restore(clustering_config(bandwidth=3.0))
    assert embed_with(session, bandwidth=1.7).bandwidth == 3.0
    assert embed_with(session, bandwidth=1.4).bandwidth == 1.4
    session.restore(clustering_config(bandwidth=3.3))
    assert session.config.bandwidth == 3.3
    assert embed_with(session, bandwidth=1.1).bandwidth == 1.1


def test_the_autosave_goes_with_the_last_dock(tmp_path: Path) -> None:
    session = Session()
    session.autosave = Autosave(tmp_path)
    session.enter(1)
    session.enter(2)
    session.autosave.save(Annotation({"painted": np.eye(3, dtype=np.uint8)}))
    session.leave(1)
    assert session.autosave.folder.exists()
    session.leave(2)
    assert not session.autosave.folder.exists()
