"""The functions that people call: arrays in, results out."""

from __future__ import annotations

from pathlib import Path

import dask.array
import numpy as np
import pytest
import xarray

import napari_discembed as discembed
from napari_discembed import jobs
from napari_discembed.config import NetworkConfig
from napari_discembed.errors import InputError
from napari_discembed.models import EmbeddingNet, Model, ModelCard
from napari_discembed.types import Embedding, Image


@pytest.fixture(scope="module")
def model() -> Model:
    """Return a model made by hand: a pixel is foreground where it is above 0.5."""
    config = NetworkConfig.of(in_channels=1, features=(2,), diameter=8.0, units_per_diameter=1.0)
    net = EmbeddingNet(config)
    for name, value in net.named_parameters():
        if value.ndim == 4:
            value.data.zero_()
            if name.startswith("backbone"):
                value.data[0, 0, 1, 1] = 1
    for head, weight, bias in (("foreground", 100.0, -50.0), ("seediness", 0.0, 5.0)):
        layer = net.heads[head].projection
        layer.weight.data[0, 0] = weight
        layer.bias.data.fill_(bias)
    return Model(net.eval(), ModelCard(name="bright", config=config))


def squares(count: int = 2) -> np.ndarray:
    picture = np.zeros((24, 24 * count), np.uint8)
    for i in range(count):
        picture[8:16, 24 * i + 8 : 24 * i + 16] = 200
    return picture


def test_an_array_becomes_labels_a_count_and_a_table(model: Model) -> None:
    result = discembed.segment(squares(3), model, diameter=8.0)
    assert result.count == 3
    assert result.labels.shape == (24, 72)
    assert result.table()["area"].tolist() == [64.0, 64.0, 64.0]
    assert result.table()["intensity_mean_0"].tolist() == [200.0, 200.0, 200.0]


@pytest.mark.parametrize("kind", ["numpy", "dask", "xarray", "Image", "list"])
def test_what_people_have_goes_in(kind: str, model: Model) -> None:
    pixels = squares()
    given = {
        "numpy": pixels,
        "dask": dask.array.from_array(pixels, chunks=12),
        "xarray": xarray.DataArray(pixels, dims=("y", "x")),
        "Image": Image(pixels),
        "list": pixels.tolist(),
    }[kind]
    assert discembed.segment(given, model, diameter=8.0).count == 2


def test_a_time_lapse_is_read_frame_by_frame_and_each_frame_once(model: Model) -> None:
    read: list[int] = []

    def load(block: np.ndarray, block_info: dict | None = None) -> np.ndarray:
        read.append(block_info[0]["chunk-location"][0])
        return block

    frames = np.stack([squares(), 0 * squares(), squares()])
    lazy = dask.array.from_array(frames, chunks=(1, 24, 48)).map_blocks(load, dtype=np.uint8)
    result = discembed.segment(lazy, model, axes="TYX", progress=False)
    assert (result.count, result.segmentation.axes) == (4, "TYX")
    assert sorted(read) == [0, 1, 2]
    assert result.table()["frame"].tolist() == [0, 0, 2, 2]


def test_an_embedding_is_grouped_again_and_again(model: Model) -> None:
    embedding = discembed.embed(squares(), model, diameter=8.0)
    assert isinstance(embedding, Embedding)
    assert discembed.cluster(embedding).count == 2
    assert discembed.cluster(embedding, method="hdbscan", min_size=10).count == 2
    assert discembed.cluster(embedding, bandwidth=100.0).count == 1
    assert len(discembed.candidates(embedding)) >= 2
    with pytest.raises(InputError, match="reads no coordinates"):
        discembed.cluster(embedding, coordinates=1.0)


def test_a_result_is_saved_as_the_ending_says(model: Model, tmp_path: Path) -> None:
    result = discembed.segment(Image(squares(), pixel_size=(0.5,), unit="micrometer"), model)
    back = discembed.read_segmentation(result.save(tmp_path / "labels.tif"))
    np.testing.assert_array_equal(back.labels, result.labels)
    assert (back.pixel_size, back.unit) == ((0.5, 0.5), "micrometer")
    lines = result.save(tmp_path / "table.csv").read_text().splitlines()
    assert len(lines) == 1 + result.count
    outlines = discembed.read_instances(result.save(tmp_path / "rois.zip"))
    np.testing.assert_array_equal(outlines.labels(), result.labels)
    with pytest.raises(InputError, match=r"ends in one of .tif, .tiff, .csv"):
        result.save(tmp_path / "labels.jpg")


def test_painted_objects_become_a_model(tmp_path: Path) -> None:
    picture, painted = squares(3), np.zeros((24, 72), np.uint8)
    painted[8:16, 8:16], painted[8:16, 32:40], painted[:6, :] = 1, 2, 255
    model = discembed.finetune(picture, painted, background_label=255, seconds=2, progress=False)
    file = model.save(tmp_path / "mine.safetensors")
    assert discembed.load_model(file).card.training["objects"] == 2


def test_labels_of_a_person_are_measured_too() -> None:
    labels = np.zeros((3, 4, 4), np.uint8)
    labels[:, 1:3, 1:3] = 7
    table = discembed.measure(labels)  # a volume
    assert (table.count, table["volume"].tolist()) == (1, [12.0])


def test_the_same_as_jobs(model: Model) -> None:
    job = jobs.segment(squares(), model, diameter=8.0)
    assert 0 <= next(job).fraction <= 1
    job.close()
    assert jobs.run(jobs.segment(squares(), model, diameter=8.0)).count == 2


@pytest.mark.parametrize(("old", "new"), [("fit", "finetune"), ("Counts", "ObjectTable")])
def test_names_of_release_0_1_say_what_they_are_called_now(old: str, new: str) -> None:
    with pytest.raises(AttributeError, match=f"called {new} now"):
        getattr(discembed, old)
