"""Readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tifffile

from napari_discembed.widgets.contributions.readers import embedding_reader, pairs_reader

from ..conftest import squares


def test_a_folder_of_pairs_opens_as_layers(tmp_path: Path) -> None:
    for kind in ("images", "labels"):
        (tmp_path / kind).mkdir()
        tifffile.imwrite(tmp_path / kind / "a.tif", squares(2).astype(np.uint8))
    reader = pairs_reader(str(tmp_path))
    assert reader is not None
    image, labels = reader(str(tmp_path))
    assert (image[2], labels[2]) == ("image", "labels")
    assert (labels[0] == squares(2)).all()


def test_the_cvppp_layout_opens_too(tmp_path: Path) -> None:
    import imageio.v3 as iio

    folder = tmp_path / "A1"
    folder.mkdir()
    iio.imwrite(folder / "plant001_rgb.png", np.zeros((24, 48, 3), np.uint8))
    iio.imwrite(folder / "plant001_label.png", squares(2).astype(np.uint8))
    reader = pairs_reader(str(tmp_path))
    assert reader is not None
    image, labels = reader(str(tmp_path))
    assert image[1]["rgb"]
    assert labels[0].max() == 2


def test_other_folders_and_files_are_left_to_others(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("")
    assert pairs_reader(str(tmp_path)) is None
    assert pairs_reader(str(tmp_path / "a.txt")) is None
    assert pairs_reader(["a", "b"]) is None
    assert embedding_reader(str(tmp_path)) is None
