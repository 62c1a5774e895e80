"""Images and their labels from files: what does not fit is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from napari_discembed.cli.pairs import PairReading, read_data_set, read_pairs
from napari_discembed.errors import InputError


def write(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    tifffile.imwrite(path, pixels)
    return path


def objects() -> np.ndarray:
    labels = np.zeros((8, 12), np.uint8)
    labels[1:4, 1:4], labels[5:7, 6:11] = 1, 2
    return labels


def test_labels_of_another_orientation_are_told(tmp_path: Path) -> None:
    image = write(tmp_path / "a.tif", objects())
    labels = write(tmp_path / "b.tif", objects().T)
    with pytest.raises(InputError, match="the labels are transposed"):
        read_pairs([image], [labels])


def test_labels_drawn_on_the_upright_picture_fit(tmp_path: Path) -> None:
    exif = Picture.Exif()
    exif[274] = 6
    Picture.fromarray(np.rot90(objects()).copy()).save(tmp_path / "phone.jpg", exif=exif)
    labels = write(tmp_path / "b.tif", objects())
    (image,), (found,) = read_pairs([tmp_path / "phone.jpg"], [labels])
    assert image.shape == found.shape == (8, 12)


def test_a_mask_is_refused_as_labels_and_taken_as_classes(tmp_path: Path) -> None:
    image = write(tmp_path / "a.tif", objects())
    mask = write(tmp_path / "b.tif", (objects() > 0).astype(np.uint8) * 255)
    with pytest.raises(InputError, match=r"b\.tif: expected a number an object.* in 2 pieces"):
        read_pairs([image], [mask])
    assert read_pairs([image], [mask], PairReading(check=False))[1][0].max() == 255
    assert read_pairs([image], [mask], PairReading(background_label=255))[1][0].max() == 255


def test_a_picture_among_the_labels_of_a_data_set_is_told(tmp_path: Path) -> None:
    grey = np.random.default_rng(0).integers(1, 255, (32, 32)).astype(np.uint8)
    write(tmp_path / "images" / "a.tif", grey)
    write(tmp_path / "labels" / "a.tif", grey)
    with pytest.raises(InputError, match="looks like a picture"):
        read_data_set(tmp_path, "folder")


def test_the_series_that_is_asked_for_is_learnt(
    tmp_path: Path, write_ome_set: Callable[..., None]
) -> None:
    write_ome_set(tmp_path, ["p0.ome.tif", "p1.ome.tif"], positions=True)
    labels = write(tmp_path / "l.tif", objects()[:, :9])
    (image,), _ = read_pairs([tmp_path / "p0.ome.tif"], [labels], PairReading(series=1))
    assert image.data[0, 0] == 20


def test_files_that_do_not_pair_are_told(tmp_path: Path) -> None:
    image = write(tmp_path / "a.tif", objects())
    with pytest.raises(InputError, match="got 1 images and 2 labels"):
        read_pairs([image], [image, image])
    assert read_pairs(None, []) == ([], [])
