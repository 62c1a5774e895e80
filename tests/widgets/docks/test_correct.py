"""The Correct dock: each tool is one step of undo."""

from __future__ import annotations

from typing import Any

import dask.array
import numpy as np
import pytest

from napari_discembed.widgets.docks.correct import CorrectDock
from napari_discembed.widgets.layers import BACKGROUND, FRAMES
from napari_discembed.widgets.panels.tools import TOOLS

from ..conftest import click_path, squares


@pytest.mark.parametrize(
    ("tool", "clicks", "left"),
    [
        ("Merge", [[(12, 12)], [(12, 36)]], [1, 3]),
        ("Delete", [[(12, 12)]], [2, 3]),
        ("Cut", [[(12, 2), (12, 12), (12, 22)]], [1, 2, 3, 4]),
        ("Dilate", [[(12, 12)]], [1, 2, 3]),
        ("Erode", [[(12, 12)]], [1, 2, 3]),
    ],
)
def test_each_tool_is_one_step_of_undo(
    tool: str, clicks: list[Any], left: list[int], corrector: CorrectDock
) -> None:
    layer = corrector.labels.layer()
    before = layer.data.copy()
    corrector.buttons[tool].click()
    for path in clicks:
        click_path(corrector, *path)
    assert [x for x in np.unique(layer.data) if x] == left
    assert (layer.data != before).any()
    layer.undo()
    assert (layer.data == before).all()


def test_the_embedding_splits_what_was_merged(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[layer.data == 2] = 1
    corrector.buttons["Split"].click()
    click_path(corrector, (12, 12))
    click_path(corrector, (12, 36))
    assert ((layer.data == 4) == (squares(3) == 2)).all()


def test_snapping_takes_the_embeddings_border(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[10:, :24] = 0
    corrector.buttons["Snap"].click()
    click_path(corrector, (8, 12))
    assert ((layer.data == 1) == (squares(3) == 1)).all()


def test_a_missed_object_is_added_by_a_click_or_by_a_line(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[layer.data > 1] = 0
    corrector.buttons["Add"].click()
    click_path(corrector, (12, 36))
    assert ((layer.data == 2) == (squares(3) == 2)).all()
    click_path(corrector, (2, 50), (2, 70), (20, 70), (20, 50))
    assert layer.data[12, 60] == 3
    layer.undo()
    assert not (layer.data == 3).any()


def test_filling_closes_a_hole(corrector: CorrectDock) -> None:
    layer = corrector.labels.layer()
    layer.data[11:13, 11:13] = 0
    corrector.buttons["Fill"].click()
    click_path(corrector, (8, 12))
    assert (layer.data == squares(3)).all()


def test_one_tool_at_a_time_and_wrong_clicks_are_told(
    corrector: CorrectDock, told: list[str]
) -> None:
    corrector.buttons["Merge"].click()
    corrector.buttons["Delete"].click()
    assert not corrector.buttons["Merge"].isChecked()
    click_path(corrector, (0, 0))
    assert "got background" in told[-1]
    click_path(corrector, (-9, 0))
    assert "outside" in told[-1]
    corrector.buttons["Delete"].click()
    click_path(corrector, (12, 12))
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
    assert all("Shift+" in corrector.buttons[tool.title].toolTip() for tool in TOOLS)


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
    click_path(corrector, (0, 12, 2), (0, 12, 22))
    assert [sorted(np.unique(plane)) for plane in layer.data] == [
        [0, 1, 3], [0, 1], [0, 1, 2], [0, 1, 2],
    ]  # fmt: skip


def test_a_scribble_of_background_outlives_corrections(corrector: CorrectDock) -> None:
    labels = squares(3).astype(np.uint8)
    labels[-1] = 255
    layer = corrector.viewer.add_labels(labels, name="scribbled", metadata={BACKGROUND: 255})
    corrector.labels.choose(layer)
    corrector.buttons["Cut"].click()
    click_path(corrector, (12, 2), (12, 12), (12, 22))
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3, 4, 255]
    corrector.buttons["Delete"].click()
    click_path(corrector, (12, 36))
    corrector.renumber()
    assert sorted(np.unique(layer.data)) == [0, 1, 2, 3, 255]
    assert (layer.data == 255).sum() == 72


def test_a_volume_is_corrected_as_one(corrector: CorrectDock, told: list[str]) -> None:
    layer = volume(corrector, metadata={FRAMES: ""})
    corrector.buttons["Cut"].click()
    click_path(corrector, (0, 12, 2), (0, 12, 22))
    assert "planes alone" in told[0]
    corrector.buttons["Delete"].click()
    click_path(corrector, (0, 12, 12))
    assert 1 not in layer.data
    layer.undo()
    assert (layer.data == 1).sum() == 4 * 144


def test_what_cannot_be_written_to_is_told(corrector: CorrectDock, told: list[str]) -> None:
    layer = corrector.viewer.add_labels(dask.array.from_array(squares(3)), name="lazy")
    corrector.labels.choose(layer)
    corrector.buttons["Delete"].click()
    click_path(corrector, (12, 12))
    corrector.renumber()
    assert len(told) == 2
    assert "dask" in told[0]


def test_the_first_click_of_two_shows_its_object_and_escape_lets_it_go(
    corrector: CorrectDock,
) -> None:
    layer = corrector.labels.layer()
    before = layer.data.copy()
    corrector.buttons["Merge"].click()
    click_path(corrector, (1, 1))
    assert corrector.hint.text().startswith("There is no object here.")
    click_path(corrector, (12, 12))
    outline = corrector.viewer.layers["mine | picked"]
    assert outline.visible
    assert np.ptp(outline.data[0], axis=0).tolist() == [12, 12]
    assert "Now click the other object" in corrector.hint.text()
    assert corrector.viewer.layers.selection.active is layer
    corrector.picked.escape.activated.emit()
    assert not outline.visible
    assert not corrector.picked.escape.isEnabled()
    click_path(corrector, (12, 60))
    assert (layer.data == before).all()  # it is the first again
    click_path(corrector, (12, 36))
    assert sorted(np.unique(layer.data)) == [0, 1, 3]
    assert not outline.visible


def test_what_was_clicked_is_let_go_with_the_labels_it_is_of(corrector: CorrectDock) -> None:
    corrector.buttons["Merge"].click()
    click_path(corrector, (12, 12))
    outline = corrector.viewer.layers["mine | picked"]
    corrector.labels.choose(corrector.viewer.add_labels(squares(3), name="other"))
    assert corrector._points == []
    assert not outline.visible
