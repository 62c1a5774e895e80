"""Drive a real napari viewer: slider to canvas, the interface's gaps, opening a dock, memory.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/gui.py

Prints a table; the limits are those the project set itself. Drawing is by the machine's OpenGL,
which under Xvfb is Mesa's software renderer: beside the plugin's figures stand those of bare napari
in the same window, below which no plugin comes.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from typing import TYPE_CHECKING

import napari
import numpy as np
import psutil
from qtpy.QtWidgets import QApplication

from interface import MOVES, Drawing, Gaps, record, record_bare, record_bare_gaps, wait

if TYPE_CHECKING:
    from napari_discembed.widgets.dock import Dock
    from napari_discembed.widgets.docks.segment import SegmentDock


def work_on(dock: Dock, layer: napari.layers.Image) -> None:
    """Say which layer the session's image is of."""
    from napari_discembed.session.state import LayerReading
    from napari_discembed.types import Axes

    dock.session.reading = LayerReading(str(layer.unique_id), Axes("YX"))


def latency(dock: SegmentDock, viewer: napari.Viewer, side: int, objects: int, limit: int) -> None:
    """Time a slider's moves until the canvas is drawn."""
    from clustering_speed import draw  # here: what it imports, opening a dock has to
    from napari_discembed.session.embeddings import EmbeddingSeries

    embedding, labels = draw(side, objects, 2)
    record_bare(viewer, labels)
    layer = viewer.add_image(np.zeros((side, side), np.uint8), name=f"{side}")
    work_on(dock, layer)
    dock.session.series = EmbeddingSeries([embedding])
    wait(lambda: dock.objects.is_idle and dock.objects.preview() is not None)
    wait(seconds=1)
    slider = dock.objects.form.editor("bandwidth").slider
    preview = dock.objects.preview()
    if preview is None:
        raise RuntimeError("The dock found no objects in a drawn embedding.")
    drawing = Drawing(viewer)
    preview.events.set_data.connect(drawing.changed)
    for i in range(MOVES):
        bandwidth = 1.0 + 0.05 * (i % 12) + 0.01 * i
        drawing.time(lambda bandwidth=bandwidth: slider.setValue(bandwidth))  # type: ignore[misc]
    drawing.record(f"slider to canvas, {side}x{side}, {objects} objects", f"{limit} ms")
    viewer.layers.clear()
    wait(seconds=0.5)  # without it, napari on Mesa crashes in the next draw


def wand(side: int, objects: int) -> None:
    """Time what the wand computes at each move of the mouse."""
    from dataclasses import replace

    from clustering_speed import draw
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
    started, used = time.perf_counter(), time.process_time()
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Segment")
    QApplication.processEvents()
    taken, used = time.perf_counter() - started, time.process_time() - used
    torch = "torch imported" if "torch" in sys.modules else "torch not imported"
    record(
        "opening the Segment dock",
        f"{taken:.2f} s ({used:.2f} s of processor), {torch}",
        "0.3 s, not imported",
    )
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
    for side, limit in ((512, 16), (1024, 33)):
        latency(dock, viewer, side, 200, limit)
    wand(1024, 200)
    gaps = Gaps()
    record_bare_gaps(gaps, dock.strip.next)
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
