"""Plots in the colours of napari's theme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QSize

from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.features import FeatureSpaceDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.docks.track import TrackDock
from napari_discembed.widgets.qt.look import DARK, LIGHT, look_of
from napari_discembed.widgets.qt.plot import Plot

from ..conftest import open_dock

PLOTS: list[tuple[Any, Callable[[Any], Plot]]] = [
    (SegmentDock, lambda dock: dock.objects.curve),
    (FineTuneDock, lambda dock: dock.plots.losses),
    (FineTuneDock, lambda dock: dock.plots.view),
    (CorrectDock, lambda dock: dock.learning.plot),
    (CountDock, lambda dock: dock.measures.plot),
    (FeatureSpaceDock, lambda dock: dock.plot),
    (TrackDock, lambda dock: dock.plots.tree),
    (TrackDock, lambda dock: dock.plots.time),
]


@pytest.mark.parametrize(("kind", "plot_of"), PLOTS)
def test_text_of_every_plot_follows_the_theme(
    kind: Any,
    plot_of: Callable[[Any], Plot],
    make_napari_viewer_proxy: Any,
    tiny: str,
    told: list[str],
) -> None:
    dock = open_dock(kind, make_napari_viewer_proxy)
    for theme, look in (("light", LIGHT), ("dark", DARK), ("light", LIGHT)):
        dock.viewer.theme = theme
        axis = plot_of(dock).getAxis("bottom")  # made in the light, and changed from then on
        assert axis.textPen().color().name() == look.text
        assert axis.labelStyle["color"] == look.text


def test_a_dock_opened_in_a_light_viewer_is_light(
    make_napari_viewer_proxy: Any, told: list[str]
) -> None:
    viewer = make_napari_viewer_proxy()
    viewer.theme = "light"
    dock = CountDock(viewer)
    viewer.window.add_dock_widget(dock, name="Count")
    assert dock.measures.plot.look == LIGHT


def test_text_stands_out_from_the_ground_of_both_themes() -> None:
    from napari.utils.theme import get_theme

    for theme in ("dark", "light"):
        look, ground = look_of(theme), get_theme(theme).background.as_rgb_tuple()[:3]
        assert _contrast(_rgb(look.text), ground) >= 7
        assert min(_contrast(_rgb(c), ground) for c in (look.accent, look.second)) >= 3


def test_a_saved_plot_is_finer_than_the_screen_and_keeps_its_colours(qtbot: Any) -> None:
    plot = Plot("x", "y")
    qtbot.addWidget(plot)
    plot.resize(300, 150)
    image = plot.picture()
    assert image.size() == QSize(900, 450)
    assert image.pixelColor(2, 2).name() == "#ffffff"
    assert plot.look == DARK


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Return the contrast of two colours (WCAG 2)."""
    channels = np.array([one, other]) / 255
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    light = sorted(linear @ np.array([0.2126, 0.7152, 0.0722]))
    return float((light[1] + 0.05) / (light[0] + 0.05))
