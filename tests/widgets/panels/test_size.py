"""The typical size: what was measured in words, what is typed as a circle."""

from __future__ import annotations

import numpy as np
import pytest
from tests.widgets.conftest import Wait, give, squares

from napari_discembed.types import Axes
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import Source
from napari_discembed.widgets.panels.size import Circles


def test_it_says_what_was_measured(dock: SegmentDock, wait: Wait) -> None:
    box = dock.embed.diameter
    assert box.text() == "measured"
    give(dock, squares(), wait)
    assert box.text() == "measured: 12 px"
    dock.session.image = None
    assert box.text() == "measured"


def test_a_typed_size_is_a_circle_on_the_image_for_a_while(dock: SegmentDock) -> None:
    viewer = dock.viewer
    layer = viewer.add_image(np.zeros((100, 80), np.uint8), name="cells", scale=(0.5, 0.5))
    box = dock.embed.diameter
    box.setValue(20)
    box.show_circle(Source(viewer, layer, Axes("YX")))
    (circle,) = [one for one in viewer.layers if isinstance(one, Circles)]
    corners = circle.data[0]
    assert np.ptp(corners, axis=0) == pytest.approx([20, 20], abs=0.1)  # pixels of the image
    assert circle.visible
    assert tuple(circle.scale) == (0.5, 0.5)
    box.setValue(0)
    box.show_circle(Source(viewer, layer, Axes("YX")))
    assert not circle.visible
