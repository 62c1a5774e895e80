"""The wand: hover, take, add, cut."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_discembed.widgets.docks.segment import SegmentDock

from ..conftest import Wait, give, squares


def event(position: tuple[float, ...], kind: str = "mouse_press", *modifiers: str) -> Any:
    return SimpleNamespace(
        position=position, type=kind, modifiers=modifiers, button=1, delta=(0, 1), handled=False
    )


def test_the_wand_takes_adds_and_cuts(dock: SegmentDock, wait: Wait) -> None:
    labels = squares(3)
    give(dock, labels, wait)
    wand = dock.wand
    wand.setChecked(True)
    assert wand._hover in dock.viewer.mouse_move_callbacks

    def click(column: int, *modifiers: str) -> None:
        wand.mask = None
        wand._hover(None, event((12, column), "mouse_move"))
        wait(lambda: wand.mask is not None)
        press = event((12, column), "mouse_press", *modifiers)
        steps = wand._click(None, press)
        next(steps)
        press.type = "mouse_release"
        next(steps, None)

    click(12)
    layer = dock.target.layer()
    assert ((layer.data == 1) == (labels == 1)).all()
    click(36, "Shift")
    assert ((layer.data == 1) == ((labels == 1) | (labels == 2))).all()
    click(12, "Alt")
    assert ((layer.data == 1) == (labels == 2)).all()
    click(60)
    assert ((layer.data == 2) == (labels == 3)).all()
    assert dock.session.config.bandwidth is None
    wheel = event((12, 12), "mouse_wheel", "Alt")
    wand._wheel(None, wheel)
    assert wheel.handled
    assert dock.session.config.bandwidth == pytest.approx(1.1 * 1.25)
    wand.setChecked(False)
    assert wand._hover not in dock.viewer.mouse_move_callbacks
    assert not any(x.name == "cells | wand" for x in dock.viewer.layers)


def test_the_wand_takes_what_is_lit_where_it_is_shown_and_no_more(
    dock: SegmentDock, wait: Wait, told: list[str]
) -> None:
    give(dock, np.stack([squares(3)] * 2), wait)
    dock.viewer.dims.set_current_step(0, 0)
    wand = dock.wand
    wand.setChecked(True)
    taken: list[Any] = []
    wand.taken.connect(lambda *what: taken.append(what))

    def click(column: float, button: int = 1) -> None:
        press = event((dock.frame_shown()[0], 12, column))
        press.button = button
        steps = wand._click(None, press)
        next(steps, None)
        press.type = "mouse_release"
        next(steps, None)

    wand._hover(None, event((0, 12, 12), "mouse_move"))
    wait(lambda: wand.mask is not None)
    click(12, button=2)
    click(300)
    dock.viewer.dims.set_current_step(0, 1)
    click(12)
    assert not taken
    wand._hover(None, event((1, 12, 12), "mouse_move"))
    wait(lambda: wand.mask is not None and wand._found_at[1] == (1,))
    full = dock.viewer.add_labels(np.full((2, 24, 72), 255, np.uint8), name="full")
    dock.target.choose(full)
    click(12)
    assert "no number left" in told[-1]
    wand._hover(None, event((1, 12, 300), "mouse_move"))
    assert wand.mask is None
    dock.viewer.window.remove_dock_widget(dock)
    assert not any(x.name == "cells | wand" for x in dock.viewer.layers)
