"""Data sets on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from napari_discembed.datasets import readers
from napari_discembed.datasets.coins import coins_painted, coins_reference
from napari_discembed.datasets.readers import cvppp, dsb2018, find_pairs
from napari_discembed.errors import InputError
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.io.readers import TIFF_SUFFIXES
from napari_discembed.metrics import best_overlaps


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


@pytest.mark.parametrize(
    "names",
    [
        ("images/a.png", "labels/a.tif"),
        ("raw/a.tif", "masks/a_mask.tif"),
        ("a.tif", "a_labels.tif"),
        ("a.jpg", "a_cp_masks.png"),
        ("a_img.png", "a_seg.png"),
    ],
)
def test_common_ways_of_naming_pairs(names: tuple[str, str], tmp_path: Path) -> None:
    touch(tmp_path, *names)
    (pair,) = find_pairs(tmp_path)
    found = [p.relative_to(tmp_path).as_posix() for p in (pair.image, pair.labels)]
    assert tuple(found) == names
    assert pair.name == "a"


def test_a_label_without_its_image_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "images/a.png", "labels/a.png", "labels/b.png")
    with pytest.raises(InputError, match=r"b\.png: no image"):
        find_pairs(tmp_path)


@pytest.mark.parametrize(
    "names",
    [
        ("images/a.png", "images/a.tif", "labels/a.png"),
        ("images/a.png", "labels/a_mask.png", "labels/a_labels.tif"),
    ],
)
def test_two_files_of_one_name_are_told(names: tuple[str, ...], tmp_path: Path) -> None:
    touch(tmp_path, *names, "images/b.png", "labels/b.png")
    with pytest.raises(InputError, match="both of the name a"):
        find_pairs(tmp_path)


def test_a_folder_without_labels_says_what_is_expected(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    with pytest.raises(InputError, match="images/ and labels/"):
        find_pairs(tmp_path)


def test_the_cvppp_layout(tmp_path: Path) -> None:
    touch(tmp_path, "A1/plant001_rgb.png", "A1/plant001_label.png", "A1/plant002_rgb.png")
    assert [p.name for p in cvppp(tmp_path)] == ["A1/plant001"]
    with pytest.raises(InputError, match="CVPPP"):
        cvppp(tmp_path / "A2")


def test_dsb2018_is_read(data_folder: Path) -> None:
    pairs = dsb2018(data_folder / "dsb2018", "val", {"fluo_260x347"})
    assert len(pairs) == 1
    image, labels = read_image(pairs[0].image), read_labels(pairs[0].labels)
    assert image.shape == labels.shape == (260, 347)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_an_index_is_read_however_a_spreadsheet_saved_it(
    encoding: str, comma: str, tmp_path: Path
) -> None:
    lines = ["name,split,type", "\u00e4,val,fluo", "b,train,fluo", ""]
    text = "\r\n".join(lines).replace(",", comma)
    (tmp_path / "index.csv").write_bytes(text.encode(encoding))
    assert [pair.name for pair in dsb2018(tmp_path, "val")] == ["\u00e4"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"name,split,type\n../../a,val,fluo\n", "without folders"),
        (b"name,split,type\n..,val,fluo\n", "without folders"),
        (b"name,split,type\nC:a,val,fluo\n", "without folders"),
        (b"name,split\na,val\n", "expected columns name, split, type"),
        (b"name,split,type\na,val\n", "expected columns name, split, type"),
        (b"", "expected columns name, split, type"),
        (b"\xff\x00\xd8name", "expected a table of text"),
    ],
)
def test_an_index_that_is_none_is_told(text: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_bytes(text)
    with pytest.raises(InputError, match=words):
        dsb2018(tmp_path, "val")


def test_the_endings_of_tiff_files_are_those_that_are_read() -> None:
    assert readers.TIFF_SUFFIXES == TIFF_SUFFIXES


def test_four_coins_are_painted_as_the_reference_has_them() -> None:
    painted, reference = coins_painted(), coins_reference()
    assert reference.max() == 24
    objects = painted * (painted < 255)
    assert objects.max() == 4
    assert (best_overlaps(objects, reference) > 0.8).all()
    assert not reference[painted == 255].any()
