"""Docks read an image alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait


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
    channels = segment.embed.image.channel_box
    channels.setCurrentIndex(channels.findData(1))
    assert tuner.pairs.image.channel() == 1


def picture(count: int) -> np.ndarray:
    """Return squares, so many times."""
    one = np.zeros((48, 64), np.uint8)
    one[10:24, 10:24] = one[10:24, 36:50] = 200
    return np.stack([one] * count)


@pytest.mark.parametrize(
    ("count", "labels", "guess", "channel", "shape"),
    [
        (4, (), "volume of 4 planes", None, (4, 48, 64)),
        (4, ("t", "y", "x"), "4 frames of 48 x 64", None, (4, 48, 64)),
        (2, (), "2 channels", 0, (48, 64)),
        (3, (), "3 channels", None, (48, 64)),
    ],
)
def test_what_the_axes_look_like_is_said_and_embedded(
    dock: SegmentDock,
    wait: Wait,
    told: list[str],
    count: int,
    labels: tuple[str, ...],
    guess: str,
    channel: int | None,
    shape: tuple[int, ...],
) -> None:
    """The model takes three channels, or grey."""
    dock.embed.model.choose("generalist")
    about: dict[str, Any] = {"axis_labels": labels} if labels else {}
    dock.viewer.add_image(picture(count), **about)
    image = dock.embed.image
    assert image.axes_box.currentText() == guess
    assert image.guess.text().startswith("Looks like")
    assert image.channel() == channel
    dock.embed.embed()
    wait(lambda: dock.session.series is not None or bool(told))
    assert not told
    assert dock.session.series is not None
    assert dock.session.series.label_shape == shape


def test_a_guess_is_changed_in_place(dock: SegmentDock) -> None:
    dock.viewer.add_image(picture(4))
    box = dock.embed.image.axes_box
    offered = [box.itemText(i) for i in range(box.count())]
    assert offered[1:] == ["4 frames of 48 x 64", "4 channels"]
    box.setCurrentIndex(2)
    assert dock.embed.image.guess.text() == "Read as"
    assert dock.embed.image.channel() == 0  # the model takes no four at once


def test_the_model_chosen_says_what_is_likelier(tuner: FineTuneDock, tiny: str) -> None:
    tuner.viewer.add_image(picture(3))
    image = tuner.pairs.image
    tuner.start_model.choose("generalist")
    assert image.axes() == "CYX"
    assert image.channel() is None
    tuner.start_model.choose(tiny)
    assert image.channel() is None  # it learns as many channels as there are
