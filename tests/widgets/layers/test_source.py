"""The image layer that the session's image is of, known by its id."""

from __future__ import annotations

from typing import Any

import napari.layers
import numpy as np

from napari_discembed.session.state import LayerReading, Session
from napari_discembed.types import Axes, Series
from napari_discembed.widgets.layers import source_of
from napari_discembed.widgets.sessions import unwrapped


def test_a_layer_is_found_by_its_id_while_it_is_there(make_napari_viewer_proxy: Any) -> None:
    viewer, session = unwrapped(make_napari_viewer_proxy()), Session()
    assert source_of(viewer, session) is None
    layer = viewer.add_image(np.zeros((8, 9)), name="cells")
    session.reading = LayerReading(str(layer.unique_id), Axes("YX"))
    layer.name = "other"
    source = source_of(viewer, session)
    assert source is not None
    assert (source.layer, source.axes, source.id) == (layer, "YX", str(layer.unique_id))
    viewer.layers.remove(layer)
    assert source_of(viewer, session) is None


def test_the_frame_shown_is_along_the_series_own_axes(make_napari_viewer_proxy: Any) -> None:
    viewer, session = unwrapped(make_napari_viewer_proxy()), Session()
    layer = viewer.add_image(np.zeros((2, 5, 4, 8, 9)), scale=(1, 2, 1, 1, 1))
    session.reading = LayerReading(str(layer.unique_id), Axes("CTZYX"))
    source = source_of(viewer, session)
    assert source is not None
    for axis, step in ((0, 1), (1, 3), (2, 2)):
        viewer.dims.set_current_step(axis, step)
    assert source.frame_shown(Series([], Axes("TZ"), (5, 4))) == (3, 2)
    assert source.frame_shown(Series([], Axes("Z"), (2,))) == (1,)  # the nearest there is
    assert source.frame_shown(Series([])) == ()


def test_results_are_shown_found_and_removed_by_their_kind(make_napari_viewer_proxy: Any) -> None:
    viewer, session = unwrapped(make_napari_viewer_proxy()), Session()
    layer = viewer.add_image(np.zeros((3, 8, 9)), scale=(1, 2, 3), name="cells")
    session.reading = LayerReading(str(layer.unique_id), Axes("CYX"))
    source = source_of(viewer, session)
    assert source is not None
    place = source.placement("YX")
    shown = source.show("objects", np.ones((8, 9), int), napari.layers.Labels, **place)
    assert (shown.name, list(shown.scale)) == ("cells | objects", [2, 3])
    assert source.find("objects") is shown
    source.remove("objects")
    assert source.find("objects") is None
