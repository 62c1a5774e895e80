"""Forms made of configs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_discembed.config import (
    ClusteringConfig,
    Config,
    NetworkConfig,
    TilingConfig,
    TrainingConfig,
)
from napari_discembed.widgets.form import Form, Range
from napari_discembed.widgets.objects_panel import FIELDS, RANGES


@pytest.mark.parametrize("config", [clustering_config(), TilingConfig(), TrainingConfig()])
def test_a_form_gives_back_what_it_shows(config: Config, qtbot: Any) -> None:
    simple = [
        name
        for name, info in type(config).model_fields.items()
        if info.annotation is not str and name not in ("augment", "device")
    ]
    form = Form(config, simple)
    qtbot.addWidget(form)
    assert form.value() == config


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(
    bandwidth=st.integers(5, 600),
    method=st.sampled_from(["density", "mean_shift", "greedy", "hdbscan"]),
    holes=st.booleans(),
    size=st.integers(0, 5000),
)
def test_any_knobs_go_in_and_come_out(
    bandwidth: int, method: str, holes: bool, size: int, qtbot: Any
) -> None:
    config = clustering_config(
        bandwidth=bandwidth / 100, merge_margin=1.0, method=method, fill_holes=holes, min_size=size
    )  # type: ignore[arg-type]
    form = Form(clustering_config(), FIELDS, RANGES)
    qtbot.addWidget(form)
    form.setValue(config)
    assert form.value() == config


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
    form = Form(NetworkConfig(), ["classes"])
    qtbot.addWidget(form)
    assert "Foreground classes" in form.editor("classes").toolTip()
