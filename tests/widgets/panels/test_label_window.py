"""Corrections in a window of a large pyramid of labels, from the Correct dock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import napari.layers
import numpy as np
import pytest
import zarr

from napari_discembed.io.ome_zarr.label_target import LabelTarget
from napari_discembed.io.ome_zarr.labels import write_labels_into
from napari_discembed.progress import run
from napari_discembed.session.viewing import Box
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.layers.pyramids import label_layer
from napari_discembed.widgets.panels import label_window

from ..conftest import Wait, open_dock

Write = Callable[..., Path]


@pytest.fixture
def store(write_ome_zarr: Write, tmp_path: Path) -> Path:
    """Return a store with labels of 64 squares of 16 x 16, in a grid of 32 pixels."""
    y, x = np.indices((256, 256))
    number = y // 32 * 8 + x // 32 + 1
    labels = np.where((y % 32 < 16) & (x % 32 < 16), number, 0).astype(np.uint16)
    store = write_ome_zarr(tmp_path / "a.zarr", labels * 0, chunks=64, levels=2, scale=(0.5, 0.5))
    run(write_labels_into(LabelTarget.of(store, "mine"), labels, "YX", {}))
    return store


@pytest.fixture
def view(monkeypatch: pytest.MonkeyPatch) -> list[Box | None]:
    """Return what the canvas shows, the last of the list."""
    boxes: list[Box | None] = [(slice(100, 140), slice(64, 200))]
    monkeypatch.setattr(label_window, "box_in_view", lambda _layer: boxes[-1])
    monkeypatch.setattr(label_window, "MARGIN", 8)
    return boxes


@pytest.fixture
def correct(
    make_napari_viewer_proxy: Any, store: Path, view: list[Box | None], told: list[str]
) -> CorrectDock:
    """Return a Correct dock that has the pyramid of labels."""
    assert view
    assert told == []
    dock = open_dock(CorrectDock, make_napari_viewer_proxy)
    data, about, _ = label_layer(store, "mine")
    dock.labels.choose(dock.viewer.add_layer(napari.layers.Labels(data, **about)))
    return dock


def opened(dock: CorrectDock, wait: Wait) -> napari.layers.Labels:
    dock.window_panel.open()
    wait(lambda: not dock.window_panel.is_busy)
    return dock.labels.layer()


def test_what_is_in_view_is_corrected_and_written_back(
    correct: CorrectDock, store: Path, wait: Wait
) -> None:
    pyramid = correct.labels.layer()
    assert not correct.window_panel.open_button.isHidden()
    window = opened(correct, wait)
    assert window is not pyramid
    assert (window.data.shape, list(window.translate)) == ((56, 152), [46.0, 28.0])
    assert not pyramid.visible
    assert correct.window_panel.open_button.isHidden()
    assert not correct.window_panel.write_button.isHidden()
    window.data[window.data == 28] = 0  # the square at 96, 96
    window.data[:4, :4] = 65  # a new one, at 92, 56
    correct.window_panel.write()
    wait(lambda: not correct.window_panel.is_busy)
    fine, coarse = (
        np.asarray(zarr.open_group(str(store / "labels" / "mine"), mode="r")[n]) for n in "01"
    )
    for level, step in ((fine, 1), (coarse, 2)):
        assert 28 not in level
        assert set(np.unique(level[92 // step : 96 // step, 56 // step : 60 // step])) == {65}
        assert len(np.unique(level)) == 65  # 63 squares, the new one, background
    assert correct.labels.layer() is pyramid
    assert pyramid.visible
    assert window not in correct.viewer.layers
    assert 28 not in np.asarray(pyramid.data[0])


def test_too_large_a_view_is_told(
    correct: CorrectDock, view: list[Box | None], told: list[str]
) -> None:
    view.append((slice(0, 3000), slice(0, 3000)))
    correct.window_panel.open()
    view.append(None)
    correct.window_panel.open()
    assert [words[:7] for words in told] == ["Zoom in", "Zoom in"]
    assert not correct.window_panel.is_busy


def test_labels_changed_elsewhere_are_not_overwritten_and_the_window_stays(
    correct: CorrectDock, store: Path, wait: Wait, told: list[str]
) -> None:
    window = opened(correct, wait)
    zarr.open_group(str(store / "labels" / "mine"), mode="r+")["0"][110, 110] = 1
    window.data[...] = 0
    correct.window_panel.write()
    wait(lambda: not correct.window_panel.is_busy)
    assert "was changed since this window" in told[-1]
    assert window in correct.viewer.layers
    assert window.editable


def test_a_layer_of_one_resolution_has_no_window(correct: CorrectDock) -> None:
    plain = correct.viewer.add_labels(np.zeros((20, 20), np.uint8), name="plain")
    correct.labels.choose(plain)
    assert correct.window_panel.isHidden()
