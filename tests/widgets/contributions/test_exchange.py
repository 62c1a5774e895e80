"""ROIs, GeoJSON and COCO in the viewer."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from napari.plugins._npe2 import get_readers
from npe2 import PluginManager

from napari_discembed.io.instances import read_instances, write_instances
from napari_discembed.types import Axes, Instances, Segmentation
from napari_discembed.widgets.contributions import exchange
from napari_discembed.widgets.contributions.exchange import instances_reader, write_instances_of
from napari_discembed.widgets.layers import FRAMES

from ..conftest import squares

PLUGIN = "napari-discembed"
SUFFIXES = [".zip", ".geojson", ".json"]


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(exchange, "show_warning", said.append)
    return said


def read(path: Path) -> list[Any]:
    reader = instances_reader(str(path))
    assert reader is not None
    return reader(str(path))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_go_out_and_come_back_with_all_that_they_had(tmp_path: Path, suffix: str) -> None:
    about = {
        "scale": (0.5, 0.25),
        "units": ("micrometer", "micrometer"),
        "name": "cells",
        "features": pd.DataFrame(
            {"index": [2, 1], "class": [2.0, np.nan], "score": [0.5, 0.25], "area": [1, 2]}
        ),
    }
    [written] = write_instances_of(str(tmp_path / f"a{suffix}"), squares(3), about)
    [(labels, back, kind)] = read(Path(written))
    assert (labels == squares(3)).all()
    assert (kind, labels.dtype, back["name"]) == ("labels", np.int32, "cells objects")
    assert (back["scale"], back["units"]) == ([0.5, 0.25], ["micrometer", "micrometer"])
    features = back["features"].sort_values("index")
    assert features["index"].tolist() == [1, 2, 3]
    assert features["class"].tolist() == ["", "2", ""]
    assert features["score"].tolist() == [0.25, 0.5, 0.0]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_frames_stay_frames(tmp_path: Path, suffix: str) -> None:
    film = np.stack([squares(2), 0 * squares(2), squares(2)])
    about = {"scale": (1, 0.5, 0.5), "metadata": {FRAMES: "T"}, "name": "film"}
    write_instances_of(str(tmp_path / f"a{suffix}"), film, about)
    [(labels, back, _)] = read(tmp_path / f"a{suffix}")
    assert (labels == film).all()
    assert (back["metadata"], back["scale"]) == ({FRAMES: "T"}, [1.0, 0.5, 0.5])


def test_measurements_go_to_qupath(tmp_path: Path) -> None:
    write_instances_of(str(tmp_path / "a.geojson"), squares(1), {"name": "x"})
    [feature] = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert "perimeter (pixel)" in feature["properties"]["measurements"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_napari_finds_reader_and_writer_by_the_suffix(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_instances(path, Instances.of_labels(squares(1)))
    PluginManager.instance().discover()
    assert PLUGIN in get_readers(str(path))
    assert instances_reader(str(path)) is not None
    writers = PluginManager.instance().iter_compatible_writers(["labels"])
    assert suffix in {
        ending
        for writer in writers
        if writer.command.startswith(PLUGIN)
        for ending in writer.filename_extensions
    }


def test_archives_and_json_of_others_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"annotations": 3, "images": []}')
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "points.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    (tmp_path / "empty.zip").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        archive.writestr("a.png", b"x")
    (tmp_path / "folder.zip").mkdir()
    for path in tmp_path.iterdir():
        assert instances_reader(str(path)) is None
    assert instances_reader([str(tmp_path / "list.json")]) is None


def overlapping() -> Instances:
    masks = np.zeros((3, 4, 4), bool)
    masks[0, :3, :3] = masks[1, 1, 1] = masks[2, 1, 1] = True
    return Instances.of_masks(masks, name="x")


def test_overlaps_are_told(tmp_path: Path, warned: list[str]) -> None:
    write_instances(tmp_path / "a.zip", overlapping())
    [(labels, _, _)] = read(tmp_path / "a.zip")
    assert labels[1, 1] == 2
    assert "x: 3 pairs of objects overlap" in warned[0]
    assert "the smaller one keeps the pixels, and 1 object lost by it" in warned[0]


def test_of_many_images_the_first_are_opened(
    tmp_path: Path, warned: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MOST_IMAGES", 2)
    each = [Instances.of_labels(squares(1), name=name) for name in "abc"]
    write_instances(tmp_path / "a.json", each)
    names = [about["name"] for _, about, _ in read(tmp_path / "a.json")]
    assert names == ["a objects", "b objects"]
    assert "of 3 images the first 2" in warned[0]


def outline(tmp_path: Path) -> Path:
    ring = [[1, 2], [4, 2], [4, 4], [1, 4]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    (tmp_path / "a.geojson").write_text(json.dumps([{"type": "Feature", "geometry": geometry}]))
    return tmp_path / "a.geojson"


def test_outlines_without_a_size_are_as_large_as_the_image_that_is_shown(
    tmp_path: Path, make_napari_viewer_proxy: Any
) -> None:
    viewer = make_napari_viewer_proxy()
    [(labels, _, _)] = read(outline(tmp_path))
    assert labels.shape == (4, 4)
    image = viewer.add_image(
        np.zeros((12, 9, 8)), scale=(2, 0.5, 0.5), units=("um", "um", "um"), name="photo"
    )
    viewer.layers.selection = {image}
    [(labels, _, _)] = read(outline(tmp_path))
    assert labels.shape == (4, 4)  # a stack: which plane they are of is not known
    rgb = viewer.add_image(
        np.zeros((9, 8, 3), np.uint8),
        rgb=True,
        scale=(0.5, 0.5),
        translate=(3, 4),
        units=("um", "um"),
    )
    viewer.layers.selection = {rgb}
    [layer] = viewer.open(str(outline(tmp_path)), plugin=PLUGIN)
    assert layer.data.shape == (9, 8)
    assert layer.data[2:4, 1:4].all()
    assert layer.data.sum() == 6
    assert (layer.scale.tolist(), layer.translate.tolist()) == ([0.5, 0.5], [3, 4])


def test_a_layer_is_saved_and_opened_by_napari(
    tmp_path: Path, make_napari_viewer_proxy: Any
) -> None:
    viewer = make_napari_viewer_proxy()
    layer = viewer.add_labels(squares(2), scale=(0.5, 0.5), units=("um", "um"), name="mine")
    assert layer.save(str(tmp_path / "a.zip"), plugin=PLUGIN) == [str(tmp_path / "a.zip")]
    [opened] = viewer.open(str(tmp_path / "a.zip"), plugin=PLUGIN)
    assert (opened.data == squares(2)).all()
    assert opened.scale.tolist() == [0.5, 0.5]
    assert str(opened.units[-1]) == "micrometer"
    found = read_instances(tmp_path / "a.zip")
    assert (found.unit, found.name) == ("micrometer", "mine")


def test_planes_of_their_own_are_marked_as_such(tmp_path: Path) -> None:
    labels = np.stack([squares(1)] * 2)
    segmentation = Segmentation(labels, Axes("ZYX"), Axes("Z"))
    write_instances(tmp_path / "a.zip", Instances.of_labels(segmentation))
    [(_, about, _)] = read(tmp_path / "a.zip")
    assert about["metadata"] == {FRAMES: "Z"}
