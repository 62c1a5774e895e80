"""The settings of the clustering: those that the method reads, and what is left to the model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from napari_discembed import clustering
from napari_discembed.config import (
    METHODS,
    clustering_config,
    config_class,
)
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.types import Embedding
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.panels.clustering_form import ClusteringForm

from ..conftest import Wait, choose, embedding_of, judged_squares, squares, work_on

SIDE = 24


@pytest.fixture
def form(qtbot: Any) -> ClusteringForm:
    form = ClusteringForm(clustering_config())
    qtbot.addWidget(form)
    return form


def pick(form: ClusteringForm, method: str) -> None:
    """Choose a method as a person does."""
    form.method.setCurrentIndex(form.method.findData(method))


def nine_blobs() -> tuple[np.ndarray, Embedding]:
    """Return nine discs in a grid, and an embedding in which each is a Gaussian blob."""
    yy, xx = np.mgrid[: 3 * SIDE, : 3 * SIDE]
    disc = (yy % SIDE - SIDE / 2) ** 2 + (xx % SIDE - SIDE / 2) ** 2 < 64
    labels = np.where(disc, 1 + 3 * (yy // SIDE) + xx // SIDE, 0)
    centres = np.stack([(labels - 1) // 3, (labels - 1) % 3]) * 1.5
    noise = np.random.default_rng(0).normal(0, 0.1, centres.shape)
    values = np.where(labels > 0, centres + noise, 0).astype(np.float32)
    foreground = (labels > 0)[None].astype(np.float32)
    return labels, Embedding.of(values, foreground, diameter=16.0)


@pytest.mark.parametrize("method", METHODS)
def test_what_the_method_reads_is_shown_and_nothing_else(method: str, form: ClusteringForm) -> None:
    form.fit(judged_squares())
    form.show_row("seed_threshold", visible=True)
    pick(form, method)
    assert set(form.shown()) == set(config_class(method).model_fields) - {"method"}
    assert form.value() == clustering_config(method)


def test_seeds_are_judged_where_the_embedding_has_seediness(form: ClusteringForm) -> None:
    plain = embedding_of(squares(3))
    form.fit(plain)
    assert "seed_threshold" not in form.shown()
    pick(form, "greedy")
    assert "seed_threshold" not in form.shown()
    seediness = np.ones((1, *plain.shape), np.float32)
    form.fit(replace(plain, maps={**plain.maps, "seediness": seediness}))
    assert "seed_threshold" in form.shown()


def test_a_bandwidth_goes_along_but_for_hdbscan(form: ClusteringForm) -> None:
    form.editor("bandwidth").slider.setValue(2.5)
    for method in ("mean_shift", "greedy", "seeded", "density"):
        pick(form, method)
        assert form.value() == clustering_config(method, bandwidth=2.5)
    for method in ("hdbscan", "density"):
        pick(form, method)
        assert form.value().bandwidth is None


def test_what_is_left_to_the_model_is_shown_as_a_number_and_stays_so(form: ClusteringForm) -> None:
    form.fit(embedding_of(squares(3)))  # margins of 0.5 and 1.5
    shown = {name: form.editor(name).slider.value() for name in ("bandwidth", "merge_margin")}
    assert shown == {"bandwidth": 1.25, "merge_margin": 1.0}
    assert form.value() == clustering_config()


def test_hdbscan_in_the_dock_gives_what_it_gives_in_python(dock: SegmentDock, wait: Wait) -> None:
    labels, embedding = nine_blobs()
    in_python = clustering.group(embedding, clustering_config("hdbscan"))
    assert in_python.count == 9
    layer = dock.viewer.add_image((labels > 0).astype(np.uint8), name="nine")
    work_on(dock, layer, "YX")
    dock.session.series = EmbeddingSeries([embedding])
    choose(dock, "hdbscan")
    wait(lambda: dock.session.config.method == "hdbscan" and dock.objects.is_idle)
    wait(lambda: dock.objects.count.text() == "9 objects")
    bandwidth = dock.objects.form.editor("bandwidth")
    assert bandwidth.auto.isChecked()
    assert bandwidth.words.text() == "by stability"
    preview = dock.objects.preview()
    assert preview is not None
    pairs = np.stack([np.asarray(preview.data), in_python.labels]).reshape(2, -1)
    assert len(np.unique(pairs, axis=1).T) == 10  # each is one there: nine, and background
