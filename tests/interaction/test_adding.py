"""Adding what was missed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.interaction.adding import add_missed
from napari_discembed.types import Embedding


def embedding() -> Embedding:
    """Return one in which a square of 3 x 3 and one of 2 x 2 pixels are points far apart."""
    truth = np.zeros((8, 8), int)
    truth[1:4, 1:4], truth[5:7, 5:7] = 1, 2
    values = np.stack([truth * 4.0, truth * 0.0]).astype(np.float32)
    return Embedding.of(values, (truth > 0)[None].astype(np.float32), diameter=3.0)


def test_a_line_around_an_object_adds_what_is_free_within() -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[1:3, 1:3] = 5
    new = add_missed(labels, [(0, 0), (0, 4), (4, 4), (4, 0)], None, 0.0)
    assert (new[1:3, 1:3] == 5).all()  # the neighbour keeps its pixels
    assert set(np.unique(new)) == {0, 5, 6}
    assert (new[3, 1:4] == 6).all()
    assert not new[5:].any()


def test_a_click_adds_what_the_embedding_holds_together() -> None:
    labels = np.zeros((8, 8), np.uint16)
    new = add_missed(labels, [(6, 6)], embedding(), 1.0)
    assert (new[5:7, 5:7] == 1).all()
    assert new.sum() == 4
    again = add_missed(new, [(2, 2), (2, 2)], embedding(), 1.0)  # the mouse went down and up
    assert (again == 2).sum() == 9


@pytest.mark.parametrize(
    ("path", "known", "word"),
    [
        ([(2, 2)], False, "needs the embedding"),
        ([(0, 7)], True, "No object is seen there"),  # background
        ([(6, 6)], True, "already"),
    ],
)
def test_what_cannot_be_added_is_told(path: list[tuple[int, int]], known: bool, word: str) -> None:
    labels = np.zeros((8, 8), np.uint16)
    labels[6, 6] = 1
    with pytest.raises(InputError, match=word):
        add_missed(labels, path, embedding() if known else None, 1.0)


def test_a_line_in_a_volume_is_refused() -> None:
    volume = np.zeros((3, 8, 8), np.uint16)
    with pytest.raises(InputError, match="planes alone"):
        add_missed(volume, [(1, 0, 0), (1, 0, 4), (1, 4, 4)], None, 0.0)


def test_where_no_number_is_left_that_is_told() -> None:
    labels = np.full((8, 8), 255, np.uint8)
    labels[5:7, 5:7] = 0
    with pytest.raises(InputError, match="no number left"):
        add_missed(labels, [(6, 6)], embedding(), 1.0)
