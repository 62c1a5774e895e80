"""Label images from and to files, with their axes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from napari_discembed.errors import FileFormatError, FileNote, InputError
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import (
    as_labels,
    is_ours,
    read_labels,
    read_segmentation,
    write_labels,
    write_segmentation,
)
from napari_discembed.types import Axes, Segmentation


def volume(dtype: type = np.uint8) -> np.ndarray:
    """Return one object through three planes."""
    labels = np.zeros((3, 8, 9), dtype)
    labels[:, 2:5, 3:6] = 7
    return labels


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.array([[-1, 0]]), "0 and above"),
        (np.array([[0.5, 0]]), "whole numbers"),
        (np.array([[np.nan, 0]]), "whole numbers"),
        (np.random.default_rng(0).integers(0, 9, (8, 8, 3), np.uint8), "colour"),  # a photograph
        (np.dstack([np.eye(8), np.zeros((8, 8)), np.eye(8)]), "colour"),
        (np.array([["a"]]), "whole numbers"),
        (np.array([[2**63, 0]], np.uint64), "labels up to 9223372036854775807, got 92"),
        (np.array([[1e20, 0]]), "labels up to 9007199254740992, got 1"),
    ],
)
def test_what_is_no_label_image_is_told(pixels: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        as_labels(pixels)


def test_floats_that_are_whole_numbers_are_labels() -> None:
    assert as_labels(np.array([[0.0, 3.0]])).tolist() == [[0, 3]]
    assert as_labels(np.array([[True, False]])).tolist() == [[1, 0]]


@pytest.mark.parametrize("top", [300, 70_000])
@pytest.mark.parametrize("axes", ["YX", "ZYX", "TYX", "TZYX"])
def test_labels_come_back_with_dtype_axes_and_pixel_size(
    top: int, axes: str, tmp_path: Path
) -> None:
    labels = np.zeros((2, 4, 6, 7)[4 - len(axes) :], np.uint16 if top < 2**16 else np.uint32)
    labels[..., 2] = top
    size = {"Z": 2.0, "Y": 0.5, "X": 0.25}
    given = Segmentation(
        labels,
        Axes(axes),
        pixel_size=tuple(size[a] for a in axes if a != "T"),
        unit="micrometer",
        name="a",
    )
    write_segmentation(tmp_path / "a.tif", given)
    back = read_segmentation(tmp_path / "a.tif")
    np.testing.assert_array_equal(back.labels, labels)
    assert back.labels.dtype == labels.dtype
    assert (back.axes, back.frame_axes, back.name) == (given.axes, given.frame_axes, "a")
    assert (back.pixel_size, back.unit) == (pytest.approx(given.pixel_size), "micrometer")


def test_an_array_is_written_as_it_is_told(tmp_path: Path) -> None:
    write_labels(tmp_path / "a.tif", volume(), axes="TYX", pixel_size=(0.5,), unit="micrometer")
    back = read_segmentation(tmp_path / "a.tif", name="mine")
    assert (back.axes, back.pixel_size, back.name) == ("TYX", (0.5, 0.5), "mine")
    with pytest.raises(InputError, match="one letter"):
        write_labels(tmp_path / "b.tif", volume(), axes="YX")
    assert not (tmp_path / "b.tif").exists()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint32])
def test_planes_that_are_frames_come_back_as_such(dtype: type, tmp_path: Path) -> None:
    planes = Segmentation(volume(dtype), Axes("ZYX"), Axes("Z"))
    assert planes.count == 3
    write_segmentation(tmp_path / "a.tif", planes)
    back = read_segmentation(tmp_path / "a.tif")
    assert (back.axes, back.frame_axes, back.count) == ("ZYX", "Z", 3)


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "minisblack"},
        {"photometric": "minisblack", "imagej": True},
        {"photometric": "rgb", "planarconfig": "separate"},
    ],
)
def test_three_axes_that_a_file_does_not_name_are_a_volume(
    options: dict[str, object], tmp_path: Path
) -> None:
    """Which many programs write as channels."""
    tifffile.imwrite(tmp_path / "a.tif", volume(), **options)
    found = read_segmentation(tmp_path / "a.tif")
    assert (found.axes, found.pixel_size, found.count) == ("ZYX", (1.0, 1.0, 1.0), 1)
    np.save(tmp_path / "a.npy", volume())
    assert read_segmentation(tmp_path / "a.npy").count == 1


def test_four_axes_that_a_file_does_not_name_are_volumes_in_time(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.stack([volume()] * 2))
    tifffile.imwrite(tmp_path / "a.tif", np.stack([volume()] * 2), imagej=True)
    for name in ("a.npy", "a.tif"):
        found = read_segmentation(tmp_path / name)
        assert (found.axes, found.frame_axes, found.count) == ("TZYX", "T", 2)


def test_an_ome_file_says_what_is_time(tmp_path: Path) -> None:
    metadata = {"axes": "TYX", "PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3}
    tifffile.imwrite(tmp_path / "a.ome.tif", volume(np.uint16), metadata=metadata)
    found = read_segmentation(tmp_path / "a.ome.tif")
    assert (found.axes, found.count, found.pixel_size) == ("TYX", 3, (0.3, 0.3))


def test_too_many_axes_are_told(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "a.tif", np.zeros((2, 2, 2, 8, 9), np.uint8), imagej=True,
        metadata={"axes": "TZCYX"},
    )  # fmt: skip
    with pytest.raises(InputError, match="2 to 4 axes, got 5"):
        read_segmentation(tmp_path / "a.tif")


def test_a_palette_picture_is_read_by_its_indices_as_labels(tmp_path: Path) -> None:
    labels = np.array([[0, 1], [2, 1]], np.uint8)
    picture = Picture.fromarray(labels, mode="P")
    picture.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    picture.save(tmp_path / "coloured.png")
    assert (read_labels(tmp_path / "coloured.png") == labels).all()
    picture.putpalette([9, 9, 9, 7, 7, 7, 0, 0, 0])  # a grey picture that was made smaller
    picture.save(tmp_path / "grey.png")
    assert (read_labels(tmp_path / "grey.png") == [[9, 7], [0, 7]]).all()


def test_a_picture_of_equal_colours_is_read_by_one_of_them(tmp_path: Path) -> None:
    labels = np.arange(72, dtype=np.uint8).reshape(8, 9)
    Picture.fromarray(np.dstack([labels] * 3)).save(tmp_path / "grey.png")
    found = read_segmentation(tmp_path / "grey.png")
    assert (found.axes, found.labels.tolist()) == ("YX", labels.tolist())
    Picture.fromarray(np.dstack([labels, labels, labels * 2])).save(tmp_path / "colour.png")
    with pytest.raises(InputError, match="colour"):
        read_segmentation(tmp_path / "colour.png")


@pytest.mark.parametrize("ground", [(0, 0, 0, 255), (255, 255, 255, 0)])
def test_a_picture_of_flat_colours_is_numbered_by_them(
    ground: tuple[int, ...], tmp_path: Path
) -> None:
    pixels = np.full((20, 20, 4), ground, np.uint8)
    pixels[2:8, 2:8] = (0, 0, 200, 255)
    pixels[10:18, 10:18] = (255, 80, 0, 255)
    Picture.fromarray(pixels).save(tmp_path / "coloured.png")
    with pytest.warns(FileNote, match="colours were taken for 2 objects"):
        labels = read_labels(tmp_path / "coloured.png")
    assert labels[0, 0] == 0
    assert (labels[3, 3], labels[11, 11], labels.max()) == (1, 2, 2)


def test_where_no_colour_is_background_all_are_objects() -> None:
    pixels = np.full((20, 20, 3), (9, 0, 0), np.uint8)
    pixels[:, 10:] = (0, 9, 0)
    with pytest.warns(FileNote, match="2 objects"):
        assert set(np.unique(as_labels(pixels))) == {1, 2}


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("no pixels here at all")
    with pytest.raises(FileFormatError):
        read_segmentation(tmp_path / "a.tif")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.int32])
def test_labels_of_any_type_keep_their_pixel_size(tmp_path: Path, dtype: type) -> None:
    path = tmp_path / "a.tif"
    write_labels(path, volume(dtype), pixel_size=(2.0, 0.5, 0.5), unit="micrometer", axes="ZYX")
    image = read_image(path)
    assert (image.axes, image.unit) == ("ZYX", "micrometer")
    assert image.pixel_size == pytest.approx((2.0, 0.5, 0.5), rel=1e-4)


def test_files_of_ours_are_told_from_others(tmp_path: Path) -> None:
    write_labels(tmp_path / "ours.tif", volume())
    tifffile.imwrite(tmp_path / "other.tif", volume()[0])
    (tmp_path / "text.tif").write_text("no picture")
    assert [is_ours(tmp_path / f"{name}.tif") for name in ("ours", "other", "text")] == [
        True, False, False,
    ]  # fmt: skip


def test_axes_come_in_the_usual_order(tmp_path: Path) -> None:
    labels = np.arange(2 * 3 * 8 * 9, dtype=np.uint16).reshape(2, 3, 8, 9)
    tifffile.imwrite(tmp_path / "a.ome.tif", labels, metadata={"axes": "ZTYX"})
    found = read_segmentation(tmp_path / "a.ome.tif")
    assert found.axes == "TZYX"
    np.testing.assert_array_equal(found.labels, labels.swapaxes(0, 1))


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_quality_comes_back_while_it_is_of_as_many_objects(dtype: type, tmp_path: Path) -> None:
    path = tmp_path / "film.tif"
    labels = np.array([[[1, 0, 2]], [[0, 0, 4]]], dtype)
    film = Segmentation(labels, Axes("TYX"), quality=np.array([0.9, 0.25, 1.0]))
    write_segmentation(path, film)
    found = read_segmentation(path)
    assert found.quality is not None
    assert found.quality.tolist() == [0.9, 0.25, 1.0]
    write_segmentation(path, replace(film, quality=np.array([0.9])))
    assert read_segmentation(path).quality is None
    write_segmentation(path, replace(film, quality=np.array([0.9, 0.2, np.nan])))
    assert read_segmentation(path).quality is None
