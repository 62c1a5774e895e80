"""The colour of objects."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.metrics import measure_segmentation
from napari_discembed.metrics.colour import hues
from napari_discembed.types import Axes, Image, Segmentation


def test_hues_are_those_of_the_colour_wheel_and_grey_has_none() -> None:
    colours = [(255, 0, 0), (255, 255, 0), (0, 200, 0), (0, 0, 9), (80, 0, 80), (7, 7, 7)]
    found = hues(list(np.array(colours, float).T))
    assert found[:5] == pytest.approx([0, 60, 120, 240, 300])
    assert np.isnan(found[5])


def test_the_mean_of_hues_goes_around_the_wheel() -> None:
    labels = np.array([[1, 1, 2, 2, 0]])
    # As much to the purple of red as to its orange: red, not its opposite. Grey tells nothing.
    pixels = [[(200, 0, 50), (200, 50, 0), (0, 100, 0), (90, 90, 90), (0, 0, 255)]]
    image = Image(np.array(pixels, np.uint8), Axes("YXC"))
    table = measure_segmentation(Segmentation(labels), image)
    assert table["hue"] == pytest.approx([0, 120])


def test_channels_that_are_no_colours_have_no_hue() -> None:
    image = Image(np.zeros((3, 2, 2)), Axes("CYX"))
    assert "hue" not in measure_segmentation(Segmentation(np.ones((2, 2), int)), image).columns
