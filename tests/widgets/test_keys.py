"""The keys of the docks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import napari.layers
import numpy as np
import pytest
from napari._app_model import get_app_model
from napari.components import ViewerModel
from napari.settings import get_settings
from napari.utils.action_manager import action_manager
from napari.utils.key_bindings import coerce_keybinding
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QWidget

from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.folder import FolderDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.docks.track import TrackDock
from napari_discembed.widgets.keys import KEYS, PREFIX, bound, shown

from .conftest import Wait, choose, click_path, give, open_dock, squares

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture(autouse=True)
def _keys_are_the_usual_ones() -> Iterator[None]:
    yield
    for name, key in KEYS.items():
        if shown(name) and action_manager._shortcuts.get(PREFIX + name) != [key.usual]:
            action_manager.unbind_shortcut(PREFIX + name)
            action_manager.bind_shortcut(PREFIX + name, coerce_keybinding(key.usual))


def press(widget: QWidget, letter: str, modifier: Qt.KeyboardModifier = SHIFT) -> None:
    """Press a letter with Shift, or what is asked, while a widget has the focus."""
    QTest.keyClick(widget, getattr(Qt.Key, f"Key_{letter}"), modifier)


def canvas(dock: Any) -> QWidget:
    return dock.viewer.window._qt_viewer.canvas.native


def test_each_key_is_free_of_naparis_own(make_napari_viewer_proxy: Any) -> None:
    make_napari_viewer_proxy()
    kinds = [k for k in vars(napari.layers).values() if hasattr(k, "class_keymap")]
    taken = {
        key
        for kind in [*kinds, ViewerModel]
        for key, action in kind.class_keymap.items()
        if not getattr(action, "__name__", "").startswith("discembed_")
    }
    assert len(kinds) > 5
    taken |= {rule.keybinding for rule in get_app_model().keybindings}
    own = [coerce_keybinding(key.usual) for key in KEYS.values()]
    assert not taken & set(own)
    assert len(set(own)) == len(own)


@pytest.mark.parametrize("kind", [SegmentDock, FineTuneDock, CorrectDock, FolderDock, TrackDock])
def test_a_button_shows_its_key_and_the_key_presses_it(
    kind: Any, make_napari_viewer_proxy: Any, tiny: str, told: list[str]
) -> None:
    dock = open_dock(kind, make_napari_viewer_proxy)
    assert dock.keys._own
    for name, button in dock.keys._own:
        clicked: list[object] = []
        button.setEnabled(True)
        button.setVisible(True)  # some are shown where there are several kinds only
        button.clicked.connect(lambda *_, clicked=clicked: clicked.append(1))
        modifier, letter = KEYS[name].usual.split("-")
        said, sign, pressed = {
            "Shift": ("Shift+", "⇧", SHIFT),
            "Control": ("Ctrl+", "Ctrl+", Qt.KeyboardModifier.ControlModifier),
        }[modifier]
        assert f"{said}{letter}" in button.toolTip()
        assert f"{sign}{letter}" in button.text()
        press(canvas(dock), letter, pressed)
        assert clicked, name


def test_keys_work_after_a_click_on_a_button_and_on_a_box(corrector: CorrectDock) -> None:
    merge, delete = corrector.buttons["Merge"], corrector.buttons["Delete"]
    press(merge, "M")
    assert merge.isChecked()
    press(corrector.labels, "D")
    assert delete.isChecked()
    assert not merge.isChecked()
    press(delete, "D")
    assert not delete.isChecked()


def test_typing_in_a_field_presses_nothing(dock: SegmentDock, wait: Wait) -> None:
    give(dock, squares(3), wait)
    for field in (dock.embed.diameter, dock.embed.diameter.lineEdit()):
        before = dock.embed.diameter.value()
        for letter in "FCWINO":
            press(field, letter)
        assert not dock.wand.isChecked()
        assert not [x for x in dock.viewer.layers if x.name.endswith("labels")]
        assert dock.embed.diameter.value() == before


def test_a_letter_of_a_key_changes_no_choice(dock: SegmentDock) -> None:
    choose(dock, "density")
    press(dock.objects.form.method, "M")
    assert dock.objects.form.method.currentData() == "density"


def test_after_the_dock_is_closed_a_key_does_nothing(corrector: CorrectDock) -> None:
    viewer, button = corrector.viewer, corrector.buttons["Merge"]
    viewer.window.remove_dock_widget(corrector)
    press(canvas(corrector), "M")
    assert not button.isChecked()
    assert not bound()


def test_of_two_viewers_each_has_its_own_keys(
    make_napari_viewer_proxy: Any, told: list[str]
) -> None:
    one, other = (open_dock(CorrectDock, make_napari_viewer_proxy) for _ in range(2))
    press(canvas(one), "M")
    assert one.buttons["Merge"].isChecked()
    assert not other.buttons["Merge"].isChecked()


def test_a_key_that_a_person_chose_is_shown_and_works(corrector: CorrectDock) -> None:
    merge = corrector.buttons["Merge"]
    get_settings().shortcuts.shortcuts = {
        **get_settings().shortcuts.shortcuts,
        PREFIX + "merge": [coerce_keybinding("Shift-Q")],
    }
    assert "Shift+Q" in merge.toolTip()
    assert "⇧M" not in merge.text()
    press(canvas(corrector), "M")
    assert not merge.isChecked()
    press(canvas(corrector), "Q")
    assert merge.isChecked()


def test_usual_keys_are_kept_out_of_naparis_settings(corrector: CorrectDock) -> None:
    """napari writes all of them there once one is changed, and warns of each when it starts."""
    known = {PREFIX + name: [coerce_keybinding(key.usual)] for name, key in KEYS.items()}
    known[PREFIX + "merge"] = [coerce_keybinding("Shift-Q")]
    get_settings().shortcuts.shortcuts = {**get_settings().shortcuts.shortcuts, **known}
    left = [name for name in get_settings().shortcuts.shortcuts if name.startswith(PREFIX)]
    assert left == [PREFIX + "merge"]
    get_settings().shortcuts.reset()
    assert "Shift+M" in corrector.buttons["Merge"].toolTip()


def test_the_keys_are_listed_in_naparis_shortcut_settings(
    corrector: CorrectDock, qtbot: Any
) -> None:
    from napari._qt.widgets.qt_keyboard_settings import ShortcutEditor

    editor = ShortcutEditor()
    qtbot.addWidget(editor)
    table = editor._table
    rows = [
        [table.item(row, column).text() for column in (0, 2)]
        for row in range(table.rowCount())
        if table.item(row, 0) is not None
    ]
    assert ["Merge two objects (Discembed)", "⇧+M"] in rows


def test_the_key_of_a_tool_that_takes_clicks_leads_to_the_correction(
    corrector: CorrectDock,
) -> None:
    press(canvas(corrector), "D")
    click_path(corrector, (12.0, 12.0))
    assert 1 not in np.unique(corrector.viewer.layers["mine"].data)
