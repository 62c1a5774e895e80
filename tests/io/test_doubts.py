"""Labels that cannot be what they seem."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_discembed.errors import FileNote, InputError
from napari_discembed.io.doubts import (
    check_labels,
    check_shapes,
    looks_like_picture,
    pieces_of_mask,
    planes_look_apart,
)
from napari_discembed.types import Axes, Segmentation

FILE = Path("a.png")


def mask(value: int, n: int = 3) -> np.ndarray:
    """Return squares of two pixels in a row, all of one value."""
    labels = np.zeros((4, 4 * n), np.uint16)
    for i in range(n):
        labels[1:3, 4 * i + 1 : 4 * i + 3] = value
    return labels


def test_the_pieces_of_the_only_object_are_counted() -> None:
    assert pieces_of_mask(Segmentation(mask(255))) == 3
    assert pieces_of_mask(Segmentation(mask(1, 1))) == 1
    assert pieces_of_mask(Segmentation(mask(0))) == 0
    two = mask(1)
    two[1, 1] = 2
    assert pieces_of_mask(Segmentation(two)) == 0  # objects are told apart
    assert pieces_of_mask(Segmentation(mask(255)), background=255) == 0  # a scribble


def test_an_object_through_time_or_planes_is_one_piece() -> None:
    film = np.stack([mask(1, 1), np.roll(mask(1, 1), 1, axis=1)])
    assert pieces_of_mask(Segmentation(film, Axes("TYX"))) == 1
    assert pieces_of_mask(Segmentation(np.stack([mask(1, 1)] * 2), Axes("ZYX"))) == 1


def test_a_mask_is_told_and_not_learnt() -> None:
    with pytest.warns(FileNote, match=r"^a\.png: one object, numbered 255, in 3 pieces"):
        check_labels(FILE, Segmentation(mask(255)))
    with pytest.raises(InputError, match=r"in 3 pieces.* skimage\.measure\.label"):
        check_labels(FILE, Segmentation(mask(255)), teach=True)
    with pytest.warns(FileNote, match="numbered 1, in 3 pieces"):  # which strokes of one may be
        check_labels(FILE, Segmentation(mask(1)), teach=True)
    check_labels(FILE, Segmentation(mask(255)), teach=True, background=255)


def test_greys_are_no_labels_and_labels_are_no_greys() -> None:
    rng = np.random.default_rng(0)
    blurred = 20 + (30 * np.sin(np.arange(64) / 5) ** 2)[:, None] + np.arange(64)
    for grey in (rng.poisson(30, (64, 64)), blurred):
        assert looks_like_picture(grey.astype(np.uint8))
        with pytest.raises(InputError, match="looks like a picture"):
            check_labels(FILE, Segmentation(grey.astype(np.uint8)))
    thin = np.repeat(np.arange(1, 65), 3).astype(np.uint16)  # objects of three pixels, touching
    assert not looks_like_picture(np.stack([thin] * 64))
    assert not looks_like_picture(mask(255))
    assert not looks_like_picture(np.zeros((0, 0), np.uint8))


def test_transposed_labels_are_told_as_such() -> None:
    check_shapes(FILE, (8, 9), (8, 9))
    check_shapes(FILE, (8, 9), (16, 18))  # finetuning says the rest
    for labels, image in (((9, 8), (8, 9)), ((3, 9, 8), (3, 8, 9)), ((9, 8, 3), (3, 8, 9))):
        with pytest.raises(InputError, match="transposed"):
            check_shapes(FILE, labels, image)


def test_planes_that_were_numbered_one_by_one_are_told_from_a_volume() -> None:
    plane = np.zeros((4, 12), np.uint8)
    plane[1:3, 1:3], plane[1:3, 5:7], plane[1:3, 9:11] = 1, 2, 3
    swapped = np.where(plane > 0, 4 - plane, 0).astype(np.uint8)
    volume = np.stack([plane, plane, plane * (plane < 3)])
    assert not planes_look_apart(Segmentation(volume))
    apart = np.stack([plane, swapped, plane])  # 1 and 3 are elsewhere in each next plane
    assert planes_look_apart(Segmentation(apart))
    assert not planes_look_apart(Segmentation(apart, Axes("ZYX"), Axes("Z")))
    assert not planes_look_apart(Segmentation(apart, Axes("TYX")))
    with pytest.warns(FileNote, match="numbered by itself"):
        check_labels(Path("stack.tif"), Segmentation(apart))
