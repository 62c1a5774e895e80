"""Kinds of objects in the notes of a label image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.io.label_kinds import KINDS, noted_kinds
from napari_discembed.io.labels import SOFTWARE, read_segmentation, write_segmentation
from napari_discembed.types import Axes, Kind, Segmentation

NAMES = (Kind("tumour = nucleus", "#d55e00"), Kind("Lymphozyt ü", "#56b4e9"))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32])
def test_kinds_come_back_with_the_labels(tmp_path: Path, dtype: type) -> None:
    labels = np.array([[0, 1, 2], [5, 5, 0]], dtype)
    path = tmp_path / "a.tif"
    classes = np.array([2, 1, 0, 0, 2], np.uint8)
    write_segmentation(path, Segmentation(labels, classes=classes, kinds=NAMES))
    found = read_segmentation(path)
    assert found.kinds == NAMES
    assert found.class_image is not None
    assert found.class_image.tolist() == [[0, 2, 1], [2, 2, 0]]


def test_frames_keep_their_kinds(tmp_path: Path) -> None:
    labels = np.array([[[1, 2]], [[3, 0]]], np.uint16)
    path = tmp_path / "a.tif"
    write_segmentation(
        path, Segmentation(labels, Axes("TYX"), classes=np.array([1, 2, 1]), kinds=NAMES)
    )
    found = read_segmentation(path)
    assert found.axes == "TYX"
    assert found.classes is not None
    assert found.classes.tolist() == [1, 2, 1]


def test_labels_of_one_kind_and_of_former_versions_have_none(tmp_path: Path) -> None:
    write_segmentation(tmp_path / "a.tif", Segmentation(np.array([[1, 2]], np.uint16)))
    found = read_segmentation(tmp_path / "a.tif")
    assert found.classes is None
    assert found.kinds == ()


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "{}",
        "[]",
        '[{"name": "", "colour": "#000000", "objects": []}]',
        '[{"name": "a", "colour": "blue", "objects": []}]',
        '[{"name": "a", "colour": "#000000", "objects": ["b"]}]',
        "[" * 5000,
    ],
)
def test_damaged_notes_are_passed_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.tif"
    about = {"axes": "YX", KINDS: text}
    tifffile.imwrite(
        path, np.array([[1, 2]], np.uint16), imagej=True, metadata=about, software=SOFTWARE
    )
    assert read_segmentation(path).classes is None


def test_objects_that_came_later_are_of_the_first_kind_and_gone_ones_do_no_harm() -> None:
    note = '[{"name": "a", "colour": "#000000", "objects": [1]}, '
    note += '{"name": "b", "colour": "#ffffff", "objects": [2, 900, -1, 0], "more": 1}]'
    classes, kinds = noted_kinds([{KINDS: note}], np.array([1, 2, 3]))
    assert classes is not None
    assert classes.tolist() == [1, 2, 1]
    assert [kind.name for kind in kinds] == ["a", "b"]
