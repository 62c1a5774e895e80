"""Series of embeddings: which frames there are, and that nothing is done twice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from napari_discembed.config import NetworkConfig, clustering_config
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Portion, Progress, run
from napari_discembed.session.curve import steady
from napari_discembed.session.embeddings import PREPARED_KEPT, EmbeddingSeries, embed_series
from napari_discembed.types import Axes, Embedding, Image

TINY = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)


def blobs(count: int = 2) -> Embedding:
    labels = np.zeros((20, 20 * count), np.int32)
    for i in range(count):
        labels[4:16, 20 * i + 4 : 20 * i + 16] = i + 1
    values = np.stack([labels * 4.0, labels * 0.0]).astype(np.float32)
    return Embedding.of(values, (labels > 0)[None].astype(np.float32), diameter=12.0)


@pytest.fixture
def model() -> Model:
    torch.manual_seed(0)
    return Model(EmbeddingNet(TINY).eval(), ModelCard(name="tiny", config=TINY))


class Film:
    """Frames that are read when they are indexed, as those of dask and zarr are."""

    def __init__(self, frames: np.ndarray) -> None:
        self.frames, self.shape, self.ndim, self.dtype = frames, frames.shape, 3, frames.dtype
        self.read: list[int] = []

    def __getitem__(self, where: Any) -> np.ndarray:
        self.read.append(where[0])
        return self.frames[where]


def test_a_z_stack_is_embedded_plane_by_plane_by_a_flat_model(model: Model) -> None:
    image = Image(np.random.default_rng(0).random((3, 20, 24)), Axes("ZYX"), (2.0, 0.5, 0.5), "um")
    series = run(embed_series(image, model))
    assert (series.axes, series.shape, series.label_shape) == ("Z", (3,), (3, 20, 24))
    assert series.label_axes == "ZYX"
    assert series[0].pixel_size == (0.5, 0.5)


@pytest.mark.parametrize("diameter", [None, 16.0])
def test_each_frame_is_read_once(model: Model, diameter: float | None) -> None:
    film = Film(np.random.default_rng(0).random((5, 20, 24)).astype(np.float32))
    series = run(embed_series(Image(film, Axes("TYX")), model, diameter=diameter))  # type: ignore[arg-type]
    assert sorted(film.read) == [0, 1, 2, 3, 4]
    assert [e.name for e in series] == [f"image[{i}]" for i in range(5)]


@pytest.mark.parametrize(("axes", "noun"), [("ZYX", "plane"), ("TYX", "frame")])
def test_how_many_frames_are_done_is_told_and_the_share_never_falls(
    model: Model, axes: str, noun: str
) -> None:
    frames = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    told: list[Progress] = []
    run(embed_series(Image(frames, Axes(axes)), model), told.append)
    portions = [p.portion for p in told if p.portion is not None]
    assert portions[0] == Portion(0, 3, noun)
    assert portions[-1] == Portion(2, 3, noun)
    shares = [p.fraction for p in told if p.fraction is not None]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


def test_all_frames_are_embedded_at_the_scale_of_the_middle_one(model: Model) -> None:
    frames = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    series = run(embed_series(Image(frames, Axes("TYX")), model))
    assert len({e.shape for e in series}) == 1


def test_a_frame_is_prepared_once_and_the_last_few_are_kept() -> None:
    series = EmbeddingSeries([blobs() for _ in range(PREPARED_KEPT + 1)], Axes("T"), (5,))
    first = series.prepared((0,))
    assert series.prepared((0,)) is first
    assert series.prepared((0,), "greedy") is not first
    for t in range(1, PREPARED_KEPT + 1):
        series.prepared((t,))
    assert series.prepared((0,)) is not first


def test_all_frames_are_grouped() -> None:
    series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    labels = run(series.all_labels(clustering_config()))
    assert labels.shape == (2, 20, 40)
    assert set(np.unique(labels)) == {0, 1, 2}


def test_frames_without_a_seed_have_no_objects() -> None:
    series = EmbeddingSeries([blobs(), blobs()], Axes("T"), (2,))
    seeds = {(1,): np.array([[10.0, 10.0]])}
    labels = run(series.all_labels(clustering_config("seeded"), seeds))
    assert [frame.max() for frame in labels] == [0, 1]


def test_the_curve_knows_where_it_is_steady() -> None:
    series = EmbeddingSeries([blobs(3)])
    bandwidths, counts = series.curve((), clustering_config())
    stable = steady(bandwidths, counts, 1.25)
    assert set(counts[stable]) == {3}
    assert bandwidths[stable][0] < 1.25 < bandwidths[stable][-1]
