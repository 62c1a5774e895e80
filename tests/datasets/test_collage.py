"""Collages: objects cut out and pasted keep their labels, and nothing of the old ground."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from napari_discembed.datasets.synthetic.collage import CollageConfig, draw_collage
from napari_discembed.datasets.synthetic.cuttings import cut_leaves, cut_plants
from napari_discembed.errors import InputError

RED, GREEN = (200, 0, 0), (0, 200, 0)


def picture() -> tuple[np.ndarray, np.ndarray]:
    """Return two green leaves that touch, and one apart, on a red ground."""
    labels = np.zeros((60, 60), dtype=np.uint16)
    labels[10:30, 10:20] = 4
    labels[10:30, 20:30] = 2
    labels[40:55, 40:55] = 9
    image = np.where(labels[..., None] > 0, GREEN, RED).astype(np.uint8)
    return image, labels


def test_leaves_are_cut_one_by_one() -> None:
    cuttings = cut_leaves(*picture())
    assert [int(c.labels.max()) for c in cuttings] == [2, 4, 9]
    assert [int((c.labels > 0).sum()) for c in cuttings] == [200, 200, 225]


def test_leaves_that_touch_are_a_plant() -> None:
    cuttings = cut_plants(*picture())
    assert [np.unique(c.labels).tolist() for c in cuttings] == [[0, 2, 4], [0, 9]]


def test_a_cutting_has_nothing_of_the_ground() -> None:
    for cutting in cut_leaves(*picture()):
        assert cutting.pixels[..., 0].max() == 0
        assert cutting.pixels[..., 1].min() > 0.7


def test_a_cutting_knows_where_it_lay_in_its_plant() -> None:
    image, labels = picture()
    labels[labels == 9] = 0
    right, left = cut_leaves(image, labels)
    assert left.offset == (0, -5)  # columns 10 to 19, of 10 to 29
    assert right.offset == (0, 5)


def test_a_cutting_at_the_border_knows_where_it_lay() -> None:
    image, labels = picture()
    right, left = cut_leaves(image[10:30, 10:30], np.where(labels == 9, 0, labels)[10:30, 10:30])
    assert left.offset == (0, -3.5)  # with its margin it has columns 0 to 12, of 0 to 19
    assert right.offset == (0, 3.5)


def test_an_image_of_another_size_is_told() -> None:
    image, labels = picture()
    with pytest.raises(InputError, match="of one size"):
        cut_leaves(image[:-1], labels)


@pytest.mark.parametrize("arrangement", ["plants", "rosette", "scattered"])
def test_what_is_labelled_is_what_was_pasted(
    arrangement: Literal["plants", "rosette", "scattered"],
) -> None:
    blue = np.full((80, 90, 3), (0, 0, 200), dtype=np.uint8)
    config = CollageConfig(
        size=128, arrangement=arrangement, colour=0.0, blur=(0.0, 0.0), noise=(0.0, 0.0)
    )
    for seed in range(3):
        sample = draw_collage(np.random.default_rng(seed), [picture()], [blue], config)
        assert sample.labels.max() >= 2
        pixels = sample.image.astype(int)
        is_green = pixels[..., 1] > pixels[..., 2]
        assert (is_green == (sample.labels > 0)).mean() > 0.98
        # No red is left anywhere.
        assert (pixels[..., 0] < np.maximum(pixels[..., 1], pixels[..., 2])).all()


def test_a_plant_keeps_the_areas_of_its_leaves() -> None:
    blue = np.full((128, 128, 3), (0, 0, 200), dtype=np.uint8)
    config = CollageConfig(size=128, arrangement="plants", scale=(2.0, 2.0))
    image, labels = picture()
    labels[labels == 9] = 0
    sample = draw_collage(np.random.default_rng(0), [(image, labels)], [blue], config)
    areas = np.bincount(sample.labels.ravel())[1:]
    np.testing.assert_allclose(areas[:2].sum(), 1600, rtol=0.05)


def test_a_collage_depends_on_its_seed_alone() -> None:
    first, second = (draw_collage(np.random.default_rng(4), [picture()]) for _ in range(2))
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.labels, second.labels)


def test_pictures_without_objects_are_told() -> None:
    image, labels = picture()
    with pytest.raises(InputError, match="labelled object"):
        draw_collage(np.random.default_rng(0), [(image, labels * 0)])
    with pytest.raises(InputError, match="labelled object"):
        draw_collage(np.random.default_rng(0), [])
