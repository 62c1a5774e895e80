"""Forms made of configs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_discembed.config import (
    ClusteringConfig,
    Config,
    TilingConfig,
    TrainingConfig,
    clustering_config,
)
from napari_discembed.widgets.qt.form import Form
from napari_discembed.widgets.qt.sliders import Range

FIELDS = ["bandwidth", "merge_margin", "foreground_threshold", "fill_holes", "min_size"]


RANGES = {"bandwidth": Range(0.05, 6), "merge_margin": Range(0, 4)}


@pytest.mark.parametrize("config", [clustering_config(), TilingConfig(), TrainingConfig()])
def test_a_form_gives_back_what_it_shows(config: Config, qtbot: Any) -> None:
    simple = [
        name
        for name, info in type(config).model_fields.items()
        if info.annotation is not str and name not in ("augmentation", "device", "head_weights")
    ]
    form = Form(config, simple)
    qtbot.addWidget(form)
    assert form.value() == config


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    bandwidth=st.one_of(st.none(), st.integers(5, 600)),
    holes=st.booleans(),
    size=st.one_of(st.none(), st.integers(0, 5000)),
)
def test_any_settings_go_in_and_come_out(
    bandwidth: int | None, holes: bool, size: int | None, qtbot: Any
) -> None:
    config = clustering_config(
        bandwidth=None if bandwidth is None else bandwidth / 100, fill_holes=holes, min_size=size
    )
    form = Form(clustering_config(), FIELDS, RANGES)
    qtbot.addWidget(form)
    form.setValue(config)
    for name in FIELDS:
        assert form._editors[name].get() == getattr(config, name)
    assert form.value() == config


@pytest.mark.parametrize("views", [None, 1, 3])
def test_a_choice_may_be_left_to_the_model(views: int | None, qtbot: Any) -> None:
    form = Form(TilingConfig(views=2), ["views"])
    qtbot.addWidget(form)
    form.setValue(TilingConfig(views=views))
    editor = form._editors["views"]
    assert editor.get() == views
    assert editor.widget.currentText() == ("auto" if views is None else str(views))


def test_fields_that_a_config_lacks_are_not_shown(qtbot: Any) -> None:
    form = Form(clustering_config(), ["merge_margin", "coordinates"], RANGES)
    qtbot.addWidget(form)
    assert form.shown() == ("merge_margin",)
    form.setValue(clustering_config("hdbscan", coordinates=0.5))
    assert form.shown() == ("coordinates",)
    assert form.editor("coordinates").value() == 0.5


def test_only_what_is_moved_is_changed(qtbot: Any) -> None:
    exact = clustering_config(bandwidth=1.23456)
    form = Form(exact, FIELDS, RANGES)
    qtbot.addWidget(form)
    form.editor("fill_holes").setChecked(False)
    assert form.value() == exact.changed(fill_holes=False)


def test_a_slider_left_open_shows_what_that_comes_to_until_it_is_moved(qtbot: Any) -> None:
    form = Form(clustering_config(), FIELDS, RANGES)
    qtbot.addWidget(form)
    form.setUsual({"bandwidth": 1.25})
    bandwidth = form.editor("bandwidth")
    assert (bandwidth.slider.value(), form.value().bandwidth) == (1.25, None)
    bandwidth.slider.setValue(2.5)
    assert (bandwidth.auto.isChecked(), form.value().bandwidth) == (False, 2.5)
    bandwidth.auto.setChecked(True)
    assert (bandwidth.slider.value(), form.value().bandwidth) == (1.25, None)
    bandwidth.auto.setChecked(False)
    assert form.value().bandwidth == 1.25


def test_words_are_in_place_of_a_slider_that_comes_to_no_number(qtbot: Any) -> None:
    form = Form(clustering_config("hdbscan"), FIELDS, RANGES)
    qtbot.addWidget(form)
    form.setUsual({"bandwidth": "by stability"})
    bandwidth = form.editor("bandwidth")
    assert bandwidth.words.text() == "by stability"
    assert bandwidth.slider.isHidden()
    bandwidth.auto.setChecked(False)
    assert bandwidth.words.isHidden()
    assert not bandwidth.slider.isHidden()
    assert form.value().bandwidth > 0.05


def test_a_slider_beyond_its_end_follows_the_value(qtbot: Any) -> None:
    form = Form(clustering_config(), ["bandwidth"], {"bandwidth": Range(0, 2)})
    qtbot.addWidget(form)
    form.setValue(clustering_config(bandwidth=7.0))
    assert form.value().bandwidth == 7.0


def test_what_is_left_open_shows_as_auto(qtbot: Any) -> None:
    form = Form(clustering_config(), ["min_size"])
    qtbot.addWidget(form)
    assert form.editor("min_size").text() == "auto"
    form.editor("min_size").setValue(0)
    assert form.value().min_size == 0


def test_moving_is_told_and_setting_is_not(qtbot: Any) -> None:
    form = Form(clustering_config(), FIELDS, RANGES)
    qtbot.addWidget(form)
    told: list[ClusteringConfig] = []
    form.valueChanged.connect(told.append)
    form.setValue(clustering_config(bandwidth=2.0))
    assert told == []
    form.editor("bandwidth").setValue(3.0)
    assert [t.bandwidth for t in told] == [3.0]


def test_titles_and_help_come_from_the_fields(qtbot: Any) -> None:
    form = Form(clustering_config(), ["bandwidth"], RANGES)
    qtbot.addWidget(form)
    row = form.editor("bandwidth")
    assert form._rows.labelForField(row).text() == "Bandwidth"
    assert "auto: what suits the model" in row.toolTip()
