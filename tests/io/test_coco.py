"""COCO's JSON, against pycocotools."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from pycocotools import mask as masks
from pycocotools.coco import COCO

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.coco import write_coco
from napari_discembed.io.instances import read_all_instances, read_instances
from napari_discembed.types import Image, Instances

from .scenes import instances, masks_of, overlapping, same

# Of pycocotools, with numpy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def theirs(path: Path) -> COCO:
    with contextlib.redirect_stdout(io.StringIO()):
        return COCO(str(path))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=instances())
@pytest.mark.parametrize("polygons", [False, True])
def test_pycocotools_reads_the_same_masks(tmp_path: Path, found: Instances, polygons: bool) -> None:
    path = tmp_path / "a.json"
    write_coco(path, [found], polygons=polygons)
    coco = theirs(path)
    rows = coco.loadAnns(coco.getAnnIds())
    for row, mask in zip(rows, masks_of(found), strict=True):
        assert (coco.annToMask(row) == mask).all()
        assert row["area"] == mask.sum()
        assert masks.toBbox(coco.annToRLE(row)).tolist() == row["bbox"]
    assert same(read_instances(path), found)


def test_categories_scores_and_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    plain = replace(overlapping(), name="b", classes=None, scores=None)
    write_coco(path, [overlapping(), plain], files={"b": "pictures/b.png"})
    coco = theirs(path)
    assert {c["id"]: c["name"] for c in coco.dataset["categories"]} == {
        1: "object",
        2: "leaf",
        3: "stem",
    }
    assert [image["file_name"] for image in coco.dataset["images"]] == ["plate 7", "pictures/b.png"]
    rows = coco.dataset["annotations"]
    assert [row["category_id"] for row in rows] == [2, 3, 2, 1, 1, 1]
    assert [row.get("score") for row in rows] == [0.875, 0.5, 0.25, None, None, None]
    assert [row["iscrowd"] for row in rows] == [0] * 6
    assert [row["id"] for row in rows] == [1, 2, 3, 4, 5, 6]


def test_outlines_are_written_where_there_is_no_hole(tmp_path: Path) -> None:
    write_coco(tmp_path / "a.json", [overlapping()], polygons=True)
    ring, dot, bar = json.loads((tmp_path / "a.json").read_text())["annotations"]
    assert ring["segmentation"]["size"] == [5, 6]
    assert len(dot["segmentation"][0]) == 8
    assert bar["bbox"] == [2, 2, 4, 1]


def test_a_time_lapse_is_an_image_a_frame(tmp_path: Path) -> None:
    labels = np.zeros((2, 3, 3), np.uint8)
    labels[1, 0, 0] = 1
    write_coco(tmp_path / "a.json", [Instances.of_labels(labels, "TYX", name="film")])
    document = json.loads((tmp_path / "a.json").read_text())
    assert [image["file_name"] for image in document["images"]] == ["film[0]", "film[1]"]
    assert [row["image_id"] for row in document["annotations"]] == [2]


def test_two_images_of_one_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got 'plate 7' twice"):
        write_coco(tmp_path / "a.json", [overlapping(), overlapping()])
    assert list(tmp_path.iterdir()) == []


def document(*annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 7, "width": 4, "height": 3, "file_name": "pictures\\a.b.png"}],
        "annotations": [{"image_id": 7, "category_id": 5, **a} for a in annotations],
        "categories": [{"id": 5, "name": "cell"}],
        **more,
    }


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content))
    return path


def test_all_kinds_of_masks_of_other_programs_are_read(tmp_path: Path) -> None:
    square = [0, 0, 2, 0, 2, 2, 0, 2]
    runs = {"size": [3, 4], "counts": [9, 1, 2]}
    text = masks.encode(np.asfortranarray(np.eye(3, 4, dtype=np.uint8)))["counts"].decode()
    path = written(
        tmp_path,
        document(
            {"segmentation": [square, [3, 2, 4, 2, 4, 3, 3, 3]], "score": 0.5},
            {"segmentation": runs},
            {"segmentation": {"size": [3, 4], "counts": text}},
        ),
    )
    found = read_instances(path, like=Image(np.zeros((3, 4)), "YX", (0.5,), "micrometer"))
    assert (found.name, found.classes) == ("pictures/a.b", ("cell",) * 3)
    assert (found.pixel_size, found.unit) == ((0.5, 0.5), "micrometer")
    assert found.pixels.tolist() == [5, 1, 3]
    assert masks_of(found)[1, 0, 3]
    assert found.scores is not None
    assert found.scores.tolist() == [0.5, 0.0, 0.0]
    assert found.overlaps().pixels.tolist() == [2]


def test_crowds_and_annotations_without_a_mask_are_left_out_and_told(tmp_path: Path) -> None:
    runs = {"size": [3, 4], "counts": [9, 1, 2]}
    path = written(
        tmp_path,
        document(
            {"segmentation": runs, "iscrowd": 1}, {"segmentation": []}, {"segmentation": runs}
        ),
    )
    with pytest.warns(FileNote) as notes:
        assert len(read_instances(path)) == 1
    texts = [str(note.message) for note in notes]
    assert texts[0].endswith("1 annotation without a mask left out.")
    assert texts[1].endswith("1 annotation of crowds (iscrowd) left out.")


def test_results_of_a_detector_are_read(tmp_path: Path) -> None:
    rows = [
        {
            "image_id": image,
            "category_id": kind,
            "segmentation": {"size": [3, 4], "counts": [n, 1, 11 - n]},
            "score": 0.5,
        }
        for image, kind, n in ((3, 1, 0), (4, 2, 1), (3, 2, 5))
    ]
    found = read_all_instances(written(tmp_path, rows))
    assert [(each.name, len(each)) for each in found] == [("3", 2), ("4", 1)]
    assert found[0].classes == ("1", "2")


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ({"segmentation": {"size": [3, 4], "counts": [9, 1]}}, "sum up to the 3 x 4 = 12 pixels"),
        ({"segmentation": {"size": [4, 3], "counts": [12]}}, r"size \(3, 4\), got \(4, 3\)"),
        ({"segmentation": {"size": [3, 4], "counts": "Z"}}, "cut or garbled"),
        ({"segmentation": {"size": [3, 4], "counts": [2**70]}}, "a.json"),
        ({"segmentation": [[0, 0, 1, 1]]}, "at least three points, got 4 numbers"),
        ({"segmentation": [[0, 0, 1, 1, 2, 2, 3]]}, "at least three points, got 7 numbers"),
        ({"segmentation": [[0, 0, 1, 1, 1e30, 2]]}, "expected coordinates of pixels"),
        ({"segmentation": [[0, 0, 1, 1, "x", 2]]}, "expected COCO's instances"),
        ({"segmentation": [[0, 0, 1, 0, 1, 1]], "image_id": 8}, "of image 8, which the file does"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, annotation: dict[str, Any], message: str
) -> None:
    path = written(tmp_path, document(annotation))
    with pytest.raises(FileFormatError, match=message) as error:
        read_instances(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_sizes_that_are_none_are_told(tmp_path: Path) -> None:
    images = [{"id": 7, "width": 0, "height": 3}]
    with pytest.raises(FileFormatError, match=r"images\.0\.width|greater than 0"):
        read_instances(written(tmp_path, document(images=images)))
    images = [{"id": 7, "width": 2**31, "height": 2**31}]
    with pytest.raises(InputError, match=r"a\.json: 7: expected an image of up to"):
        read_instances(written(tmp_path, document(images=images)))


def test_an_image_edited_elsewhere_is_as_large_as_it_says(tmp_path: Path) -> None:
    write_coco(tmp_path / "a.json", [overlapping()])
    content = json.loads((tmp_path / "a.json").read_text())
    content["images"][0] |= {"width": 9, "height": 9}
    content["annotations"] = content["annotations"][:0]
    assert read_instances(written(tmp_path, content)).shape == (9, 9)
