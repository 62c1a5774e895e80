"""Fine-tune, Correct, Count and Feature space, in real viewers."""

from __future__ import annotations

import csv
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dask.array
import numpy as np
import pandas as pd
import pytest
import tifffile

from napari_discembed import pipeline
from napari_discembed.config import FinetuningConfig, TilingConfig
from napari_discembed.progress import Progress
from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.state import Reading
from napari_discembed.session.trainings import Request, new_training
from napari_discembed.types import Axes, Image, Segmentation
from napari_discembed.widgets.docks import count as count_module
from napari_discembed.widgets.docks import finetune as finetune_module
from napari_discembed.widgets.docks.correct import TOOLS, CorrectDock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.features import FeatureSpaceDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers import BACKGROUND, FRAMES, find_result, show_result
from napari_discembed.widgets.qt.table import Table

from .conftest import Wait, embedding_of, squares

QUICK = FinetuningConfig(steps=3, batch_size=1, patch_size=32)
LONG = FinetuningConfig(seconds=600, batch_size=1, patch_size=32, checkpoint_every=0.01)


def camera_of(dock: Any) -> Any:
    viewer = dock.viewer
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def open_dock(kind: Any, make_viewer: Any) -> Any:
    viewer = make_viewer()
    dock = kind(viewer)
    viewer.window.add_dock_widget(dock, name=kind.__name__)
    return dock


def paint(dock: Any, count: int = 3) -> None:
    """Open an image with painted squares and a scribble of background."""
    labels = squares(count, 32)
    labels[-2:] = 255
    picture = np.where((labels > 0) & (labels < 255), 200, 20).astype(np.uint8)
    dock.viewer.add_image(picture, name="cells")
    dock.viewer.add_labels(labels.astype(np.uint8), name="painted")


@pytest.fixture
def tuner(
    make_napari_viewer_proxy: Any, tiny: str, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> FineTuneDock:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: QUICK)
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    dock.start_model.choose(tiny)
    return dock


def test_painted_objects_make_a_model_that_segment_offers(
    tuner: FineTuneDock, wait: Wait, home: Path
) -> None:
    segment = SegmentDock(tuner.viewer)
    tuner.viewer.window.add_dock_widget(segment)
    paint(tuner)
    assert tuner.pairs.background.value() == 255
    assert 20 < tuner.pairs.diameter.value() < 24
    shown: list[str] = []
    tuner.viewer.layers.events.inserted.connect(lambda event: shown.append(event.value.name))
    tuner.train()
    tuner.train()  # pressed twice: nothing more
    wait(lambda: tuner.model_file is not None and tuner._worker is None)
    assert tuner.model_file == home / "models" / "fine-tuned.safetensors"
    assert segment.embed.model.model() == str(tuner.model_file)
    assert len(tuner.losses._values) == 3
    assert tuner.view._points.data.size > 0
    assert shown == ["cells | learning"]
    assert not any(x.name == "cells | learning" for x in tuner.viewer.layers)
    assert not list((home / "trainings").iterdir())


def test_pausing_and_stopping_keep_what_was_learnt(
    tuner: FineTuneDock, wait: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    paint(tuner)
    tuner.train()
    wait(lambda: len(tuner.losses._values) > 1)
    tuner.pause.click()
    assert tuner.status.text() == "Paused."
    tuner.pause.click()
    tuner.stop.click()
    wait(lambda: tuner.model_file is not None and tuner._worker is None)


def test_closing_while_it_trains_ends_the_process_and_offers_to_resume(
    tuner: FineTuneDock,
    wait: Wait,
    monkeypatch: pytest.MonkeyPatch,
    make_napari_viewer_proxy: Any,
) -> None:
    monkeypatch.setattr(FineTuneDock, "config", lambda _self: LONG)
    paint(tuner)
    tuner.train()
    wait(lambda: len(tuner.losses._values) > 2)
    assert tuner._remote is not None
    process = tuner._remote._process
    tuner.viewer.window.remove_dock_widget(tuner)
    assert process is not None
    assert process.poll() is not None
    again = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert not again.left.isHidden()
    again._left_row.itemAt(1).widget().click()
    wait(lambda: len(again.losses._values) > 0)
    assert again.losses._steps[0] > 1
    again.stop.click()
    wait(lambda: again.model_file is not None and again._worker is None)
    assert again.left.isHidden()


def test_what_cannot_teach_is_told_and_the_dock_is_usable(
    tuner: FineTuneDock, wait: Wait, told: list[str], home: Path
) -> None:
    tuner.train()
    assert "a few objects are painted" in told[0]
    tuner.viewer.add_image(np.zeros((32, 32), np.uint8), name="cells")
    tuner.viewer.add_labels(np.zeros((32, 32), np.uint8), name="empty")
    tuner.train()
    wait(lambda: tuner._worker is None)
    assert len(told) == 2
    assert "No object is painted" in told[1]
    assert tuner.go.isEnabled()
    assert not list((home / "trainings").iterdir())


def test_a_discarded_training_is_gone(tuner: FineTuneDock, home: Path) -> None:
    training = new_training(
        Request(name="old", train=QUICK), [Image(np.zeros((8, 8)))], [np.eye(8, dtype=int)]
    )
    training.state_file.write_bytes(b"")
    tuner._offer_interrupted()
    assert "'old'" in tuner._left_row.itemAt(0).widget().text()
    tuner._left_row.itemAt(2).widget().click()
    assert not training.folder.exists()


def test_the_diameter_follows_the_brush_unless_one_is_typed(
    tuner: FineTuneDock, wait: Wait
) -> None:
    pairs = tuner.pairs
    tuner.viewer.add_image(np.zeros((64, 64), np.uint8), name="cells")
    pairs.paint_object()
    layer = pairs.labels.layer()
    assert pairs.diameter.value() == 0
    layer.brush_size = 10
    layer.paint((20, 20), 1)
    wait(lambda: 8 < pairs.diameter.value() < 13)
    layer.brush_size = 30
    layer.paint((20, 20), 1)
    wait(lambda: pairs.diameter.value() > 25)
    assert pairs.value().diameter is None  # measured anew on all that is taught
    pairs.diameter.setValue(17)
    layer.paint((40, 40), 1)
    assert pairs._soon.isActive()
    wait(lambda: not pairs._soon.isActive())
    assert pairs.value().diameter == 17
    tuner.viewer.add_labels(squares(1, 40), name="others")
    pairs.labels.choose(tuner.viewer.layers["others"])
    assert pairs.value().diameter is None


def test_the_device_of_the_preferences_is_trained_on(
    make_napari_viewer_proxy: Any, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    monkeypatch.setattr(finetune_module, "device", lambda: "cuda:7")
    for model in (tiny, None):
        dock.start_model.choose(model)
        assert dock.config().device == "cuda:7"


def test_the_brush_takes_the_next_number_and_spares_the_background(tuner: FineTuneDock) -> None:
    tuner.viewer.add_image(np.zeros((32, 32, 3), np.uint8), name="leaf")
    tuner.pairs.paint_object()
    layer = tuner.pairs.labels.layer()
    assert layer.data.shape == (32, 32)
    assert (layer.name, layer.selected_label, layer.mode) == ("leaf painted", 1, "paint")
    layer.data[:5, :5] = 1
    tuner.pairs.paint_object()
    assert layer.selected_label == 2
    tuner.pairs.paint_background()
    assert layer.selected_label == tuner.pairs.background.value() == 255
    layer.data[20:] = 255
    tuner.pairs.paint_object()
    assert layer.selected_label == 2


def test_several_pairs_and_a_validation_pair_go_into_one_set(tuner: FineTuneDock) -> None:
    paint(tuner)
    tuner.pairs.add_pair()
    tuner.pairs.add_pair()  # twice: once is enough
    paint(tuner)
    tuner.pairs.image.choose(tuner.viewer.layers[2])
    tuner.pairs.labels.choose(tuner.viewer.layers[3])
    tuner.pairs.validation_image.choose(tuner.viewer.layers[0])
    tuner.pairs.validation_labels.choose(tuner.viewer.layers[1])
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert (len(chosen.images), chosen.validation, chosen.background_label) == (3, 1, 255)
    tuner.pairs.others.setCurrentRow(0)
    tuner.pairs._remove_pair()
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert len(chosen.images) == 2


def scribbled(tuner: FineTuneDock, name: str, background: int) -> Any:
    """Open an image with two painted squares, and a scribble with a number."""
    labels = squares(2, 32)
    labels[-2:] = background
    tuner.viewer.add_image((labels == 1).astype(np.uint8), name=name)
    return tuner.viewer.add_labels(labels.astype(np.uint8), name=f"{name} painted")


def test_each_pair_has_a_background_of_its_own(tuner: FineTuneDock) -> None:
    pairs = tuner.pairs
    scribbled(tuner, "first", 255)
    assert pairs.background.value() == 255
    pairs.add_pair()
    second = scribbled(tuner, "second", 0)
    pairs.image.choose(tuner.viewer.layers["second"])
    pairs.labels.choose(second)
    assert pairs.background.value() == 0
    pairs.complete.setChecked(True)
    chosen = pairs.value()
    assert chosen is not None
    whole, sparse = chosen.labels
    number = chosen.background_label
    assert not chosen.complete
    assert sorted(np.unique(whole)) == [1, 2, number]
    assert sorted(np.unique(sparse)) == [0, 1, 2, number]
    assert (sparse == number).sum() == 2 * 64
    pairs.labels.choose(tuner.viewer.layers["first painted"])
    assert (pairs.background.value(), pairs.complete.isChecked()) == (255, False)


def test_a_truth_with_more_objects_than_the_number_of_background_keeps_them(
    tuner: FineTuneDock,
) -> None:
    scribbled(tuner, "first", 255)
    image, truth = tuner.viewer.layers["first"], np.arange(32 * 64).reshape(32, 64)
    labels = tuner.viewer.add_labels(truth, name="truth")
    tuner.pairs.labels.choose(tuner.viewer.layers["first painted"])
    tuner.pairs.validation_image.choose(image)
    tuner.pairs.validation_labels.choose(labels)
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.background_label == 32 * 64
    np.testing.assert_array_equal(chosen.labels[1], truth)
    assert (chosen.labels[0] == 32 * 64).sum() == 2 * 64


def test_an_object_255_among_others_is_no_background(tuner: FineTuneDock) -> None:
    labels = np.arange(240, 256).repeat(32).reshape(16, 32)
    tuner.viewer.add_image(np.zeros((16, 32), np.uint8))
    tuner.viewer.add_labels(labels)
    assert tuner.pairs.background.value() == 0


@pytest.mark.parametrize(
    ("shape", "names", "painted"),
    [
        ((5, 24, 24), ("t", "y", "x"), (5, 24, 24)),
        ((3, 5, 24, 24), ("t", "z", "y", "x"), (3, 5, 24, 24)),
        ((3, 2, 24, 24), ("t", "c", "y", "x"), (3, 24, 24)),
        ((2, 24, 24), ("c", "y", "x"), (24, 24)),
    ],
)
def test_images_of_any_axes_are_painted_on(
    shape: tuple[int, ...],
    names: tuple[str, ...],
    painted: tuple[int, ...],
    tuner: FineTuneDock,
) -> None:
    tuner.viewer.add_image(np.zeros(shape, np.uint8), axis_labels=names)
    tuner.pairs.paint_object()
    assert tuner.pairs.labels.layer().data.shape == painted
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.images[0].axes.replace("C", "") == "".join(names).upper().replace("C", "")


def test_pictures_to_check_on_are_read_with_their_channel_too(tuner: FineTuneDock) -> None:
    series = np.stack([np.zeros((24, 24)), squares(1)]).astype(np.uint8)
    image = tuner.viewer.add_image(series, name="two")
    truth = tuner.viewer.add_labels(squares(1), name="truth")
    tuner.pairs.image.choose(image, "CYX", 1)
    tuner.pairs.validation_image.choose(image)
    tuner.pairs.validation_labels.choose(truth)
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert [(i.axes, int(i.data.max())) for i in chosen.images] == [("YX", 1)] * 2


def test_too_many_axes_are_told(tuner: FineTuneDock, told: list[str]) -> None:
    tuner.viewer.add_image(np.zeros((2, 2, 2, 2, 8, 8), np.uint8))
    tuner.pairs.paint_object()
    assert "2 to 5 axes" in told[0]


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
    segment.embed.image.channel_box.setCurrentIndex(2)
    assert tuner.pairs.image.channel() == 1


def test_a_time_lapse_is_said_to_be_one(tuner: FineTuneDock) -> None:
    tuner.viewer.add_image(np.zeros((5, 24, 24), np.uint8))
    box = tuner.pairs.image.axes_box
    assert box.currentData() == "ZYX"
    box.setCurrentIndex(box.findData("TYX"))
    tuner.pairs.paint_object()
    tuner.pairs.labels.layer().data[1:3] = squares(1, 24)
    tuner.pairs.measure()
    assert 12 < tuner.pairs.diameter.value() < 15  # of an object of a frame, not through time
    chosen = tuner.pairs.value()
    assert chosen is not None
    assert chosen.images[0].axes == "TYX"
    other = SegmentDock(tuner.viewer)
    assert other.embed.image.axes() == "TYX"
    other.tasks.stop()


def test_a_training_under_way_is_not_offered_elsewhere(
    tuner: FineTuneDock, told: list[str], make_napari_viewer_proxy: Any
) -> None:
    training = new_training(
        Request(name="old", train=QUICK), [Image(np.zeros((8, 8)))], [np.eye(8, dtype=int)]
    )
    training.state_file.write_bytes(b"")
    tuner._offer_interrupted()
    training.claim()
    other = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert other.left.isHidden()
    tuner._left_row.itemAt(1).widget().click()  # offered before the other began
    assert "another window" in told[0]
    assert tuner._worker is None
    training.release()
    other._offer_interrupted()
    assert not other.left.isHidden()


def test_a_new_model_overwrites_none_and_the_start_stays(tuner: FineTuneDock, home: Path) -> None:
    tuner.start_model.choose(None)
    assert tuner.start_model.model() is None
    old, new = home / "models" / "fine-tuned.safetensors", home / "new.safetensors"
    old.write_bytes(b"mine")
    new.write_bytes(b"new")
    training = new_training(Request(name="fine-tuned", train=QUICK), [], [])
    tuner._trained(training, "fine-tuned", new)
    assert old.read_bytes() == b"mine"
    assert tuner.model_file == home / "models" / "fine-tuned 2.safetensors"
    assert tuner.start_model.model() is None


def test_unlimited_time_keeps_the_rate(make_napari_viewer_proxy: Any, tiny: str) -> None:
    dock = open_dock(FineTuneDock, make_napari_viewer_proxy)
    assert dock.config().schedule == "cosine"
    dock.budget.setCurrentIndex(len(finetune_module.BUDGETS) - 1)
    assert dock.config().schedule == "constant"


@pytest.fixture
def corrector(make_napari_viewer_proxy: Any, told: list[str]) -> CorrectDock:
    dock = open_dock(CorrectDock, make_napari_viewer_proxy)
    labels = squares(3)
    dock.viewer.add_labels(labels.astype(np.uint16), name="mine")
    dock.session.series = EmbeddingSeries([embedding_of(labels)])
    return dock


def click(dock: CorrectDock, *path: tuple[float, float]) -> None:
    """Press at the first point, move over the others, release."""
    event = SimpleNamespace(position=path[0], type="mouse_press", button=1)
    steps = dock._clicked(dock._layer, event)  # type: ignore[arg-type]
    next(steps, None)
    event.type = "mouse_move"
    for point in path[1:]:
        event.position = point
        next(steps, None)
    event.type = "mouse_release"
    next(steps, None)


@pytest.mark.parametrize(
    ("tool", "clicks", "left"),
    [
        ("Merge", [[(12, 12)], [(12, 36)]], [1, 3]),
        ("Delete", [[(12, 12)]], [2, 3]),
        ("Cut", [[(12, 2), (12, 12), (12, 22)]], [1, 2, 3, 4]),
        ("Grow", [[(12, 12)]], [1, 2, 3]),
        ("Shrink", [[(12, 12)]], [1, 2, 3]),
    ],
)
def test_each_tool_is_one_step_of_undo(
    tool: str, clicks: list[Any], left: list[int], corrector: CorrectDock
) -> None:
    layer = corrector.labels.layer()
    before = layer.data.copy()
    corrector.buttons[tool].click()
    for path in clicks:
        click(corrector, *path)
    assert [x for x in np.unique(layer.data) if x] == left
    assert (layer.data != before).any()
    layer.undo()
    assert (layer.data == before).all()


def test_the_embedding_splits_what_was_merged(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[layer.data == 2] = 1
    corrector.buttons["Split"].click()
    click(corrector, (12, 12))
    click(corrector, (12, 36))
    assert ((layer.data == 4) == (squares(3) == 2)).all()


def test_snapping_takes_the_embeddings_border(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[10:, :24] = 0
    corrector.buttons["Snap"].click()
    click(corrector, (8, 12))
    assert ((layer.data == 1) == (squares(3) == 1)).all()


def test_filling_closes_a_hole(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[11:13, 11:13] = 0
    corrector.buttons["Fill"].click()
    click(corrector, (8, 12))
    assert (layer.data == squares(3)).all()


def test_one_tool_at_a_time_and_wrong_clicks_are_told(
    corrector: CorrectDock, told: list[str]
) -> None:
    corrector.buttons["Merge"].click()
    corrector.buttons["Delete"].click()
    assert not corrector.buttons["Merge"].isChecked()
    click(corrector, (0, 0))
    assert "got background" in told[-1]
    click(corrector, (-9, 0))
    assert "outside" in told[-1]
    corrector.buttons["Delete"].click()
    click(corrector, (12, 12))
    assert (corrector.labels.layer().data == squares(3)).all()


def test_the_picture_holds_still_while_a_line_is_drawn(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    corrector.buttons["Cut"].click()
    assert not layer.mouse_pan
    corrector.buttons["Cut"].click()
    assert layer.mouse_pan


def test_renumbering_leaves_no_gaps(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[layer.data == 2] = 90
    corrector.renumber()
    assert list(np.unique(layer.data)) == [0, 1, 2, 3]


def test_the_keys_are_in_the_tooltips(corrector: CorrectDock) -> None:
    assert len({tool.key for tool in TOOLS}) == len(TOOLS)
    assert all(tool.key in corrector.buttons[tool.title].toolTip() for tool in TOOLS)


def volume(corrector: CorrectDock, **about: Any) -> Any:
    """Open labels of four planes: 1 in all of them, 2 in the last two."""
    labels = np.zeros((4, 24, 72), np.uint8)
    labels[:, 6:18, 6:18] = 1
    labels[2:, 6:18, 30:42] = 2
    layer = corrector.viewer.add_labels(labels, name="volume", **about)
    corrector.labels.choose(layer)
    corrector.viewer.dims.set_current_step(0, 0)
    return layer


def test_a_part_cut_off_in_a_plane_gets_a_number_of_its_own(corrector: CorrectDock) -> None:
    layer = volume(corrector)
    corrector.buttons["Cut"].click()
    click(corrector, (0, 12, 2), (0, 12, 22))
    assert [sorted(np.unique(plane)) for plane in layer.data] == [
        [0, 1, 3], [0, 1], [0, 1, 2], [0, 1, 2],
    ]  # fmt: skip


def test_a_scribble_of_background_outlives_corrections(corrector: CorrectDock) -> None:
    labels = squares(3).astype(np.uint8)
    labels[-1] = 255
    layer = corrector.viewer.add_labels(labels, name="scribbled", metadata={BACKGROUND: 255})
    corrector.labels.choose(layer)
    corrector.buttons["Cut"].click()
    click(corrector, (12, 2), (12, 12), (12, 22))
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3, 4, 255]
    corrector.buttons["Delete"].click()
    click(corrector, (12, 36))
    corrector.renumber()
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3, 255]
    assert (layer.data == 255).sum() == 72


def test_a_volume_is_corrected_as_one(corrector: CorrectDock, told: list[str]) -> None:
    layer = volume(corrector, metadata={FRAMES: ""})
    corrector.buttons["Cut"].click()
    click(corrector, (0, 12, 2), (0, 12, 22))
    assert "planes alone" in told[0]
    corrector.buttons["Delete"].click()
    click(corrector, (0, 12, 12))
    assert 1 not in layer.data
    layer.undo()
    assert (layer.data == 1).sum() == 4 * 144


def test_what_cannot_be_written_to_is_told(corrector: CorrectDock, told: list[str]) -> None:
    layer = corrector.viewer.add_labels(dask.array.from_array(squares(3)), name="lazy")
    corrector.labels.choose(layer)
    corrector.buttons["Delete"].click()
    click(corrector, (12, 12))
    corrector.renumber()
    assert len(told) == 2
    assert "dask" in told[0]


def test_objects_that_were_deleted_are_not_checked(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking._worker is None)
    first, second, third = corrector.checking.result.order()  # type: ignore[union-attr]
    layer.data[layer.data == second] = 0
    corrector.checking.step(1)
    assert f"Object {third} " in corrector.checking.words.text()
    layer.data[layer.data == first] = 0
    corrector.checking.step(-1)
    assert f"Object {third} " in corrector.checking.words.text()


def test_the_outline_lies_on_a_layer_that_was_moved(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    layer.affine = np.array([[1, 0, 100], [0, 1, 200], [0, 0, 1]])
    corrector.checking.step(1)
    wait(lambda: corrector.checking.result is not None and corrector.checking._worker is None)
    frame = find_result(corrector.viewer, layer, "check")
    assert frame is not None
    np.testing.assert_allclose(frame.data_to_world((3, 4)), layer.data_to_world((3, 4)))


def test_the_least_sure_comes_first(corrector: CorrectDock, wait: Wait) -> None:
    layer = corrector.labels.layer()
    layer.data[20:23, 2:10] = 9  # where the embedding sees nothing
    corrector.checking.next.click()
    wait(lambda: corrector.checking.result is not None)
    assert layer.selected_label == 9
    assert camera_of(corrector).center[-2:] == pytest.approx((21, 5.5), abs=1)
    assert any(x.name == "mine | check" for x in corrector.viewer.layers)
    corrector.checking.next.click()
    assert layer.selected_label != 9
    corrector.checking.before.click()
    assert layer.selected_label == 9
    assert "1 of 4" in corrector.checking.words.text()


def test_checking_without_an_embedding_is_told(corrector: CorrectDock, told: list[str]) -> None:
    corrector.session.series = None
    corrector.checking.step(1)
    assert "press Embed" in told[0]


@pytest.fixture
def counter(make_napari_viewer_proxy: Any, tiny: str, told: list[str]) -> CountDock:
    return open_dock(CountDock, make_napari_viewer_proxy)


def test_objects_are_counted_measured_and_found_again(counter: CountDock, wait: Wait) -> None:
    layer = counter.viewer.add_labels(squares(3), scale=(0.5, 0.5), units=("um", "um"))
    counter.count()
    wait(lambda: counter.measured is not None)
    assert counter.summary.text().startswith("3 objects\nTotal area 108 ")
    assert list(layer.features["area"]) == [36, 36, 36]
    counter._row_chosen(2)
    assert layer.selected_label == 3
    assert camera_of(counter).center[-2:] == pytest.approx((5.75, 29.75), abs=0.6)
    layer.selected_label = 2
    assert counter.table.selectionModel().selectedRows()[0].row() == 1


def test_a_time_lapse_is_counted_frame_by_frame(counter: CountDock, wait: Wait) -> None:
    frames = np.stack([squares(3), squares(3) * (squares(3) < 3)])
    counter.session.series = EmbeddingSeries([embedding_of(f) for f in frames], Axes("T"), (2,))
    layer = counter.viewer.add_labels(frames)
    counter.count()
    wait(lambda: counter.measured is not None)
    assert counter.measured is not None
    assert list(counter.measured.columns["frame"]) == [0, 0, 0, 1, 1]
    assert "5 objects in 2 frames, 2.5 each" in counter.summary.text()
    counter._row_chosen(3)
    assert counter.viewer.dims.current_step[0] == 1
    assert layer.selected_label == 1
    counter.count_layers()
    assert list(counter.table.columns()["count"]) == [3, 2]


def test_every_layer_is_a_row_and_the_table_is_exported(
    counter: CountDock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter.viewer.add_labels(squares(3), name="a")
    counter.viewer.add_labels(squares(2), name="b")
    counter.count_layers()
    assert counter.summary.text() == "5 objects in 2 images."
    target = str(tmp_path / "counts")
    monkeypatch.setattr(count_module.QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    counter.export()
    with Path(f"{target}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert [(r["image"], r["count"], r["mean_size"]) for r in rows] == [
        ("a", "3", "144.0"), ("b", "2", "144.0"),
    ]  # fmt: skip


def test_a_folder_is_a_row_an_image_and_a_bad_file_has_its_reason(
    counter: CountDock, wait: Wait, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in ("one", "two"):
        tifffile.imwrite(folder / f"{name}.tif", squares(2).astype(np.uint8))
    (folder / "bad.tif").write_bytes(b"no picture")
    counter.session.model, counter.session.reading = tiny, Reading("", Axes("YX"))
    monkeypatch.setattr(count_module, "tile_config", lambda: TilingConfig(device="cpu", size=32))
    tiles: list[TilingConfig | None] = []
    segment = pipeline.segment

    def spied(*args: Any, tile: TilingConfig | None = None, **more: Any) -> Any:
        tiles.append(tile)
        return segment(*args, tile=tile, **more)

    monkeypatch.setattr(pipeline, "segment", spied)
    counter.count_folder(str(folder))
    wait(lambda: counter._worker is None)
    assert {tile.size for tile in tiles if tile} == {32}
    columns = counter.table.columns()
    assert list(columns["image"]) == ["bad.tif", "one.tif", "two.tif"]
    assert [bool(e) for e in columns["error"]] == [True, False, False]


def test_what_is_frames_and_what_a_volume_is_said_or_chosen(
    counter: CountDock, wait: Wait, told: list[str]
) -> None:
    labels = np.stack([squares(3)] * 4)
    counter.viewer.add_labels(labels, name="volume", metadata={FRAMES: ""})
    counter.session.series = EmbeddingSeries([embedding_of(squares(3))] * 4, Axes("Z"), (4,))
    assert counter.frames.currentData() == 0
    counter.count()
    wait(lambda: counter._worker is None)
    assert "Total volume 1728" in counter.summary.text()
    counter.frames.setCurrentIndex(1)
    counter.count()
    wait(lambda: counter._worker is None)
    assert "12 objects in 4 frames" in counter.summary.text()
    counter.session.series = None
    counter.viewer.add_labels(labels, name="film", axis_labels=("t", "y", "x"))
    counter.labels.choose(counter.viewer.layers["film"])
    assert counter.frames.currentData() == 1


def test_previews_scribbles_and_odd_numbers_are_no_objects(counter: CountDock, wait: Wait) -> None:
    labels = squares(3).astype(np.int64)
    labels[0], labels[1], labels[labels == 3] = 255, -1, 2**40
    image = counter.viewer.add_image(np.zeros(labels.shape), name="cells")
    layer = counter.viewer.add_labels(labels, name="mine", metadata={BACKGROUND: 255})
    show_result(counter.viewer, image, "objects", squares(3), type(layer))
    counter.count_layers()
    assert counter.table.columns()["count"].tolist() == [3]
    layer.features = pd.DataFrame({"index": [1, 2], "kind": ["a", "b"]})
    counter.labels.choose(layer)
    counter.count()
    wait(lambda: counter._worker is None)
    assert counter.table.columns()["label"].tolist() == [1, 2, 2**40]
    assert layer.features["kind"].tolist()[:2] == ["a", "b"]
    assert layer.features["pixels"].tolist() == [144, 144, 144]


def test_of_several_resolutions_the_finest_is_counted(counter: CountDock, wait: Wait) -> None:
    fine = squares(3, 48)
    counter.viewer.add_image([fine * 1.0, fine[::2, ::2] * 1.0], multiscale=True, name="cells")
    counter.viewer.add_labels([fine, fine[::2, ::2]], multiscale=True, name="mine")
    counter.image.choose(counter.viewer.layers["cells"])
    counter.count()
    wait(lambda: counter._worker is None)
    columns = counter.table.columns()
    assert columns["pixels"].tolist() == [36 * 36] * 3
    assert columns["intensity_mean_0"].tolist() == [1, 2, 3]


def test_a_row_of_another_frame_stays_chosen(counter: CountDock, wait: Wait) -> None:
    counter.viewer.add_labels(np.stack([squares(3)] * 3), name="film", metadata={FRAMES: "T"})
    counter.viewer.dims.set_current_step(0, 0)
    counter.count()
    wait(lambda: counter._worker is None)
    counter.table.choose(7)
    counter._row_chosen(7)
    assert counter.viewer.dims.current_step[0] == 2
    assert counter.table.selectionModel().selectedRows()[0].row() == 7


def test_a_folder_is_read_as_the_image_was_and_can_be_stopped(
    counter: CountDock, wait: Wait, tmp_path: Path, tiny: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    for i in range(3):
        film = np.stack([np.zeros((4, 24, 72)), np.stack([squares(3)] * 4)]).astype(np.uint8)
        tifffile.imwrite(folder / f"{i}.tif", film, photometric="minisblack")
    session = counter.session
    session.model, session.diameter = tiny, 11.0
    session.reading = Reading("", Axes("CTYX"), 1)
    seen: list[tuple[str, float, float]] = []
    go_on = threading.Event()

    def segment(image: Image, *_args: Any, diameter: float, **_more: Any) -> Any:
        seen.append((image.axes, diameter, float(image.data.max())))
        yield Progress(0.0)
        if len(seen) == 2:
            go_on.wait(20)
        return Segmentation(
            np.asarray(image.data).astype(np.uint16), image.axes, pixel_size=image.pixel_size
        )

    monkeypatch.setattr(pipeline, "segment", segment)
    counter.count_folder(str(folder))
    wait(lambda: len(seen) == 2)
    assert not counter.stop.isHidden()
    counter.stop.click()
    go_on.set()
    wait(lambda: counter._worker is None)
    assert seen == [("TYX", 11.0, 3.0)] * 2
    columns = counter.table.columns()
    assert columns["image"].tolist()[:4] == [f"0.tif[{t}]" for t in range(4)]
    assert set(columns["count"].tolist()) == {3}
    assert counter.stop.isHidden()


def test_nothing_to_count_is_told(counter: CountDock, told: list[str]) -> None:
    for action in (counter.count, counter.count_layers, counter.count_folder, counter.export):
        action()
    assert len(told) == 4


def test_a_table_sorts_by_value(qtbot: Any) -> None:
    table = Table()
    qtbot.addWidget(table)
    table.fill({"label": np.array([1, 2, 3]), "area": np.array([9.0, 100.0, 20.0])})
    table.sortByColumn(1, table.model().sortOrder().__class__.AscendingOrder)
    assert [table.model().index(i, 0).data() for i in range(3)] == ["1", "3", "2"]
    table.choose(1)
    assert table.selectionModel().selectedRows()[0].row() == 2


@pytest.fixture
def features(make_napari_viewer_proxy: Any) -> FeatureSpaceDock:
    dock = open_dock(FeatureSpaceDock, make_napari_viewer_proxy)
    layer = dock.viewer.add_image((squares(3) > 0).astype(np.uint8), name="cells")
    dock.session.reading = Reading(str(layer.unique_id), Axes("YX"))
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
    features.session.reading = Reading(str(film.unique_id), Axes("CTYX"))
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
