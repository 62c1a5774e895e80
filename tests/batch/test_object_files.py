"""Files of objects, and what belongs to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_discembed.batch.object_files import ImageFiles, find_object_files, with_classes
from napari_discembed.errors import InputError
from napari_discembed.io.instances import read_instances, write_instances
from napari_discembed.io.labels import write_labels
from napari_discembed.types import Instances


def test_of_a_folder_label_images_come_first_then_outlines(tmp_path: Path) -> None:
    write_instances(tmp_path / "a.zip", Instances.of_labels(np.eye(4, dtype=np.uint8)))
    (tmp_path / "settings.json").write_text("{}")
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8))
    assert [s.name for s in find_object_files([tmp_path])] == ["a.zip"]
    write_labels(tmp_path / "below" / "a_labels.tif", np.eye(4, dtype=np.uint8))
    assert [s.name for s in find_object_files([tmp_path])] == ["below/a_labels.tif"]
    assert [s.name for s in find_object_files([tmp_path / "a.zip"])] == ["a.zip"]
    with pytest.raises(InputError, match="no such file"):
        find_object_files([tmp_path / "b.zip"])
    with pytest.raises(InputError, match="an image, or a folder of images"):
        ImageFiles.of(tmp_path / "nothing")


def test_classes_beside_labels_belong_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a_labels.tif"
    write_labels(path, np.array([[0, 1, 1], [5, 0, 2]], np.uint8))
    found = read_instances(path)
    assert with_classes(found, path).classes is None
    write_labels(tmp_path / "a_classes.tif", np.array([[0, 2, 2], [1, 0, 2]], np.uint8))
    assert with_classes(found, path).classes == ("2", "2", "1")
    assert with_classes(found, tmp_path / "a.tif").classes is None
    write_labels(tmp_path / "a_classes.tif", np.ones((2, 2), np.uint8))
    with pytest.raises(InputError, match="classes of the shape of the labels"):
        with_classes(found, path)


def test_images_are_found_by_their_names(tmp_path: Path) -> None:
    for name in ("a.tif", "day/b_rgb.tif", "day/b_labels.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / name, np.zeros((4, 4), np.uint8))
    files = ImageFiles.of(tmp_path)
    assert files is not None
    assert files.find("a") == tmp_path / "a.tif"
    assert files.find("day/b") == files.find("day/b_rgb") == tmp_path / "day" / "b_rgb.tif"
    assert files.find("elsewhere/a") == tmp_path / "a.tif"
    assert files.find("c") is None
    assert files.name_of(tmp_path / "day" / "b_rgb.tif") == "day/b_rgb.tif"
    assert ImageFiles.of(None) is None
    one = ImageFiles.of(tmp_path / "a.tif")
    assert one is not None
    assert one.find("whatever") == tmp_path / "a.tif"
