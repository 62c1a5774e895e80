"""Docks read an image alike."""

from __future__ import annotations

import numpy as np

from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock


def test_other_docks_go_on_with_the_layer_whose_channels_are_first(tuner: FineTuneDock) -> None:
    segment = SegmentDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(segment)
    layer = tuner.viewer.add_image(np.zeros((3, 2, 24, 24), np.uint8), name="film")
    tuner.pairs.image.choose(layer, "TCYX", 1)
    tuner.pairs.paint_object()
    for choice in (tuner.pairs.image, segment.embed.image):
        assert choice.layer().name == "film (channels first)"
        assert (choice.axes(), choice.channel()) == ("CTYX", 1)


def test_docks_that_are_open_together_read_an_image_alike(tuner: FineTuneDock) -> None:
    segment = SegmentDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(segment)
    tuner.viewer.add_image(np.zeros((5, 24, 24), np.uint8))
    box = segment.embed.image.axes_box
    box.setCurrentIndex(box.findData("TYX"))
    assert tuner.pairs.image.axes() == "TYX"
    layer = tuner.viewer.add_image(np.zeros((2, 24, 24), np.uint8))
    tuner.pairs.image.choose(layer)
    segment.embed.image.choose(layer)
    segment.embed.image.channel_box.setCurrentIndex(2)
    assert tuner.pairs.image.channel() == 1
