"""Objects through the files of other programs and back."""

from __future__ import annotations

import json
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io import planes
from napari_discembed.io.instances import (
    holds_instances,
    read_all_instances,
    read_instances,
    write_instances,
)
from napari_discembed.io.labels import read_segmentation, write_labels
from napari_discembed.types import Image, Instances, Segmentation

from .scenes import instances, overlapping, same, segmentations

SUFFIXES = [".zip", ".geojson", ".json"]
again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_all_that_is_known_of_objects_comes_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    write_instances(path, overlapping())
    assert same(read_instances(path), overlapping())
    assert holds_instances(path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@again
@given(segmentation=segmentations())
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_labels_of_all_axes_come_back_to_the_pixel(
    tmp_path: Path, suffix: str, segmentation: Segmentation
) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix == ".zip" and not segmentation.labels.any():
        with pytest.raises(InputError, match="at least one object"):
            write_instances(path, Instances.of_labels(segmentation))
        return
    write_instances(path, Instances.of_labels(segmentation))
    back = read_instances(path).segmentation()
    np.testing.assert_array_equal(back.labels, segmentation.labels)
    assert (back.axes, back.frame_axes) == (segmentation.axes, segmentation.frame_axes)


@again
@given(found=instances())
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_overlaps_holes_and_parts_come_back_to_the_pixel(
    tmp_path: Path, suffix: str, found: Instances
) -> None:
    write_instances(tmp_path / f"a{suffix}", found)
    assert same(read_instances(tmp_path / f"a{suffix}"), found)


def test_label_images_are_read_as_objects_and_written_with_overlaps_resolved(
    tmp_path: Path,
) -> None:
    labels = np.array([[0, 7], [3, 3]], np.uint16)
    write_labels(tmp_path / "a.tif", labels, pixel_size=(2.0,), unit="micrometer")
    found = read_instances(tmp_path / "a.tif")
    assert (found.numbers.tolist(), found.pixel_size, found.unit) == ([3, 7], (2, 2), "micrometer")
    write_instances(tmp_path / "b.tif", overlapping())
    assert (read_segmentation(tmp_path / "b.tif").labels == overlapping().labels("score")).all()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_has_a_row_an_object_with_image_and_unit(tmp_path: Path, suffix: str) -> None:
    other = replace(overlapping(), name="plate 8", classes=None, scores=None)
    path = tmp_path / f"a{suffix}"
    write_instances(path, [overlapping(), other])
    if suffix == ".csv":
        head, *rows = path.read_text().splitlines()
        assert head == (
            "image,label,pixels,area,centroid_y,centroid_x,bbox_y_min,bbox_y_max,bbox_x_min,"
            "bbox_x_max,score,class,unit"
        )
        assert rows[0] == "plate 7,1,8,2.0,0.5,0.5,0,3,0,3,0.875,leaf,micrometer"
        assert rows[3] == "plate 8,1,8,2.0,0.5,0.5,0,3,0,3,,,micrometer"
        assert len(rows) == 6
    else:
        from pyarrow import parquet

        table = parquet.read_table(path).to_pydict()
        assert table["score"] == [0.875, 0.5, 0.25, None, None, None]
        assert table["unit"] == ["micrometer"] * 6


def test_an_image_says_size_and_pixel_size_where_the_file_does_not(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    ring = [[1, 1], [3, 1], [3, 2], [1, 2], [1, 1]]
    path.write_text(json.dumps(feature(ring)))
    like = Image(np.zeros((4, 6, 3)), "YXC", pixel_size=(0.25,), unit="micrometer", name="x")
    found = read_instances(path, like=like)
    assert found.labels().tolist() == [[0] * 6, [0, 1, 1, 0, 0, 0], [0] * 6, [0] * 6]
    assert (found.pixel_size, found.unit) == ((0.25, 0.25), "micrometer")
    with pytest.raises(InputError, match=r"does not say how large its image is.*--images"):
        read_instances(path)
    assert read_instances(path, smallest=True).shape == (2, 3)


def feature(ring: list[list[float]], **properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_outlines_beyond_the_image_are_cut_and_told(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    inside = feature([[-3, -3], [2, -3], [2, 2], [-3, 2]])
    outside = feature([[50, 50], [60, 50], [60, 60]])
    path.write_text(json.dumps([inside, outside]))
    with pytest.warns(FileNote) as notes:
        found = read_instances(path, like=(4, 4))
    assert found.pixels.tolist() == [4]
    texts = " ".join(str(note.message) for note in notes)
    assert "2 outlines beyond the image, cut off at its edge" in texts
    assert "1 object without a pixel in the image left out" in texts


def test_more_than_memory_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planes, "MOST_PIXELS", 30)
    for suffix in SUFFIXES:
        write_instances(tmp_path / f"a{suffix}", overlapping())
        assert len(read_instances(tmp_path / f"a{suffix}")) == 3
    monkeypatch.setattr(planes, "MOST_PIXELS", 12)
    for suffix in SUFFIXES:
        with pytest.raises(InputError, match="boxes have up to 12 pixels"):
            read_instances(tmp_path / f"a{suffix}")


def test_a_file_of_another_image_is_told(tmp_path: Path) -> None:
    for suffix in SUFFIXES:
        write_instances(tmp_path / f"a{suffix}", overlapping())
        with pytest.raises(InputError, match=r"shape \(5, 6\).*that was named has \(9, 9\)"):
            read_instances(tmp_path / f"a{suffix}", like=(9, 9))


def test_of_several_images_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_instances(path, [overlapping(), replace(overlapping(), name="b")])
    assert read_instances(path, "b").name == "b"
    assert [each.name for each in read_all_instances(path)] == ["plate 7", "b"]
    with pytest.raises(InputError, match="expected one image, but it holds 2: plate 7, b"):
        read_instances(path)
    with pytest.raises(InputError, match="expected 'c'"):
        read_instances(path, "c")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.zip", b"", "is empty"),
        ("a.json", b"\xef\xbb\xbf \n", "is empty"),
        ("a.json", b'{"annotations": [', "not JSON, damaged or cut short"),
        ("a.json", b"[" * 100_000, "not JSON, damaged or cut short"),
        ("a.json", b'{"a": 1}', "got JSON of something else"),
        ("a.json", b"[]", "got JSON of something else"),
        ("a.geojson", b'{"type": "FeatureCollection"}', "features: Field required"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [{}]}', "geometry: Field req"),
        ("a.zip", b"PK\x03\x04 and no more", "an archive of .roi files"),
        ("a.roi", b"Iout", "not ROIs of ImageJ, damaged or cut short"),
        ("a.roi", b"Iout" + bytes(80), "1 ROI without an area|does not say how large"),
    ],
)
def test_bad_files_are_one_sentence(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FileNote)
        with pytest.raises((FileFormatError, InputError), match=message) as error:
            read_instances(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
    if not content.startswith(b"Iout"):
        assert not holds_instances(path)


def test_an_archive_of_something_else_is_none_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.roi", b"no roi")
    assert not holds_instances(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert not holds_instances(path)
    with pytest.raises(FileFormatError, match="got one of something else"):
        read_instances(path)


def test_maps_of_points_are_left_to_others(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [point]}))
    assert not holds_instances(path)


def test_names_that_say_no_format_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in one of \.zip, \.geojson, \.json"):
        write_instances(tmp_path / "a.png", overlapping())
    with pytest.raises(InputError, match="holds one image, got 2"):
        write_instances(tmp_path / "a.zip", [overlapping(), overlapping()])
    assert list(tmp_path.iterdir()) == []
