"""The wand: what lies near a pixel in embedding space."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.errors import InputError
from napari_discembed.interaction.wand import Wand
from napari_discembed.types import Embedding

from .scenes import scene


@pytest.mark.parametrize("spatial", [True, False])
@pytest.mark.parametrize("point", [(15, 8), (10, 4), (25, 19)])
def test_the_wand_finds_the_object_under_it(point: tuple[int, int], spatial: bool) -> None:
    embedding, labels = scene(has_coordinates=spatial)
    assert (Wand(embedding).reach(point, 0.7) == (labels == 1)).all()


def test_a_wider_wand_takes_the_neighbour_too() -> None:
    embedding, labels = scene()
    assert (Wand(embedding).reach((15, 30), 2.5, connected=False) == (labels > 1)).all()
    assert (Wand(embedding).reach((15, 30), 2.5) == (labels == 2)).all()


def test_the_wand_finds_nothing_in_the_background_and_answers_on_the_images_grid() -> None:
    embedding, labels = scene(image_shape=(80, 120))
    wand = Wand(embedding)
    assert not wand.reach((0, 0), 1.0).any()
    assert wand.reach((30, 16), 0.7).sum() == 4 * (labels == 1).sum()
    with pytest.raises(InputError, match="pixel of the image"):
        wand.reach((80, 0), 1.0)


def row(*points: float) -> Embedding:
    values = np.array([[points]], np.float32)
    return Embedding.of(values, np.ones_like(values))


def test_what_lies_at_the_bandwidth_is_reached() -> None:
    wand = Wand(row(0.0, 0.0, 0.0, 0.0, 0.5, 9.0))
    # The first step finds all at 0 and 0.5, whose mean is 0.1: 0.5 is 0.4 away from it.
    assert wand.reach((0, 0), 0.5).tolist() == [[True] * 5 + [False]]
    assert wand.reach((0, 0), 0.49).tolist() == [[True] * 4 + [False] * 2]


def test_a_border_pixel_finds_the_same_as_the_middle() -> None:
    wand = Wand(row(0.0, 1.0, 1.0, 1.0, 1.9))
    assert wand.reach((0, 0), 1.0).tolist() == [[True] * 4 + [False]]
    assert wand.reach((0, 4), 1.0).tolist() == [[False] + [True] * 4]
    assert wand.reach((0, 2), 1.0).tolist() == [[True] * 5]


def test_the_wand_needs_foreground_at_the_threshold() -> None:
    embedding = row(0.0, 0.0, 0.0)
    embedding.foreground[0, 0] = 0.5, 0.5, 0.25
    wand = Wand(embedding)
    assert wand.reach((0, 0), 1.0, threshold=0.5).tolist() == [[True, True, False]]


def test_with_coordinates_the_wand_looks_six_diameters_around() -> None:
    values = np.zeros((1, 1, 40), np.float32)
    embedding = Embedding.of(values, np.ones_like(values), has_coordinates=True, diameter=2.0)
    assert Wand(embedding).reach((0, 20), 1.0).sum() == 13 + 1 + 13
