"""Count the clicks from an empty viewer to counted objects, for who has never seen the plugin.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/first_hour.py
    ... python benchmarks/first_hour.py --image plant.png --labels plant_label.png [--model rosette]

Drives a real viewer by clicks of the mouse on the docks' own buttons. What lies in napari's menus
counts by their levels. Coins: the sample is opened, learnt, found, committed and counted. A picture
with true labels (else a drawn rosette): found by shipped weights, committed, corrected, counted. The
corrections are those that the Correct dock would count, an outline being right from an overlap of
0.5; each costs the clicks of its tool, and a tool that is taken up one more.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

os.environ.setdefault("DISCEMBED_HOME", tempfile.mkdtemp(prefix="discembed-first-hour-"))

import napari
import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QWidget

from napari_discembed.datasets.synthetic import draw_rosettes
from napari_discembed.interaction.corrections import Corrections, compare
from napari_discembed.io.images import read_image
from napari_discembed.io.labels import read_labels
from napari_discembed.session.guidance import Step
from napari_discembed.widgets.dock import Dock
from napari_discembed.widgets.docks.count import CountDock
from napari_discembed.widgets.docks.finetune import FineTuneDock
from napari_discembed.widgets.docks.segment import SegmentDock
from napari_discembed.widgets.qt.places import siblings

DockT = TypeVar("DockT", bound=Dock)

PLUGIN = "napari-discembed"
SAMPLE, FILE, DOCK, CHOICE = 4, 4, 3, 2
"""Clicks: File > Open Sample > Discembed > Coins; File > Open Files, a file, Open; Plugins >
Discembed > a dock; a box, and an item of it."""
COSTS = {"merged": 2, "split": 2, "deleted": 1, "added": 1, "redrawn": 1}
"""Clicks or strokes of the tool that makes each correction."""
RIGHT = 0.5
LIMITS = {"coins": 12, "rosette": 25}


class Person:
    """Who clicks, and how often.

    Attributes
    ----------
    clicks
        So far, and what they were for.
    """

    def __init__(self) -> None:
        self.viewer = napari.Viewer(show=True)
        self.viewer.window.resize(1366, 740)
        self.clicks: list[tuple[str, int]] = []
        wait(seconds=0.5)

    @property
    def total(self) -> int:
        """All clicks."""
        return sum(count for _, count in self.clicks)

    def menu(self, what: str, count: int) -> None:
        """Count the clicks of a menu."""
        self.clicks.append((what, count))

    def click(self, widget: QWidget, what: str) -> None:
        """Click a button that is in view."""
        if not (widget.isVisible() and widget.isEnabled()) or widget.visibleRegion().isEmpty():
            raise RuntimeError(f"{what} cannot be clicked: it is not in view, or greyed.")
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
        self.clicks.append((what, 1))
        wait(seconds=0.3)

    def open(self, kind: type[DockT]) -> DockT:
        """Open a dock from the menu."""
        name = step_of(kind).value
        _, dock = self.viewer.window.add_plugin_dock_widget(PLUGIN, name)
        self.menu(f"Plugins > {name}", DOCK)
        wait(seconds=0.5)
        return cast("DockT", dock)

    def go_to(self, dock: Dock, kind: type[DockT]) -> DockT:
        """Go on to another step, by the strip."""
        self.click(dock.strip.buttons[step_of(kind)], f"step {step_of(kind).value}")
        return dock_of(dock, kind)


def wait(condition: Callable[[], bool] = lambda: False, seconds: float = 300) -> bool:
    """Run the interface until something is so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        if condition():
            return True
        time.sleep(0.005)
    return False


def button(dock: Dock, words: str) -> QPushButton:
    """Return a dock's button by its words."""
    return next(one for one in dock.findChildren(QPushButton) if one.text() == words)


def step_of(kind: type[Dock]) -> Step:
    """Return the step of the work that a kind of dock is for."""
    if kind.STEP is None:
        raise ValueError(f"{kind.__name__} is for no step of the work.")
    return kind.STEP


def dock_of(dock: Dock, kind: type[DockT], seconds: float = 10) -> DockT:
    """Return another dock of the window, once it is open."""
    wait(lambda: any(True for _ in siblings(dock, kind)), seconds)
    return next(siblings(dock, kind))


def found(segment: SegmentDock) -> bool:
    """Tell whether the objects are there."""
    return segment.objects.preview() is not None and segment.objects.is_idle


def count_committed(person: Person, segment: SegmentDock) -> int:
    """Commit, go to Count, and return what it counts."""
    person.click(segment.commit_button, "Commit")
    wait(lambda: segment.target.layer() is not None, 30)
    count = person.go_to(segment, CountDock)
    person.click(button(count, "Count"), "Count")
    wait(lambda: count.measured is not None, 60)
    return 0 if count.measured is None else len(count.measured.columns["label"])


def coins() -> tuple[Person, str]:
    """Learn four painted coins, find all, commit and count them."""
    person = Person()
    person.viewer.open_sample(PLUGIN, "coins")
    person.menu("File > Open Sample > Coins", SAMPLE)
    finetune = person.open(FineTuneDock)
    person.click(finetune.go, "Learn")
    segment = dock_of(finetune, SegmentDock, 300)  # it opens by itself, once that is learnt
    wait(lambda: found(segment))
    return person, f"{count_committed(person, segment)} of 24 coins"


def picture(pixels: np.ndarray, truth: np.ndarray, model: str) -> tuple[Person, str]:
    """Find the objects of a picture by shipped weights, commit, correct and count them."""
    person = Person()
    person.viewer.add_image(pixels, rgb=pixels.shape[-1] == 3, name="picture")
    person.menu("File > Open Files", FILE)
    segment = person.open(SegmentDock)
    segment.embed.model.choose(model)
    person.menu(f"Model > {model}", CHOICE)
    person.click(segment.embed.button, "Find objects")
    wait(lambda: found(segment))
    count = count_committed(person, segment)
    labels = np.asarray(segment.target.layer().data)
    made = compare(labels, truth, RIGHT).corrections
    person.clicks += corrected(made)
    return person, f"{count} found of {len(np.unique(truth)) - 1}; {made}"


def corrected(made: Corrections) -> list[tuple[str, int]]:
    """Return the clicks of corrections."""
    every = [("step Correct", 1)] if made.total else []
    for kind, cost in COSTS.items():
        if number := getattr(made, kind):
            every.append((f"{number} {kind}", 1 + cost * number))
    return every


def main() -> int:
    """Drive both, and print the clicks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=Path, help="a picture of yours; else a drawn rosette")
    parser.add_argument("--labels", type=Path, help="its true objects")
    parser.add_argument("--model", default="rosette")
    parser.add_argument("--only", choices=tuple(LIMITS))
    options = parser.parse_args()
    if options.image is None:
        drawn = draw_rosettes(np.random.default_rng(17))
        pixels, truth = np.asarray(drawn.image), drawn.labels.astype(np.int64)
    else:
        pixels, truth = (
            np.asarray(read_image(options.image).data),
            np.asarray(read_labels(options.labels), np.int64),
        )
    plant = partial(picture, pixels[..., :3], truth, options.model)
    runs: dict[str, Callable[[], tuple[Person, str]]] = {"coins": coins, "rosette": plant}
    print("| what | clicks | limit | which | result |\n|---|---|---|---|---|")
    for name, limit in LIMITS.items():
        if options.only in {None, name}:
            person, result = runs[name]()
            which = ", ".join(f"{what} {count}" for what, count in person.clicks)
            print(f"| {name} | {person.total} | {limit} | {which} | {result} |", flush=True)
            person.viewer.close()
            wait(seconds=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
