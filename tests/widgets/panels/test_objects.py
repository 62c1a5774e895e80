"""Live grouping: count, curve, and settings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from napari_discembed.config import (
    ClusteringConfig,
    clustering_config,
)
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, choose, embedding_of, give, squares


def test_the_count_follows_the_bandwidth(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    assert dock.objects.count.text() == "3 objects"
    before = np.array(dock.objects.preview().data)  # type: ignore[union-attr]
    dock.objects.form.editor("bandwidth").setValue(5.9)
    wait(lambda: dock.objects.is_idle)
    dock.objects.set_bandwidth(1.0)
    wait(lambda: dock.objects.count.text() == "3 objects" and dock.objects.is_idle)
    # An object that did not change keeps its number, and so its colour.
    assert (np.asarray(dock.objects.preview().data) == before).all()  # type: ignore[union-attr]


def test_the_thumbnail_follows_once_the_slider_rests(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    before = np.array(dock.objects.preview().thumbnail)  # type: ignore[union-attr]
    dock.objects.form.editor("min_size").setValue(900)
    wait(lambda: dock.objects.count.text() == "0 objects")
    wait(lambda: (dock.objects.preview().thumbnail != before).any())  # type: ignore[union-attr]


def test_the_settings_begin_as_the_model_recommends(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    embeddings = dock.session.series  # type: ignore[union-attr]

    def embed_with(**config: float) -> ClusteringConfig:
        dock.session.series = EmbeddingSeries(embeddings, config=clustering_config(**config))
        return dock.session.config

    config = embed_with(bandwidth=1.7, seed_threshold=0.4)
    assert (config.bandwidth, config.seed_threshold) == (1.7, 0.4)
    assert dock.objects.form.value().bandwidth == 1.7
    dock.objects.set_bandwidth(2.5)
    assert embed_with(bandwidth=1.7, seed_threshold=0.4).bandwidth == 2.5  # the same model again
    assert embed_with(bandwidth=1.4).bandwidth == 1.4
    wait(lambda: dock.objects.is_idle)


def test_what_nobody_moved_is_measured_in_each_image_anew(dock: SegmentDock, wait: Wait) -> None:
    large = replace(embedding_of(squares(3)), diameter=60.0)
    give(dock, squares(3), wait)
    size = dock.objects.form.editor("min_size")
    assert (size.slider.value(), size.value()) == (2, None)
    dock.session.series = EmbeddingSeries([large])
    assert (size.slider.value(), size.value()) == (57, None)  # a fiftieth of a disc
    dock.objects.set_bandwidth(2.2)
    dock.session.series = EmbeddingSeries([embedding_of(squares(3))])
    assert (dock.session.config.min_size, dock.session.config.bandwidth) == (None, 2.2)
    size.slider.setValue(7)
    dock.session.series = EmbeddingSeries([large])
    assert (dock.session.config.min_size, dock.session.config.bandwidth) == (7, 2.2)


def test_a_click_in_the_curve_moves_the_slider(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    dock.objects.curve.bandwidthChosen.emit(2.5)
    assert dock.objects.form.value().bandwidth == 2.5
    assert dock.session.config.bandwidth == 2.5


def test_an_image_that_goes_takes_its_frames_along(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    layer = give(dock, np.stack([squares(3)] * 3), wait)
    series = dock.session.series
    assert dock.frame_shown() == (1,)
    dock.viewer.layers.remove(layer)
    assert dock.frame_shown() is None
    told.clear()
    # napari tells of the sliders first: for a moment there are embeddings of an image that is gone.
    dock.session.series = series
    dock.viewer.dims.set_current_step(0, 2)
    for method in ("greedy", "density"):
        choose(dock, method)
        wait(lambda: dock.objects.is_idle)
    assert told == []
