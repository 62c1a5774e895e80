"""Candidates as a layer: contours of the merge tree on the embedding's grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Axes, Candidates
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.panels.candidates import CANDIDATES, finite

from ..conftest import Wait, choose, embedding_of, give, squares, work_on


def shown(dock: SegmentDock) -> Any:
    """Return the layer of candidates, or None."""
    source = dock.source()
    return None if source is None else source.find(CANDIDATES)


def test_infinite_contours_are_a_little_above_the_others() -> None:
    contours = np.array([0, 1, 2, np.inf], np.float32)
    np.testing.assert_allclose(finite(contours), [0, 1, 2, 2.3])
    np.testing.assert_allclose(finite(contours[[0, 3]]), [0, 1.15])


def test_the_contours_of_the_frame_shown_are_drawn(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait, scale=(2, 2))
    dock.views.candidates.setChecked(True)
    wait(lambda: shown(dock) is not None and shown(dock).data.any())
    layer, series = shown(dock), dock.session.series
    assert series is not None
    found: Candidates = series.prepared(()).candidates(dock.session.config)
    np.testing.assert_array_equal(layer.data, finite(found.contours()))
    assert (layer.name, list(layer.scale)) == ("cells | candidates", [2, 2])
    assert layer.contrast_limits[0] == 0
    assert layer.colormap.map([0.0, 0.5])[:, 3].tolist() == [0, 1]  # nothing where no contour is
    dock.views.candidates.setChecked(False)
    assert shown(dock) is None


def test_they_lie_on_the_embeddings_own_grid(dock: SegmentDock, wait: Wait) -> None:
    layer = dock.viewer.add_image(np.zeros((48, 144), np.uint8), name="fine")
    work_on(dock, layer, "YX")
    dock.session.series = EmbeddingSeries(
        [replace(embedding_of(squares(3)), image_shape=(48, 144))]
    )
    dock.views.candidates.setChecked(True)
    wait(lambda: shown(dock) is not None)
    assert (list(shown(dock).scale), list(shown(dock).translate)) == ([2, 2], [0.5, 0.5])


def test_they_follow_the_settings_but_for_the_bandwidth(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    box = dock.views.candidates
    box.setChecked(True)
    wait(lambda: shown(dock) is not None)
    asked = box._asked
    dock.objects.set_bandwidth(2.0)
    assert box._asked == asked
    dock.objects.form.editor("foreground_threshold").setValue(0.9)
    assert box._asked != asked
    choose(dock, "seeded")
    assert box.isHidden()
    assert shown(dock) is None
    wait(lambda: dock.objects.is_idle and box._maker.is_idle)


def test_the_frame_that_is_looked_at_is_done(dock: SegmentDock, wait: Wait) -> None:
    give(dock, np.stack([squares(3)] * 3), wait)
    assert dock.session.series is not None
    assert dock.session.series.axes == Axes("T")
    dock.viewer.dims.set_current_step(0, 0)
    dock.views.candidates.setChecked(True)
    wait(lambda: shown(dock) is not None and shown(dock).data[0].any())
    assert not shown(dock).data[2].any()
    dock.viewer.dims.set_current_step(0, 2)
    wait(lambda: shown(dock).data[2].any())
