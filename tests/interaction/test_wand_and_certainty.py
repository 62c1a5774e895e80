"""The wand, the certainty of objects and the projections, on embeddings one can see through."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.clustering import prepare
from napari_discembed.config import clustering_config
from napari_discembed.errors import InputError
from napari_discembed.interaction import projection
from napari_discembed.interaction.certainty import certainty
from napari_discembed.interaction.wand import Wand
from napari_discembed.types import Embedding


def scene(spread: float = 0.05, dim: int = 2, **about: object) -> tuple[Embedding, np.ndarray]:
    """Three squares; the third is at a distance of 1 from the second, the first far away."""
    labels = np.zeros((40, 60), np.int32)
    for i, column in enumerate((4, 22, 40)):
        labels[10:26, column : column + 16] = i + 1
    places = np.zeros((4, dim))
    places[:, 0] = [0, 20, 5, 6.5]
    rng = np.random.default_rng(0)
    values = places[labels] + rng.normal(0, spread, (*labels.shape, dim))
    found = Embedding.of(
        np.moveaxis(values, -1, 0).astype(np.float32),
        (labels > 0)[None].astype(np.float32),
        diameter=16.0,
        **about,  # type: ignore[arg-type]
    )
    return found, labels


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


def test_the_object_with_a_near_neighbour_is_less_sure() -> None:
    embedding, labels = scene(spread=0.2)
    sure = certainty(labels, prepare(embedding), clustering_config())
    assert list(sure.label) == [1, 2, 3]
    assert sure.margin[0] > sure.margin[1]
    assert sure.order()[-1] == 1
    assert ((sure.certainty >= 0) & (sure.certainty <= 1)).all()


def test_an_object_that_the_foreground_denies_is_the_least_sure() -> None:
    embedding, labels = scene()
    wrong = labels.copy()
    wrong[30:38, 2:20] = 9
    assert certainty(wrong, prepare(embedding), clustering_config()).order()[0] == 9


def test_objects_of_any_number_are_judged_alike() -> None:
    embedding, labels = scene(spread=0.2)
    few = certainty(labels, prepare(embedding), clustering_config())
    high = np.where(labels == 3, 2**40, labels.astype(np.int64))
    many = certainty(high, prepare(embedding), clustering_config())
    assert list(many.label) == [1, 2, 2**40]
    np.testing.assert_array_equal(many.certainty, few.certainty)


def test_no_object_has_no_certainty() -> None:
    embedding, labels = scene()
    assert len(certainty(np.zeros_like(labels), prepare(embedding), clustering_config()).label) == 0


def test_the_first_component_is_the_longest_direction() -> None:
    points = np.zeros((3, 50))
    points[1] = np.linspace(-1, 1, 50)
    found = projection.principal(points, 2)
    assert abs(found.directions[0, 1]) == pytest.approx(1)
    turned = projection.principal(points, 2, projection.Projection(found.mean, -found.directions))
    np.testing.assert_allclose(turned.directions, -found.directions)


def test_a_line_of_embeddings_has_no_second_direction() -> None:
    assert (projection.principal(np.arange(5.0)[None], 2).directions[1] == 0).all()


@pytest.mark.parametrize("dim", [1, 2, 5])
def test_objects_have_a_colour_each(dim: int) -> None:
    embedding, labels = scene(dim=dim)
    colours = projection.object_colours(embedding)
    assert colours.shape == (40, 60, 3)
    assert colours[labels == 1].mean() != pytest.approx(colours[labels == 2].mean(), abs=2)


def test_a_sample_is_of_foreground_and_no_larger_than_asked() -> None:
    embedding, labels = scene()
    pixels = projection.sample_pixels(embedding, 0.5, most=100)
    assert len(pixels) == 100
    assert (labels.ravel()[pixels] > 0).all()
