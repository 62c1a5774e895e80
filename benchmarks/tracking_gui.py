"""Drive the Track dock on a large movie: linking, a frame to the canvas, corrections, gaps.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/tracking_gui.py

Draws 100 frames of 1024x1024 with 300 discs that move; nothing is embedded. Prints a table; the
limits are those the project set itself. Beside the clock stands the time of the processor, as the
clock tells as much of what else the machine does; beside the dock, bare napari with the same
labels.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import napari
import numpy as np
from numpy.typing import NDArray

from interface import MOVES, Drawing, Gaps, record, wait

if TYPE_CHECKING:
    from napari_discembed.widgets.docks.track import TrackDock

RADIUS = 14
SMOOTH, FLUID = "60 ms", "100 ms"


def draw(frames: int, side: int, discs: int) -> NDArray[np.uint16]:
    """Return ``(T, Y, X)``: discs that move on their own, numbered anew in each frame."""
    rng = np.random.default_rng(0)
    grid = int(np.ceil(discs**0.5))
    step = side / grid
    cells = np.stack(np.meshgrid(*[np.arange(grid)] * 2), axis=-1).reshape(-1, 2)[:discs]
    places = (cells + 0.5) * step
    speeds = rng.normal(0, 0.7, places.shape)
    offsets = np.argwhere(np.hypot(*np.indices((2 * RADIUS + 1,) * 2) - RADIUS) <= RADIUS) - RADIUS
    labels = np.zeros((frames, side, side), np.uint16)
    for frame in labels:
        places = np.clip(places + speeds + rng.normal(0, 0.7, places.shape), 0, side - 1)
        for number, place in zip(rng.permutation(discs) + 1, places, strict=True):
            y, x = np.clip(np.rint(place).astype(int) + offsets, 0, side - 1).T
            frame[y, x] = number
    return labels


@contextmanager
def timed(what: str, limit: str) -> Iterator[None]:
    """Record how long a block takes by the clock and the processor."""
    started, used = time.perf_counter(), time.process_time()
    yield
    taken, used = time.perf_counter() - started, time.process_time() - used
    record(what, f"{taken:.1f} s, {used:.1f} s of processor", limit)


def headless(labels: NDArray[np.uint16], limit: str) -> None:
    """Time linking by itself."""
    from napari_discembed.config import linking_config
    from napari_discembed.tracking import link_frames
    from napari_discembed.types import Segmentation

    size = f"{len(labels)} frames x {labels[0].max()} objects"
    with timed(f"linking {size}, without the interface", limit):
        link_frames(list(labels), Segmentation(labels[0]), linking_config())


def slide(viewer: napari.Viewer, layer: napari.layers.Labels, what: str, limit: str) -> None:
    """Time moves of the frame slider until the canvas is drawn."""
    drawing = Drawing(viewer)
    layer.events.set_data.connect(drawing.changed)
    n = layer.data.shape[0]
    for i in range(MOVES):
        drawing.time(lambda i=i: viewer.dims.set_current_step(0, (7 * i + 3) % n))  # type: ignore[misc]
    drawing.record(what, limit)
    layer.events.set_data.disconnect(drawing.changed)


def correct(dock: TrackDock, times: int) -> None:
    """Cut tracks in their middle by clicks, and take all of it back."""
    taken: list[float] = []
    dock.tools.buttons["Cut"].setChecked(True)
    for i in range(times):
        frame, pixel = _middle(dock, i)
        dock.viewer.dims.set_current_step(0, frame)
        wait(seconds=0.3)
        started = time.perf_counter()
        dock.tools.click(frame, pixel)
        taken.append(1000 * (time.perf_counter() - started))
        wait(seconds=0.5)
    for _ in range(times):
        if dock.layer is not None:
            dock.layer.undo()
        wait(seconds=0.3)
    dock.tools.buttons["Cut"].setChecked(False)
    if dock.tracked.n_corrections:
        raise RuntimeError("What was corrected could not be taken back.")
    record(
        "a correction, of labels and tracks: median (slowest)",
        f"{statistics.median(taken):.0f} ms ({max(taken):.0f} ms)",
        FLUID,
    )


def _middle(dock: TrackDock, which: int) -> tuple[int, tuple[int, ...]]:
    """Return the middle frame of one of the longest tracks, and a pixel of it there."""
    now, layer = dock.tracked.lineages, dock.layer
    if now is None or layer is None:
        raise RuntimeError("The dock linked nothing.")
    number = int(now.table.ids[np.argsort(now.table.begins - now.table.ends)[which]])
    rows = now.rows(number)
    row = (rows.start + rows.stop) // 2
    frame = int(now.points.frames[row])
    pixel = np.argwhere(layer.data[frame] == number)[0]
    return frame, tuple(pixel.tolist())


def play(viewer: napari.Viewer, frames: int) -> None:
    """Go through the movie, ten frames a second."""
    for t in range(frames):
        viewer.dims.set_current_step(0, t)
        wait(seconds=0.1)


def measured(gaps: Gaps, what: str, do: Callable[[], object]) -> None:
    """Do something while the gaps of the interface are measured."""
    with gaps.measured(what, FLUID):
        do()


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--objects", type=int, default=300)
    options = parser.parse_args()
    labels = draw(options.frames, options.side, options.objects)
    print("| what | measured | limit |\n|---|---|---|", flush=True)
    headless(labels, "5 s")
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    viewer.add_image(np.zeros(labels.shape, np.uint8), name="movie")
    source = viewer.add_labels(labels, name="cells")
    wait(seconds=1)
    slide(viewer, source, "bare napari, a frame to the canvas", "-")
    gaps = Gaps()
    with gaps.measured("the slider goes through bare napari", "-"):
        play(viewer, options.frames)
    _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Track")
    wait(seconds=1)

    def link() -> None:
        with timed("linking in the dock, until it is shown", "-"):
            dock.movie.start()
            wait(lambda: not dock.movie.is_busy)
        wait(seconds=1)

    measured(gaps, "linking", link)
    slide(viewer, dock.layer, "slider to canvas, with tails, lineages and plots", SMOOTH)
    measured(gaps, "the slider goes through the movie", lambda: play(viewer, options.frames))
    measured(gaps, "correcting", lambda: correct(dock, 8))

    def settings() -> None:
        for reach in (0.5, 0.8, 1.2, 2.0):
            dock.movie.form.editor("reach").slider.setValue(reach)
            wait(seconds=0.6)
        wait(lambda: not dock.movie.is_busy and not dock.movie._soon.isActive())

    measured(gaps, "linking anew as a setting moves", settings)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    record(
        "memory at its most, of which image and labels are twice the movie", f"{peak:.0f} MB", "-"
    )
    viewer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
