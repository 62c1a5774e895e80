"""Drawn rosettes: leaves of many sizes, the youngest on top, each pixel of one leaf."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.datasets.synthetic import RosettesConfig, draw_rosettes, generate
from napari_discembed.datasets.synthetic.rosettes import SPECIES
from napari_discembed.datasets.synthetic.rosettes.camera import photograph
from napari_discembed.datasets.synthetic.rosettes.noise import lambert, smooth_noise
from napari_discembed.datasets.synthetic.rosettes.outline import SAMPLES, Outline
from napari_discembed.datasets.synthetic.rosettes.painting import Canvas, paint_leaf
from napari_discembed.datasets.synthetic.rosettes.plant import Leaf, grow
from napari_discembed.datasets.synthetic.rosettes.shading import draw_light, draw_textures
from napari_discembed.datasets.synthetic.rosettes.traits import draw_traits

ALONE = {"neighbours": 0.0, "aside": 0.0}


def strip(half: float = 0.12, folded: int = 0) -> Outline:
    """Return a leaf that is a strip, twice `half` wide."""
    side = np.full(SAMPLES, half, dtype=np.float32)
    return Outline(side, side, 0.0, 0.01, folded, np.ones(SAMPLES, dtype=np.float32))


def painted(*leaves: Leaf, side: int = 40) -> Canvas:
    """Return a black canvas with leaves painted on it."""
    rng = np.random.default_rng(0)
    canvas = Canvas(np.zeros((side, side, 3), np.float32), np.zeros((side, side), np.int32))
    traits, light = draw_traits(rng, None), draw_light(rng)
    textures = draw_textures(rng, side, 8, 5)
    for k, leaf in enumerate(leaves):
        paint_leaf(rng, canvas, leaf, k + 1, traits, light, textures)
    return canvas


def lying(y: float, x: float, angle: float, length: float = 20.0) -> Leaf:
    """Return a strip that lies in a direction."""
    return Leaf((y, x), angle, length, 0.0, 2.0, strip(), 0.0)


@pytest.mark.parametrize("species", SPECIES)
def test_rosettes_have_their_leaves(species: str) -> None:
    config = RosettesConfig(species=species, fewest=6, most=6, size=128, **ALONE)
    counts = [int(draw_rosettes(np.random.default_rng(i), config).labels.max()) for i in range(4)]
    assert max(counts) == 6
    assert min(counts) >= 4


def test_leaves_of_a_plant_differ_tenfold_in_area() -> None:
    config = RosettesConfig(fewest=16, most=16, size=384, **ALONE)
    ratios = []
    for seed in range(5):
        areas = np.bincount(draw_rosettes(np.random.default_rng(seed), config).labels.ravel())[1:]
        ratios.append(areas.max() / areas.min())
    assert np.median(ratios) > 10


def test_neighbours_are_other_plants() -> None:
    config = RosettesConfig(fewest=3, most=3, size=256, neighbours=1.0, aside=0.0)
    counts = [int(draw_rosettes(np.random.default_rng(i), config).labels.max()) for i in range(4)]
    assert max(counts) > 3


def test_the_newest_leaf_is_the_last_and_a_small_one() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        leaves = grow(rng, draw_traits(rng, None), 14, (50.0, 50.0), 100.0)
        assert len(leaves) == 14
        assert leaves[-1].length < 0.5 * max(leaf.length for leaf in leaves)
        assert np.mean([leaf.youth for leaf in leaves[-3:]]) > 0.6
        assert max(leaf.length for leaf in leaves) <= 100.0


def test_a_leaf_covers_what_its_outline_holds() -> None:
    labels = painted(lying(20.0, 10.0, 0.0)).labels
    assert labels.any(axis=1).nonzero()[0].tolist() == [18, 19, 20, 21, 22]  # 2.4 to either side
    assert labels[20].nonzero()[0].min() == 10
    assert labels[20].nonzero()[0].max() == 30


def test_a_leaf_lies_over_those_painted_before() -> None:
    labels = painted(lying(20.0, 10.0, 0.0), lying(10.0, 20.0, np.pi / 2)).labels
    assert labels[20, 20] == 2
    assert labels[20, 12] == labels[20, 28] == 1  # in two parts, one leaf


def test_a_leaf_outside_of_the_picture_is_not_painted() -> None:
    canvas = painted(lying(-100.0, -100.0, 0.0))
    assert not canvas.labels.any()
    assert not canvas.image.any()


def test_a_leaf_darkens_the_ground_beside_it() -> None:
    rng = np.random.default_rng(0)
    canvas = Canvas(np.ones((40, 40, 3), np.float32), np.zeros((40, 40), np.int32))
    textures = draw_textures(rng, 40, 8, 5)
    traits, light = draw_traits(rng, None), draw_light(rng)
    paint_leaf(rng, canvas, lying(20.0, 10.0, 0.0), 1, traits, light, textures)
    assert canvas.image[canvas.labels == 0].min() < 0.95
    assert canvas.image[0, 0, 0] == 1


def test_the_distance_to_the_edge_of_a_strip_is_its_half_width_on_the_midrib() -> None:
    u = np.array([0.5, 0.5, 0.5], np.float32)
    half, inside = strip(0.1).sides(u, np.array([0.0, 0.1, -0.2], np.float32))
    np.testing.assert_allclose(half, 0.1)
    np.testing.assert_allclose(inside, [0.1, 0.0, -0.1], atol=1e-6)


def test_a_flat_surface_is_as_bright_as_its_colour() -> None:
    light = draw_light(np.random.default_rng(0))
    np.testing.assert_allclose(
        lambert(np.zeros((5, 5)), light.towards, light.ambient), 1, rtol=1e-5
    )


def test_a_slope_towards_the_lamp_is_brighter_than_one_away() -> None:
    light = np.array([0.8, 0.0, 0.6], np.float32)  # from the right
    ramp = np.arange(5, dtype=np.float32) * np.ones((5, 1), np.float32) / 2
    assert lambert(-ramp, light, 0.5)[2, 2] > 1 > lambert(ramp, light, 0.5)[2, 2]


def test_smooth_noise_has_unit_variance_at_any_size() -> None:
    for size in (2.0, 10.0):
        field = smooth_noise(np.random.default_rng(0), (300, 200), size)
        assert field.shape == (300, 200)
        assert 0.8 < field.std() < 1.2
        assert np.abs(np.diff(field, axis=0)).max() < 6 / size


def test_a_camera_keeps_the_order_of_brightness() -> None:
    ramp = np.repeat(np.linspace(0.1, 0.9, 64, dtype=np.float32)[None, :, None], 64, 0)
    image = np.repeat(ramp, 3, axis=2)
    for seed in range(4):
        seen = photograph(np.random.default_rng(seed), image, blur=(0.5, 0.5), noise=(0.0, 0.02))
        assert seen.shape == (64, 64, 3)
        assert seen[:, :8].mean() + 60 < seen[:, -8:].mean()


def test_leaves_differ_from_the_ground() -> None:
    for sample in generate("rosettes", 6, 2):
        leaf, soil = (sample.image[m].mean(0) for m in (sample.labels > 0, sample.labels == 0))
        assert np.abs(leaf - soil).max() > 8
