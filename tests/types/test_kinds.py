"""Kinds of objects: names, colours, and labels of several frames that have them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.types import Axes, Kind, Segmentation, Series, stacked
from napari_discembed.types.kinds import (
    LONGEST_NAME,
    PALETTE,
    free_colour,
    kinds_of_classes,
    named_kinds,
)


def test_a_kind_has_a_name_of_one_line_and_a_colour() -> None:
    kind = Kind(" young\n leaf ", "#FF8000")
    assert (kind.name, kind.colour) == ("young leaf", "#ff8000")
    assert kind.rgb == pytest.approx((1, 128 / 255, 0))


@pytest.mark.parametrize(
    ("name", "colour", "words"),
    [("", "#000000", "name"), ("x" * (LONGEST_NAME + 1), "#000000", "name"), ("x", "red", "#")],
)
def test_what_is_no_kind_is_refused(name: str, colour: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Kind(name, colour)


def test_colours_differ_as_long_as_there_are_any() -> None:
    assert free_colour(PALETTE[:2]) == PALETTE[2]
    assert free_colour([*PALETTE, PALETTE[0]]) == PALETTE[1]
    kinds = named_kinds(["leaf", Kind("cotyledon", PALETTE[5]), "seed"])
    assert [kind.colour for kind in kinds] == [PALETTE[0], PALETTE[5], PALETTE[1]]


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="leaf, leaf"):
        named_kinds(["leaf", "leaf "])


def test_classes_without_a_name_get_one() -> None:
    kinds = kinds_of_classes(3, [Kind("kind 2")])
    assert [kind.name for kind in kinds] == ["kind 2", "kind 2'", "kind 3"]
    assert kinds_of_classes(1, [Kind("a"), Kind("b")]) == (Kind("a"),)


def test_frames_with_classes_are_numbered_apart() -> None:
    frames = [
        Segmentation(np.array([[0, 1, 2]], np.uint8), classes=np.array([2, 1])),
        Segmentation(np.array([[1, 0, 0]], np.uint8), classes=np.array([2])),
    ]
    whole = stacked(frames, Series([0, 0], Axes("T"), (2,)), "lapse")
    assert whole.labels.tolist() == [[[0, 1, 2]], [[3, 0, 0]]]
    assert whole.classes is not None
    assert whole.classes.tolist() == [2, 1, 2]
    assert whole.count == 3
    second = whole.frames()[1].class_image
    assert second is not None
    assert second.tolist() == [[2, 0, 0]]


def test_frames_of_many_objects_get_a_wider_type() -> None:
    labels = np.arange(1, 201, dtype=np.uint8)[None]
    frames = [Segmentation(labels, classes=np.ones(200, np.uint8))] * 2
    whole = stacked(frames, Series([0, 0], Axes("T"), (2,)), "lapse")
    assert whole.labels.max() == 400


def test_the_kinds_of_the_classes_are_told() -> None:
    labels = np.array([[1, 2]], np.uint8)
    found = Segmentation(labels, classes=np.array([1, 3]), kinds=(Kind("leaf"),))
    assert [kind.name for kind in found.class_kinds] == ["leaf", "kind 2", "kind 3"]
    assert Segmentation(labels, kinds=(Kind("leaf"),)).class_kinds == ()
