"""The session: what is set, what that clears, and what it tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_discembed.config import ClusteringConfig, clustering_config
from napari_discembed.session.autosave import Annotation, Autosave
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.kept import Kept, Shelf
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


def kept(session: Session, layer: str, model: str, **settings: float) -> Kept:
    """Show a new embedding of a layer by a model; return what is kept of it."""
    series = EmbeddingSeries([flat()], config=clustering_config(**settings))
    one = Kept(LayerReading(layer, Axes("YX")), Image(np.zeros((8, 9))), model, None, series)
    session.show(one)
    return one


def test_settings_belong_to_a_model() -> None:
    session = Session()
    kept(session, "a", "leaves", bandwidth=1.7)
    session.config = clustering_config(bandwidth=2.5)
    session.turn_to(LayerReading("b", Axes("YX")))
    kept(session, "b", "cells", bandwidth=1.7)
    assert session.config.bandwidth == 1.7
    kept(session, "c", "leaves", bandwidth=1.7)
    assert session.config.bandwidth == 2.5


def test_an_image_that_is_come_back_to_is_as_it_was_left() -> None:
    session, told = Session(), []
    first = kept(session, "a", "leaves")
    session.config = clustering_config(bandwidth=2.5)
    session.turn_to(LayerReading("b", Axes("YX")))
    assert (session.series, session.image) == (None, None)
    kept(session, "b", "leaves")
    session.config = clustering_config(bandwidth=1.1)
    session.series_changed.connect(told.append)
    found = session.kept.find(first.reading, "leaves")
    assert found is first
    session.show(found)
    assert told == [None, first.series]
    assert session.reading == first.reading
    assert session.config.bandwidth == 2.5
    assert session.of_layer("b")[1].bandwidth == 1.1


def test_embeddings_of_another_layer_are_found_and_none_taken_for_them() -> None:
    session = Session()
    first, second = kept(session, "a", "leaves"), kept(session, "b", "leaves")
    assert session.of_layer("")[0] is second.series
    assert session.of_layer("a")[0] is first.series
    assert session.of_layer("c")[0] is None
    session.kept.forget(layer_id="a")
    assert session.of_layer("a")[0] is None
    session.offer("leaves")  # the file may be another one now
    assert session.kept.layers() == set()


def test_of_too_many_embeddings_those_used_last_are_kept() -> None:
    session = Session()
    one = kept(session, "a", "leaves")
    shelf = Shelf(2 * one.n_bytes)
    for layer in "abcd":
        shelf.put(kept(session, layer, "leaves"))
    assert shelf.layers() == {"c", "d"}
    tight = Shelf(1)
    tight.put(one)
    assert tight.find(one.reading, "leaves") is one
