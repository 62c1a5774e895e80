"""The kinds of objects of a session."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.session.kinds import FIRST, MOST, USUAL, KindImage, Kinds
from napari_discembed.types import Kind
from napari_discembed.types.kinds import PALETTE


def two() -> Kinds:
    kinds = Kinds()
    kinds.add()
    kinds.rename(FIRST, "leaf")
    kinds.rename("kind 2", "cotyledon")
    return kinds


def test_there_is_one_kind_before_a_person_tells_several() -> None:
    kinds = Kinds()
    assert (kinds.all, kinds.several, kinds.told) == ((USUAL,), False, ())
    assert kinds.chosen == USUAL


def test_a_second_kind_is_chosen_and_the_first_gets_a_name() -> None:
    kinds = Kinds()
    added = kinds.add()
    assert kinds.names == [FIRST, "kind 2"]
    assert kinds.chosen == added
    assert added.colour == PALETTE[1]
    assert kinds.number(USUAL.name) == 1


def test_a_renamed_kind_is_found_by_its_former_name() -> None:
    kinds = two()
    assert (kinds.number("kind 2"), kinds.number("cotyledon"), kinds.number("?")) == (2, 2, 1)
    assert kinds.chosen.name == "cotyledon"
    with pytest.raises(InputError, match="already"):
        kinds.rename("leaf", "cotyledon")
    kinds.rename("leaf", "cotyl")
    kinds.rename("cotyl", "leaf")
    assert kinds.number("cotyl") == 1


def test_objects_of_a_removed_kind_become_the_first_of_the_others() -> None:
    kinds = two()
    told: list[tuple[str, str]] = []
    kinds.renamed.connect(lambda old, new: told.append((old, new)))
    assert kinds.heir("leaf") == "cotyledon"
    kinds.remove("leaf")
    assert told == [("leaf", "cotyledon")]
    assert kinds.names == ["cotyledon"]
    assert kinds.number("leaf") == 1
    kinds.remove("cotyledon")
    assert kinds.names == ["cotyledon"]


def test_the_kinds_of_a_model_take_the_place_of_the_usual_one_and_stand_beside_others() -> None:
    leaf, seed = Kind("leaf", "#111111"), Kind("seed", "#222222")
    kinds = Kinds()
    kinds.take_up([leaf])
    assert kinds.all == (USUAL,)
    kinds.take_up([leaf, seed])
    assert kinds.all == (leaf, seed)
    assert kinds.chosen == leaf
    mine = two()
    mine.take_up([leaf, seed])
    assert mine.names == ["leaf", "cotyledon", "seed"]
    assert mine.kind("leaf").colour == PALETTE[0]


def test_a_former_name_is_no_kind_of_its_own_when_a_file_has_it() -> None:
    kinds = two()
    kinds.rename("leaf", "big leaf")
    kinds.take_up([Kind("leaf"), Kind("cotyledon")])
    assert kinds.names == ["big leaf", "cotyledon"]
    other = Kinds()
    other.restore(kinds.all, kinds.renamed_to)
    other.take_up([Kind("leaf"), Kind("cotyledon")])
    assert other.names == ["big leaf", "cotyledon"]


def test_there_are_not_too_many() -> None:
    kinds = Kinds()
    for _ in range(MOST - 1):
        kinds.add()
    assert len({kind.name for kind in kinds.all}) == MOST
    with pytest.raises(InputError, match="at most"):
        kinds.add()


def test_the_classes_of_an_image_are_as_the_kinds_are_now() -> None:
    kinds = two()
    image = KindImage(np.array([[0, 1], [2, 2]], np.uint8), ("cotyledon", "leaf"))
    assert image.classes(kinds).tolist() == [[0, 2], [1, 1]]
    kinds.rename("leaf", "blade")
    assert image.classes(kinds).tolist() == [[0, 2], [1, 1]]
    kinds.remove("cotyledon")
    assert image.classes(kinds).tolist() == [[0, 1], [1, 1]]


def test_corrections_lie_over_what_was_painted() -> None:
    upper = KindImage(np.array([[1, 2, 0]], np.uint8), ("leaf", "cotyledon"))
    lower = KindImage(np.array([[2, 2, 1]], np.uint8), ("seed", "leaf"))
    both = upper.over(lower, np.array([[5, 0, 0]]))
    assert [("", *both.names)[i] for i in both.image[0]] == ["leaf", "leaf", "seed"]
    assert upper.over(None, np.array([[1, 1, 1]])) is upper
