"""Damaged files give one sentence, whatever byte is wrong."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Picture

from napari_discembed.errors import DiscembedError, FileFormatError, FileNote
from napari_discembed.io.damage import told_as_damaged
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import is_ours, read_segmentation, write_labels
from napari_discembed.io.readers import list_series
from napari_discembed.io.tiff_sets import data_set_of

GREY = np.random.default_rng(0).integers(0, 255, (24, 30)).astype(np.uint8)
STACK = np.stack([GREY] * 3)
WRITERS: dict[str, Callable[[Path], object]] = {
    "plain.tif": lambda path: tifffile.imwrite(path, GREY),
    "tiles.tif": lambda path: tifffile.imwrite(path, GREY, tile=(16, 16), compression="lzw"),
    "a.ome.tif": lambda path: tifffile.imwrite(
        path, STACK, ome=True, photometric="minisblack", metadata={"axes": "ZYX"}
    ),
    "imagej.tif": lambda path: tifffile.imwrite(
        path, STACK, imagej=True, metadata={"axes": "ZYX", "unit": "um", "spacing": 1}
    ),
    "ours.tif": lambda path: write_labels(path, (GREY > 100).astype(np.uint32)),
    "a.png": lambda path: Picture.fromarray(GREY).save(path),
    "a.jpg": lambda path: Picture.fromarray(GREY).save(path),
    "a.npy": lambda path: np.save(path, GREY),
}


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Return a file that is cut or has some wrong bytes, rather in its head and tail."""
    if rng.random() < 0.2:
        return raw[: rng.randrange(len(raw))]
    changed = bytearray(raw)
    for _ in range(rng.choice([1, 2, 4, 16])):
        near = rng.randrange(min(len(raw), rng.choice([64, 400, 10**6])))
        changed[near if rng.random() < 0.8 else -1 - near] = rng.choice([0, 1, 128, 255])
    return bytes(changed)


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_of_any_wrong_byte_is_read_or_refused_in_a_sentence(
    name: str, tmp_path: Path
) -> None:
    path, rng = tmp_path / name, random.Random(0)
    WRITERS[name](path)
    raw, told = path.read_bytes(), []
    for _ in range(40):
        path.write_bytes(damaged(raw, rng))
        for read in (read_image, read_segmentation, list_series):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FileNote)
                try:
                    read(path)
                except DiscembedError as error:
                    told.append(str(error))
        is_ours(path)
        data_set_of(path)
    assert told
    assert not [sentence for sentence in told if "\n" in sentence]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_png_with_any_byte_changed_is_refused_or_the_same(mode: str, tmp_path: Path) -> None:
    path, rng = tmp_path / "a.png", random.Random(0)
    Picture.fromarray(GREY).convert(mode).save(path)
    raw, right = path.read_bytes(), np.asarray(read_image(path).data)
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] ^= rng.randrange(1, 256)
        path.write_bytes(changed)
        try:
            found = np.asarray(read_image(path).data)
        except FileFormatError:
            continue
        np.testing.assert_array_equal(found, right)


def test_strips_that_are_missing_are_no_zeros(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, rowsperstrip=4, compression="zlib", metadata=None)
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags["ImageLength"].overwrite(240)
    with pytest.raises(FileFormatError, match="expected 60 strips or tiles of pixels, got 6"):
        read_image(path)


def test_errors_of_other_libraries_become_ours_and_our_own_stay() -> None:
    path = Path("a.tif")
    for error in (ZeroDivisionError("division"), KeyError("x"), OverflowError("far too large")):
        with pytest.raises(FileFormatError, match=r"^a\.tif: not a picture, damaged"):
            raise_within(path, error)
    for kept in (DiscembedError("ours"), FileNotFoundError("gone"), PermissionError("locked")):
        with pytest.raises(type(kept)):
            raise_within(path, kept)


def raise_within(path: Path, error: Exception) -> None:
    with told_as_damaged(path, "a picture", "Copy it again."):
        raise error
