"""What the benchmarks of the plugin share: waiting, rows, gaps, and what bare napari takes."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("DISCEMBED_HOME", tempfile.mkdtemp(prefix="discembed-bench-"))

import napari
import numpy as np
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication, QLabel

ROWS: list[tuple[str, str, str]] = []
MOVES = 25
"""Of a slider, or exchanges of bare labels, of which the median counts."""
GAP = "50 ms"


def wait(condition: Callable[[], bool] = lambda: False, seconds: float = 120) -> bool:
    """Run the interface until something is so."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        if condition():
            return True
        time.sleep(0.0005)
    return False


def record(what: str, value: str, limit: str) -> None:
    """Keep a row and print it."""
    ROWS.append((what, value, limit))
    print(f"| {what} | {value} | {limit} |", flush=True)


class Gaps:
    """How long the interface stood still: the gaps between the beats of a 10 ms timer."""

    def __init__(self) -> None:
        self.beats: list[float] = []
        self.timer = QTimer()
        self.timer.setInterval(10)
        self.timer.timeout.connect(lambda: self.beats.append(time.perf_counter()))

    @contextmanager
    def measured(self, what: str, limit: str = GAP) -> Iterator[None]:
        """Measure during a block."""
        self.beats = []
        self.timer.start()
        yield
        self.timer.stop()
        gaps = 1000 * np.diff(self.beats)
        if len(gaps):
            record(
                f"interface's gaps while {what}: 99th percentile (largest)",
                f"{np.percentile(gaps, 99):.0f} ms ({gaps.max():.0f} ms)",
                limit,
            )


class Drawing:
    """Times from a change to the canvas with it, drawn to the end.

    Attributes
    ----------
    wall, processor
        Milliseconds of each change: by the clock, and of all the process's threads.
    """

    def __init__(self, viewer: napari.Viewer) -> None:
        self.wall: list[float] = []
        self.processor: list[float] = []
        self._drawn: tuple[float, float] = 0.0, 0.0
        self._changed = 0.0
        events = viewer.window._qt_viewer.canvas._scene_canvas.events
        events.draw.connect(self._draw, position="last")  # after vispy's own

    def _draw(self, _event: object) -> None:
        self._drawn = time.perf_counter(), time.process_time()

    def changed(self, _event: object = None) -> None:
        """Take note that there is something new to draw."""
        self._changed = time.perf_counter()

    def time(self, change: Callable[[], None]) -> None:
        """Make a change, and wait until it is drawn."""
        self._changed = 0.0
        started, used = time.perf_counter(), time.process_time()
        change()
        wait(lambda: 0 < self._changed < self._drawn[0], 10)
        self.wall.append(1000 * (self._drawn[0] - started))
        self.processor.append(1000 * (self._drawn[1] - used))
        wait(seconds=0.05)

    def record(self, what: str, limit: str) -> None:
        """Keep a row of the median."""
        wall, processor = statistics.median(self.wall), statistics.median(self.processor)
        value = f"{wall:.0f} ms ({max(self.wall):.0f} ms), {processor:.0f} ms of processor"
        record(f"{what}: median (slowest)", value, limit)


def record_bare(viewer: napari.Viewer, labels: np.ndarray) -> None:
    """Record what napari takes to show other labels, by its ways to do so, without the plugin."""
    other = np.where(labels > 0, labels + 1, 0).astype(labels.dtype)
    what = f"bare napari, other labels to canvas, {labels.shape[0]}x{labels.shape[1]}"
    for way, dtype in (("layer.data = labels", np.int32), ("in place, 16 bits", np.uint16)):
        frames = [x.astype(dtype) for x in (labels, other)]
        layer = viewer.add_labels(frames[0].copy(), opacity=0.5)
        wait(seconds=0.5)
        drawing = Drawing(viewer)
        layer.events.set_data.connect(drawing.changed)

        def change(i: int, layer: napari.layers.Labels = layer, frames: object = frames) -> None:
            new = frames[i % 2]  # type: ignore[index]
            if new.dtype == np.int32:
                layer.data = new
            else:
                layer.data[...] = new
                layer.refresh(extent=False, thumbnail=False)

        for i in range(MOVES):
            drawing.time(lambda i=i: change(i + 1))  # type: ignore[misc]
        drawing.record(f"{what}, {way}", "-")
        viewer.layers.clear()
        wait(seconds=0.5)  # without it, napari on Mesa crashes in the next draw


def record_bare_gaps(gaps: Gaps, label: QLabel) -> None:
    """Record the gaps where nothing runs, and one line of text changes four times a second."""
    with gaps.measured("nothing runs, and a line of text changes every 0.25 s", "-"):
        for i in range(40):
            label.setText(f"{i} of 40")
            wait(seconds=0.25)
    label.setText("")
