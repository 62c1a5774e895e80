"""How bright tracked objects are."""

from __future__ import annotations

import numpy as np

from napari_discembed.tracking.intensity import mean_intensities
from napari_discembed.types import Lineages

LABELS = np.array([[[1, 1, 2]], [[0, 1, 2]], [[0, 0, 2]]], dtype=np.uint16)


def test_each_object_has_the_mean_of_its_pixels() -> None:
    image = np.array([[[1, 3, 9]], [[7, 5, 9]], [[7, 7, 9]]], dtype=np.uint8)
    lineages = Lineages.of_labels(LABELS)
    assert mean_intensities(image, LABELS, lineages.points, lineages.rows(1)).tolist() == [2, 5]


def test_colours_count_together() -> None:
    image = np.zeros((3, 1, 3, 3))
    image[..., 0] = 6
    lineages = Lineages.of_labels(LABELS)
    assert mean_intensities(image, LABELS, lineages.points, lineages.rows(2)).tolist() == [2, 2, 2]


def test_an_object_that_is_gone_has_none() -> None:
    lineages = Lineages.of_labels(LABELS)
    nothing = np.zeros_like(LABELS)
    assert np.isnan(mean_intensities(nothing, nothing, lineages.points, lineages.rows(1))).all()
