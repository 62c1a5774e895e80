"""Projections of embeddings to look at."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.interaction import projection

from .scenes import scene


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
