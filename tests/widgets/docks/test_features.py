"""The feature-space dock: points, their density, a lasso."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes, Image
from napari_discembed.widgets.docks.features import FeatureSpaceDock

from ..conftest import Wait, embedding_of, open_dock, squares


@pytest.fixture
def features(make_napari_viewer_proxy: Any) -> FeatureSpaceDock:
    dock = open_dock(FeatureSpaceDock, make_napari_viewer_proxy)
    layer = dock.viewer.add_image((squares(3) > 0).astype(np.uint8), name="cells")
    dock.session.reading = LayerReading(str(layer.unique_id), Axes("YX"))
    dock.session.image = Image(squares(3))
    return dock


def test_a_lasso_lights_up_its_pixels(features: FeatureSpaceDock, wait: Wait) -> None:
    labels = squares(3)
    layer = features.viewer.add_labels(labels, name="mine")
    features.labels.choose(layer)
    features.session.series = EmbeddingSeries([embedding_of(labels)])
    wait(lambda: features.view is not None)
    # channels 1 and 0: the objects are at (0, 4), (0, 8), (0, 12)
    features._lassoed(np.array([[-1, 6], [1, 6], [1, 10], [-1, 10]]))
    shown = next(x for x in features.viewer.layers if x.name == "cells | lasso")
    assert ((shown.data == 1) == (labels == 2)).all()
    layer.selected_label = 3
    assert len(features.plot._marked.data) == 144
    features._lassoed(np.zeros((0, 2)))
    assert not any(x.name == "cells | lasso" for x in features.viewer.layers)


def test_the_plot_follows_the_slider(features: FeatureSpaceDock, wait: Wait) -> None:
    frames = [squares(3), np.minimum(squares(3), 1) * (squares(3) < 3)]
    film = features.viewer.add_image(np.zeros((2, 2, 24, 72)), name="film")
    features.session.reading = LayerReading(str(film.unique_id), Axes("CTYX"))
    features.viewer.dims.set_current_step(1, 0)
    features.session.series = EmbeddingSeries([embedding_of(f) for f in frames], Axes("T"), (2,))
    wait(lambda: features.view is not None and features.view.index == (0,))
    features.viewer.dims.set_current_step(0, 1)  # channels
    assert features.view is not None
    assert features.view.index == (0,)
    features.viewer.dims.set_current_step(1, 1)
    wait(lambda: features.view.index == (1,))  # type: ignore[union-attr]
    assert features.view.points.shape[1] == 2 * 144


def test_the_density_is_of_all_pixels(features: FeatureSpaceDock, wait: Wait) -> None:
    features.session.series = EmbeddingSeries([embedding_of(squares(3))])
    wait(lambda: features.view is not None)
    features.density.setChecked(True)
    assert features.view is not None
    assert features.view.histogram.sum() == 3 * 144
    features.session.series = None
    assert features.view is None


def test_without_an_embedding_it_says_what_to_do(features: FeatureSpaceDock, wait: Wait) -> None:
    assert "find objects first" in features.words.text()
    assert features.plot.isHidden()
    assert features.settings.isHidden()
    features.session.series = EmbeddingSeries([embedding_of(squares(3))])
    wait(lambda: features.view is not None)
    assert not features.plot.isHidden()
    assert "Draw around points" in features.words.text()
