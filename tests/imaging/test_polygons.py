"""Outlines along the edges of pixels, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from skimage.draw import polygon2mask

from napari_discembed.imaging.polygons import fill_polygon, trace_polygons

masks = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))


def painted(polygons: list[list[np.ndarray]], shape: tuple[int, int]) -> np.ndarray:
    """How many polygons hold each pixel."""
    out = np.zeros(shape, int)
    for polygon in polygons:
        (y, x), part = fill_polygon(polygon, shape)
        out[y : y + part.shape[0], x : x + part.shape[1]] += part
    return out


def area(ring: np.ndarray) -> float:
    x, y = ring.T
    return (x @ np.roll(y, -1) - np.roll(x, -1) @ y) / 2


def test_a_pixel_has_four_corners() -> None:
    [[ring]] = trace_polygons(np.array([[False, False], [False, True]]))
    assert sorted(map(tuple, ring.tolist())) == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_ring_of_pixels_has_a_hole() -> None:
    mask = np.ones((3, 3), bool)
    mask[1, 1] = False
    [[outer, hole]] = trace_polygons(mask)
    assert (area(outer), area(hole)) == (9, -1)
    assert (len(outer), len(hole)) == (4, 4)


def test_parts_that_touch_at_a_corner_are_polygons_of_their_own() -> None:
    assert [len(p) for p in trace_polygons(np.eye(3, dtype=bool))] == [1, 1, 1]


def test_a_hole_that_touches_the_outside_at_a_corner_is_a_hole() -> None:
    mask = np.ones((3, 3), bool)
    mask[1, 1] = mask[2, 2] = False
    [[outer, hole]] = trace_polygons(mask)
    assert (area(outer), area(hole)) == (8, -1)


def test_nothing_has_no_outline() -> None:
    assert trace_polygons(np.zeros((2, 2), bool)) == []


@given(masks)
def test_outlines_hold_exactly_the_pixels_they_were_traced_from(mask: np.ndarray) -> None:
    polygons = trace_polygons(mask)
    assert (painted(polygons, mask.shape) == mask).all()
    rings = [ring for polygon in polygons for ring in polygon]
    assert sum(area(ring) for ring in rings) == mask.sum()
    for ring in rings:  # none meets itself, and each step is along an edge
        assert len({*map(tuple, ring.tolist())}) == len(ring)
        assert ((np.roll(ring, -1, axis=0) - ring != 0).sum(axis=1) == 1).all()


def test_a_slanted_outline_holds_the_pixels_whose_centres_it_holds() -> None:
    triangle = np.array([[0.2, 0.1], [9.7, 3.3], [2.4, 8.9]])
    (y, x), part = fill_polygon([triangle], (10, 10))
    found = np.zeros((10, 10), bool)
    found[y : y + part.shape[0], x : x + part.shape[1]] = part
    assert (found == polygon2mask((10, 10), triangle[:, ::-1] - 0.5)).all()


def test_two_halves_share_no_pixel_and_leave_none() -> None:
    one = np.array([[0, 0], [8, 0], [8, 8]], float)
    other = np.array([[0, 0], [8, 8], [0, 8]], float)
    assert (painted([[one], [other]], (8, 8)) == 1).all()


@pytest.mark.parametrize(
    ("ring", "pixels"),
    [
        ([[-5, -5], [2, -5], [2, 3], [-5, 3]], 6),
        ([[-1e9, -1e9], [1e9, -1e9], [1e9, 1e9], [-1e9, 1e9]], 100),
        ([[20, 20], [30, 20], [30, 30]], 0),
        ([[-9, 0], [-3, 0], [-3, 9]], 0),
        ([[1, 1], [1, 1], [1, 1]], 0),
    ],
)
def test_what_is_beyond_the_image_is_cut_off(ring: list[list[float]], pixels: int) -> None:
    _, part = fill_polygon([np.array(ring, float)], (10, 10))
    assert part.sum() == pixels
    assert max(part.shape) <= 10


def test_no_ring_holds_nothing() -> None:
    assert fill_polygon([np.zeros((0, 2))], (4, 4))[1].size == 0
