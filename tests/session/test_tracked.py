"""Corrections of tracks follow the undo of their labels."""

from __future__ import annotations

import numpy as np
import pytest

from napari_discembed.session import tracked as module
from napari_discembed.session.tracked import Probe, Tracked
from napari_discembed.tracking import editing
from napari_discembed.types import Index, Lineages
from napari_discembed.types.track_points import points_of

LABELS = np.array([[[1, 2]], [[1, 2]], [[1, 2]]], dtype=np.uint16)


class Sheet:
    """Labels that are corrected as the dock does it, with an undo of their own."""

    def __init__(self) -> None:
        self.labels, self.tracked = LABELS.copy(), Tracked()
        self.steps: list[tuple[object, object, object]] = []
        self.tracked.begin(Lineages.of_labels(self.labels))

    def swap(self, frame: int) -> None:
        assert self.tracked.lineages is not None
        edit = editing.swap(self.tracked.lineages, 1, 2, frame)
        where, values = edit.pixels(self.labels)
        at = tuple(int(along[0]) for along in where)
        self.steps.append((where, self.labels[where], values))
        probe = Probe(at, int(self.labels[at]), int(values[0]))
        self.labels[where] = values
        self.tracked.add(edit.after, probe)

    def undo(self, step: int) -> None:
        self.labels[self.steps[step][0]] = self.steps[step][1]

    def redo(self, step: int) -> None:
        self.labels[self.steps[step][0]] = self.steps[step][2]

    def number_at(self, at: Index) -> int:
        return int(self.labels[at])

    def agrees(self) -> bool:
        lineages = self.tracked.lineages
        seen = points_of(self.labels)
        return lineages is not None and bool((lineages.points.centroids == seen.centroids).all())


def test_each_step_of_undo_and_redo_is_followed() -> None:
    sheet = Sheet()
    sheet.swap(1)
    sheet.swap(2)
    assert sheet.tracked.n_corrections == 2
    for change, step in [("undo", 1), ("undo", 0), ("redo", 0), ("redo", 1)]:
        getattr(sheet, change)(step)
        assert sheet.tracked.follow(sheet.number_at)
        assert sheet.agrees()
        assert not sheet.tracked.follow(sheet.number_at)
    assert sheet.tracked.words.endswith("0 births, 0 divisions, 0 losses, 2 corrections.")
    sheet.undo(1)
    sheet.tracked.follow(sheet.number_at)
    sheet.swap(1)
    assert sheet.tracked.n_corrections == 2
    assert sheet.agrees()


def test_a_change_that_is_no_step_is_looked_at_anew() -> None:
    sheet = Sheet()
    sheet.swap(1)
    assert not sheet.tracked.look_again(points_of(sheet.labels))
    sheet.labels[2, 0, 1] = 7
    assert sheet.tracked.look_again(points_of(sheet.labels))
    assert sheet.tracked.lineages is not None
    assert sheet.tracked.lineages.table.ids.tolist() == [1, 2, 7]
    assert sheet.tracked.n_corrections == 2
    sheet.undo(0)
    assert not sheet.tracked.follow(sheet.number_at)  # steps before it are known no more


def test_only_so_many_steps_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_STEPS", 2)
    sheet = Sheet()
    for frame in (0, 1, 2):
        sheet.swap(frame)
    assert sheet.tracked.n_corrections == 3
    assert len(sheet.tracked._states) == 3


def test_a_track_that_is_gone_is_selected_no_more() -> None:
    sheet, told = Sheet(), []
    sheet.tracked.selected_changed.connect(told.append)
    sheet.tracked.select(2)
    sheet.labels[sheet.labels == 2] = 0
    sheet.tracked.look_again(points_of(sheet.labels))
    assert told == [2, 0]
    sheet.tracked.begin(None)
    assert sheet.tracked.lineages is None
    assert not sheet.tracked.look_again(points_of(sheet.labels))
