"""Drive a real napari viewer: slider to canvas, the interface's gaps, opening a dock, memory.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/gui.py

Prints a table; the limits are those the project set itself. Drawing is by the machine's OpenGL,
which under Xvfb is Mesa's software renderer.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

os.environ.setdefault("DISCEMBED_HOME", tempfile.mkdtemp(prefix="discembed-bench-"))

import napari
import numpy as np
import psutil
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from clustering_speed import draw

if TYPE_CHECKING:
    from napari_discembed.widgets.dock import Dock
    from napari_discembed.widgets.docks.segment import SegmentDock

ROWS: list[tuple[str, str, str]] = []


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
    def measured(self, what: str) -> Iterator[None]:
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
                "100 ms",
            )


def work_on(dock: Dock, layer: napari.layers.Image) -> None:
    """Say which layer the session's image is of."""
    from napari_discembed.session.state import LayerReading
    from napari_discembed.types import Axes

    dock.session.reading = LayerReading(str(layer.unique_id), Axes("YX"))


def latency(
    dock: SegmentDock, viewer: napari.Viewer, side: int, objects: int, repeats: int = 25
) -> list[float]:
    """Return the milliseconds from a slider's move to the drawn canvas."""
    from napari_discembed.session.embeddings import EmbeddingSeries

    embedding, _ = draw(side, objects, 2)
    layer = viewer.add_image(np.zeros((side, side), np.uint8), name=f"{side}")
    work_on(dock, layer)
    dock.session.series = EmbeddingSeries([embedding])
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    wait(seconds=1)
    canvas = viewer.window._qt_viewer.canvas
    drawn: list[float] = []
    canvas._scene_canvas.events.draw.connect(lambda _event: drawn.append(time.perf_counter()))
    slider = dock.objects.form.editor("bandwidth").slider
    preview = dock.objects.preview()
    if preview is None:
        raise RuntimeError("The dock found no objects in a drawn embedding.")
    shown: list[float] = []
    preview.events.set_data.connect(lambda _event: shown.append(time.perf_counter()))
    found = []
    for i in range(repeats):
        shown.clear()
        started = time.perf_counter()
        slider.setValue(1.0 + 0.05 * (i % 12) + 0.01 * i)
        wait(lambda: bool(shown) and bool(drawn) and drawn[-1] > shown[-1], 10)
        found.append(1000 * (drawn[-1] - started))
        wait(seconds=0.05)
    viewer.layers.clear()
    wait(seconds=0.5)  # without it, napari on Mesa crashes in the next draw
    return found


def wand(side: int, objects: int) -> None:
    """Time what the wand computes at each move of the mouse."""
    from dataclasses import replace

    from napari_discembed.interaction.wand import Wand
    from napari_discembed.types import EuclideanSpace

    for dim, kind in ((2, "semi-convolutional"), (8, "global")):
        embedding, labels = draw(side, objects, dim)
        space = EuclideanSpace(embedding.margins, has_coordinates=dim == 2)
        magic = Wand(replace(embedding, space=space, diameter=side / objects**0.5))
        rng = np.random.default_rng(0)
        pixels = np.argwhere(labels > 0)[rng.integers(0, (labels > 0).sum(), 30)]
        times = []
        for pixel in pixels:
            started = time.perf_counter()
            magic.reach(tuple(int(p) for p in pixel), 1.25)
            times.append(1000 * (time.perf_counter() - started))
        record(
            f"wand, {side}x{side}, {objects} objects, {kind} E={dim}: median (slowest)",
            f"{statistics.median(times):.0f} ms ({max(times):.0f} ms)",
            "a frame",
        )


def open_dock(viewer: napari.Viewer) -> SegmentDock:
    """Open the Segment dock as the menu does, and time it."""
    started = time.perf_counter()
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Segment")
    QApplication.processEvents()
    taken = time.perf_counter() - started
    torch = "torch imported" if "torch" in sys.modules else "torch not imported"
    record("opening the Segment dock", f"{taken:.2f} s, {torch}", "1 s, not imported")
    return dock


def photograph(side: int) -> np.ndarray:
    """Return a picture of cells, as large as asked."""
    from napari_discembed.datasets.synthetic import generate

    picture = next(generate("cells", 1, seed=0)).image
    times = -(-side // min(picture.shape[:2]))
    tiled = np.tile(picture, (times, times, *[1] * (picture.ndim - 2)))[:side, :side]
    return np.ascontiguousarray(tiled)


def embed(dock: SegmentDock, viewer: napari.Viewer, side: int) -> None:
    """Embed a picture through the dock."""
    viewer.add_image(photograph(side), name=f"cells {side}", rgb=False)
    dock.embed.image.choose(viewer.layers[-1])
    dock.embed.embed()
    wait(lambda: dock.session.series is not None and not dock.tasks.workers, 600)


def train(viewer: napari.Viewer) -> None:
    """Fine-tune through the dock for a while, on a large picture."""
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Fine-tune", tabify=True)
    labels = np.zeros((2048, 2048), np.uint8)
    for i in range(8):
        labels[100 * i + 40 : 100 * i + 64, 40:64] = i + 1
    image = viewer.add_image(photograph(2048), name="to learn from")
    dock.pairs.image.choose(image)
    dock.pairs.labels.choose(viewer.add_labels(labels, name="painted"))
    dock.budget.setCurrentIndex(0)
    dock.finetune()
    wait(lambda: not dock.trainer.is_busy, 120)


def feature_space(gaps: Gaps, viewer: napari.Viewer) -> None:
    """Show four million pixels in the embedding's own space, and draw around some."""
    from napari_discembed.session.embeddings import EmbeddingSeries
    from napari_discembed.types import Embedding, Image

    side = 2048
    rng = np.random.default_rng(0)
    rows, columns = np.indices((side, side)) // 64
    values = np.stack([rows * 3.0, columns * 3.0]) + rng.normal(0, 0.2, (2, side, side))
    image = viewer.add_image(np.zeros((side, side), np.uint8), name="four million")
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Feature space", tabify=True)
    dock.session.image = Image(image.data)
    work_on(dock, image)
    with gaps.measured("showing 4 million pixels in feature space"):
        embedding = Embedding.of(values.astype(np.float32), np.ones((1, side, side), np.float32))
        dock.session.series = EmbeddingSeries([embedding])
        wait(lambda: dock.view is not None)
        wait(seconds=1)
        dock.density.setChecked(True)
        wait(seconds=1)
    started = time.perf_counter()
    dock._lassoed(np.array([[0.0, 0], [30, 0], [30, 30], [0, 30]]))
    record("lasso around 4 million pixels", f"{1000 * (time.perf_counter() - started):.0f} ms", "-")


def rounds(dock: SegmentDock, viewer: napari.Viewer, n: int = 10) -> None:
    """Embed, group, commit, n times on one image; tell how the process grows after the second."""
    process = psutil.Process()
    sizes = []
    viewer.layers.clear()
    wait(seconds=0.5)
    viewer.add_image(photograph(512), name="rounds")
    dock.embed.image.choose(viewer.layers[0])
    for _ in range(n):
        dock.session.image = None
        dock.embed.embed()
        wait(lambda: dock.session.series is not None and not dock.tasks.workers)
        dock.objects.set_bandwidth(1.3)
        wait(lambda: dock.objects.is_idle)
        wait(seconds=0.2)
        dock.commit()
        wait(lambda: not dock.tasks.workers, 10)
        wait(seconds=0.3)
        gc.collect()
        sizes.append(process.memory_info().rss / 2**20)
    record(
        f"{n} rounds of embed, group, commit at 512x512: growth after the second",
        f"{sizes[-1] - sizes[1]:+.0f} MB (at {sizes[-1]:.0f} MB)",
        "50 MB",
    )


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-training", action="store_true")
    options = parser.parse_args()
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    wait(seconds=1)
    print("| what | measured | limit |\n|---|---|---|", flush=True)
    dock = open_dock(viewer)
    wait(seconds=0.5)
    for side, limit in ((512, 60), (1024, 150)):
        times = latency(dock, viewer, side, 200)
        record(
            f"slider to canvas, {side}x{side}, 200 objects: median (slowest)",
            f"{statistics.median(times):.0f} ms ({max(times):.0f} ms)",
            f"{limit} ms",
        )
    wand(1024, 200)
    gaps = Gaps()
    with gaps.measured("embedding 2048x2048"):
        embed(dock, viewer, 2048)
    wait(lambda: dock.objects.is_idle)
    wait(seconds=1)
    with gaps.measured("grouping 2048x2048, a slider every 0.3 s"):
        for i in range(20):
            dock.objects.set_bandwidth(1.0 + 0.1 * (i % 7))
            wait(seconds=0.3)
    if not options.without_training:
        with gaps.measured("fine-tuning on 2048x2048, 30 s"):
            train(viewer)
    feature_space(gaps, viewer)
    rounds(dock, viewer)
    viewer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
