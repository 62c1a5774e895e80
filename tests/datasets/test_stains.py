"""Stain variation: in optical density, stain by stain."""

from __future__ import annotations

import numpy as np
from skimage.color import rgb_from_hed

from napari_discembed.datasets.stains import vary_stains


def tissue(haematoxylin: float, eosin: float) -> np.ndarray:
    """A pixel of light through both stains."""
    light = np.exp(-(haematoxylin * rgb_from_hed[0] + eosin * rgb_from_hed[1]))
    return np.rint(255 * light).astype(np.uint8).reshape(1, 1, 3)


def test_no_variation_changes_no_pixel_but_the_darkest() -> None:
    image = np.random.default_rng(0).integers(6, 256, (8, 8, 3), dtype=np.uint8)
    np.testing.assert_array_equal(vary_stains(image, np.random.default_rng(1), 0), image)


def test_each_variation_has_colours_of_its_own() -> None:
    image = tissue(0.8, 0.4)
    seen = {tuple(vary_stains(image, np.random.default_rng(i)).ravel()) for i in range(20)}
    assert len(seen) == 20


def test_what_is_more_stained_stays_darker() -> None:
    for i in range(20):
        pale, dark = (vary_stains(tissue(h, 0.2), np.random.default_rng(i)) for h in (0.3, 1.2))
        assert dark.sum() < pale.sum()
