"""track and link, as people call them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch

from napari_discembed import inference, link, movies, pipeline, track
from napari_discembed.config import NetworkConfig, linking_config
from napari_discembed.errors import InputError
from napari_discembed.inference import estimate_scale
from napari_discembed.inference.scale import ScaleEstimate
from napari_discembed.io.ctc import read_ctc
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.progress import Job, run
from napari_discembed.session.linking import find_in_movie
from napari_discembed.types import Axes, Image


@pytest.fixture(scope="module")
def model() -> Model:
    torch.manual_seed(0)
    config = NetworkConfig.of(in_channels=1, features=(4, 8), diameter=16)
    return Model(EmbeddingNet(config), ModelCard(name="tiny", config=config))


def movie(n: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 30, (n, 48, 48)).astype(np.uint8)
    for t in range(n):
        frames[t, 10:26, 8 + t : 24 + t] += 180
    return frames


def labels(n: int = 3) -> np.ndarray:
    return (movie(n) > 100).astype(np.uint16)


@pytest.mark.parametrize("method", ["overlap", "lap", "candidates", "pairs"])
def test_a_movie_is_tracked_by_each_method(model: Model, method: str) -> None:
    image = Image(movie(), Axes("TYX"), pixel_size=(0.5, 0.5), unit="micrometer", name="wing")
    found = track(image, model, diameter=16, method=method, progress=False)  # type: ignore[arg-type]
    assert found.labels.shape == (3, 48, 48)
    assert found.tracks.segmentation.unit == "micrometer"
    assert found.tracks.segmentation.provenance.config["linking"]["method"] == method
    assert len(found.counts()) == 3


@pytest.mark.parametrize(("method", "sizes"), [("lap", 1), ("rosette", 3)])
def test_only_what_grows_has_a_scale_in_each_frame(
    model: Model, monkeypatch: pytest.MonkeyPatch, method: str, sizes: int
) -> None:
    measured: list[str] = []

    def measuring(model: Model, image: Image, **about: Any) -> Job[ScaleEstimate]:
        measured.append(image.name)
        return estimate_scale(model, image, **about)

    for module in (pipeline, inference):  # the second is what the dock imports when it is asked
        monkeypatch.setattr(module, "estimate_scale", measuring)
    image = Image(movie(), Axes("TYX"), name="plant")
    run(movies.track(image, model, method=linking_config(method)))  # type: ignore[arg-type]
    assert len(set(measured)) == len(measured) == sizes
    measured.clear()
    run(find_in_movie(image, model, linking_config(method)))  # type: ignore[arg-type]
    assert len(set(measured)) == len(measured) == sizes


def test_a_channel_axis_after_time_is_taken(model: Model) -> None:
    frames = movie()[:, None]
    found = track(frames, model, axes="TCYX", diameter=16, progress=False)
    assert found.labels.shape == (3, 48, 48)


def test_a_picture_without_time_is_no_movie(model: Model) -> None:
    with pytest.raises(InputError, match="two frames or more to link objects"):
        track(movie()[0], model, diameter=16, progress=False)


def test_tracks_are_saved_as_the_name_says(tmp_path: Path) -> None:
    tracks = link(labels())
    assert tracks.count == 1
    again = read_ctc(tracks.save(tmp_path / "01_RES"))
    assert (again.labels == tracks.labels).all()
    assert tifffile.imread(tracks.save(tmp_path / "a.tif")).shape == (3, 48, 48)
    assert tracks.save(tmp_path / "a.csv").read_text().startswith("track,begin,end,parent,")
    with pytest.raises(InputError, match="ends in _RES or one of"):
        tracks.save(tmp_path / "a.doc")


def test_the_data_of_a_layer_of_tracks_are_those_of_its_points() -> None:
    data, graph = link(labels()).napari()
    assert data.tolist() == [[1, t, 17.5, 15.5 + t] for t in range(3)]
    assert graph == {}
    assert link(labels()).objects()["area"].tolist() == [256, 256, 256]
