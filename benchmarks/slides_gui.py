"""A large OME-Zarr image in a real viewer: looking, panning, sliders, gaps, a window of its labels.

    xvfb-run -a -s "-screen 0 1600x1000x24" python benchmarks/slides_gui.py [--side 8192] [--whole]

A slide is drawn with its pyramid, and opened; what is in view is found, in a view as large as can be
grouped live (2048 x 2048 pixels) and in a near one. `--whole` also finds the objects of the whole
slide beside the interface, and corrects a window of them. Limits are those of `gui.py`; those of
looking are the network's own speed, which `tiling.py` has.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import napari
import numpy as np
import zarr

from interface import GAP, MOVES, Drawing, Gaps, record, wait
from out_of_core import CHUNK, DIAMETER, draw_slide

if TYPE_CHECKING:
    from napari_discembed.widgets.docks.correct import CorrectDock
    from napari_discembed.widgets.docks.segment import SegmentDock

NEAR, WIDE = 700, 1950
"""Sides of the views, in pixels of the image: of a square as large as the canvas shows."""


def add_levels(store: Path) -> None:
    """Add coarser levels to a drawn slide, until one is small enough to be seen at once."""
    group = zarr.open_group(str(store), mode="r+")
    fine, number = group["0"], 0
    while max(fine.shape) > CHUNK:
        number += 1
        side = fine.shape[0] // 2
        coarse = group.create_array(
            str(number), shape=(side, side), chunks=(CHUNK,) * 2, dtype="uint8"
        )
        for y in range(0, side, CHUNK):
            rows = fine[2 * y : 2 * min(y + CHUNK, side), : 2 * side].astype(np.uint16)
            sums = rows[::2, ::2] + rows[1::2, ::2] + rows[::2, 1::2] + rows[1::2, 1::2]
            coarse[y : y + CHUNK] = (sums // 4).astype(np.uint8)
        fine = coarse
    ome = dict(group.attrs["ome"])
    ome["multiscales"][0]["datasets"] = [
        {
            "path": str(level),
            "coordinateTransformations": [{"type": "scale", "scale": [float(2**level)] * 2}],
        }
        for level in range(number + 1)
    ]
    group.attrs["ome"] = ome


def look(viewer: napari.Viewer, dock: SegmentDock, at: tuple[int, int], side: int) -> None:
    """Look at a place, in a view of about a square of a side, until its objects are shown."""
    height, width = viewer.window._qt_viewer.canvas.size
    before = dock.session.series
    viewer.camera.zoom = (height * width) ** 0.5 / side
    viewer.camera.center = (0, *at)
    wait(lambda: dock.session.series not in (None, before) and not dock.embed.large.is_busy, 600)
    wait(lambda: dock.objects.is_idle)


def measured(gaps: Gaps, viewer: napari.Viewer, dock: SegmentDock, what: str, *to: object) -> None:
    """Record the time of a look, and the gaps meanwhile."""
    started, used = time.perf_counter(), time.process_time()
    with gaps.measured(what):
        look(viewer, dock, *to)  # type: ignore[arg-type]
    taken, used = time.perf_counter() - started, time.process_time() - used
    series = dock.session.series
    shape = "x".join(map(str, series.label_shape)) if series else "-"
    record(f"{what}: until its objects are shown, {shape}", f"{taken:.1f} s, {used:.1f} s CPU", "-")


def slide_settings(dock: SegmentDock, viewer: napari.Viewer) -> None:
    """Time a slider's moves until the canvas is drawn."""
    slider, preview = dock.objects.form.editor("bandwidth").slider, dock.objects.preview()
    if preview is None:
        raise RuntimeError("No objects were found in the drawn slide.")
    drawing = Drawing(viewer)
    preview.events.set_data.connect(drawing.changed)
    for i in range(MOVES):
        bandwidth = 1.0 + 0.05 * (i % 12) + 0.01 * i
        drawing.time(lambda bandwidth=bandwidth: slider.setValue(bandwidth))  # type: ignore[misc]
    shape = "x".join(map(str, preview.data.shape))
    drawing.record(f"slider to canvas, {shape}, {dock.objects.count.text()}", "33 ms")


def correct(gaps: Gaps, viewer: napari.Viewer, dock: SegmentDock) -> None:
    """Find all objects, and correct a window of them."""
    whole = dock.embed.large.whole
    started = time.perf_counter()
    with gaps.measured("finding all objects beside"):
        whole.find()
        wait(lambda: not whole.is_busy, 7200)
    record("finding all objects beside", f"{time.perf_counter() - started:.0f} s", "-")
    corrector: CorrectDock
    _, corrector = viewer.window.add_plugin_dock_widget("napari-discembed", "Correct", tabify=True)
    labels = [layer for layer in viewer.layers if layer.multiscale and "discembed" in layer.name]
    corrector.labels.choose(labels[0])
    for what, act in (
        ("open", corrector.window_panel.open),
        ("write", corrector.window_panel.write),
    ):
        started = time.perf_counter()
        with gaps.measured(f"{what} a window of the labels"):
            act()
            wait(lambda: not corrector.window_panel.is_busy)
        record(f"{what} a window of the labels", f"{time.perf_counter() - started:.2f} s", "-")
        layer = corrector.labels.layer()
        if not layer.multiscale:
            layer.data[layer.data == np.unique(layer.data)[-1]] = 0


def main() -> int:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=8192)
    parser.add_argument("--model", default="nuclei")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "slide.zarr"
        draw_slide(store, options.side)
        add_levels(store)
        viewer = napari.Viewer()
        viewer.window.resize(1400, 900)
        wait(seconds=1)
        print(f"| what | measured | limit |\n|---|---|---|\n| gaps | | {GAP} |", flush=True)
        _, dock = viewer.window.add_plugin_dock_widget("napari-discembed", "Segment")
        started = time.perf_counter()
        viewer.open(str(store), plugin="napari-discembed")
        record(
            f"opening {options.side}x{options.side}", f"{time.perf_counter() - started:.1f} s", "-"
        )
        dock.embed.model.choose(options.model)
        dock.embed.diameter.setValue(DIAMETER)
        dock.embed.embed()  # from afar: it says to zoom in
        gaps, middle = Gaps(), options.side // 2
        measured(gaps, viewer, dock, "a first look", (middle, middle), NEAR)
        measured(gaps, viewer, dock, "a pan by 300 pixels", (middle, middle + 300), NEAR)
        measured(gaps, viewer, dock, "a wide look", (middle, middle), WIDE)
        slide_settings(dock, viewer)
        if options.whole:
            look(viewer, dock, (middle, middle), NEAR)
            correct(gaps, viewer, dock)
        viewer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
