"""Which image to label next."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.session import suggesting
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.suggesting import Doubt, judge, least_sure_first
from napari_discembed.types import Axes, Embedding, Image


def test_the_image_with_most_doubt_comes_first_and_says_why() -> None:
    doubts = [
        Doubt("many sure", 300, 20),
        Doubt("few", 10, 9),
        Doubt("one", 1, 1),
        Doubt("empty", 0, 0),
        Doubt("all sure", 30, 0),
    ]
    assert [d.name for d in least_sure_first(doubts)] == [
        "few", "one", "empty", "many sure", "all sure",
    ]  # fmt: skip
    assert [d.reason for d in doubts[:4]] == [
        "20 of 300 objects not sure",
        "9 of 10 objects not sure",
        "1 of 1 object not sure",
        "no object found",
    ]


def test_pieces_at_a_size_that_is_none_are_no_sure_objects() -> None:
    pieces = Doubt("pieces", 500, 10, size_known=False)
    assert least_sure_first([Doubt("half", 10, 4), pieces])[0] is pieces
    assert pieces.reason == "10 of 500 objects not sure, nor their size"


def test_unsure_objects_of_all_frames_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two objects a frame, 4 units apart; the foreground doubts the second one of the second.
    labels = np.repeat(np.repeat([[1, 0, 2]], 6, axis=1), 6, axis=0)
    foreground = (labels > 0) * 0.9
    values = np.stack([labels * 4.0, labels * 0.0]).astype(np.float32)
    frames = [
        Embedding.of(values, weak[None].astype(np.float32), diameter=6.0)
        for weak in (foreground, np.where(labels == 2, 0.6, foreground))
    ]

    def embedded(*_args: object, **_more: object) -> object:
        yield from ()
        return EmbeddingSeries(frames, Axes("T"), (2,))

    monkeypatch.setattr(suggesting, "embed_series", embedded)
    network = NetworkConfig.of(in_channels=1, features=(4, 8))
    model = Model(EmbeddingNet(network), ModelCard(name="tiny", config=network))
    image = Image(np.zeros((2, 6, 18)), Axes("TYX"), name="film")
    config = clustering_config(object_threshold=0)
    doubt = run(judge(image, model, diameter=6.0, config=config, key="k"))
    assert doubt == Doubt("film", 4, 1, "k")


def test_where_quality_is_known_the_expected_error_says_the_order() -> None:
    doubts = [
        Doubt("few bad", 10, 2, error=0.2),
        Doubt("all middling", 10, 0, error=0.35),
        Doubt("empty", 0, 0, error=0.0),
    ]
    assert [d.name for d in least_sure_first(doubts)] == ["empty", "all middling", "few bad"]
    assert doubts[0].share == pytest.approx((10 * 0.2 + 1) / 12)
    assert doubts[0].reason == "2 of 10 objects not sure"
