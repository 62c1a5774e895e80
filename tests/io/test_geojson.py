"""GeoJSON as QuPath writes and reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.geojson import write_geojson
from napari_discembed.io.instances import read_instances
from napari_discembed.types import Instances

from .scenes import overlapping

SQUARE = [[0, 0], [3, 0], [3, 3], [0, 3], [0, 0]]
HOLE = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]


def features(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["features"]


def test_features_are_what_qupath_opens(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    write_geojson(path, overlapping())
    ring, dot, bar = features(path)
    assert ring["type"] == "Feature"
    assert ring["geometry"]["type"] == "Polygon"
    assert [sorted(map(tuple, part[1:])) for part in ring["geometry"]["coordinates"]] == [
        sorted(map(tuple, part[1:])) for part in (SQUARE, HOLE)
    ]
    for part in ring["geometry"]["coordinates"]:
        assert part[0] == part[-1]
    assert "plane" not in ring["geometry"]
    properties = ring["properties"]
    assert properties["objectType"] == "detection"
    assert properties["classification"] == {"name": "leaf"}
    assert properties["name"] == "1"
    assert properties["measurements"]["area (micrometer^2)"] == 2.0
    assert properties["measurements"]["centroid_y (micrometer)"] == 0.5
    assert properties["measurements"]["score"] == 0.875
    assert {type(v) for v in properties["measurements"].values()} == {float}
    assert (dot["properties"]["name"], bar["properties"]["name"]) == ("2", "3")


def test_objects_may_be_annotations(tmp_path: Path) -> None:
    write_geojson(tmp_path / "a.geojson", overlapping(), object_type="annotation")
    kinds = {f["properties"]["objectType"] for f in features(tmp_path / "a.geojson")}
    assert kinds == {"annotation"}


def test_parts_are_one_feature_and_planes_one_each(tmp_path: Path) -> None:
    labels = np.zeros((2, 3, 3), np.uint8)
    labels[0, 0, 0] = labels[0, 2, 2] = labels[1, 1, 1] = 4
    write_geojson(tmp_path / "a.geojson", Instances.of_labels(labels))
    first, second = features(tmp_path / "a.geojson")
    assert first["geometry"]["type"] == "MultiPolygon"
    assert first["geometry"]["plane"] == {"c": -1, "z": 0, "t": 0}
    assert second["geometry"]["plane"] == {"c": -1, "z": 1, "t": 0}
    assert len(read_instances(tmp_path / "a.geojson")) == 1


def test_a_table_of_other_rows_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a row for each of 3 objects, got 1"):
        write_geojson(tmp_path / "a.geojson", overlapping(), overlapping().select([0]).table())
    assert list(tmp_path.iterdir()) == []


def read(tmp_path: Path, content: object) -> Instances:
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(content))
    return read_instances(path, like=(4, 5))


def feature(coordinates: object, kind: str = "Polygon", **more: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": {"type": kind, "coordinates": coordinates}, **more}


@pytest.mark.parametrize("wrapped", ["collection", "list", "single"])
def test_files_of_qupath_are_read(tmp_path: Path, wrapped: str) -> None:
    one = feature(
        [SQUARE, HOLE],
        id="PathAnnotationObject",
        properties={
            "classification": {"name": "Tumor", "colorRGB": -377282},
            "measurements": [{"name": "Probability", "value": 0.25}],
        },
    )
    content: Any = {
        "collection": {"type": "FeatureCollection", "features": [one]},
        "list": [one],
        "single": one,
    }[wrapped]
    found = read(tmp_path, content)
    assert (found.pixels.tolist(), found.classes) == ([8], ("Tumor",))
    assert found.scores is not None
    assert found.scores.tolist() == [0.25]


def test_classes_of_several_parts_and_plain_ones_are_read(tmp_path: Path) -> None:
    given = [{"names": ["Tumor", "Positive"]}, "Stroma", None]
    rows = [feature([SQUARE], properties={"classification": each}) for each in given]
    assert read(tmp_path, rows).classes == ("Tumor: Positive", "Stroma", "")


def test_parts_are_joined_and_third_coordinates_ignored(tmp_path: Path) -> None:
    parts = [[[[*p, 5] for p in HOLE]], [[[3, 3], [4, 3], [4, 4], [3, 4]]]]
    assert read(tmp_path, [feature(parts, "MultiPolygon")]).pixels.tolist() == [2]


def test_points_and_nuclei_are_left_out_and_told(tmp_path: Path) -> None:
    cell = feature([SQUARE], nucleusGeometry={"type": "Polygon", "coordinates": [HOLE]})
    with pytest.warns(FileNote) as notes:
        found = read(tmp_path, [cell, feature([1, 2], "Point"), feature(SQUARE, "LineString")])
    assert len(found) == 1
    texts = " ".join(str(note.message) for note in notes)
    assert "2 features without an area (points, lines) left out" in texts
    assert "1 nucleus outline left out" in texts


def test_a_copy_made_in_qupath_is_an_object_of_its_own(tmp_path: Path) -> None:
    labels = np.zeros((4, 5), np.uint8)
    labels[0, 0] = 4
    write_geojson(tmp_path / "a.geojson", Instances.of_labels(labels))
    content = json.loads((tmp_path / "a.geojson").read_text())
    copy = json.loads(json.dumps(content["features"][0]))
    copy["geometry"]["coordinates"] = [HOLE]
    content["features"] += [copy, feature([HOLE])]
    assert read(tmp_path, content).numbers.tolist() == [4, 5, 6]


@pytest.mark.parametrize(
    "coordinates", [None, [], [[]], [[[0, 0], [1, 1]]], [[[0], [1], [2]]], [[["x", 0]] * 3], 3]
)
def test_outlines_that_are_none_are_told(tmp_path: Path, coordinates: object) -> None:
    with pytest.raises(FileFormatError, match="expected GeoJSON of outlines") as error:
        read(tmp_path, [feature(coordinates)])
    assert "\n" not in str(error.value)


def test_maps_of_the_world_have_no_pixels_in_the_image(tmp_path: Path) -> None:
    with pytest.warns(FileNote) as notes:
        assert len(read(tmp_path, [feature([[[-9.5, -2], [-9.1, -2], [-9.1, -1]]])])) == 0
    assert "1 object without a pixel in the image left out" in str(notes[-1].message)
