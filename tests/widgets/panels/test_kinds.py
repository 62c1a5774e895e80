"""Kinds of objects in the docks: listed, painted, taught, shown, corrected, counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QColorDialog

from napari_discembed.session.embeddings import EmbeddingSeries
from napari_discembed.session.preview import Preview
from napari_discembed.session.state import LayerReading
from napari_discembed.types import Axes, Embedding
from napari_discembed.types.kinds import named_kinds
from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.layers.kinds import KINDS, kind_of, say_kinds
from napari_discembed.widgets.panels import kinds as panel_module

from ..conftest import Wait, click_path, embedding_of, paint, photograph, squares

LEAF, SEED = named_kinds(["leaf", "seed"])


def press_kind(dock: Any, number: int) -> None:
    canvas = dock.viewer.window._qt_viewer.canvas.native
    key = getattr(Qt.Key, f"Key_{number}")
    QTest.keyClick(canvas, key, Qt.KeyboardModifier.ControlModifier)


def two_kinds(dock: Any) -> Any:
    """Let the session of a dock know leaf and seed."""
    dock.session.kinds.take_up([LEAF, SEED])
    return dock.session.kinds


@pytest.fixture
def painting(tuner: FineTuneDock) -> FineTuneDock:
    """Return a Fine-tune dock beside three painted squares."""
    paint(tuner)
    tuner.pairs.measure()
    return tuner


def test_of_one_kind_nothing_is_shown_but_a_quiet_button(painting: FineTuneDock) -> None:
    panel = painting.pairs.kinds.panel
    assert panel.rows == []
    assert panel.add_button.text() == panel_module.MORE
    assert not painting.pairs.painted.kind.isVisibleTo(painting)
    assert painting.chosen() is not None
    assert painting.chosen().classes is None


def test_a_kind_is_added_named_coloured_and_deleted(
    painting: FineTuneDock, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    panel, kinds = painting.pairs.kinds.panel, painting.session.kinds
    panel.add_button.click()
    first, second = panel.rows
    assert not second.edit.isHidden()
    second.edit.setText("seed")
    second.edit.editingFinished.emit()
    assert kinds.names == ["kind 1", "seed"]
    assert second.name.whole == "seed  Ctrl+2"
    assert (first.name.isChecked(), second.name.isChecked()) == (False, True)
    first.rename_action.trigger()
    first.edit.setText("seed")
    first.edit.editingFinished.emit()
    assert "already" in told[-1]
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_args: QColor("#123456"))
    first.colour.click()
    assert kinds.all[0].colour == "#123456"
    first.menu.aboutToShow.emit()
    assert first.delete_action.text() == "Delete (3 objects become seed)"
    first.delete_action.trigger()
    assert kinds.names == ["seed"]
    assert panel.rows == []
    assert kind_of(painting.pairs.labels.layer(), 1, kinds).name == "seed"


@pytest.fixture
def several(painting: FineTuneDock) -> FineTuneDock:
    """Return a Fine-tune dock with three painted squares, of two kinds, the first chosen."""
    two_kinds(painting)
    return painting


def numbers(dock: FineTuneDock) -> list[tuple[int, str]]:
    layer, listed = dock.pairs.labels.layer(), dock.pairs.painted
    return [
        (one.label, kind_of(layer, one.label, dock.session.kinds).name) for one in listed.objects
    ]


def test_what_is_painted_next_is_of_the_chosen_kind(several: FineTuneDock) -> None:
    pairs = several.pairs
    pairs.measure()
    press_kind(several, 2)
    assert several.session.kinds.chosen == SEED
    pairs.object_button.click()
    layer = pairs.labels.layer()
    assert layer.selected_label == 4
    layer.data_setitem((np.array([1]), np.array([1])), 4)
    pairs.measure()
    assert numbers(several) == [(1, "leaf"), (2, "leaf"), (3, "leaf"), (4, "seed")]
    press_kind(several, 1)  # with the brush in hand: an object of its own
    assert layer.selected_label == 5
    press_kind(several, 2)  # nothing was painted yet
    assert layer.selected_label == 5
    layer.data_setitem((np.array([3]), np.array([3])), 5)
    layer.data_setitem((np.array([3]), np.array([9])), 6)  # by a number of one's own
    pairs.measure()
    assert numbers(several)[-2:] == [(5, "seed"), (6, "seed")]
    assert layer.features.set_index("index")["kind"][4] == "seed"


def test_the_list_says_the_kinds_and_changes_them_as_one_step(several: FineTuneDock) -> None:
    listed, layer = several.pairs.painted, several.pairs.labels.layer()
    several.pairs.measure()
    assert listed.rows.item(0).text().startswith("1:  leaf, ")
    assert listed.kind.isVisibleTo(several)
    listed.rows.setCurrentRow(0)
    listed.kind.setCurrentText("seed")
    listed.kind.activated.emit(1)
    assert listed.rows.currentItem().text().startswith("4:  seed, ")
    assert numbers(several) == [(2, "leaf"), (3, "leaf"), (4, "seed")]
    layer.undo()
    several.pairs.measure()
    assert numbers(several) == [(1, "leaf"), (2, "leaf"), (3, "leaf")]


def test_a_renamed_kind_is_renamed_everywhere(several: FineTuneDock) -> None:
    several.pairs.measure()
    several.session.kinds.rename("leaf", "blade")
    assert several.pairs.painted.rows.item(0).text().startswith("1:  blade, ")
    assert set(several.pairs.labels.layer().metadata[KINDS].values()) == {"blade"}


def test_the_training_is_told_the_kinds(
    several: FineTuneDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = several.pairs.labels.layer()
    several.pairs.measure()
    say_kinds(layer, [2], "seed")
    begun: list[Any] = []
    monkeypatch.setattr(several.trainer, "begin", lambda training, **_how: begun.append(training))
    several.go.click()
    [training] = begun
    assert training.request.kinds == (LEAF, SEED)
    [classes] = training.classes()
    painted = np.asarray(layer.data)
    assert set(classes[painted == 2]) == {2}
    assert set(classes[painted == 1]) == {1}
    assert several.chosen().live.classes is not None
    assert several.chosen().key != several.chosen().shown.id
    training.discard()


def test_kinds_are_learnt_kept_in_the_model_and_shown_by_another_session(
    several: FineTuneDock, wait: Wait, make_napari_viewer_proxy: Any
) -> None:
    say_kinds(several.pairs.labels.layer(), [2], "seed")
    several.pairs.measure()
    several.go.click()
    wait(lambda: not several.trainer.is_busy)
    model = str(several.model_file)
    other = FineTuneDock(make_napari_viewer_proxy())
    other.viewer.window.add_dock_widget(other, name="Fine-tune")
    other.start_model.choose(model)
    assert other.session.kinds.all == (LEAF, SEED)
    assert [row.kind for row in other.pairs.kinds.panel.rows] == [LEAF, SEED]


def of_two(labels: np.ndarray) -> EmbeddingSeries:
    """Return embeddings in which odd objects are leaves and even ones seeds."""
    plain = embedding_of(labels)
    leaf, seed = (labels % 2 == 1), (labels % 2 == 0) & (labels > 0)
    maps = {**plain.maps, "foreground": np.stack([leaf, seed]).astype(np.float32)}
    embedding = Embedding(maps, diameter=12.0, kinds=(LEAF, SEED))
    return EmbeddingSeries([embedding], kinds=(LEAF, SEED))


def find(dock: SegmentDock, wait: Wait, labels: np.ndarray) -> Any:
    layer = dock.viewer.add_image(photograph(labels), name="cells")
    dock.session.reading = LayerReading(str(layer.unique_id), Axes("YX"))
    dock.session.series = of_two(labels)
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    return layer


def test_found_objects_are_counted_and_coloured_by_kind(dock: SegmentDock, wait: Wait) -> None:
    find(dock, wait, squares(3))
    objects = dock.objects
    assert dock.session.kinds.all == (LEAF, SEED)
    assert [
        word
        for word in objects.legend.text()
        .replace("<", " ")
        .replace(">", " ")
        .replace("&nbsp;", " ")
        .split()
        if word in {"leaf", "seed", "1", "2"}
    ] == ["leaf", "2", "seed", "1"]
    preview = objects.preview()
    own = preview.colormap
    objects.colour.choose("kind")
    data = np.asarray(preview.data)
    leaves = [preview.colormap.map(int(data[12, x]))[:3] for x in (12, 60)]
    assert np.allclose(leaves, [LEAF.rgb] * 2, atol=0.01)
    assert np.allclose(preview.colormap.map(int(data[12, 36]))[:3], SEED.rgb, atol=0.01)
    objects.colour.choose("object")
    assert preview.colormap is own


def test_a_commit_writes_the_kinds_and_undo_takes_them_back(dock: SegmentDock, wait: Wait) -> None:
    find(dock, wait, squares(3))
    mine = dock.viewer.add_labels((squares(3) > 0).astype(np.uint16) * 3, name="mine")
    say_kinds(mine, [3], "seed")
    dock.target.choose(mine)
    dock.commit()
    dock.commit()  # it holds what was painted
    kinds = dock.session.kinds
    assert [kind_of(mine, n, kinds).name for n in (1, 2, 3)] == ["leaf", "seed", "leaf"]
    assert mine.features.set_index("index")["kind"].to_dict() == {1: "leaf", 2: "seed", 3: "leaf"}
    mine.undo()
    assert kind_of(mine, 3, kinds).name == "seed"


def test_only_where_empty_keeps_the_kinds_that_are_there(dock: SegmentDock, wait: Wait) -> None:
    find(dock, wait, squares(3))
    mine = dock.viewer.add_labels(np.where(squares(3) == 1, 5, 0).astype(np.uint16), name="mine")
    say_kinds(mine, [5], "seed")
    dock.target.choose(mine)
    dock.keep.setChecked(True)
    dock.commit()
    kinds = dock.session.kinds
    got = {
        int(mine.data[12, x]): kind_of(mine, int(mine.data[12, x]), kinds).name
        for x in (12, 36, 60)
    }
    assert got == {5: "seed", 6: "seed", 7: "leaf"}


@pytest.fixture
def correcting(corrector: CorrectDock) -> CorrectDock:
    """Return a Correct dock with three squares, the second of them a seed."""
    two_kinds(corrector)
    say_kinds(corrector.labels.layer(), [1, 3], "leaf")
    say_kinds(corrector.labels.layer(), [2], "seed")
    return corrector


def at(dock: CorrectDock, x: int) -> str:
    layer = dock.labels.layer()
    return kind_of(layer, int(layer.data[12, x]), dock.session.kinds).name


def test_a_click_gives_an_object_the_chosen_kind_as_one_step(
    correcting: CorrectDock, told: list[str]
) -> None:
    layer, session = correcting.labels.layer(), correcting.session
    assert correcting.kind.button.isVisibleTo(correcting)
    assert correcting.kind.button.text() == "Kind  Ctrl+K"
    press_kind(correcting, 2)
    correcting.kind.button.click()
    click_path(correcting, (12.0, 12.0))
    assert [at(correcting, x) for x in (12, 36, 60)] == ["seed", "seed", "leaf"]
    corrected = session.correcting.of(str(layer.unique_id))
    assert corrected is not None
    assert {number for _, number in corrected.accepted} == {int(layer.data[12, 12])}
    click_path(correcting, (12.0, 12.0))
    assert "already" in told[-1]
    layer.undo()
    assert [at(correcting, x) for x in (12, 36, 60)] == ["leaf", "seed", "leaf"]


def test_a_key_changes_the_kind_of_the_object_shown(correcting: CorrectDock, wait: Wait) -> None:
    correcting.checking.next.click()
    wait(lambda: correcting.checking.shown() is not None)
    shown = correcting.checking.shown()
    before = kind_of(correcting.labels.layer(), shown.label, correcting.session.kinds)
    press_kind(correcting, 1 if before == SEED else 2)
    number = int(correcting.labels.layer().data[shown.pixel])
    assert number != shown.label
    assert kind_of(correcting.labels.layer(), number, correcting.session.kinds) != before
    assert "Ctrl+Z" in correcting.hint.text()


def test_parts_and_added_objects_get_their_kinds(correcting: CorrectDock) -> None:
    correcting.buttons["Cut"].click()
    click_path(correcting, (12.0, 28.0), (12.0, 44.0))
    layer = correcting.labels.layer()
    parts = {int(n) for n in np.unique(layer.data[:, 24:48]) if n}
    assert len(parts) == 2
    assert {kind_of(layer, n, correcting.session.kinds).name for n in parts} == {"seed"}
    before = [at(correcting, x) for x in (12, 60)]
    correcting.renumber()
    assert [at(correcting, x) for x in (12, 60)] == before
    assert kind_of(layer, int(layer.data[8, 36]), correcting.session.kinds) == SEED


def test_corrected_objects_are_coloured_by_kind(correcting: CorrectDock) -> None:
    layer, checking = correcting.labels.layer(), correcting.checking
    own = layer.colormap
    checking.colour.choose("kind")
    assert np.allclose(layer.colormap.map(2)[:3], SEED.rgb, atol=0.01)
    correcting.session.kinds.recolour("seed", "#ff0000")
    assert np.allclose(layer.colormap.map(2)[:3], (1, 0, 0), atol=0.01)
    correcting.session.kinds.remove("seed")
    assert checking.colour.value() == "object"
    assert layer.colormap is own
    assert not correcting.kind.button.isVisibleTo(correcting)


def test_corrections_are_learnt_with_their_kinds(
    correcting: CorrectDock, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = correcting.labels.layer()
    image = correcting.viewer.add_image(photograph(squares(3)), name="cells")
    correcting.session.reading = LayerReading(str(image.unique_id), Axes("YX"))
    begun: list[Any] = []
    trainer = correcting.learning.trainer
    monkeypatch.setattr(trainer, "begin", lambda training, **_how: begun.append(training))
    press_kind(correcting, 2)
    correcting.kind.button.click()
    click_path(correcting, (12.0, 12.0))
    correcting.learning.learn()
    [training] = begun
    assert training.request.kinds == (LEAF, SEED)
    labels = training.pairs()[1][0]
    known = (labels > 0) & (np.asarray(layer.data) > 0)
    assert known[12, 12]
    assert set(training.classes()[0][known]) == {2}
    training.discard()


def test_kinds_are_counted_in_the_dock(
    make_napari_viewer_proxy: Any, told: list[str], wait: Wait
) -> None:
    viewer = make_napari_viewer_proxy()
    dock = CountDock(viewer)
    viewer.window.add_dock_widget(dock, name="Count")
    two_kinds(dock)
    layer = viewer.add_labels(squares(3), name="mine")
    say_kinds(layer, [2], "seed")
    dock.count()
    wait(lambda: dock.measured is not None)
    assert dock.summary.text().startswith("3 objects: 2 leaf, 1 seed")
    assert list(dock.measured.columns["kind"]) == ["leaf", "seed", "leaf"]
    dock.count_layers()
    columns = dock.measures.columns()
    assert [list(columns[f"count_{name}"]) for name in ("leaf", "seed")] == [[2], [1]]
    assert "(2 leaf, 1 seed)" in dock.summary.text()


def test_a_preview_has_the_colours_of_the_kinds(several: FineTuneDock) -> None:
    several.pairs.measure()
    several._kinds = (LEAF, SEED)
    several._shown = several.pairs.value().shown
    labels = squares(2, 32).astype(np.int32)
    nothing = np.zeros((0, 2), np.float32)
    about = {"points": nothing, "owners": np.zeros(0, np.int64), "means": nothing}
    several._show_preview(
        Preview(labels, (0, 0), **about, pull=0.5, push=1.5, classes=np.array([2, 1]))
    )
    preview = several._shown.find("preview")
    assert np.allclose(preview.colormap.map(1)[:3], SEED.rgb, atol=0.01)
    assert np.allclose(preview.colormap.map(2)[:3], LEAF.rgb, atol=0.01)
