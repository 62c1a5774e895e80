"""Seconds from the end of a stroke to the preview that has learnt it, in a real viewer.

    taskset -c 0,1 xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/live.py

The coins sample, *Learn while I paint* switched on, then three more coins painted one by one; in the
last viewer it is switched on first, and the four coins of the sample are painted later. Each time ends as the canvas has drawn the first preview of a model that has
learnt the new coin: a second of waiting for further strokes is part of it. The training has one
thread, as in the plugin on two cores; the interface has the other.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import napari
import numpy as np

from interface import ROWS, Gaps, record, wait
from napari_discembed.datasets.coins import coins_reference
from napari_discembed.progress import Progress
from napari_discembed.training.live import UPDATES
from napari_discembed.widgets.docks.finetune import FineTuneDock

STROKES = 3
READY = 20
"""Seconds after which the training is surely ready."""
LIMIT = "10 s"


class Watch:
    """Waits for previews of what is painted.

    Attributes
    ----------
    updates
        How often the model that was shown last was given new strokes; -1 before any is shown.
    counts
        Of objects, in all previews.
    """

    def __init__(self, viewer: napari.Viewer, dock: FineTuneDock) -> None:
        self.updates = -1.0
        self.counts: list[int] = []
        self._drawn = False
        dock.follow(dock.trainer.progressed, self._advance)
        canvas = viewer.window._qt_viewer.canvas._scene_canvas
        canvas.events.draw.connect(self._draw)
        self._waits = False

    def _advance(self, progress: Progress) -> None:
        if "preview" in progress.data:
            self.updates = progress.values[UPDATES]
            self.counts.append(len(np.unique(progress.data["preview"].labels)) - 1)
            self._waits, self._drawn = True, False

    def _draw(self, _event: object) -> None:
        self._drawn = self._waits

    def seconds_until(self, updates: int, act: Callable[[], None]) -> float:
        """Do something, and return the seconds until a preview of so many strokes is drawn."""
        act()
        started = time.perf_counter()
        if not wait(lambda: self.updates >= updates and self._drawn, 300):
            raise RuntimeError("No preview came within five minutes.")
        return time.perf_counter() - started


def paint(dock: FineTuneDock, number: int, where: np.ndarray) -> None:
    """Paint a coin, as one stroke of a brush."""
    layer = dock.pairs.labels.layer()
    layer.data_setitem(np.nonzero(where & (np.asarray(layer.data) == 0)), number)


def unpainted(dock: FineTuneDock) -> list[np.ndarray]:
    """Return the coins that are not painted yet."""
    truth = coins_reference()
    painted = np.unique(truth[np.isin(dock.pairs.labels.layer().data, [1, 2, 3, 4])])
    return [truth == n for n in np.unique(truth) if n and n not in painted]


def begin(dock: FineTuneDock, watch: Watch, *, before: bool) -> float:
    """Switch it on, before anything is painted or with what the sample has; return the seconds."""
    if not before:
        return watch.seconds_until(0, dock.live.click)
    layer = dock.pairs.labels.layer()
    painted = np.array(layer.data)
    layer.data = np.zeros_like(painted)
    dock.live.click()
    wait(seconds=READY)
    return watch.seconds_until(0, lambda: setattr(layer, "data", painted))


def session(gaps: Gaps, *, before: bool) -> tuple[float, list[float], list[int]]:
    """Paint in a new viewer; return the seconds of the first preview and of those after strokes."""
    viewer = napari.Viewer()
    viewer.window.resize(1366, 740)
    viewer.open_sample("napari-discembed", "coins")
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Fine-tune")
    wait(seconds=2)
    watch = Watch(viewer, dock)
    left = unpainted(dock)
    with gaps.measured("learning while painting"):
        first = begin(dock, watch, before=before)
        later = []
        for i in range(STROKES):
            wait(seconds=3)
            coin = left[5 * i]
            later.append(watch.seconds_until(i + 1, partial(paint, dock, 5 + i, coin)))
    dock.live.click()
    wait(lambda: not dock.trainer.is_busy)
    viewer.close()
    wait(seconds=1)
    return first, later, watch.counts


def main() -> int:
    """Measure some sessions, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=4)
    options = parser.parse_args()
    print("| what | measured | limit |\n|---|---|---|", flush=True)
    gaps = Gaps()
    firsts: dict[bool, list[float]] = {False: [], True: []}
    laters = []
    for i in range(options.sessions):
        before = i + 1 == options.sessions
        first, later, counts = session(gaps, before=before)
        firsts[before].append(first)
        laters += later
        record("previews' objects, of 24, from first to last", ", ".join(map(str, counts)), "-")
    kinds = {
        "switching on": firsts[False],
        "the first strokes, switched on before": firsts[True],
        "a later stroke": laters,
    }
    for what, times in kinds.items():
        if not times:  # one session alone is switched on first
            continue
        value = f"{statistics.median(times):.1f} s ({max(times):.1f} s), of {len(times)}"
        record(f"from {what} to the preview: median (worst)", value, LIMIT)
    return 0 if ROWS else 1


if __name__ == "__main__":
    sys.exit(main())
