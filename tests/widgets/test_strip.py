"""Docks as tabs of one place, and the strip that leads from one to the next."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QDockWidget
from tests.widgets.conftest import Wait

from napari_discembed.session.guidance import Step
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.qt.places import frame_of

PLUGIN = "napari-discembed"


def frame(dock: Any) -> QDockWidget:
    """Return the dock widget around a dock."""
    found = frame_of(dock)
    assert found is not None
    return found


def test_docks_open_as_tabs_of_one_narrow_place(
    make_napari_viewer_proxy: Any, wait: Wait, told: list[str]
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    viewer.window.resize(1366, 740)
    _, first = viewer.window.add_plugin_dock_widget(PLUGIN, "Segment")
    window = first.window()
    wait(lambda: 0 < frame(first).width() <= 360)
    _, second = viewer.window.add_plugin_dock_widget(PLUGIN, "Count")
    wait(lambda: frame(first) in window.tabifiedDockWidgets(frame(second)))
    wait(lambda: frame(second).width() <= 360)
    # The second one does not squeeze the first: both are as high as their place.
    assert frame(second).height() == frame(first).height() > 400
    viewer.close()


def test_a_step_opens_its_dock_once_and_brings_it_forward(
    make_napari_viewer_proxy: Any, wait: Wait, told: list[str]
) -> None:
    viewer = make_napari_viewer_proxy(show=True)
    _, segment = viewer.window.add_plugin_dock_widget(PLUGIN, "Segment")
    segment.strip.buttons[Step.CORRECT].click()
    window = segment.window()
    wait(lambda: len(window.tabifiedDockWidgets(frame(segment))) == 1)
    (correct,) = window.tabifiedDockWidgets(frame(segment))
    assert correct.isVisible()
    segment.strip.buttons[Step.CORRECT].click()
    assert window.tabifiedDockWidgets(frame(segment)) == [correct]
    # The button of where one is stays down, the other does not.
    assert segment.strip.buttons[Step.FIND].isChecked()
    assert not segment.strip.buttons[Step.CORRECT].isChecked()
    viewer.close()


def test_the_strip_says_what_is_worked_on_and_what_comes_next(dock: SegmentDock) -> None:
    strip = dock.strip
    assert "Open an image" in strip.next.text()
    dock.session.note(image="leaves", model="rosette", found=17)
    assert strip.what.text() == "leaves · rosette · 17 objects"
    assert "Commit" in strip.next.text()
    assert strip.buttons[Step.FIND].font().bold()
    dock.session.note(committed=True)
    assert strip.buttons[Step.CORRECT].font().bold()
    assert not strip.buttons[Step.FIND].font().bold()
    dock.session.note(finding="Finding objects: 40 %")
    assert strip.next.text() == "Finding objects: 40 %"
