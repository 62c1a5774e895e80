"""The session: what is set, what that clears, and frames of stacks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import run
from napari_discembed.session.curve import plateau
from napari_discembed.session.embeddings import EmbeddingSeries, embed_series
from napari_discembed.session.state import Session
from napari_discembed.types import Axes, Embedding, Image

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)


def blobs(count: int = 2) -> Embedding:
    labels = np.zeros((20, 20 * count), np.int32)
    for i in range(count):
        labels[4:16, 20 * i + 4 : 20 * i + 16] = i + 1
    values = np.stack([labels * 4.0, labels * 0.0]).astype(np.float32)
    return Embedding.of(values, (labels > 0)[None].astype(np.float32), diameter=12.0)


def test_a_new_image_clears_the_embedding_and_says_so() -> None:
    session, told = Session(), []
    session.series_changed.connect(told.append)
    session.series = EmbeddingSeries([blobs()])
    session.image = Image(np.zeros((5, 5)))
    assert session.series is None
    assert told == [told[0], None]


def test_knobs_that_stay_the_same_are_no_news() -> None:
    session, told = Session(), []
    session.config_changed.connect(told.append)
    session.config = clustering_config()
    session.config = clustering_config(bandwidth=2.0)
    assert told == [clustering_config(bandwidth=2.0)]


def test_a_frame_is_prepared_once() -> None:
    session = Session()
    session.series = series = EmbeddingSeries([blobs()])
    assert series.prepared(()) is series.prepared(())
    assert session.labels((), clustering_config()).max() > 0


def test_nothing_embedded_is_told() -> None:
    with pytest.raises(InputError, match="press Embed"):
        Session().labels((), clustering_config())


def test_all_frames_are_grouped() -> None:
    session = Session()
    session.series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    labels = run(session.all_labels(clustering_config()))
    assert labels.shape == (2, 20, 40)
    assert set(np.unique(labels)) == {0, 1, 2}


def test_the_curve_knows_the_plateau() -> None:
    session = Session()
    session.series = EmbeddingSeries([blobs(3)])
    bandwidths, counts = session.curve((), clustering_config())
    stable = plateau(counts)
    assert set(counts[stable]) == {3}
    assert bandwidths[stable][0] < 1.25 < bandwidths[stable][-1]


def test_the_plateau_is_the_longest_run_of_one_count_above_zero() -> None:
    assert plateau(np.array([9, 4, 4, 4, 2, 2, 0, 0, 0, 0])) == slice(1, 4)
    assert plateau(np.array([5, 5, 3, 1, 1, 1, 1])) == slice(0, 2)  # all merged at the end
    assert plateau(np.array([3, 3, 3])) == slice(0, 3)


@pytest.mark.parametrize(
    ("axes", "ndim", "gone_through", "kept"),
    [("YX", 2, "", "YX"), ("ZYX", 2, "Z", "YX"), ("ZYX", 3, "", "ZYX"), ("TZYX", 2, "TZ", "YX"),
     ("TCYX", 2, "T", "CYX"), ("TZYX", 3, "T", "ZYX")],
)  # fmt: skip
def test_a_stack_is_gone_through_in_what_the_model_takes(
    axes: str, ndim: int, gone_through: str, kept: str
) -> None:
    shape = tuple(range(2, 2 + len(axes)))
    image = Image(np.arange(np.prod(shape)).reshape(shape), Axes(axes))
    pictures = image.frames(ndim)
    assert pictures.axes == gone_through
    assert len(pictures) == len(list(pictures)) == np.prod(pictures.shape, dtype=int)
    assert {p.axes for p in pictures} == {kept}
    assert sum(int(p.data.sum()) for p in pictures) == int(image.data.sum())
    assert np.array_equal(pictures[-1:][0].data, list(pictures)[-1].data)


def test_a_volume_model_needs_a_volume() -> None:
    with pytest.raises(InputError, match="no Z axis"):
        Image(np.zeros((5, 6))).frames(3)


def test_a_z_stack_is_embedded_plane_by_plane_by_a_flat_model() -> None:
    torch.manual_seed(0)
    model = Model(EmbeddingNet(TINY).eval(), ModelCard(name="tiny", config=TINY))
    image = Image(np.random.default_rng(0).random((3, 20, 24)), "ZYX", (2.0, 0.5, 0.5), "um")
    series = run(embed_series(image, model))
    assert (series.axes, series.shape, series.label_shape) == ("Z", (3,), (3, 20, 24))
    assert series[0].pixel_size == (0.5, 0.5)
